#pragma once
// A connection to a PMIx server as a plain tool (never as a launcher): spawn, output,
// input, control, queries. Calls and answers are on the loop's thread; libpmix's
// callbacks only copy and post. One per process, because libpmix is.

#include "pxlaunch/base/loop.h"
#include "pxlaunch/base/patience.h"
#include "pxlaunch/job/result.h"
#include "pxlaunch/job/spec.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace px::tool {

struct AttachTo {
    std::string uri;          // "NAMESPACE.RANK;tcp4://ADDRESS:PORT" or "file:PATH"
    std::string pmix_version; // of the server; empty: unknown
    Patience patience{Milliseconds(60'000)};
};

struct SpawnExtras {
    std::string parent; // "NAMESPACE.RANK" we run in, or empty
    bool map_only = false;
    int rows = 0, columns = 0; // of the terminal, with spec.io.pty
};

enum class Channel { out, err };

// Where a piece of output comes from: child 0 is the job itself, others are jobs that its
// ranks spawned, in the order of their birth.
struct Source {
    unsigned child = 0;
    int rank = 0;
};

class Session {
  public:
    using Done = std::function<void(Result<void>)>;

    static Result<std::unique_ptr<Session>> attach(Loop &loop, const AttachTo &to);
    ~Session(); // leaves without a word: a server of ours sees the connection close
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    [[nodiscard]] bool is_own_server() const { return own_; }
    [[nodiscard]] const std::string &server() const { return server_; } // its namespace

    // The namespace of the new job. Set the handlers below before.
    void spawn(const job::Spec &spec, const SpawnExtras &extras,
               std::function<void(Result<std::string>)> done);
    void pull(const std::string &nspace, Done done); // output comes from now on
    void push_input(const std::string &nspace, const job::Stdin &to, std::string bytes,
                    bool end, std::function<void()> done);
    void signal(const std::string &nspace, int number, Done done = {});
    void kill(const std::string &nspace);
    void acknowledge(const std::string &nspace, unsigned long long bytes);
    void set_window(const std::string &nspace, int rows, int columns);
    void print_stacks(const std::string &nspace, Done done);
    // Text answers by key; an Error if the server knows none of it. `nspace` may be
    // empty.
    using Answers = std::map<std::string, std::string>;
    void query(const std::vector<std::string> &keys, const std::string &nspace,
               std::function<void(Result<Answers>)> done);

    // Calls on_job_end if the job has ended: the event that says so may get lost.
    void ask_end(const std::string &nspace);

    std::function<void(Source, Channel, std::string)> on_output;
    std::function<void(job::JobResult)> on_job_end; // of the job that was spawned last
    std::function<void()> on_lost;                  // the server is gone

    // For the event handler: every tool hears of every job's end.
    void take_job_end(const std::string &nspace, job::JobResult result) const {
        if (nspace == nspace_ && on_job_end) on_job_end(std::move(result));
    }

  private:
    explicit Session(Loop &loop) : loop_(loop) {}
    Result<void> initialize(const AttachTo &to);
    void begin_output(const std::string &nspace);
    void learn_refusal(int status, std::function<void(Result<std::string>)> done);

    Loop &loop_;
    std::string server_;
    std::string self_;   // our namespace as a tool
    std::string nspace_; // of the job
    bool own_ = false;
};

// For the callbacks in this folder: the one session.
Session *current_session();
void post_to_session(std::function<void(Session &)> act);

} // namespace px::tool
