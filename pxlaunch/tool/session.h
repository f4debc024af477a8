#pragma once
// A connection to a PMIx server as a plain tool (never as a launcher): spawn, output,
// input, control, queries. Calls and answers are on the loop's thread; libpmix's
// callbacks only copy and post. One per process, because libpmix is.

#include "pxlaunch/base/patience.h"
#include "pxlaunch/tool/guardian.h"
#include "pxlaunch/tool/runtime.h"

#include <memory>
#include <optional>
#include <string>

namespace px::tool {

struct AttachTo {
    std::string nspace;       // of the server
    std::string uri;          // "NAMESPACE.RANK;tcp4://ADDRESS:PORT" or "file:PATH"
    std::string pmix_version; // of the server; empty: unknown
    Patience patience{Milliseconds(60'000)};
    bool guarded = true; // on a server that is not ours
};

class Session : public Runtime {
  public:
    static Result<std::unique_ptr<Session>> attach(Loop &loop, const AttachTo &to);
    ~Session() override; // leaves without a word: a server of ours sees that

    [[nodiscard]] bool is_own_server() const { return own_; }
    [[nodiscard]] const std::string &server() const { return server_; } // its namespace

    void spawn(const job::Spec &spec, const SpawnExtras &extras, Spawned done) override;
    void pull(const std::string &nspace, Done done) override;
    void push_input(const std::string &nspace, const job::Stdin &to, std::string bytes,
                    bool end, std::function<void()> done) override;
    void signal(const std::string &nspace, int number, Done done) override;
    void kill(const std::string &nspace) override;
    void acknowledge(const std::string &nspace, unsigned long long bytes) override;
    void set_window(const std::string &nspace, int rows, int columns) override;
    void print_stacks(const std::string &nspace, Done done) override;
    void query(const std::vector<std::string> &keys, const std::string &nspace,
               Answered done) override;
    void ask_end(const std::string &nspace) override;
    void nothing_runs() override;

    // As kill(), for those who want to know when it was done.
    void end_job(const std::string &nspace, Done done);
    void end_guardian(); // the job is over, and so are we

    // The nodes of a server that is not ours, in its order.
    using Nodes = std::function<void(Result<std::vector<std::string>>)>;
    void nodes(Nodes done);

    // For the event handler: every tool hears of every job's end.
    void take_job_end(const std::string &nspace, job::JobResult result) const {
        if (nspace == nspace_ && on_job_end) on_job_end(std::move(result));
    }

  private:
    explicit Session(Loop &loop) : loop_(loop) {}
    Result<void> initialize(const AttachTo &to);
    void begin_output(const std::string &nspace);
    void learn_refusal(const Error &plain, Spawned done);

    Loop &loop_;
    std::optional<Guardian> guardian_;
    std::string server_;
    std::string self_;   // our namespace as a tool
    std::string nspace_; // of the job
    bool own_ = false;
};

// For the callbacks in this folder: the one session.
Session *current_session();
void post_to_session(std::function<void(Session &)> act);

} // namespace px::tool
