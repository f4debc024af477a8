#pragma once
// One srun that starts the shims of a job, as the server that ShimRuntime works on. It
// brings neither output nor input, for the shims have their own way; what it says itself
// is kept for the case that they do not come.

#include "pxlaunch/tool/runtime.h"
#include "rec/bridge/srun.h"
#include "rec/bridge/srun_process.h"
#include "rec/bridge/verdict.h"

namespace px::bridge {

struct SrunSettings {
    Sruns *sruns = nullptr; // outlives this
    StepOrder order;
    std::string nspace;             // of the job
    std::string hosts;              // a node's name a line
    std::vector<std::string> seats; // entries of the environment
};

class SrunStep : public tool::Runtime {
  public:
    SrunStep(Loop &loop, SrunSettings settings)
        : loop_(loop), settings_(std::move(settings)) {}
    ~SrunStep() override;

    void spawn(const job::Spec &spec, const tool::SpawnExtras &extras,
               Spawned done) override;
    void kill(const std::string &nspace) override;
    bool reaped(int pid, int wait_status);
    [[nodiscard]] const StepEnd &end() const { return end_; }

    // What is the shims'.
    void pull(const std::string &nspace, Done done) override;
    void push_input(const std::string &nspace, const job::Stdin &to, std::string bytes,
                    bool end, std::function<void()> done) override;
    void signal(const std::string &nspace, int number, Done done) override;
    void acknowledge(const std::string &, unsigned long long) override {}
    void set_window(const std::string &, int, int) override {}
    void print_stacks(const std::string &nspace, Done done) override;
    void query(const std::vector<std::string> &keys, const std::string &nspace,
               Answered done) override;
    void ask_end(const std::string &) override {}

  private:
    Result<void> start(const job::Spec &spec);
    void heard(std::string_view words);
    void over(int wait_status);

    Loop &loop_;
    SrunSettings settings_;
    std::unique_ptr<SrunProcess> srun_;
    StepEnd end_;
    Loop::Timer kill_timer_ = 0;
};

} // namespace px::bridge
