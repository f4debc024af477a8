// surroundings.cpp - identity and node of this rank.
#include "wrapper/surroundings.h"

#include "wrapper/node.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/frames.h"
#include "pxlaunch/job/environment.h"

#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <sched.h>
#include <unistd.h>

namespace px::wrapper {

Result<channel::Hello> introduce(const std::vector<std::string> &environment) {
    channel::Hello hello;
    hello.protocol = channel::protocol;
    hello.nspace = job::find_variable(environment, "PMIX_NAMESPACE").value_or("");
    const auto rank =
        parse_number(job::find_variable(environment, "PMIX_RANK").value_or(""));
    if (!rank) {
        return cannot_run("the runtime has not said which rank this is: PMIX_RANK is not "
                          "a number",
                          "was pxwrap started by hand, with PXWRAP_JOB_0 set?");
    }
    hello.rank = static_cast<int>(*rank);
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    hello.host = host;
    hello.cpus = allowed_cpus(::getpid());
    return hello;
}

std::vector<int> threads_of(const channel::Seat &seat,
                            const std::vector<std::vector<int>> &cores) {
    std::vector<std::vector<int>> places; // what each number stands for
    for (const auto &core : cores) {
        for (const int cpu : core) places.push_back({cpu});
    }
    if (static_cast<int>(places.size()) != seat.threads) places = cores;
    if (static_cast<int>(places.size()) != seat.threads || seat.cpus.empty() ||
        seat.cpus.back() >= seat.threads)
        return {};
    std::vector<int> threads;
    for (const int number : seat.cpus) {
        const auto &place = places[static_cast<std::size_t>(number)];
        threads.insert(threads.end(), place.begin(), place.end());
    }
    return threads;
}

Result<void> take_seat(const channel::Seat &seat) {
    if (seat.cpus.empty()) return {};
    const auto allowed = PX_TRY(parse_ranges(allowed_cpus(::getpid())));
    const auto threads = threads_of(seat, cores_of(allowed));
    if (threads.empty() && seat.if_so) return {};
    if (threads.empty()) {
        return cannot_run(
            fmt::format("it cannot be bound: the job has {} hardware threads "
                        "there, and may use {}",
                        seat.threads, allowed.size()),
            "--bind-to none binds nothing");
    }
    const int most = allowed.back() + 1;
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t *)> set(
        CPU_ALLOC(most), [](cpu_set_t *each) { CPU_FREE(each); });
    const auto size = CPU_ALLOC_SIZE(most);
    CPU_ZERO_S(size, set.get());
    for (const int cpu : threads)
        CPU_SET_S(static_cast<std::size_t>(cpu), size, set.get());
    if (::sched_setaffinity(0, size, set.get()) == 0) return {};
    return system_error("cannot bind the rank to its cores", errno);
}

std::vector<std::string> runtime_entries(const std::vector<std::string> &environment) {
    std::vector<std::string> entries;
    for (const auto &entry : environment) {
        for (const char *prefix : {"PMIX_", "PMI_", "PRTE_"}) {
            if (entry.starts_with(prefix)) entries.push_back(entry);
        }
    }
    return entries;
}

} // namespace px::wrapper
