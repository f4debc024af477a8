#pragma once
// srun on the host side of this node, for a server in a container that has none: Slurm's
// own PMI-2 starts an errand (pxwrap) there, which runs every srun for us and lives as
// long as this. If it is killed, its jobs end, and the next one sends another.

#include "pxlaunch/channel/errand.h"
#include "pxlaunch/channel/listener.h"
#include "rec/bridge/srun_process.h"

#include <map>

namespace px::bridge {

struct HostSideSettings {
    int pmi = -1;        // PMI_FD, which the task that we are in has inherited
    std::string wrapper; // pxwrap's path out there
    std::string host;    // this node's name
    std::string node;    // the same in Slurm's words; or empty
    Milliseconds patience{0};
};

class HostSide : public Sruns {
  public:
    // Runs the loop until the errand has come and told what is there; nothing else may
    // be on it yet.
    static Result<std::unique_ptr<HostSide>> start(Loop &loop, HostSideSettings settings);
    ~HostSide() override;

    [[nodiscard]] const channel::HostFacts &facts() const { return facts_; }

    [[nodiscard]] std::vector<std::string> environment() const override {
        return facts_.environment;
    }
    Result<std::unique_ptr<SrunProcess>> start(SrunCommand command,
                                               SrunEvents events) override;

  private:
    class Srun;

    HostSide(Loop &loop, HostSideSettings settings)
        : loop_(loop), settings_(std::move(settings)) {}
    Result<void> send_errand();
    void arrived(std::unique_ptr<channel::Stream> stream);
    void on_frame(const channel::Frame &frame);
    void take_facts(channel::HostFacts facts);
    void nobody_came(Error why);
    void stop_waiting();
    void closed();
    void ended(int number, int wait_status);
    [[nodiscard]] Error nobody() const;

    Loop &loop_;
    HostSideSettings settings_;
    std::unique_ptr<channel::Listener> listener_;
    std::string token_;                         // that we are whom the errand looks for
    std::unique_ptr<channel::Stream> stream_;   // none: not yet, or lost
    channel::HostFacts facts_;                  // of the last one that came
    bool ready_ = false;                        // it has told them
    std::function<void(Result<void>)> awaited_; // while start() waits
    std::map<int, Srun *> running_;
    std::map<int, std::string> orders_; // that wait for an errand
    int last_number_ = 0;
    Loop::Timer timer_ = 0; // while one is on its way
};

} // namespace px::bridge
