#pragma once
// Whoever runs a job for us, as the driver of the job sees it: a server of ours does all
// of this itself; around another's server the rank shims do (pxlaunch/shims). Calls,
// answers and events are on the loop's thread.

#include "pxlaunch/base/loop.h"
#include "pxlaunch/job/result.h"
#include "pxlaunch/job/spec.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace px::tool {

struct SpawnExtras {
    std::string parent;        // "NAMESPACE.RANK" we run in, or empty
    bool map_only = false;     // place the ranks, start nothing
    bool describe = false;     // px.layout will be asked for
    int rows = 0, columns = 0; // of the terminal, with spec.io.pty
};

enum class Channel { out, err };

// Where a piece of output comes from: child 0 is the job itself, others are jobs that its
// ranks spawned, in the order of their birth.
struct Source {
    unsigned child = 0;
    int rank = 0;
};

class Runtime {
  public:
    using Done = std::function<void(Result<void>)>;
    using Spawned = std::function<void(Result<std::string>)>;
    // Text by key.
    using Answers = std::map<std::string, std::string>;
    using Answered = std::function<void(Result<Answers>)>;

    Runtime() = default;
    Runtime(const Runtime &) = delete;
    Runtime &operator=(const Runtime &) = delete;
    virtual ~Runtime() = default;

    // The namespace of the new job. Set the handlers below before.
    virtual void spawn(const job::Spec &spec, const SpawnExtras &extras,
                       Spawned done) = 0;
    virtual void pull(const std::string &nspace, Done done) = 0; // output may come now
    virtual void push_input(const std::string &nspace, const job::Stdin &to,
                            std::string bytes, bool end, std::function<void()> done) = 0;
    virtual void signal(const std::string &nspace, int number, Done done) = 0;
    virtual void kill(const std::string &nspace) = 0;
    virtual void acknowledge(const std::string &nspace, unsigned long long bytes) = 0;
    virtual void set_window(const std::string &nspace, int rows, int columns) = 0;
    virtual void print_stacks(const std::string &nspace, Done done) = 0;
    // An Error if nothing of it is known. `nspace` may be empty.
    virtual void query(const std::vector<std::string> &keys, const std::string &nspace,
                       Answered done) = 0;
    // Calls on_job_end if the job has ended: the event that says so may get lost.
    virtual void ask_end(const std::string &nspace) = 0;
    // Said by whoever knows: the job needs nobody any more who would end it.
    virtual void nothing_runs() {}

    std::function<void(Source, Channel, std::string)> on_output;
    std::function<void(job::JobResult)> on_job_end; // of the job that was spawned last
    std::function<void()> on_lost;                  // the server is gone
};

} // namespace px::tool
