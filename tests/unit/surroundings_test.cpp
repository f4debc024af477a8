#include "pxlaunch/channel/frames.h"
#include "wrapper/surroundings.h"

#include <doctest/doctest.h>

#include <sched.h>
#include <unistd.h>

using namespace px;
using Environment = std::vector<std::string>;

TEST_CASE("a rank gets the variables of its runtime, in order, and no others") {
    const Environment own = {
        "PATH=/bin",
        "PMIX_RANK=3",
        "PMI_SIZE=4",
        "PRTE_MCA_x=",
        "PRTE",
        "PMIX=1",
        "pmix_rank=1",
        "MY_PMIX_RANK=1",
        "PXWRAP_JOB_0=secret",
        "PMI2_x=1",
        "OMPI_MCA_btl=self",
        "HOME=/with PMIX_RANK=1",
        "PMIX_odd=\xff\n= ",
    };
    CHECK(wrapper::runtime_entries(own) ==
          Environment{"PMIX_RANK=3", "PMI_SIZE=4", "PRTE_MCA_x=", "PMIX_odd=\xff\n= "});
    CHECK(wrapper::runtime_entries({}).empty());
}

TEST_CASE("a shim introduces itself as its runtime calls it, without a secret") {
    const auto hello =
        *wrapper::introduce({"PMIX_NAMESPACE=prterun-n01-7@1", "PMIX_RANK=12"});
    CHECK(hello.protocol == channel::protocol);
    CHECK(hello.secret.empty());
    CHECK(hello.nspace == "prterun-n01-7@1");
    CHECK(hello.rank == 12);
    CHECK_FALSE(hello.host.empty());
    CHECK_FALSE(hello.cpus.empty());
    CHECK(hello.cpus.find_first_not_of("0123456789-,") == std::string::npos);
}

TEST_CASE("a shim that no runtime numbered does not guess its rank") {
    for (const auto &environment :
         {Environment{}, Environment{"PMIX_RANK=x"}, Environment{"PMIX_RANK="}}) {
        const auto hello = wrapper::introduce(environment);
        REQUIRE_FALSE(hello);
        CHECK(hello.error().what == "the runtime has not said which rank this is: "
                                    "PMIX_RANK is not a number");
        CHECK(hello.error().hint == "was pxwrap started by hand, with PXWRAP_JOB_0 set?");
    }
}

TEST_CASE("a seat's numbers stand for threads, core by core, or for cores") {
    // As Linux numbers two cores of two threads.
    const std::vector<std::vector<int>> cores = {{0, 2}, {1, 3}};
    const auto threads = [&](std::vector<int> cpus, int of) {
        return wrapper::threads_of({0, std::move(cpus), of, true}, cores);
    };
    CHECK(threads({0, 1}, 4) == std::vector<int>{0, 2});
    CHECK(threads({2, 3}, 4) == std::vector<int>{1, 3});
    CHECK(threads({3}, 4) == std::vector<int>{3});
    CHECK(threads({1}, 2) == std::vector<int>{1, 3});
    CHECK(threads({0}, 3).empty());
    CHECK(threads({2}, 2).empty());
    CHECK(threads({}, 4).empty());
}

TEST_CASE("a rank is bound only where the node is as the mapper thought") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    const int there = CPU_COUNT(&before);
    CHECK(wrapper::take_seat({0, {there}, there + 1, true}));
    const auto refused = wrapper::take_seat({0, {0}, there + 1, false});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.starts_with("it cannot be bound: the job has "));
    cpu_set_t now;
    REQUIRE(::sched_getaffinity(0, sizeof now, &now) == 0);
    CHECK(CPU_EQUAL(&now, &before));
    REQUIRE(wrapper::take_seat({0, {there - 1}, there, false}));
    REQUIRE(::sched_getaffinity(0, sizeof now, &now) == 0);
    CHECK(CPU_COUNT(&now) == 1);
    REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}
