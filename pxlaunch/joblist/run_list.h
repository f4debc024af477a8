#pragma once
// Many jobs: each is a pxlaunch of its own, with no input, whose output is ours. As many
// at once as asked for; the server that they share gives out the cores.

#include "pxlaunch/base/loop.h"
#include "pxlaunch/drive/signals.h"

#include <map>
#include <string>
#include <vector>

namespace px::joblist {

struct Entry {
    int line = 0;
    std::vector<std::string> argv; // of pxlaunch
};

struct Rules {
    int parallel = 1;
    int retries = 0;         // of a job that fails
    bool keep_going = false; // else the first that fails in the end is the last to start
};

struct Outcome {
    std::vector<int> failed; // their lines
    std::size_t not_started = 0;
    int interrupted = 0; // by this signal, which all jobs were sent
};

// Empty after a success.
std::string text_of(const Outcome &outcome, std::size_t all);

class Runner {
  public:
    // `program` is pxlaunch. The loop runs until all have ended; CHLD is among `signals`.
    Runner(Loop &loop, drive::Signals &signals, std::string program,
           std::vector<Entry> entries, Rules rules);
    Result<Outcome> run();

  private:
    struct Running {
        std::size_t entry = 0;
        int retries = 0;
    };

    void start_more();
    void start(Running what);
    void on_signal(int number);
    void reap();
    void ended(const Running &what, int status);

    Loop &loop_;
    drive::Signals &signals_;
    std::string program_;
    std::vector<Entry> entries_;
    Rules rules_;
    std::size_t next_ = 0;
    bool stops_ = false;
    std::map<int, Running> running_; // by process id
    Outcome outcome_;
    Result<void> trouble_; // of ours, not of a job
};

} // namespace px::joblist
