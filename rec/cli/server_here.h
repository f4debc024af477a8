#pragma once
// The server that a command is about, and a short visit to it.

#include "pxlaunch/discover/rendezvous.h"
#include "pxlaunch/tool/session.h"
#include "rec/cli/view.h"

#include <memory>
#include <string>
#include <vector>

namespace px::rec {

struct ServerHere {
    discover::Rendezvous server;
    std::string directory;
    bool of_script = false; // of `pxrec run`: it ends with its command

    [[nodiscard]] std::string name() const; // "the server (pid 123)"
};

// The one that PXLAUNCH_URI names, else that of `pxrec up` for this allocation. An Error
// says why there is none, and what became of the last one.
Result<ServerHere> find_server(const discover::Here &here);
Result<ServerHere> find_pool(const discover::Here &here); // that of `pxrec up` alone

// "4 cores of n1", "6 slots on 3 nodes".
std::string what_it_serves(const discover::Rendezvous &server);

// A DVM is PRRTE's: what its keeper knows of it is in a file of the server's directory.
struct DvmUse {
    int taken = 0;   // slots
    int holders = 0; // jobs that have slots or wait for some
};
Result<DvmUse> use_of_dvm(const ServerHere &here);
inline bool is_dvm(const ServerHere &here) { return here.server.method == "prrte"; }

// Asks it to end, and waits until it and its guard are gone; with force it is killed if
// it does not.
Result<void> end_server(const ServerHere &here, bool force);

inline constexpr const char *start_one = "start one with 'pxrec up'"; // the Error's hint

// As a tool, for a question or an order. At most one in a process, which has to end with
// _exit() afterwards. Every step has a deadline.
class Visit {
  public:
    static Result<Visit> to(const ServerHere &server);

    Result<ServerView> status();
    Result<std::vector<JobView>> jobs();
    void signal(const std::string &job, int number) { session_->signal(job, number, {}); }

  private:
    Result<std::string> ask(const std::string &key);

    std::string name_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<tool::Session> session_;
};

} // namespace px::rec
