// local_sruns.cpp - starting, hearing and ending srun.
#include "rec/bridge/local_sruns.h"

#include "pxlaunch/process/srun_child.h"

#include <csignal>
#include <string_view>
#include <sys/epoll.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::bridge {

namespace {

class LocalSrun : public SrunProcess {
  public:
    LocalSrun(Loop &loop, process::SrunChild child, SrunEvents events)
        : loop_(loop), child_(std::move(child)), events_(std::move(events)) {
        loop_.watch(child_.words.get(), EPOLLIN, [this](std::uint32_t) { drain(); });
    }
    ~LocalSrun() override {
        if (child_.words) loop_.forget(child_.words.get());
        if (child_.pid > 0) ::kill(-child_.pid, SIGKILL);
    }

    void signal(int number) override {
        if (child_.pid > 0) ::kill(number == SIGKILL ? -child_.pid : child_.pid, number);
    }

    bool reaped(int pid, int wait_status) override {
        if (pid != child_.pid) return false;
        drain();
        // Its helper, which waits for the signals of a lost srun, goes with it.
        ::kill(-pid, SIGKILL);
        child_.pid = -1;
        events_.ended(wait_status);
        return true;
    }

  private:
    void drain() {
        char bytes[4096];
        while (child_.words) {
            const auto got = read_some(child_.words.get(), bytes, sizeof bytes);
            if (got && *got < 0) return;
            if (!got || *got == 0) {
                loop_.forget(child_.words.get());
                return child_.words.reset();
            }
            events_.words({bytes, static_cast<std::size_t>(*got)});
        }
    }

    Loop &loop_;
    process::SrunChild child_;
    SrunEvents events_;
};

} // namespace

// What the loader is told here is about files that another root does not have.
std::vector<std::string> LocalSruns::environment() const {
    std::vector<std::string> entries;
    for (char **entry = environ; *entry != nullptr; ++entry) {
        if (!root_ || !std::string_view(*entry).starts_with("LD_"))
            entries.emplace_back(*entry);
    }
    return entries;
}

Result<std::unique_ptr<SrunProcess>> LocalSruns::start(SrunCommand command,
                                                       SrunEvents events) {
    process::ChildSpec spec;
    spec.program = srun_;
    spec.argv = std::move(command.argv);
    spec.env = std::move(command.env);
    spec.root = root_ ? &*root_ : nullptr;
    auto child = PX_TRY(process::start_srun(std::move(spec), command.hosts));
    return std::unique_ptr<SrunProcess>(
        std::make_unique<LocalSrun>(loop_, std::move(child), std::move(events)));
}

} // namespace px::bridge
