#include "job_server.h"

using namespace job_server;

namespace {
bool is_alive(int pid) { return ::kill(pid, 0) == 0; }
} // namespace

TEST_CASE("a job of true ends with 0, was announced first, and gives its cores back") {
    Server server;
    int ends = 0;
    server.table.on_end = [&ends] { ++ends; };
    const auto nspace = server.submit(script("true", 2));
    CHECK(nspace == "job.1");
    CHECK(server.wire.announced == "job.1 ");
    CHECK(server.pool.free_cores() == 0);
    server.table.begin_output(*server.table.find(nspace));
    CHECK(server.ends(nspace));
    const auto &result = server.wire.results[nspace];
    CHECK(result.ranks.size() == 2);
    CHECK(result.first_failure == -1);
    CHECK(result.ranks[0].host == "n01");
    CHECK(result.ranks[0].ended >= result.ranks[0].started);
    CHECK(job::exit_code(result, job::OnFailure::kill) == 0);
    CHECK(server.wire.told == "job.1 ");
    CHECK(server.pool.free_cores() == 2);
    CHECK(server.table.jobs().empty());
    CHECK(ends == 1);
}

TEST_CASE("output is kept back until the owner takes it, and then is exact") {
    Server server;
    auto asked = script("printf 'abc%s' $PXLAUNCH_RANK; printf \"$SERVER\" >&2", 2);
    asked.flow = true; // it will say when
    const auto nspace = server.submit(asked);
    CHECK(server.until([&] { return server.table.find(nspace)->running == 0; }));
    CHECK(server.wire.out.empty());
    CHECK(server.wire.results.empty());
    server.table.begin_output(*server.table.find(nspace));
    CHECK(server.ends(nspace));
    CHECK(server.wire.out["job.1.0"] == "abc0");
    CHECK(server.wire.out["job.1.1"] == "abc1");
    CHECK(server.wire.err["job.1.1"] == "for 1");
}

TEST_CASE("output waits for acknowledgement only where the owner gives it") {
    Server server;
    constexpr std::size_t size = 12'000'000;
    const std::string flood = "head -c 12000000 /dev/zero";
    (void)server.result_of(script(flood));
    CHECK(server.wire.out["job.1.0"].size() == size);

    auto asked = script(flood);
    asked.flow = true;
    Job *job = server.table.find(server.submit(asked));
    REQUIRE(job != nullptr);
    server.table.begin_output(*job);
    CHECK(server.until([job] { return job->paused; }));
    CHECK(job->delivered > Output::window);
    CHECK(job->delivered <= Output::window + (1U << 18));
    server.table.acknowledged(*job, 1000);
    CHECK(job->paused); // not at each small step
    server.table.acknowledged(*job, job->delivered - 1000);
    CHECK_FALSE(job->paused);
    CHECK(server.ends("job.2"));
    CHECK(server.wire.out["job.2.0"].size() == size);
}

TEST_CASE("input reaches its rank, and is answered when it is taken or cannot be") {
    Server server;
    auto asked = script("cat; echo end", 2);
    asked.spec.io.input = {job::StdinTo::one, 1};
    const auto nspace = server.submit(asked);
    Job &job = *server.table.find(nspace);
    server.table.begin_output(job);
    int answers = 0;
    const std::string much(1'000'000, 'x'); // more than a pipe holds
    server.table.push_input(job, 0, "nobody reads", false, [&] { ++answers; });
    CHECK(answers == 1);
    server.table.push_input(job, 1, much, true, [&] { ++answers; });
    CHECK(answers == 1);
    CHECK(server.ends(nspace));
    CHECK(answers == 2);
    CHECK(server.wire.out["job.1.0"] == "end\n");
    CHECK(server.wire.out["job.1.1"] == much + "end\n");
}

TEST_CASE("with 'wait' the others run on, and the first failure in time is the job's") {
    Server server;
    const auto nspace = server.submit(
        script("[ $PXLAUNCH_RANK = 1 ] && exit 7; read x; exit 3", job::OnFailure::wait));
    Job &job = *server.table.find(nspace);
    server.table.begin_output(job);
    CHECK(server.until([&] { return job.result.first_failure == 1; }));
    CHECK(job.running == 1);
    CHECK_FALSE(job.stopping);
    server.give(nspace, "go\n");
    CHECK(server.ends(nspace));
    CHECK(server.wire.results[nspace].first_failure == 1);
    CHECK(server.wire.results[nspace].status == 7);
    CHECK(server.wire.results[nspace].ranks.back().exit_code == 3);
}

TEST_CASE("with 'kill' a failure ends the others: TERM, and KILL after the grace time") {
    Server server;
    const std::string rank0 = "[ $PXLAUNCH_RANK = 0 ] && { read x; exit 5; }; ";
    const auto run = [&](const std::string &rank1) {
        auto asked = script(rank0 + rank1, job::OnFailure::kill);
        asked.spec.limits.grace = 20ms;
        const auto nspace = server.submit(asked);
        server.table.begin_output(*server.table.find(nspace));
        REQUIRE(server.says(nspace + ".1", "up\n"));
        server.give(nspace, "go\n");
        REQUIRE(server.ends(nspace));
        CHECK(server.wire.results[nspace].first_failure == 0);
        CHECK(server.wire.results[nspace].status == 5);
        return server.wire.results[nspace].ranks.back().signal;
    };
    CHECK(run("echo up; exec sleep 100") == SIGTERM);
    CHECK(run("trap '' TERM; echo up; exec sleep 100") == SIGKILL);
}

TEST_CASE("an abort is the job's status, and never 0") {
    for (const auto &[given, status] : {std::pair{3, 3}, {0, 1}, {256, 1}}) {
        Server server;
        const auto nspace = server.submit(script("exec sleep 100", 2));
        Job &job = *server.table.find(nspace);
        server.table.begin_output(job);
        server.table.abort(job, 1, given, "enough");
        CHECK(server.ends(nspace));
        const auto &result = server.wire.results[nspace];
        CHECK(result.aborted);
        CHECK(result.abort_text == "enough");
        CHECK(result.first_failure == 1);
        CHECK(result.status == status);
    }
}

TEST_CASE("a signal goes to one rank or to all") {
    Server server;
    const auto nspace =
        server.submit(script("trap 'echo one' USR1; trap 'echo two; exit 0' USR2; echo "
                             "up; while :; do sleep 1; done",
                             2));
    Job &job = *server.table.find(nspace);
    server.table.begin_output(job);
    REQUIRE(server.says("job.1.0", "up\n"));
    REQUIRE(server.says("job.1.1", "up\n"));
    server.table.signal(job, 1, SIGUSR1);
    CHECK(server.says("job.1.1", "up\none\n"));
    server.table.signal(job, 99, SIGKILL); // no such rank
    server.table.signal(job, -1, SIGUSR2);
    CHECK(server.ends(nspace));
    CHECK(server.wire.out["job.1.0"] == "up\ntwo\n");
    CHECK(server.wire.out["job.1.1"] == "up\none\ntwo\n");
}

TEST_CASE("a process in a session of its own is gone when the job is") {
    Server server;
    // Stopped, it neither forks nor executes: the kernel shows its environment at any
    // time.
    const auto nspace =
        server.submit(script("setsid sh -c 'echo $$; kill -STOP $$' & read line"));
    server.table.begin_output(*server.table.find(nspace));
    CHECK(server.until([&] { return server.wire.out["job.1.0"].ends_with('\n'); }));
    const int hidden = std::stoi(server.wire.out["job.1.0"]);
    CHECK(::getpgid(hidden) == hidden);
    server.give(nspace, "go\n");
    CHECK(server.ends(nspace));
    CHECK_FALSE(is_alive(hidden));
    CHECK(job::exit_code(server.wire.results[nspace], job::OnFailure::kill) == 0);
}

TEST_CASE("a job that is only placed starts nothing and stays as long as its owner") {
    Server server;
    auto asked = script("exit 9", 2);
    asked.map_only = true;
    const auto nspace = server.submit(asked);
    CHECK(nspace == "job.1");
    auto other = script("true", 1, bea);
    other.spec.placement.map.oversubscribe = true; // the first one has the cores
    (void)server.result_of(other);
    REQUIRE(server.table.find(nspace) != nullptr);
    CHECK(server.table.find(nspace)->ranks[0].pid == -1);
    server.table.owner_lost(ann);
    CHECK(server.ends(nspace));
    CHECK(server.wire.silent == "job.1 ");
    CHECK(server.pool.free_cores() == 2);
}

TEST_CASE("a lost owner takes its jobs along, those that run and those that wait") {
    Server server;
    auto stays = script("read x; echo stayed");
    stays.dies_with_owner = false;
    REQUIRE(server.submit(stays) == "job.1");
    REQUIRE(server.submit(script("trap '' TERM; exec sleep 100")) == "job.2");
    const int pid = server.table.find("job.2")->ranks[0].pid;
    CHECK(server.submit(script("true")) == "waits");
    CHECK(server.submit(script("true", 1, bea)) == "waits");
    CHECK(server.table.is_waiting(ann));
    server.table.owner_lost(ann);
    CHECK_FALSE(server.table.is_waiting(ann));
    CHECK(server.ends("job.2"));
    CHECK_FALSE(is_alive(pid));
    CHECK(server.wire.silent == "job.2 ");
    CHECK(server.until([&] { return server.table.find("job.3") != nullptr; }));
    CHECK(server.table.find("job.3")->asked.owner == bea);
    server.table.begin_output(*server.table.find("job.1"));
    server.give("job.1", "go\n");
    CHECK(server.says("job.1.0", "stayed\n"));
}
