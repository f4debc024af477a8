#include "pxlaunch/channel/assignment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <climits>
#include <sys/resource.h>

using namespace px;
using namespace px::channel;
using namespace std::string_literals;
using Environment = std::vector<std::string>;

namespace {

constexpr std::size_t most_of_an_entry = 128 << 10; // Linux: MAX_ARG_STRLEN

// Everything but NUL; the bytes 1 and 2 in every order.
std::string odd_bytes() {
    std::string bytes = "\1\2\1\1\2\2\1";
    for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes + "\n\1";
}

Assignment full() {
    Assignment assignment;
    assignment.secret = "5ec3e7";
    assignment.host = "n01.cluster";
    assignment.addresses = {"10.0.0.1:4711", "[2001:db8::1]:4711"};
    assignment.directory = "/with blank\nand line";
    assignment.path = "/opt/bin:/bin";
    assignment.env = {"HOME=/x", "EMPTY=", "ODD=" + odd_bytes(), "\1=\2", "\xff\xfe"};
    assignment.inherited.umask = 077;
    assignment.inherited.rlimits = {{RLIMIT_CORE, 0, RLIM_INFINITY},
                                    {RLIMIT_NOFILE, 1024, 524288},
                                    {RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY}};
    assignment.input = {job::StdinTo::one, 3};
    assignment.size = 1'000'000;
    assignment.merge_stderr = true;
    assignment.rows = 24;
    assignment.columns = 80;
    assignment.describe = Describe::only;
    assignment.argv = {"/x y", "", odd_bytes(), ":"};
    assignment.must_reach = true;
    return assignment;
}

Assignment found_in(const Environment &environment) {
    const auto found = find_assignment(environment);
    REQUIRE(found);
    REQUIRE(found->has_value());
    return **found;
}

void check_same_limits(const job::Inherited &read, const job::Inherited &sent) {
    CHECK(read.umask == sent.umask);
    REQUIRE(read.rlimits.size() == sent.rlimits.size());
    for (std::size_t i = 0; i < sent.rlimits.size(); ++i) {
        CAPTURE(i);
        CHECK(read.rlimits[i].resource == sent.rlimits[i].resource);
        CHECK(read.rlimits[i].soft == sent.rlimits[i].soft);
        CHECK(read.rlimits[i].hard == sent.rlimits[i].hard);
    }
}

void check_same(const Assignment &read, const Assignment &sent) {
    CHECK(read.secret == sent.secret);
    CHECK(read.host == sent.host);
    CHECK(read.addresses == sent.addresses);
    CHECK(read.directory == sent.directory);
    CHECK(read.path == sent.path);
    CHECK((read.env == sent.env)); // may be too long to print
    check_same_limits(read.inherited, sent.inherited);
    CHECK(read.input.to == sent.input.to);
    CHECK(read.input.rank == sent.input.rank);
    CHECK(read.size == sent.size);
    CHECK(read.merge_stderr == sent.merge_stderr);
    CHECK(read.rows == sent.rows);
    CHECK(read.columns == sent.columns);
    CHECK(read.describe == sent.describe);
    CHECK(read.argv == sent.argv);
    CHECK(read.must_reach == sent.must_reach);
}

// Of any bytes, with every entry short enough and without a byte that none can hold.
Environment entries_of(const Assignment &assignment) {
    const auto entries = to_environment(assignment);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        CAPTURE(i);
        CHECK(entries[i].starts_with("PXWRAP_JOB_" + std::to_string(i) + "="));
        CHECK(entries[i].size() < most_of_an_entry); // with its own NUL
        CHECK(entries[i].find('\0') == std::string::npos);
    }
    return entries;
}

Assignment large() {
    Assignment assignment = full();
    assignment.env.push_back("LONG=" + std::string(120'000, 'x'));
    for (int i = 0; i < 2000; ++i) {
        assignment.env.push_back("N" + std::to_string(i) + "=" +
                                 odd_bytes().substr(0, 90));
    }
    return assignment;
}

void check_damaged(const Environment &environment) {
    const auto found = find_assignment(environment);
    REQUIRE_FALSE(found);
    CHECK(found.error().exit == Exit::cannot_run);
    CHECK(found.error().what == "the assignment of this rank in PXWRAP_JOB_* is damaged");
    CHECK(found.error().hint == "is pxwrap of the same release as pxlaunch?");
}

} // namespace

TEST_CASE("an assignment arrives as it was made, byte for byte") {
    Assignment to_all = full(), to_none = full();
    to_all.input = {job::StdinTo::all, 0};
    to_all.merge_stderr = false;
    to_all.describe = Describe::yes;
    to_none.input = {job::StdinTo::none, 0};
    to_none.secret = to_none.directory = odd_bytes();
    to_none.addresses = {"", odd_bytes(), ""};
    for (const auto &sent : {Assignment(), full(), to_all, to_none}) {
        const auto entries = entries_of(sent);
        CHECK(entries.size() == 1);
        check_same(found_in(entries), sent);
    }
}

TEST_CASE("an assignment is found among other variables, in any order") {
    Environment environment = to_environment(large());
    REQUIRE(environment.size() > 2);
    environment.insert(environment.begin() + 1, "PXWRAP_JOB=1");
    environment.emplace_back("PXWRAP_JOB_x=1");
    environment.emplace_back("HOME=/x");
    std::reverse(environment.begin(), environment.end());
    check_same(found_in(environment), large());
}

TEST_CASE("what is longer than Linux allows is split") {
    const auto entries = entries_of(large());
    CHECK(entries.size() >= 4);
    check_same(found_in(entries), large());

    // Wherever the cut falls, also within what stands for one byte.
    for (std::size_t more = 99'960; more < 100'000; ++more) {
        Assignment sent;
        sent.env = {"A=" + std::string(more, 'x') + "\1\1\1\1", "B=\2\1"};
        const auto found = find_assignment(to_environment(sent));
        REQUIRE(found);
        REQUIRE(found->has_value());
        REQUIRE(((*found)->env == sent.env));
    }
}

TEST_CASE("an environment of a hundred thousand special bytes is short enough, too") {
    Assignment sent;
    sent.env = {"ONES=" + std::string(100'000, '\1'),
                "TWOS=" + std::string(100'000, '\2')};
    check_same(found_in(entries_of(sent)), sent);
}

TEST_CASE("who has no assignment is told nothing") {
    for (const auto &environment :
         {Environment{}, Environment{"HOME=/x", "PXWRAP_JOB=1", "PXWRAP_JOB_=1"},
          Environment{"PXWRAP_JOB_0="}, Environment{"PXWRAP_JOB_0"}}) {
        const auto found = find_assignment(environment);
        REQUIRE(found);
        CHECK_FALSE(found->has_value());
    }
}

TEST_CASE("an assignment that ends too early is damaged") {
    const std::string entry = to_environment(full())[0];
    for (auto size = "PXWRAP_JOB_0=x"s.size(); size < entry.size(); ++size) {
        CAPTURE(size);
        check_damaged({entry.substr(0, size)});
    }
}

TEST_CASE("an assignment of which a part is missing is damaged") {
    const auto entries = to_environment(large());
    for (std::size_t missing = 1; missing < entries.size(); ++missing) {
        CAPTURE(missing);
        auto rest = entries;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(missing));
        check_damaged(rest);
    }
}

TEST_CASE("an assignment with a word where a number belongs is damaged") {
    check_damaged({"PXWRAP_JOB_0=x"});
    check_damaged({"PXWRAP_JOB_0=\1"});
    Assignment sent;
    sent.host = "h";
    sent.size = 77;
    const std::string entry = to_environment(sent)[0];
    const std::string nul = "\1\2";
    for (const auto &[good, bad] : {std::pair{"77"s, "x7"s},
                                    {"77"s, "-7"s},
                                    {"77"s, "99999999999"s},
                                    {"h\1\2"s + "0", "h\1\2"s + "z"},
                                    {"h\1\2"s + "0", "h\1\2"s + "1999999999"},
                                    {"one" + nul, "two" + nul},  // input
                                    {"18" + nul, "rw" + nul}}) { // umask 022
        CAPTURE(bad);
        const auto at = entry.find(good);
        REQUIRE(at != std::string::npos);
        check_damaged({std::string(entry).replace(at, good.size(), bad)});
    }
}

TEST_CASE("what a later version adds to an assignment comes last and is ignored") {
    auto entries = to_environment(full());
    entries[0] += "more\1\2";
    entries.emplace_back("PXWRAP_JOB_1=and more\1\2");
    check_same(found_in(entries), full());
}

TEST_CASE("an assignment without its first part is damaged") {
    auto entries = entries_of(large());
    REQUIRE(entries.size() > 1);
    entries.erase(entries.begin());
    check_damaged(entries);
}
