#pragma once
// Signals by the names that people type.

#include "pxlaunch/base/result.h"

#include <string>

namespace px::rec {

// "TERM", "SIGTERM", "15"; the Error is that of --signal.
Result<int> parse_signal(const std::string &text);

} // namespace px::rec
