#include "temporary.h"
#include "wrapper/ch_run.h"

#include <doctest/doctest.h>

#include <unistd.h>

namespace {

std::string holding(int pid) {
    const int words[] = {pid, 1};
    return {reinterpret_cast<const char *>(words), sizeof words};
}

} // namespace

TEST_CASE("what ch-run's ranks have found each other by goes with the first of them") {
    const Temporary folder;
    const std::string dead = "ch-run_shm-0123456789abcdef";
    const std::string starts = "ch-run_shm-0000000000000000";
    const std::string lives = "ch-run_shm-1111111111111111";
    const std::string others = "ch-run_shm-4711"; // of ch-run by hand
    constexpr int no_pid = 2147483647;
    folder.write(dead, holding(no_pid));
    folder.write(others, holding(no_pid));
    folder.write(starts, holding(0));
    folder.write(lives, holding(::getpid()));
    folder.write("sem.ch-run_sem-0123456789abcdef", "");
    folder.write("sem.ch-run_sem-1111111111111111", "");

    px::wrapper::sweep_after_ch_run(folder.path());
    CHECK_FALSE(folder.has(dead));
    CHECK_FALSE(folder.has("sem.ch-run_sem-0123456789abcdef"));
    for (const auto &name :
         {starts, lives, others, std::string("sem.ch-run_sem-1111111111111111")})
        CHECK(folder.has(name));
    px::wrapper::sweep_after_ch_run(folder.path("none")); // and says nothing
}
