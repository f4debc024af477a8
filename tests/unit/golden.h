#pragma once
// Files of the source tree, and texts pinned by a file under tests/cli. With
// PX_UPDATE_GOLDEN=1 in the environment the files are written, to be reviewed as a diff.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

inline std::string source_path(const std::string &path) {
    return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
           path;
}

inline std::string source_file(const std::string &path) {
    std::ifstream file(source_path(path), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void check_golden(const std::string &name, const std::string &text) {
    const std::string path = "tests/cli/" + name;
    if (std::getenv("PX_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(source_path(path), std::ios::binary) << text;
    }
    CAPTURE(path);
    CHECK(text == source_file(path));
}
