#include "command_line.h"

#include "pxlaunch/joblist/read_list.h"
#include "pxlaunch/joblist/run_list.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::joblist;

TEST_CASE("a line is split as by a shell that evaluates nothing") {
    const auto words = [](const char *line) {
        const auto split = split_line(line);
        return split ? *split : Words{split.error().what + " | " + split.error().hint};
    };
    CHECK(words("  a\tb  c\r") == Words{"a", "b", "c"});
    CHECK(words("'a b' \"c d\"e '' \"\"") == Words{"a b", "c de", "", ""});
    CHECK(words("a\\ b \\' \\\\ \"\\\" \\\\ \\n\" '\\'") ==
          Words{"a b", "'", "\\", "\" \\ \\n", "\\"});
    CHECK(words("$A `b` * ; | >x a#b # c 'd") ==
          Words{"$A", "`b`", "*", ";", "|", ">x", "a#b"});
    CHECK(words("\xff\xfe") == Words{"\xff\xfe"});
    CHECK(words("").empty());
    CHECK(words("a 'b") ==
          Words{R"(a ' is not closed | a word that holds one: \' or \")"});
    CHECK(words("a \"b\\\"") ==
          Words{R"(a " is not closed | a word that holds one: \' or \")"});
    CHECK(words("a \\") == Words{"it ends in a backslash | a job is one line"});
}

TEST_CASE("jobs have the numbers of their lines, and wrong lines are told") {
    const auto list = read_list("a\n\n# b\nc 'd\ne f\n");
    CHECK(errors_text(list.errors) ==
          "line 4: a ' is not closed | a word that holds one: \\' or \\\"\n");
    REQUIRE(list.value.size() == 2);
    CHECK(list.value[0].number == 1);
    CHECK(list.value[1].number == 5);
    CHECK(list.value[1].words == Words{"e", "f"});
}

TEST_CASE("what is said of a list that did not go well") {
    CHECK(text_of({}, 5).empty());
    CHECK(text_of({{3}, 0, 0}, 5) == "1 of 5 jobs failed: line 3");
    CHECK(text_of({{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 1, 0}, 20) ==
          "11 of 20 jobs failed: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...; 1 job was not "
          "started");
    CHECK(text_of({{}, 4, 2}, 5) == "ended by SIGINT; 4 jobs were not started");
}

TEST_CASE("what goes with --jobs, and what is every job's") {
    auto parsed = parse({"--jobs", "f", "-x", "A=1", "--tag", "--retries=2", "--rec",
                         "local", "-c", "2"});
    REQUIRE(parsed);
    CHECK(parsed->common == Words{"--env=A=1", "--tag=true", "--cpus-per-rank=2"});
    CHECK(errors_of({"--retries", "2", "--parallel", "3", "true"}) ==
          "--parallel does nothing without --jobs | write --jobs FILE too\n"
          "--retries does nothing without --jobs | write --jobs FILE too\n");
    CHECK(errors_of({"--jobs", "f", "a", ":", "b"}) ==
          "--jobs goes with one command | write the ':' in the lines of the list\n");
    CHECK(
        errors_of({"--jobs", "f", "--pty"}) ==
        "--jobs and --pty contradict each other | leave one out: the jobs of a list have "
        "no terminal\n");
    CHECK(errors_of({"--jobs", "f", "--stdin", "none"}).empty());
    CHECK(errors_of({"--jobs", "f", "--parallel", "0"}) ==
          "--parallel: expected at least 1, got '0' | \n");
    CHECK(errors_of({"--jobs", "", "true"}) ==
          "--jobs: expected the name of a file, or -, got '' | \n");
    CHECK(parse({"a"}, {"PXLAUNCH_JOBS=f"})->options.jobs.empty());
}
