#include "pxlaunch/channel/frames.h"

#include <doctest/doctest.h>

#include <vector>

using namespace px::channel;
using namespace std::string_literals;

namespace {

struct Sent {
    Kind kind;
    std::string body;
};

std::string frame_of(Kind kind, std::string_view body = {}) {
    std::string bytes;
    append_frame(bytes, kind, body);
    return bytes;
}

std::string stream_of(const std::vector<Sent> &frames) {
    std::string bytes;
    for (const auto &each : frames) append_frame(bytes, each.kind, each.body);
    return bytes;
}

// A header alone, as a peer that cannot be trusted writes it.
std::string header_of(unsigned size, std::string_view padding = {"\0\0\0", 3}) {
    std::string bytes = "o" + std::string(padding);
    for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>((size >> (8 * i)) & 0xff);
    return bytes;
}

void check_frames(const std::vector<Frame> &read, const std::vector<Sent> &sent) {
    REQUIRE(read.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CAPTURE(i);
        CHECK(read[i].kind == sent[i].kind);
        CHECK((read[i].body == sent[i].body)); // some are too long to print
    }
}

std::vector<Frame> all_of(FrameReader &reader) {
    std::vector<Frame> frames;
    while (auto frame = reader.next()) frames.push_back(std::move(*frame));
    return frames;
}

std::vector<Frame> read_in_pieces(const std::vector<std::string_view> &pieces) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (const auto piece : pieces) {
        reader.add(piece);
        for (auto &frame : all_of(reader)) frames.push_back(std::move(frame));
    }
    CHECK_FALSE(reader.broken());
    return frames;
}

// Every byte that may stand in a body, an empty body, and a kind that nobody knows.
const std::vector<Sent> &some() {
    static const std::vector<Sent> frames = [] {
        std::string bytes;
        for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
        return std::vector<Sent>{{Kind::hello, "1\0secret\0"s},
                                 {Kind::in_end, ""},
                                 {Kind::out, bytes},
                                 {static_cast<Kind>('\xff'), "later"},
                                 {Kind::ended, "H\0\0\0\3\0\0\0abc"s}};
    }();
    return frames;
}

} // namespace

TEST_CASE("a frame is its kind, three zeros, the size from its lowest byte, the body") {
    CHECK(frame_of(Kind::out, "ab\0"s) == "o\0\0\0\3\0\0\0ab\0"s);
    CHECK(frame_of(Kind::release) == "R\0\0\0\0\0\0\0"s);
    CHECK(frame_of(Kind::in, std::string(0x12345, 'x')).substr(0, 8) ==
          "i\0\0\0\x45\x23\x01\0"s);
}

TEST_CASE("a body may have any size") {
    for (const std::size_t size : {0x7f, 0x80, 0xff, 0x100, 0x8000, 0xff80, 0x800080}) {
        CAPTURE(size);
        const std::string body(size, 'x');
        check_frames(read_in_pieces({frame_of(Kind::in, body)}), {{Kind::in, body}});
    }
}

TEST_CASE("frames are the same wherever the stream is cut in two") {
    const std::string bytes = stream_of(some());
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        CAPTURE(at);
        const std::string_view all = bytes;
        check_frames(read_in_pieces({all.substr(0, at), all.substr(at)}), some());
    }
}

TEST_CASE("frames that come byte by byte are whole") {
    const std::string bytes = stream_of(some());
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        pieces.push_back(std::string_view(bytes).substr(i, 1));
    }
    check_frames(read_in_pieces(pieces), some());
}

TEST_CASE("several frames in one piece come in order, and then no more") {
    FrameReader reader;
    CHECK_FALSE(reader.next());
    reader.add(stream_of(some()) + frame_of(Kind::err, "half").substr(0, 11));
    check_frames(all_of(reader), some());
    CHECK_FALSE(reader.next());
    reader.add("f");
    check_frames(all_of(reader), {{Kind::err, "half"}});
}

TEST_CASE("frames that wait to be read do not hinder those that follow") {
    FrameReader reader;
    std::vector<Sent> sent;
    std::vector<Frame> read;
    for (int i = 0; i < 200; ++i) {
        sent.push_back({Kind::out, std::string(static_cast<std::size_t>(i) % 17, 'x') +
                                       std::to_string(i)});
        reader.add(frame_of(Kind::out, sent.back().body));
        if (i % 3 == 0) continue;
        auto frame = reader.next();
        REQUIRE(frame);
        read.push_back(std::move(*frame));
    }
    for (auto &frame : all_of(reader)) read.push_back(std::move(frame));
    check_frames(read, sent);
}

TEST_CASE("the largest frame is read, and one byte more breaks the stream") {
    FrameReader reader;
    reader.add(frame_of(Kind::out, std::string(most_bytes, 'x')));
    check_frames(all_of(reader), {{Kind::out, std::string(most_bytes, 'x')}});
    CHECK_FALSE(reader.broken());

    for (const unsigned size : {unsigned{most_bytes} + 1, 0x80000000U, 0xffffffffU}) {
        CAPTURE(size);
        FrameReader other;
        other.add(header_of(size)); // the body need not come
        CHECK_FALSE(other.next());
        CHECK(other.broken());
    }
}

TEST_CASE("padding that is not zero breaks the stream") {
    for (const auto &padding : {"\1\0\0"s, "\0\1\0"s, "\0\0\1"s, "TP/"s}) {
        CAPTURE(padding);
        FrameReader reader;
        reader.add(header_of(0, padding));
        CHECK_FALSE(reader.next());
        CHECK(reader.broken());
    }
}

TEST_CASE("a header that is not complete breaks nothing") {
    FrameReader reader;
    reader.add(header_of(0xffffffff, "abc").substr(0, 7));
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.broken());
}

TEST_CASE("a broken stream stays broken, after the frames before") {
    FrameReader reader;
    reader.add(frame_of(Kind::out, "good") + header_of(0, "bad"));
    check_frames(all_of(reader), {{Kind::out, "good"}});
    CHECK(reader.broken());
    reader.add(frame_of(Kind::out, "late"));
    reader.accept_up_to(most_bytes);
    CHECK_FALSE(reader.next());
    CHECK(reader.broken());
}

TEST_CASE("a stranger is heard up to a smaller size, and may be trusted later") {
    FrameReader reader;
    reader.accept_up_to(most_of_hello);
    reader.add(frame_of(Kind::hello, std::string(most_of_hello, 'x')));
    CHECK(reader.next());
    CHECK_FALSE(reader.broken());

    FrameReader stranger = reader;
    stranger.add(header_of(most_of_hello + 1));
    CHECK_FALSE(stranger.next());
    CHECK(stranger.broken());
    stranger.accept_up_to(most_bytes); // too late
    stranger.add(std::string(most_of_hello + 1, 'x'));
    CHECK_FALSE(stranger.next());
    CHECK(stranger.broken());

    reader.accept_up_to(most_bytes);
    reader.add(frame_of(Kind::out, std::string(most_of_hello + 1, 'x')));
    CHECK(reader.next());
    CHECK_FALSE(reader.broken());
}
