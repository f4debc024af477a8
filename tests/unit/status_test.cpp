#include "pxlaunch/base/text.h"
#include "pxlaunch/drive/status.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <unistd.h>

using namespace px;
using namespace px::drive;
using Json = nlohmann::json;

TEST_CASE("events are lines of JSON") {
    auto loop = std::move(Loop::create()).value();
    auto pipe = std::move(make_pipe()).value();
    auto status = std::move(StatusStream::open(*loop, pipe.write.get())).value();
    status->started("pxrec.n01.7", 2);
    job::RankEnd end;
    end.rank = 1;
    end.host = "n01";
    end.signal = 9;
    status->rank_ended(end);
    status->ended(137);
    bool written = false;
    status->when_written([&] {
        written = true;
        loop->stop();
    });
    loop->run();
    CHECK(written);
    std::string text(4096, '\0');
    const auto got = read_some(pipe.read.get(), text.data(), text.size());
    const auto lines =
        split(std::string_view(text).substr(0, static_cast<std::size_t>(*got)), '\n');
    REQUIRE(lines.size() == 4);
    const Json started = Json::parse(lines[0]), rank = Json::parse(lines[1]);
    CHECK(started["event"] == "started");
    CHECK(started["version"] == 1);
    CHECK(started["np"] == 2);
    CHECK(started["pid"] == ::getpid());
    CHECK(rank["event"] == "rank-ended");
    CHECK(rank["rank"] == 1);
    CHECK(rank["signal"] == 9);
    CHECK(rank["time"].is_number());
    CHECK(Json::parse(lines[2])["status"] == 137);
}

TEST_CASE("a reader that has gone is no error") {
    ::signal(SIGPIPE, SIG_IGN);
    auto loop = std::move(Loop::create()).value();
    auto pipe = std::move(make_pipe()).value();
    auto status = std::move(StatusStream::open(*loop, pipe.write.get())).value();
    pipe.read.reset();
    status->started("j", 2);
    status->ended(0);
    CHECK(status->pending() == 0);
}

TEST_CASE("a descriptor that is not open for writing is a usage error") {
    auto loop = std::move(Loop::create()).value();
    const auto closed = StatusStream::open(*loop, 987);
    REQUIRE_FALSE(closed);
    CHECK(closed.error().exit == Exit::usage);
    CHECK(closed.error().what == "--status-fd: descriptor 987 is not open");
    CHECK(closed.error().hint ==
          "let the shell open it: pxlaunch --status-fd 987 ... 987>FILE");
    auto pipe = std::move(make_pipe()).value();
    const auto wrong = StatusStream::open(*loop, pipe.read.get());
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what.ends_with("is not open for writing"));
}
