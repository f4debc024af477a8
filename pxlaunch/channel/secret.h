#pragma once
// What only the two ends of a channel know: 128 random bits, in hexadecimal.

#include "pxlaunch/base/result.h"

#include <string>

namespace px::channel {

Result<std::string> make_secret();

// Takes as long for a guess that is nearly right as for any other.
bool is_same_secret(const std::string &one, const std::string &other);

} // namespace px::channel
