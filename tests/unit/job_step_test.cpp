#include "job_server.h"

using namespace job_server;

namespace {

// Steps that note what they are told, and whose news the test makes up.
struct FakeStep : Step {
    explicit FakeStep(std::string &all) : said(all) {}
    ~FakeStep() override { said += "gone "; }
    void begin_output() override { said += "begin "; }
    void acknowledged(unsigned long long bytes) override {
        said += fmt::format("ack:{} ", bytes);
    }
    void push_input(int rank, std::string bytes, bool end,
                    std::function<void()> done) override {
        said += fmt::format("in:{}:{}:{} ", rank, bytes, end);
        done();
    }
    void set_window(int rows, int columns) override {
        said += fmt::format("window:{}x{} ", rows, columns);
    }
    void signal(int rank, int number) override {
        said += fmt::format("signal:{}:{} ", rank, number);
    }
    void print_stacks(std::function<void()> done) override { done(); }
    bool reaped(int pid, int) override { return pid == 1; }
    std::string &said;
};

struct FakeSteps : Steps {
    Result<std::unique_ptr<Step>> start(const Job &, StepEvents given) override {
        if (!refusal.empty()) return cannot_run(refusal);
        events = std::move(given);
        return std::unique_ptr<Step>(std::make_unique<FakeStep>(said));
    }
    std::string said, refusal;
    StepEvents events; // of the last one
};

struct Place {
    Place() : server(true, &steps) {}
    std::string run(int ranks = 2) { return server.submit(script("true", ranks)); }
    FakeSteps steps; // lives longer
    Server server;
};

job::JobResult failed() {
    job::JobResult result;
    result.first_failure = 1;
    result.status = 7;
    job::RankEnd end;
    end.rank = 1;
    end.pid = 77;
    end.exit_code = 7;
    result.ranks = {end};
    return result;
}

} // namespace

TEST_CASE("a step has its cores of the pool until it ends, and its result is the job's") {
    Place place;
    const auto nspace = place.run();
    REQUIRE(place.server.table.find(nspace) != nullptr);
    CHECK(place.server.wire.announced.empty()); // its ranks are somebody else's clients
    CHECK(place.server.pool.free_cores() == 0);
    const auto second = place.run();
    CHECK(second == "waits");
    place.steps.events.ended(failed());
    REQUIRE(place.server.ends(nspace));
    CHECK(place.server.wire.results[nspace].status == 7);
    CHECK(place.steps.said == "gone ");
    CHECK(place.server.until([&] { return place.server.table.waiting() == 0; }));
}

TEST_CASE("what a client wants of its job goes to the step") {
    Place place;
    Job &job = *place.server.table.find(place.run());
    auto &table = place.server.table;
    table.begin_output(job);
    table.begin_output(job);
    table.push_input(job, 1, "abc", true, [] {});
    table.set_window(job, 24, 80);
    table.signal(job, -1, SIGUSR1);
    CHECK(place.steps.said == "begin in:1:abc:true window:24x80 signal:-1:10 ");
    place.steps.events.arrived(1, 4711);
    CHECK(job.ranks[1].pid == 4711);
    CHECK(job.ranks[1].end.host == "n01");
}

TEST_CASE("output of a step is delivered, and acknowledged when the client has it") {
    Place place;
    auto submission = script("true", 2);
    submission.flow = true;
    Job &job = *place.server.table.find(place.server.submit(std::move(submission)));
    place.steps.events.output(1, Channel::err, "words");
    CHECK(place.server.wire.err["job.1.1"] == "words");
    CHECK(place.steps.said.empty());
    place.server.table.acknowledged(job, 3);
    CHECK(place.steps.said == "ack:3 ");
}

TEST_CASE("a client without flow control does not hold a step up") {
    Place place;
    place.run();
    place.steps.events.output(0, Channel::out, "words");
    CHECK(place.steps.said == "ack:5 ");
}

TEST_CASE("the step of a lost owner is killed, and waits for nobody") {
    Place place;
    auto submission = script("true", 2);
    submission.flow = true;
    const auto nspace = place.server.submit(std::move(submission));
    place.steps.events.output(0, Channel::out, "words");
    place.server.table.owner_lost(ann);
    CHECK(place.steps.said.find("signal:-1:9 ") != std::string::npos);
    CHECK(place.steps.said.find("ack:5 ") != std::string::npos);
    place.steps.events.output(0, Channel::out, "more");
    CHECK(place.steps.said.ends_with("ack:4 "));
    place.steps.events.ended(failed());
    REQUIRE(place.server.ends(nspace));
    CHECK(place.server.wire.silent == nspace + " ");
}

TEST_CASE("a step that cannot be started is refused and holds nothing") {
    Place place;
    place.steps.refusal = "no srun today";
    CHECK(place.run() == "no srun today");
    CHECK(place.server.until([&] { return place.server.table.jobs().empty(); }));
    CHECK(place.server.pool.free_cores() == 2);
}
