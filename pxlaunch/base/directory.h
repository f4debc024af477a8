#pragma once
// Directories by what they are, not by how they are spelled.

#include <string>

namespace px {

// One and the same, also through links or with a '/' more.
bool is_same_directory(const std::string &one, const std::string &other);

} // namespace px
