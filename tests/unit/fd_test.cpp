#include "pxlaunch/base/directory.h"
#include "pxlaunch/base/fd.h"

#include "tests/unit/temporary.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <iterator>
#include <sys/stat.h>

using namespace px;

TEST_CASE("a file is read whole or not at all") {
    const Temporary directory;
    const std::string path = directory.path("file");
    REQUIRE(replace_file(path, std::string(100, 'x'), 0600));
    CHECK(read_file(path, 100)->size() == 100);
    const auto large = read_file(path, 99);
    REQUIRE_FALSE(large);
    CHECK(large.error().what ==
          "'" + path + "' is larger than 99 bytes, which is all we read");
    CHECK(read_file(path + "s").error().what ==
          "cannot open '" + path + "s': no such file or directory");
}

TEST_CASE("a file that cannot be replaced leaves nothing beside it") {
    const Temporary directory;
    const std::string path = directory.path("taken");
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    const auto replaced = replace_file(path, "x", 0600);
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().what == "cannot replace '" + path + "': is a directory");
    const std::filesystem::directory_iterator left(directory.path());
    CHECK(std::distance(begin(left), end(left)) == 1);
}

TEST_CASE("a directory is itself, however it is spelled") {
    const Temporary directory;
    std::filesystem::create_directory_symlink(directory.path(), directory.path("link"));
    for (const char *name : {"", "link", "link/", "link/.."})
        CHECK(is_same_directory(directory.path(), directory.path(name)) ==
              (std::string(name) != "link/.."));
    CHECK_FALSE(is_same_directory(directory.path(), directory.path("none")));
    CHECK(is_same_directory("/none", "/none"));
}

TEST_CASE("what ran out is named with what raises it") {
    CHECK(system_error("cannot", EMFILE).hint ==
          "raise the limit of open files (ulimit -n)");
    CHECK(start_error("cannot", EAGAIN).hint ==
          "raise the limit of processes (ulimit -u)");
    CHECK(system_error("cannot", EAGAIN).hint.empty());
    CHECK(system_error("cannot", EACCES).hint.empty());
}
