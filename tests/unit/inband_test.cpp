#include "pxlaunch/channel/inband.h"

#include <doctest/doctest.h>

#include <vector>

using namespace px::channel;
using namespace std::string_literals;

namespace {

const std::string secret = "0123456789abcdef";

// What the reader makes of one rank's errors that come in pieces.
struct Taken {
    std::string rest;
    std::vector<Frame> reports;
};

Taken take(const std::vector<std::string_view> &pieces) {
    InbandReader reader(secret);
    Taken taken;
    for (const auto piece : pieces) {
        taken.rest += reader.take(
            piece, [&](Frame frame) { taken.reports.push_back(std::move(frame)); });
    }
    return taken;
}

} // namespace

TEST_CASE("a report is a mark with the secret, the kind, the size in hex, the body") {
    CHECK(inband("s3", Kind::ended, "ab\0"s) == "\x1epxwrap:s3:X000003:ab\0"s);
    CHECK(inband("s3", Kind::alive, "") == "\x1epxwrap:s3:A000000:");
    CHECK(inband("s3", Kind::hello, std::string(0xabcd, 'x')).substr(0, 19) ==
          "\x1epxwrap:s3:H00abcd:");
}

TEST_CASE("ordinary bytes pass") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const auto taken = take({"", "abc\n", bytes, ""});
    CHECK(taken.rest == "abc\n" + bytes);
    CHECK(taken.reports.empty());
}

TEST_CASE("a report between ordinary bytes is taken out, wherever it is cut in two") {
    const std::string body = "1\0odd \x1e bytes\n\xff"s;
    const std::string bytes = "before" + inband(secret, Kind::ended, body) + "after";
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        CAPTURE(at);
        const std::string_view all = bytes;
        const auto taken = take({all.substr(0, at), all.substr(at)});
        CHECK(taken.rest == "beforeafter");
        REQUIRE(taken.reports.size() == 1);
        CHECK(taken.reports[0].kind == Kind::ended);
        CHECK(taken.reports[0].body == body);
    }
}

TEST_CASE("reports that come byte by byte are whole, in order, and nothing is lost") {
    const std::string bytes = "a" + inband(secret, Kind::hello, "1") +
                              inband(secret, Kind::alive, "") + "b\n" +
                              inband(secret, Kind::refused, "\x1epxwrap:") + "\x1e" + "c";
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        pieces.push_back(std::string_view(bytes).substr(i, 1));
    }
    for (const auto &taken : {take({bytes}), take(pieces)}) {
        CHECK(taken.rest == "ab\n\x1e"
                            "c");
        REQUIRE(taken.reports.size() == 3);
        CHECK(taken.reports[0].kind == Kind::hello);
        CHECK(taken.reports[0].body == "1");
        CHECK(taken.reports[1].kind == Kind::alive);
        CHECK(taken.reports[1].body.empty());
        CHECK(taken.reports[2].kind == Kind::refused);
        CHECK(taken.reports[2].body == "\x1epxwrap:");
    }
}

TEST_CASE("what only looks like a report passes unchanged, wherever it is cut in two") {
    const std::string mark = "\x1epxwrap:" + secret + ":";
    const std::string table[] = {
        inband("0123456789abcdee", Kind::ended, "1"), // another job's secret
        inband("", Kind::ended, "1"),
        inband(secret + "0", Kind::ended, "1"),
        "\x1epxwrap",
        mark + "X00000g:1",
        mark + "X  0001:1",
        mark + "X-00001:1",
        "\x1e",
        "\x1e\x1e\x1e",
    };
    for (const auto &bytes : table) {
        CAPTURE(bytes);
        for (std::size_t at = 0; at <= bytes.size(); ++at) {
            CAPTURE(at);
            const std::string_view all = bytes;
            const auto taken = take({all.substr(0, at), all.substr(at), "\n"});
            CHECK(taken.rest == bytes + "\n");
            CHECK(taken.reports.empty());
        }
    }
}

TEST_CASE("a false beginning does not hide the report behind it") {
    const std::string report = inband(secret, Kind::ended, "1");
    for (const auto &before : {"\x1e"s, "\x1epxwrap:"s, "\x1epxwrap:0123"s}) {
        CAPTURE(before);
        const auto taken = take({before + report + "x"});
        CHECK(taken.rest == before + "x");
        CHECK(taken.reports.size() == 1);
    }
}

TEST_CASE("only what may become a report waits for the next piece") {
    CHECK(take({"abc\x1e"}).rest == "abc");
    CHECK(take({"abc\x1epxwrap:01"}).rest == "abc");
    CHECK(take({"abc\x1epxwrap:02"}).rest == "abc\x1epxwrap:02");
    CHECK(take({"abc\x1e", "d"}).rest == "abc\x1e"
                                         "d");
}
