// shims::ShimRuntime with a server and shims that the test plays.
#include "pxlaunch/channel/assignment.h"
#include "pxlaunch/channel/dial.h"
#include "pxlaunch/shims/shim_runtime.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::shims;

namespace {

// Says yes to everything, and what the test has it say of the job's end.
class Server : public tool::Runtime {
  public:
    void spawn(const job::Spec &spec, const tool::SpawnExtras &, Spawned done) override {
        spawned = spec;
        done(std::string("job-1"));
    }
    void pull(const std::string &, Done done) override { done({}); }
    void push_input(const std::string &, const job::Stdin &, std::string, bool,
                    std::function<void()> done) override {
        done();
    }
    void signal(const std::string &, int, Done done) override {
        if (done) done({});
    }
    void kill(const std::string &) override {}
    void acknowledge(const std::string &, unsigned long long) override {}
    void set_window(const std::string &, int, int) override {}
    void print_stacks(const std::string &, Done done) override { done({}); }
    void query(const std::vector<std::string> &, const std::string &,
               Answered done) override {
        done(cannot_run("nothing", ""));
    }
    void ask_end(const std::string &) override {}

    job::Spec spawned;
};

job::Spec two_ranks() {
    job::Spec spec;
    spec.apps.resize(1);
    spec.apps[0].argv = {"true"};
    spec.apps[0].np = 2;
    return spec;
}

struct Played {
    std::unique_ptr<Loop> loop;
    Server server;
    std::unique_ptr<ShimRuntime> runtime;
    std::vector<std::unique_ptr<channel::Dialer>> dialers;
    std::vector<std::unique_ptr<channel::Stream>> shims;
    std::optional<job::JobResult> result;

    Played() {
        auto made = Loop::create();
        REQUIRE(made);
        loop = std::move(*made);
        runtime = std::make_unique<ShimRuntime>(*loop, server, "/bin/pxwrap", "here");
        runtime->on_output = [](tool::Source, tool::Channel, const std::string &) {};
        runtime->on_job_end = [this](job::JobResult ended) {
            result = std::move(ended);
            loop->stop();
        };
    }
    void spawn(const job::Spec &spec) {
        runtime->spawn(spec, {}, [this](const Result<std::string> &nspace) {
            REQUIRE(nspace);
            runtime->pull(*nspace, [](const Result<void> &) {});
        });
    }
    // A shim that has been welcomed says all that, and nothing more.
    void play_shim(int rank, std::vector<channel::Kind> words) {
        const auto found = channel::find_assignment(server.spawned.apps[0].env);
        REQUIRE(found);
        const auto &assignment = **found;
        channel::Hello hello{1, assignment.secret, "job-1", rank, "here", 1, {}};
        dialers.push_back(std::make_unique<channel::Dialer>(
            *loop, assignment.addresses, "here", hello,
            [this, words](std::unique_ptr<channel::Stream> stream) {
                REQUIRE(stream);
                stream->handle({[](const channel::Frame &) {}, [](int) {}, {}});
                for (const auto word : words) stream->send(word);
                shims.push_back(std::move(stream));
            }));
    }
    void run(Milliseconds most) {
        loop->after(most, [this] { loop->stop(); });
        loop->run();
    }
};

} // namespace

TEST_CASE("shims that were told to end before they had started their ranks are at end") {
    Played played;
    played.spawn(two_ranks());
    for (const int rank : {0, 1}) played.play_shim(rank, {channel::Kind::done});
    played.loop->after(Milliseconds(300), [&] {
        job::JobResult ended;
        ended.not_run = Exit::cannot_run;
        ended.explanation = "a daemon was lost";
        played.server.on_job_end(ended);
    });
    played.run(Milliseconds(10'000));
    REQUIRE(played.result);
    CHECK(played.result->not_run == Exit::cannot_run);
    CHECK(played.result->explanation == "a daemon was lost");
}

namespace {

// Welcomes whom it is told to, by the number of the call, and notes what is asked.
struct Keeper {
    Played &played;
    int first_welcome;
    int calls = 0;
    std::string wanted;
    std::unique_ptr<channel::Stream> stream;
    std::unique_ptr<channel::Listener> listener = std::move(*channel::Listener::open(
        *played.loop,
        [this](std::unique_ptr<channel::Stream> made, const channel::Hello &) {
            stream = std::move(made);
            stream->handle({[this](const channel::Frame &frame) {
                                wanted = frame.body;
                                played.loop->stop();
                            },
                            [](int) {},
                            {}});
            if (++calls >= first_welcome) stream->send(channel::Kind::welcome);
        }));

    void spawn(const job::Spec &spec) {
        played.runtime->ask_for_slots(
            {listener->secret(), "here", {listener->addresses().back()}}, false);
        played.spawn(spec);
        played.run(Milliseconds(10'000));
    }
};

} // namespace

TEST_CASE("a keeper of slots that is too busy to welcome us is asked again") {
    Played played;
    Keeper keeper{played, 2};
    keeper.spawn(two_ranks());
    CHECK(keeper.calls == 2);
    CHECK(keeper.wanted == "2");
    CHECK(played.server.spawned.apps.empty()); // not before the slots are there
}

TEST_CASE("a job of which only the server knows how many ranks it has takes all slots") {
    Played played;
    Keeper keeper{played, 1};
    auto spec = two_ranks();
    spec.apps[0].np = 0;
    keeper.spawn(spec);
    CHECK(keeper.wanted == "1000000000");
}
