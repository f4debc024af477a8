#include "pxlaunch/drive/lines.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::drive;
using namespace std::chrono_literals;

namespace {

struct Recorder : Sink {
    std::string text;
    std::size_t credit = 0;
    void write(std::span<const std::string_view> pieces, std::size_t more) override {
        for (const auto piece : pieces) text += piece;
        credit += more;
    }
    [[nodiscard]] std::size_t pending() const override { return 0; }
};

struct Merged {
    explicit Merged(Lines::Style style = {}) : lines(sink, std::move(style)) {
        lines.add("0: ");
        lines.add("1: ");
    }
    void take(Lines::Source source, std::string_view bytes) {
        lines.take(source, bytes, now);
    }
    void wait(Milliseconds time) {
        now += time;
        lines.flush_older(now - 100ms);
    }

    Recorder sink;
    Lines lines;
    Lines::Time now{};
};

} // namespace

TEST_CASE("lines of several sources stay whole, in each one's order") {
    Merged merged;
    merged.take(0, "a1");
    merged.take(1, "b1\nb2");
    merged.take(0, "a\na2\n");
    merged.take(1, "b\n");
    CHECK(merged.sink.text == "b1\na1a\na2\nb2b\n");
    CHECK(merged.sink.credit == merged.sink.text.size());
}

TEST_CASE("an unfinished line waits 100 ms") {
    Merged merged;
    merged.take(0, "password: ");
    merged.wait(99ms);
    CHECK(merged.sink.text.empty());
    CHECK(merged.lines.holds_any());
    merged.wait(1ms);
    CHECK(merged.sink.text == "password: ");
    CHECK_FALSE(merged.lines.holds_any());
    // Bytes that arrive meanwhile begin the wait anew; a slow reader does, too.
    merged.take(0, "x");
    merged.wait(60ms);
    merged.take(0, "y");
    merged.wait(60ms);
    merged.lines.touch(merged.now);
    merged.wait(60ms);
    CHECK(merged.sink.text == "password: ");
    CHECK(merged.lines.flush_older(merged.now - 100ms) == merged.now - 60ms);
    merged.wait(60ms);
    CHECK(merged.sink.text == "password: xy");
}

TEST_CASE("the end of a source writes what it left, and adds nothing") {
    Merged merged;
    merged.take(0, "abc");
    merged.take(1, "def");
    merged.lines.end(1);
    CHECK(merged.sink.text == "def");
    merged.lines.end_all();
    CHECK(merged.sink.text == "defabc");
    CHECK(merged.sink.credit == 6);
    merged.lines.end_all();
    CHECK(merged.sink.text == "defabc");
}

TEST_CASE("alone, bytes pass at once") {
    Merged merged;
    merged.lines.set_alone(true);
    merged.take(0, "a");
    merged.take(0, "bc\nd");
    CHECK(merged.sink.text == "abc\nd");
    // A second source appears: from now on lines are kept whole.
    merged.lines.set_alone(false);
    merged.take(1, "e");
    merged.take(0, "\n");
    merged.take(1, "\n");
    CHECK(merged.sink.text == "abc\nd\ne\n");
}

TEST_CASE("each line has its tag") {
    Merged merged({.tag = true});
    merged.take(0, "one\ntwo\nthr");
    merged.take(1, "\n");
    merged.take(0, "ee\n");
    CHECK(merged.sink.text == "0: one\n0: two\n1: \n0: three\n");
    CHECK(merged.sink.credit == 15); // tags are not the ranks' bytes
}

TEST_CASE("a tagged line that was interrupted is closed, and goes on with a tag") {
    Merged merged({.tag = true});
    merged.take(0, "half");
    merged.wait(100ms);
    merged.take(1, "other\n");
    merged.take(0, " rest\n");
    merged.take(0, "\n"); // an empty line of its own stays one
    CHECK(merged.sink.text == "0: half\n1: other\n0:  rest\n0: \n");
    // The newline that it was going to write is there already.
    merged.sink.text.clear();
    merged.take(0, "half");
    merged.wait(100ms);
    merged.take(1, "other\n");
    merged.take(0, "\nnext\n");
    CHECK(merged.sink.text == "0: half\n1: other\n0: next\n");
    // Uninterrupted it simply goes on.
    merged.sink.text.clear();
    merged.take(0, "ha");
    merged.wait(100ms);
    merged.take(0, "lf\n");
    CHECK(merged.sink.text == "0: half\n");
}

TEST_CASE("an unfinished tagged line gets no newline at the end") {
    Merged merged({.tag = true});
    merged.take(0, "abc");
    merged.lines.end_all();
    CHECK(merged.sink.text == "0: abc");
}

TEST_CASE("time stamps stand before tags, at the beginning of lines") {
    int count = 0;
    Merged merged(
        {.tag = true, .stamp = [&] { return "t" + std::to_string(++count) + " "; }});
    merged.take(0, "a\nb\n");
    CHECK(merged.sink.text == "t1 0: a\nt2 0: b\n");
}

TEST_CASE("a line of ours stands between the ranks' lines") {
    Merged merged({.tag = true});
    merged.take(0, "half");
    merged.wait(100ms);
    merged.lines.interject("pxlaunch: hello");
    merged.take(0, " rest\n");
    CHECK(merged.sink.text == "0: half\npxlaunch: hello\n0:  rest\n");
    CHECK(merged.sink.credit == 10);
}

TEST_CASE("data without lines is not held for ever") {
    Merged merged;
    const std::string data(700'000, 'x');
    merged.take(0, data);
    CHECK(merged.sink.text.empty());
    merged.take(0, data);
    CHECK(merged.sink.text.size() == 1'400'000);
    CHECK(merged.sink.credit == 1'400'000);
}

TEST_CASE("bytes are bytes") {
    Merged merged;
    const std::string raw("\0\xff\r\n\x1b[0m\n", 9);
    merged.take(0, raw);
    merged.take(0, {});
    CHECK(merged.sink.text == raw);
}
