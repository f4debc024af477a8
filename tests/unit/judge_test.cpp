#include "pxlaunch/shims/judge.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <functional>

using namespace px;
using namespace px::shims;

namespace {

using Event = std::function<void(Judge &)>;
using Story = std::vector<Event>;

Event expect(int ranks) {
    return [=](Judge &judge) { judge.expect(ranks); };
}
Event arrives(int rank) {
    return [=](Judge &judge) { judge.arrived(rank, fmt::format("n{}", rank)); };
}
Event ends(int rank, int exit_code, int signal = 0, bool by_runtime = false) {
    channel::Ended ended;
    ended.end.rank = 99; // what a report says of its own rank does not count
    ended.end.host = "elsewhere";
    ended.end.pid = 1000 + rank;
    ended.end.exit_code = exit_code;
    ended.end.signal = signal;
    ended.by_runtime = by_runtime;
    return [=](Judge &judge) { judge.ended(rank, ended); };
}
Event ended_by_runtime(int rank) { return ends(rank, 0, SIGTERM, true); }
Event refuses(int rank, const std::string &what = "no 'x' here") {
    return [=](Judge &judge) {
        judge.refused(rank, {Exit::not_found, what, "look for it"});
    };
}
Event is_lost(int rank, int error_number) {
    return [=](Judge &judge) { judge.lost(rank, error_number); };
}
Event is_lost_by_server(int rank) {
    return [=](Judge &judge) { judge.lost_by_server(rank); };
}
Event no_more_arrive() {
    return [](Judge &judge) { judge.gone_without_shim(); };
}
Event server_says(const job::JobResult &result) {
    return [=](Judge &judge) { judge.server_ended(result); };
}
Event server_says_failed(int rank, int status) {
    job::JobResult result;
    result.first_failure = rank;
    result.status = status;
    result.ranks.resize(7); // ours are better
    return server_says(result);
}
Event server_says_aborted(int status) {
    job::JobResult result;
    result.first_failure = 0;
    result.status = status;
    result.aborted = true;
    result.abort_text = "enough";
    return server_says(result);
}

// Three ranks that are there, and then `more`.
Story three(const Story &more) {
    Story story = {expect(3), arrives(0), arrives(1), arrives(2)};
    story.insert(story.end(), more.begin(), more.end());
    return story;
}

Judge after(const Story &story, job::OnFailure rule = job::OnFailure::kill) {
    Judge judge(rule);
    for (const auto &event : story) event(judge);
    return judge;
}

std::string verdict(const Judge &judge) {
    const auto result = judge.result();
    std::string text;
    if (result.not_run) {
        text += fmt::format("not run, {}: {}; {}", static_cast<int>(*result.not_run),
                            result.explanation, result.hint);
    }
    if (result.aborted) text += fmt::format("aborted, '{}': ", result.abort_text);
    if (result.first_failure >= 0) text += fmt::format("rank {}: ", result.first_failure);
    if (result.status != 0) text += fmt::format("{}", result.status);
    return text.empty() ? "success" : text;
}

// "RANK on HOST: STATUS", in the order of the reports.
std::string ends_of(const Judge &judge) {
    std::string text;
    for (const auto &end : judge.result().ranks) {
        text += fmt::format("{}{} on {}: {}", text.empty() ? "" : ", ", end.rank,
                            end.host, end.status());
    }
    return text;
}

struct Row {
    const char *name;
    Story story;
    std::string verdict, ends;
};

template <std::size_t count>
void check(const Row (&table)[count]) {
    for (const auto &row : table) {
        CAPTURE(row.name);
        const auto judge = after(row.story);
        CHECK(verdict(judge) == row.verdict);
        CHECK(ends_of(judge) == row.ends);
    }
}

const std::string lost_hint = "; is the node up, and the network? the other ranks were "
                              "ended";

} // namespace

TEST_CASE("what the ranks themselves report") {
    check({
        {"nothing yet", {}, "success", ""},
        {"all succeed", three({ends(1, 0), ends(0, 0), ends(2, 0)}), "success",
         "1 on n1: 0, 0 on n0: 0, 2 on n2: 0"},
        {"the first failure counts, by arrival",
         three({ends(1, 0), ends(2, 5), ends(0, 3)}), "rank 2: 5",
         "1 on n1: 0, 2 on n2: 5, 0 on n0: 3"},
        {"a signal is a failure", three({ends(1, 0, SIGSEGV), ends(0, 1)}), "rank 1: 139",
         "1 on n1: 139, 0 on n0: 1"},
        {"what the server makes of it does not count",
         three({ends(2, 5), server_says_failed(0, 1), ends(0, 0), ends(1, 0)}),
         "rank 2: 5", "2 on n2: 5, 0 on n0: 0, 1 on n1: 0"},
        {"all succeed, and the server is wrong",
         three({ends(0, 0), ends(1, 0), server_says_failed(0, 1), ends(2, 0)}), "success",
         "0 on n0: 0, 1 on n1: 0, 2 on n2: 0"},
    });
}

TEST_CASE("a rank that the runtime ended is not to blame; the server's verdict is") {
    check({
        {"after a failure", three({ends(1, 4), ended_by_runtime(0), ended_by_runtime(2)}),
         "rank 1: 4", "1 on n1: 4, 0 on n0: 143, 2 on n2: 143"},
        {"before the report of the failure",
         three({ended_by_runtime(0), ends(1, 4), ended_by_runtime(2)}), "rank 1: 4",
         "0 on n0: 143, 1 on n1: 4, 2 on n2: 143"},
        {"an abort",
         three({ended_by_runtime(0), ended_by_runtime(1), ended_by_runtime(2),
                server_says_aborted(7)}),
         "aborted, 'enough': rank 0: 7", "0 on n0: 143, 1 on n1: 143, 2 on n2: 143"},
        {"an abort by a rank that ends by itself",
         three({ends(1, 1), ended_by_runtime(0), ended_by_runtime(2),
                server_says_aborted(7)}),
         "aborted, 'enough': rank 0: 7", "1 on n1: 1, 0 on n0: 143, 2 on n2: 143"},
        {"the server's first word counts",
         three({ended_by_runtime(0), server_says_failed(2, 6), server_says_aborted(7),
                ended_by_runtime(1), ended_by_runtime(2)}),
         "rank 2: 6", "0 on n0: 143, 1 on n1: 143, 2 on n2: 143"},
        {"a status of nobody",
         three({ended_by_runtime(0), ended_by_runtime(1), ended_by_runtime(2),
                server_says_failed(-1, 1)}),
         "not run, 125: the runtime ended the job and did not say why; ",
         "0 on n0: 143, 1 on n1: 143, 2 on n2: 143"},
        {"a rank got the signal before its shim",
         three({ends(1, 0, SIGTERM), ended_by_runtime(0), ended_by_runtime(2)}),
         "not run, 125: the runtime ended the job and did not say why; ",
         "1 on n1: 143, 0 on n0: 143, 2 on n2: 143"},
        {"no word from the server", three({ended_by_runtime(0), ends(1, 0), ends(2, 0)}),
         "not run, 125: the runtime ended the job and did not say why; ",
         "0 on n0: 143, 1 on n1: 0, 2 on n2: 0"},
    });
}

TEST_CASE("a rank without a shim is the server's to judge") {
    check({
        {"one of three",
         {expect(3), arrives(0), arrives(1), no_more_arrive(), ends(0, 0), ends(1, 0),
          server_says_failed(2, 9)},
         "rank 2: 9",
         "0 on n0: 0, 1 on n1: 0"},
        {"all", {expect(2), no_more_arrive(), server_says_failed(1, 9)}, "rank 1: 9", ""},
        {"a failure with a shim is surer",
         {expect(2), arrives(0), no_more_arrive(), ends(0, 3), server_says_failed(1, 9)},
         "rank 0: 3",
         "0 on n0: 3"},
    });
}

TEST_CASE("a rank that never became a program decides") {
    const std::string refused = "not run, 127: no 'x' here (rank 1 on n1); look for it";
    check({
        {"alone", three({refuses(1)}), refused, ""},
        {"the first one counts", three({refuses(1), refuses(0, "other")}), refused, ""},
        {"before a failure", three({refuses(1), ends(0, 0, SIGTERM), ends(2, 0)}),
         refused, "0 on n0: 143, 2 on n2: 0"},
        {"after a failure, and a loss",
         three({ends(0, 3), is_lost(2, ETIMEDOUT), refuses(1)}), refused, "0 on n0: 3"},
        {"whatever the server says", three({refuses(1), server_says_aborted(7)}), refused,
         ""},
    });
}

TEST_CASE("a shim that is gone without a word was killed, and its rank with it") {
    check({
        {"it closed the connection", three({is_lost(1, 0)}), "rank 1: 137",
         "1 on n1: 137"},
        {"its node did, for it", three({is_lost(1, ECONNRESET)}), "rank 1: 137",
         "1 on n1: 137"},
        {"after a failure", three({ends(0, 3), is_lost(1, 0)}), "rank 0: 3",
         "0 on n0: 3, 1 on n1: 137"},
    });
}

TEST_CASE("a rank that nobody knows the end of ends the job with words") {
    const std::string timed_out =
        "not run, 125: lost rank 1 on n1: connection timed out" + lost_hint;
    check({
        {"its node is silent", three({is_lost(1, ETIMEDOUT)}), timed_out, ""},
        {"there is no way to its node", three({is_lost(2, EHOSTUNREACH)}),
         "not run, 125: lost rank 2 on n2: no route to host" + lost_hint, ""},
        {"the first one is named",
         three({is_lost(1, ETIMEDOUT), is_lost(0, EHOSTUNREACH)}), timed_out, ""},
        {"who is killed for it is not to blame",
         three({is_lost(1, ETIMEDOUT), ends(0, 0, SIGKILL), is_lost(2, 0)}), timed_out,
         "0 on n0: 137, 2 on n2: 137"},
        {"after a failure, that one counts", three({ends(0, 3), is_lost(1, ETIMEDOUT)}),
         "rank 0: 3", "0 on n0: 3"},
        {"the server lost it", three({is_lost_by_server(2), ends(0, 0, SIGTERM)}),
         "not run, 125: the runtime lost the exit code of rank 2 on n2" + lost_hint,
         "0 on n0: 143"},
        {"the server lost it after all",
         three({is_lost(1, ETIMEDOUT), is_lost_by_server(2)}), timed_out, ""},
    });
}

TEST_CASE("an end names the rank and host that arrived, and keeps the rest") {
    const auto ranks = after(three({ends(2, 4)})).result().ranks;
    REQUIRE(ranks.size() == 1);
    CHECK(ranks[0].rank == 2);
    CHECK(ranks[0].host == "n2");
    CHECK(ranks[0].pid == 1002);
    CHECK(ranks[0].exit_code == 4);
    CHECK(ranks[0].signal == 0);
}

TEST_CASE("whether the others must end is a matter of the rule, unless the job is void") {
    struct Case {
        const char *name;
        Story more;
        bool kill, wait, ignore;
    };
    const Case table[] = {
        {"nothing happened", {}, false, false, false},
        {"a success", {ends(0, 0)}, false, false, false},
        {"a failure", {ends(0, 3)}, true, false, false},
        {"a signal", {ends(0, 0, SIGTERM)}, true, false, false},
        {"a shim was killed", {is_lost(0, 0)}, true, false, false},
        {"the runtime is at it", {ended_by_runtime(0)}, false, false, false},
        {"a refusal", {refuses(0)}, true, true, true},
        {"a node is silent", {is_lost(0, ETIMEDOUT)}, true, true, true},
        {"the server lost a rank", {is_lost_by_server(0)}, true, true, true},
    };
    for (const auto &each : table) {
        CAPTURE(each.name);
        const auto story = three(each.more);
        CHECK(after(story, job::OnFailure::kill).must_end() == each.kill);
        CHECK(after(story, job::OnFailure::wait).must_end() == each.wait);
        CHECK(after(story, job::OnFailure::ignore).must_end() == each.ignore);
    }
}

TEST_CASE("reports of ranks that the job does not have are ignored") {
    for (const int rank : {-1, 3, 2'000'000'000}) {
        CAPTURE(rank);
        const auto judge =
            after(three({arrives(rank), ends(rank, 3), refuses(rank), is_lost(rank, 0),
                         is_lost(rank, ETIMEDOUT), is_lost_by_server(rank)}));
        CHECK(verdict(judge) == "success");
        CHECK(ends_of(judge).empty());
        CHECK_FALSE(judge.any_refused());
        CHECK_FALSE(judge.must_end());
        CHECK(judge.all_arrived());
    }
    CHECK(after({arrives(-1), arrives(2'000'000'000), no_more_arrive()}).all_bare());
}

TEST_CASE("a rank that has not arrived has nothing to report") {
    const auto judge = after({expect(2), ends(0, 3), refuses(0), is_lost(0, 0),
                              is_lost(0, ETIMEDOUT), is_lost_by_server(0)});
    CHECK(verdict(judge) == "success");
    CHECK(ends_of(judge).empty());
    CHECK_FALSE(judge.must_end());
}

TEST_CASE("the first report of a rank is its last") {
    const Event firsts[] = {ends(0, 0), refuses(0), is_lost(0, 0), is_lost(0, ETIMEDOUT),
                            is_lost_by_server(0)};
    for (const auto &first : firsts) {
        CAPTURE(&first - firsts);
        const auto once = after(three({first}));
        const auto often =
            after(three({first, ends(0, 9), refuses(0, "again"), is_lost(0, 0),
                         is_lost(0, EHOSTUNREACH), is_lost_by_server(0), arrives(0)}));
        CHECK(verdict(often) == verdict(once));
        CHECK(ends_of(often) == ends_of(once));
        CHECK_FALSE(often.no_report_to_come()); // of the other two
    }
}

TEST_CASE("a rank that arrives twice is counted once, where it was first") {
    const auto judge =
        after({expect(2), arrives(0), [](Judge &each) { each.arrived(0, "other"); }});
    CHECK_FALSE(judge.all_arrived());
    CHECK(ends_of(after({expect(1), arrives(0),
                         [](Judge &each) { each.arrived(0, "other"); }, ends(0, 0)})) ==
          "0 on n0: 0");
}

TEST_CASE("ranks may be faster than the server") {
    const Story early = {arrives(2), arrives(0), ends(2, 5)};
    CHECK_FALSE(after(early).all_arrived());
    CHECK_FALSE(after(early).no_report_to_come());
    CHECK(after(early).must_end());

    Story story = early;
    story.push_back(expect(3));
    CHECK_FALSE(after(story).all_arrived());
    story.push_back(arrives(1));
    CHECK(after(story).all_arrived());
    story.push_back(ends(0, 0));
    story.push_back(ends(1, 1));
    CHECK(after(story).no_report_to_come());
    CHECK(verdict(after(story)) == "rank 2: 5");
    CHECK(ends_of(after(story)) == "2 on n2: 5, 0 on n0: 0, 1 on n1: 1");
}

TEST_CASE("no report is to come when all who arrived reported, and nobody arrives") {
    struct Case {
        const char *name;
        Story story;
        bool none;
    };
    const Story one_of_two = {expect(2), arrives(0)};
    const auto with = [&](Story more) {
        more.insert(more.begin(), one_of_two.begin(), one_of_two.end());
        return more;
    };
    const Case table[] = {
        {"nothing is known", {}, false},
        {"the job was accepted", {expect(2)}, false},
        {"all are there", three({}), false},
        {"all but one reported", three({ends(0, 0), refuses(1)}), false},
        {"all reported", three({ends(0, 0), refuses(1), is_lost(2, 0)}), true},
        {"all were lost",
         three({is_lost(0, ETIMEDOUT), is_lost_by_server(1), is_lost(2, 0)}), true},
        {"one may still arrive", with({ends(0, 0)}), false},
        {"nobody arrives any more", with({ends(0, 0), no_more_arrive()}), true},
        {"one is still to report", with({no_more_arrive()}), false},
        {"the server says the end", with({ends(0, 0), server_says({})}), true},
        {"the server says it too early", with({server_says({})}), false},
        {"no rank has a shim", {expect(2), no_more_arrive()}, true},
        {"the size is not known", {arrives(0), ends(0, 0)}, false},
        {"it is not, and nobody arrives",
         {arrives(0), ends(0, 0), no_more_arrive()},
         true},
    };
    for (const auto &each : table) {
        CAPTURE(each.name);
        CHECK(after(each.story).no_report_to_come() == each.none);
    }
}

TEST_CASE("what the judge knows of the shims") {
    CHECK_FALSE(after({expect(1)}).all_bare());
    CHECK(after({expect(1), no_more_arrive()}).all_bare());
    CHECK_FALSE(after({expect(1), arrives(0), no_more_arrive()}).all_bare());
    CHECK_FALSE(after(three({ends(0, 3)})).any_refused());
    CHECK(after(three({refuses(0)})).any_refused());
}
