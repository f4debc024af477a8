#include "pxlaunch/drive/files.h"
#include "pxlaunch/drive/output_names.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <array>

using namespace px;
using namespace px::drive;

namespace {

std::string refusal(const std::string &text) {
    const auto names = OutputNames::parse(text);
    return names ? "accepted" : names.error().what + " | " + names.error().hint;
}

void put(Sink &sink, std::string_view text) { sink.write(std::array{text}, text.size()); }

} // namespace

TEST_CASE("names of output files") {
    struct Row {
        std::string pattern;
        int np;
        Writer writer;
        Channel channel;
        std::string name;
    };
    const Writer third{.rank = 3, .app = 1, .local_rank = 2, .host = "n02"};
    const Writer child{.child = 1, .rank = 3};
    for (const auto &[pattern, np, writer, channel, name] :
         std::vector<Row>{{"out/", 4, third, Channel::out, "out/3.out"},
                          {"out/", 64, third, Channel::err, "out/03.err"},
                          {"out/", 10, third, Channel::out, "out/3.out"},
                          {"out/", 11, third, Channel::out, "out/03.out"},
                          {"out/", 1000, child, Channel::out, "out/1.003.out"},
                          {"all.txt", 4, third, Channel::err, "all.txt"},
                          {"%r.txt", 100, third, Channel::out, "03.txt"},
                          {"%j-%h-%a-%n-%%r", 4, third, Channel::out, "job7-n02-1-2-%r"},
                          {"%j/%r/", 4, third, Channel::out, "job7/3/3.out"},
                          {"%h", 4, child, Channel::out, "unknown"},
                          {"%r.txt", 4, child, Channel::out, "1.3.txt"}}) {
        CAPTURE(pattern);
        auto names = OutputNames::parse(pattern);
        REQUIRE(names);
        names->set_np(np);
        CHECK(names->name(writer, channel, "job7") == name);
    }
    CHECK(OutputNames::parse("%h")->uses_host());
    CHECK_FALSE(OutputNames::parse("%%h")->uses_host());
    CHECK(OutputNames::parse("a%j")->uses_job());
    CHECK(refusal("") ==
          "--output: expected a directory or a file name, got nothing | write a "
          "directory as 'DIR/', files as 'out.%r'");
    const std::string hint =
        "there are: %r rank, %h host, %j job, %a application, %n rank on "
        "its node, %% a percent sign";
    CHECK(refusal("out.%z") == "--output: unknown field '%z' in 'out.%z' | " + hint);
    CHECK(refusal("100%") == "--output: unknown field '%' in '100%' | " + hint);
}

TEST_CASE("a directory that exists needs no slash") {
    const Temporary temporary;
    CHECK(OutputNames::parse(temporary.path())->name({}, Channel::out, "") ==
          temporary.path("0.out"));
}

TEST_CASE("a file is emptied once and appended to ever after") {
    const Temporary temporary;
    temporary.write("a", "old");
    std::size_t credit = 0;
    FileSet files({[&](std::size_t more) { credit += more; }, {}});
    REQUIRE(files.create(temporary.path("a")));
    CHECK(temporary.read("a").empty());
    put(files.sink(temporary.path("a")), "one\n");
    REQUIRE(files.create(temporary.path("a")));
    put(files.sink(temporary.path("a")), "two\n");
    CHECK(temporary.read("a") == "one\ntwo\n");
    CHECK(credit == 8);
    CHECK(&files.sink(temporary.path("a")) == &files.sink(temporary.path("a")));
}

TEST_CASE("few descriptors serve many files") {
    const Temporary temporary;
    FileSet files({}, 3);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i) {
            put(files.sink(temporary.path("x/y/" + std::to_string(i))),
                std::to_string(round));
        }
    }
    for (int i = 0; i < 20; ++i)
        CHECK(temporary.read("x/y/" + std::to_string(i)) == "012");
}

TEST_CASE("a file that cannot be written fails once, and holds nothing up") {
    std::size_t credit = 0;
    std::vector<std::string> errors;
    FileSet files({[&](std::size_t more) { credit += more; },
                   [&](const Error &error) { errors.push_back(error.what); }});
    put(files.sink("/dev/full"), "lost");
    put(files.sink("/dev/full"), "lost too");
    CHECK(credit == 12);
    CHECK(errors == std::vector<std::string>{
                        "--output: '/dev/full': cannot write: no space left on device"});
    put(files.sink("/proc/none/such"), "lost");
    CHECK(errors.size() == 2);
    CHECK(errors.back() ==
          "--output: cannot make the directory '/proc/none': no such file or directory");
    const auto made = files.create("/proc/self/nothing");
    REQUIRE_FALSE(made);
    CHECK(made.error().what ==
          "--output: cannot open '/proc/self/nothing': no such file or directory");
    CHECK(made.error().hint == "name a directory or a file that you may write to");
}
