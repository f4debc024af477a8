#include "pxlaunch/channel/messages.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::channel;
using namespace std::string_literals;

namespace {

// Everything but NUL, which no name on Linux and no environment can hold.
std::string odd_bytes() {
    std::string bytes;
    for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

Ended killed() {
    Ended ended;
    ended.end.pid = 4711;
    ended.end.signal = 11;
    ended.end.core_dumped = true;
    ended.end.started = 1767225600.1234567;
    ended.end.ended = 1767225601.7654321;
    ended.by_runtime = true;
    return ended;
}

void check_same(const Ended &read, const Ended &sent) {
    CHECK(read.end.pid == sent.end.pid);
    CHECK(read.end.exit_code == sent.end.exit_code);
    CHECK(read.end.signal == sent.end.signal);
    CHECK(read.end.core_dumped == sent.end.core_dumped);
    CHECK(read.end.started == sent.end.started); // to the last bit
    CHECK(read.end.ended == sent.end.ended);
    CHECK(read.by_runtime == sent.by_runtime);
}

using Fields = std::vector<std::string>;

std::string message(const Fields &fields) {
    std::string text;
    for (const auto &field : fields) (text += field) += '\0';
    return text;
}

std::string message(Fields fields, std::size_t number, const std::string &wrong) {
    fields[number] = wrong;
    return message(fields);
}

} // namespace

TEST_CASE("a hello arrives as it was sent") {
    const Hello table[] = {
        {},
        {1, "5ec3e7", "prterun-n01-77@1", 12345, "n01.cluster", 4194304, "0-3,8", "{}"},
        {2'000'000'000, odd_bytes(), odd_bytes(), 0, odd_bytes(), 1, odd_bytes(),
         odd_bytes()},
    };
    for (const auto &sent : table) {
        CAPTURE(sent.host);
        const auto read = read_hello(text_of(sent));
        REQUIRE(read);
        CHECK(read->protocol == sent.protocol);
        CHECK(read->secret == sent.secret);
        CHECK(read->nspace == sent.nspace);
        CHECK(read->rank == sent.rank);
        CHECK(read->host == sent.host);
        CHECK(read->pid == sent.pid);
        CHECK(read->cpus == sent.cpus);
        CHECK(read->node == sent.node);
    }
}

TEST_CASE("an end arrives as it was sent") {
    Ended failed;
    failed.end.pid = 1;
    failed.end.exit_code = 255;
    for (const auto &sent : {Ended(), failed, killed()}) {
        const auto read = read_ended(text_of(sent));
        REQUIRE(read);
        check_same(*read, sent);
    }
}

TEST_CASE("the rank and the host of an end do not travel") {
    Ended sent = killed();
    sent.end.rank = 3;
    sent.end.host = "n03";
    const auto read = read_ended(text_of(sent));
    REQUIRE(read);
    CHECK(read->end.rank == 0);
    CHECK(read->end.host.empty());
}

TEST_CASE("a refusal arrives as it was sent") {
    const Error table[] = {
        {Exit::not_found, "no 'x' here", "look for it"},
        {Exit::not_executable, odd_bytes(), odd_bytes()},
        {Exit::cannot_run, "", ""},
    };
    for (const auto &sent : table) {
        CAPTURE(sent.what);
        const auto read = read_refused(text_of(sent));
        REQUIRE(read);
        CHECK(read->exit == sent.exit);
        CHECK(read->what == sent.what);
        CHECK(read->hint == sent.hint);
    }
}

TEST_CASE("what a later version adds comes last and is ignored") {
    const auto hello = read_hello("2\0s\0ns\0007\0n01\00042\0000-3\0{}\0more\0\0"s);
    REQUIRE(hello);
    CHECK(hello->rank == 7);
    CHECK(hello->cpus == "0-3");
    const auto ended = read_ended(text_of(killed()) + "more\0"s);
    REQUIRE(ended);
    check_same(*ended, killed());
    const auto refused = read_refused("127\0what\0hint\0more\0"s);
    REQUIRE(refused);
    CHECK(refused->hint == "hint");
}

TEST_CASE("a message that ends too early is none") {
    const auto hello = text_of(Hello{1, "s", "ns", 7, "n01", 42, "0-3"});
    for (std::size_t size = 0; size < hello.size(); ++size)
        CHECK_FALSE(read_hello(hello.substr(0, size)));
    const auto ended = text_of(killed());
    for (std::size_t size = 0; size < ended.size(); ++size)
        CHECK_FALSE(read_ended(ended.substr(0, size)));
    const auto refused = text_of(usage_error("what", "hint"));
    for (std::size_t size = 0; size < refused.size(); ++size)
        CHECK_FALSE(read_refused(refused.substr(0, size)));
}

TEST_CASE("a message with a word where a number belongs is none") {
    const Fields hello = {"1", "s", "ns", "7", "n01", "42", "0-3", ""};
    const Fields ended = {"42", "1", "0", "0", "0.5", "1.5", "0"};
    const Fields refused = {"127", "what", "hint"};
    REQUIRE(read_hello(message(hello)));
    REQUIRE(read_ended(message(ended)));
    REQUIRE(read_refused(message(refused)));
    for (const auto *wrong :
         {"", "x", "-1", "7 ", "0x7", "1.5", "99999999999999999999"}) {
        CAPTURE(wrong);
        for (const std::size_t field : {0, 3, 5})
            CHECK_FALSE(read_hello(message(hello, field, wrong)));
        for (const std::size_t field : {0, 1, 2})
            CHECK_FALSE(read_ended(message(ended, field, wrong)));
        CHECK_FALSE(read_refused(message(refused, 0, wrong)));
    }
}
