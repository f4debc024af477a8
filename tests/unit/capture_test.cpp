#include "temporary.h"

#include "pxlaunch/base/capture.h"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace px;
using namespace std::chrono_literals;

TEST_CASE("what a program prints, whatever its status") {
    CHECK(*output_of({"/bin/sh", "-c", "echo out; echo err >&2; cat; exit 3"}, 10s) ==
          "out\nerr\n");
    CHECK(output_of({"/nowhere/x"}, 10s).error().what ==
          "cannot start '/nowhere/x': no such file or directory");
}

TEST_CASE("a program that does not end is killed, with what it has started") {
    const auto begin = std::chrono::steady_clock::now();
    const auto late =
        output_of({"/bin/sh", "-c", "echo $$; sleep 100 & sleep 100"}, 50ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().what.find("did not answer within 50 ms") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("programs are found along a path") {
    const Temporary place;
    std::filesystem::create_directories(place.path("a/prog"));
    std::filesystem::create_directories(place.path("b"));
    place.write("b/prog", "#!/bin/sh\n");
    const std::string path = ":" + place.path("a") + ":" + place.path("b");
    CHECK(program_in(path, "prog").empty());
    ::chmod(place.path("b/prog").c_str(), 0700);
    CHECK(program_in(path, "prog") == place.path("b/prog"));
    CHECK(program_in("", "prog").empty());
}
