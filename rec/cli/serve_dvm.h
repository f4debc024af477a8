#pragma once
// The process that keeps a DVM: it starts prte and watches it, gives out its slots,
// leaves the rendezvous document, and ends it with its owner or when it is idle. A DVM
// that died is started again when the next job asks for it, and not before: one that dies
// at once costs each job one start, and never runs in a circle.

#include "pxlaunch/base/loop.h"
#include "rec/cli/serve.h"
#include "rec/dvm/prte.h"
#include "rec/dvm/tickets.h"

namespace px::rec {

class DvmKeeper {
  public:
    DvmKeeper(const ServeOptions &options, const discover::Here &here,
              std::string directory)
        : options_(options), here_(here), directory_(std::move(directory)) {}

    Result<void> start();
    // Until it is to end; false if jobs were lost with the DVM, so that its log is kept.
    // One that dies without, as at the end of a Slurm job, is no failure.
    bool run();
    [[nodiscard]] const std::string &uri() const { return prte_.uri(); }

  private:
    Result<void> watch_signals();
    Result<void> start_prte();
    void prte_ended();
    Result<std::string> begin_again(const std::string &uri);
    Result<void> publish_address();
    void watch_keepalive();
    void write_use();
    void count_idle();

    ServeOptions options_;
    discover::Here here_;
    std::string directory_;
    std::unique_ptr<Loop> loop_;
    dvm::Prte prte_;
    std::unique_ptr<dvm::Tickets> tickets_;
    Fd signals_;
    std::string died_; // why; empty: prte runs
    bool lost_jobs_ = false;
    Loop::Timer idle_timer_ = 0;
};

} // namespace px::rec
