#include "job_server.h"
#include "temporary.h"

#include <sys/stat.h>

using namespace job_server;

namespace {

// Ends a job whose ranks wait for input.
bool end(Server &server, const std::string &nspace) {
    server.table.begin_output(*server.table.find(nspace));
    server.give(nspace, "go\n");
    return server.ends(nspace);
}

std::string script_without_interpreter(const Temporary &temporary) {
    temporary.write("program", "#!/no/such/interpreter\n");
    ::chmod(temporary.path("program").c_str(), 0755);
    return temporary.path("program");
}

} // namespace

TEST_CASE("jobs that do not fit wait, and start in the order in which they came") {
    Server server;
    CHECK(server.submit(script("read x", 2)) == "job.1");
    CHECK(server.submit(script("read x", 2)) == "waits");
    CHECK(server.submit(script("read x", 1)) == "waits");
    CHECK(server.submit(script("read x", 1)) == "waits");
    CHECK(server.table.waiting() == 3);
    CHECK(end(server, "job.1"));
    CHECK(server.until([&] { return server.table.find("job.2") != nullptr; }));
    CHECK(server.table.find("job.2")->ranks.size() == 2);
    CHECK(server.table.waiting() == 2);
    CHECK(end(server, "job.2"));
    CHECK(server.until([&] { return server.table.waiting() == 0; }));
    CHECK(server.wire.announced == "job.1 job.2 job.3 job.4 ");
    CHECK(end(server, "job.3"));
    CHECK(end(server, "job.4"));
    CHECK(server.pool.free_cores() == 2);
}

// Fails while JobTable::submit() keeps the cores of its look at whether a job can ever
// fit.
TEST_CASE("a small job behind a large one that waits takes no cores meanwhile") {
    Server server;
    CHECK(server.submit(script("read x", 1)) == "job.1");
    CHECK(server.submit(script("read x", 2)) == "waits");
    CHECK(server.submit(script("read x", 1)) == "waits"); // it would fit: not its turn
    REQUIRE(server.pool.free_cores() == 1);
    CHECK(end(server, "job.1"));
    REQUIRE(server.until([&] { return server.table.find("job.2") != nullptr; }));
    CHECK(server.table.find("job.2")->ranks.size() == 2);
    CHECK(end(server, "job.2"));
    REQUIRE(server.until([&] { return server.table.find("job.3") != nullptr; }));
    CHECK(end(server, "job.3"));
    CHECK(server.pool.free_cores() == 2);
}

TEST_CASE("what can never fit is refused, also behind others that wait") {
    Server server;
    CHECK(server.submit(script("read x", 2)) == "job.1");
    CHECK(server.submit(script("read x", 1)) == "waits");
    CHECK(server.submit(script("true", 3)) != "waits");
    CHECK_FALSE(server.last_error.hint.empty());
    CHECK(server.table.waiting() == 1);
}

TEST_CASE(
    "with --no-wait a job that does not fit now is an error that says what is free") {
    Server server;
    CHECK(server.submit(script("read x")) == "job.1");
    auto asked = script("true", 2);
    asked.spec.limits.no_wait = true;
    CHECK(server.submit(asked) == "the job does not fit now: 1 of 2 cores are free");
    CHECK(server.last_error.exit == Exit::cannot_run);
    CHECK(server.last_error.hint ==
          "leave out --no-wait to wait for them, or add --oversubscribe");
    CHECK(server.table.waiting() == 0);
}

TEST_CASE(
    "a job inside a job never waits behind others: it has the cores of its parent") {
    Server server;
    CHECK(server.submit(script("read x", 2)) == "job.1");
    CHECK(server.submit(script("read x", 2, bea)) == "waits");
    auto nested = script("true", 2);
    nested.parent = "job.1";
    CHECK(server.submit(nested) == "job.2");
    server.table.begin_output(*server.table.find("job.2"));
    CHECK(server.ends("job.2"));
    CHECK(server.table.waiting() == 1);
    CHECK(server.pool.free_cores() == 0);
}

TEST_CASE("a job that cannot start leaves nothing behind but its error") {
    Server server;
    auto asked = script("exec sleep 100", 1);
    asked.spec.apps.push_back(asked.spec.apps[0]);
    asked.spec.apps[1].argv = {"no-such-program"};
    CHECK(server.submit(asked) == "no program 'no-such-program' in the search path");
    CHECK(server.last_error.exit == Exit::not_found);
    CHECK(server.until([&] { return server.table.jobs().empty(); }));
    CHECK(server.wire.announced.empty());
    CHECK(server.wire.silent == "job.1 ");

    // Found, and yet no program: the rank before it runs already.
    const Temporary temporary;
    asked.spec.apps[1].argv = {script_without_interpreter(temporary)};
    CHECK(server.submit(asked).ends_with("its interpreter does not exist"));
    CHECK(server.last_error.exit == Exit::not_found);
    CHECK(server.until([&] { return server.table.jobs().empty(); }));
    CHECK(server.pool.free_cores() == 2);
    CHECK(process::own_children().empty());
}

TEST_CASE("a spawned job belongs to its root: the root ends last, and with its failure") {
    Server server;
    auto asked = script("echo parent");
    asked.spec.limits.on_failure = job::OnFailure::wait;
    REQUIRE(server.submit(asked) == "job.1");
    REQUIRE(server.submit(child_of("job.1", "read x; echo child; exit 4")) == "job.2");
    CHECK(server.table.find("job.2")->child == 1);
    server.table.begin_output(*server.table.find("job.1"));
    CHECK(server.until([&] { return server.table.find("job.1")->running == 0; }));
    CHECK(server.says("job.1.0", "parent\n"));
    CHECK(server.wire.told.empty());
    server.give("job.2", "go\n");
    CHECK(server.ends("job.1"));
    CHECK(server.wire.told == "job.2 job.1 ");
    CHECK(server.wire.out["job.2.0"] == "child\n"); // to whoever takes the root's
    const auto &result = server.wire.results["job.1"];
    CHECK(result.status == 4);
    CHECK(result.explanation == "it was rank 0 of a job that a rank spawned");
}

TEST_CASE("a spawn that is refused leaves the job that asked for it alone") {
    Server server;
    const Temporary temporary;
    REQUIRE(server.submit(script("read x")) == "job.1");
    auto missing = child_of("job.1", "");
    missing.spec.apps[0].argv = {"no-such-program"};
    CHECK(server.submit(missing) == "no program 'no-such-program' in the search path");
    auto half = child_of("job.1", "exec sleep 100");
    half.spec.apps.push_back(half.spec.apps[0]);
    half.spec.apps[1].argv = {script_without_interpreter(temporary)};
    CHECK(server.submit(half).ends_with("its interpreter does not exist"));
    CHECK(server.until([&] { return server.table.jobs().size() == 1; }));
    REQUIRE(server.table.find("job.1") != nullptr);
    CHECK_FALSE(server.table.find("job.1")->stopping);
    CHECK(end(server, "job.1"));
    CHECK(job::exit_code(server.wire.results["job.1"], job::OnFailure::kill) == 0);
}

TEST_CASE("ranks that ask for PMI-1 are ended with a reason, not run alone") {
    Server server;
    auto asked = script("echo cmd=init >&\"$PMI_FD\"; exec sleep 100", 2);
    asked.spec.apps[0].argv[0] = "bash"; // dash knows no descriptors of two digits
    const auto result = server.result_of(asked);
    CHECK(result.not_run == Exit::cannot_run);
    CHECK(result.explanation.find(
              "asks for PMI-1 (MPICH, Intel MPI), which this server does "
              "not speak: its 2 processes would each run alone") != std::string::npos);
    CHECK_FALSE(result.hint.empty());
}
