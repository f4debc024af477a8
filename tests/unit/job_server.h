#pragma once
// A JobTable on a real loop, with real processes, and in place of the PMIx server a wire
// that remembers what it was told.

#include "fake_wire.h"

#include "pxlaunch/process/leftovers.h"
#include "rec/jobs/table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace job_server {

using namespace px;
using namespace px::jobs;
using namespace std::chrono_literals;

inline const Peer ann{"tool.1", 0}, bea{"tool.2", 0};

// A table as pxrec has it, on a node of two cores where nothing is bound.
struct Server {
    explicit Server(bool managed = true, Steps *steps = nullptr)
        : topology(
              std::move(map::Topology::from_synthetic("package:1 core:2 pu:1")).value()),
          loop(std::move(Loop::create()).value()), pool({{"n01", &topology}}, managed),
          table(*loop, wire, pool, "job", steps) {
        process::become_subreaper();
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        ::pthread_sigmask(SIG_BLOCK, &child, &before_);
        signals_ = Fd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
        loop->watch(signals_.get(), EPOLLIN, [this](std::uint32_t) {
            signalfd_siginfo info;
            while (::read(signals_.get(), &info, sizeof info) > 0) {
            }
            table.reap();
        });
    }
    ~Server() {
        process::kill_all_descendants(10'000);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    // Runs the loop until `done`, which is looked at after every turn; false if it is
    // late.
    bool until(const std::function<bool()> &done) {
        bool late = false;
        const auto deadline = loop->after(20s, [&late] { late = true; });
        const std::function<void()> look = [&] {
            if (late || done()) return loop->stop();
            loop->after(1ms, look);
        };
        loop->post(look);
        loop->run();
        loop->cancel(deadline);
        return !late;
    }
    // Until the wire was told, and the table has forgotten it.
    bool ends(const std::string &nspace) {
        return until([&] {
            return wire.results.count(nspace) > 0 &&
                   std::none_of(table.jobs().begin(), table.jobs().end(),
                                [&](const auto &job) { return job->nspace == nspace; });
        });
    }
    // The namespace, or what was wrong; "waits" if it was not answered yet.
    std::string submit(Submission submission) {
        auto answer = std::make_shared<std::string>("waits");
        table.submit(std::move(submission), [answer, this](Result<std::string> result) {
            *answer = result ? *result : result.error().what;
            if (!result) last_error = result.error();
        });
        return *answer;
    }
    // Submits, takes the output and waits for the end.
    job::JobResult result_of(Submission submission) {
        const auto nspace = submit(std::move(submission));
        Job *job = table.find(nspace);
        REQUIRE_MESSAGE(job != nullptr, nspace);
        table.begin_output(*job);
        REQUIRE(ends(nspace));
        return wire.results[nspace];
    }
    void give(const std::string &nspace, const std::string &input) {
        Job *job = table.find(nspace);
        REQUIRE(job != nullptr);
        table.push_input(*job, -1, input, true, [] {});
    }
    bool says(const std::string &rank, const std::string &text) {
        return until([&] { return wire.out[rank] == text; });
    }

    map::Topology topology;
    std::unique_ptr<Loop> loop;
    FakeWire wire;
    Pool pool;
    JobTable table;
    Error last_error;

  private:
    Fd signals_;
    sigset_t before_{};
};

// A job of shells; every rank's input comes from us.
inline Submission script(const std::string &text, int ranks = 1,
                         const Peer &owner = ann) {
    Submission submission;
    submission.owner = owner;
    submission.spec.apps.resize(1);
    auto &app = submission.spec.apps[0];
    app.argv = {"sh", "-c", text};
    app.directory = "/";
    app.env = {"PATH=/usr/bin:/bin"};
    app.np = ranks;
    submission.spec.placement.bind.none = true; // the cores are not this machine's
    submission.spec.io.input.to = job::StdinTo::all;
    return submission;
}
inline Submission script(const std::string &text, job::OnFailure rule) {
    auto submission = script(text, 2);
    submission.spec.limits.on_failure = rule;
    return submission;
}
inline Submission child_of(const std::string &nspace, const std::string &text) {
    auto submission = script(text);
    submission.parent = nspace;
    submission.is_child = true;
    submission.spec.placement.map.oversubscribe = true;
    return submission;
}

} // namespace job_server
