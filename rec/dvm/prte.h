#pragma once
// PRRTE's daemon prte, the head of a DVM over several nodes, as a child of ours: from its
// command to the moment when every node has reported, and to its end.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/patience.h"
#include "pxlaunch/base/result.h"

#include <string>
#include <vector>

namespace px::dvm {

// Who starts the daemons on the other nodes.
enum class Daemons { by_ssh, by_slurm };

struct PrteSettings {
    std::string prefix;             // PREFIX/bin/prte
    std::vector<std::string> hosts; // "name" or "name:slots"
    std::string directory;          // private to us: address, logs, what ssh says
    std::string agent;              // the path of pxrec, which calls ssh for prte
    Daemons daemons = Daemons::by_ssh;
};

std::vector<std::string> prte_command(const PrteSettings &settings); // argv, pure
// Its environment, made of ours; pure.
std::vector<std::string> prte_environment(const PrteSettings &settings,
                                          const std::vector<std::string> &own);
std::string hostfile_text(const std::vector<std::string> &hosts);
int slots_of(const std::vector<std::string> &hosts); // of all
std::string name_of(const std::string &host);        // without its slots

class Prte {
  public:
    // Starts it and waits until the DVM is complete. The Error says which nodes did not
    // come and why, and nothing was left running.
    static Result<Prte> start(const PrteSettings &settings, const Patience &patience);

    [[nodiscard]] int pid() const { return pid_; }
    [[nodiscard]] const std::string &uri() const { return uri_; }
    [[nodiscard]] const std::string &pmix_version() const { return pmix_version_; }
    [[nodiscard]] int handle() const {
        return handle_.get();
    } // readable when it has ended
    // After that: "prte was killed by SIGKILL".
    std::string reap();
    // TERM, which it passes on to its daemons, and soon KILL.
    void end(std::chrono::milliseconds grace);

  private:
    Result<void> wait_ready(const PrteSettings &settings, const Patience &patience);
    Result<void> read_address(const std::string &directory);

    int pid_ = -1;
    long log_start_ = 0; // what is before it in the log is of an earlier start
    Fd handle_, output_;
    std::string uri_, pmix_version_;
};

} // namespace px::dvm
