#include "wrapper/node.h"

#include "temporary.h"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace px;

namespace {

// Two packages of two cores, the first with two hardware threads each; a NUMA domain for
// each package. As the kernel writes them: a number or a list, and a newline.
void make_system(const Temporary &system) {
    const int packages[] = {0, 0, 1, 1, 0, 0}, cores[] = {0, 1, 0, 1, 0, 1};
    for (int cpu = 0; cpu < 6; ++cpu) {
        const auto name = "cpu/cpu" + std::to_string(cpu) + "/topology";
        std::filesystem::create_directories(system.path(name));
        system.write(name + "/core_id", std::to_string(cores[cpu]) + "\n");
        system.write(name + "/physical_package_id", std::to_string(packages[cpu]) + "\n");
    }
    system.write("cpu/online", "0-5\n");
    for (const auto *node : {"0", "1"}) {
        const auto name = std::string("node/node") + node;
        std::filesystem::create_directories(system.path(name));
        system.write(name + "/cpulist", *node == '0' ? "0-1,4-5\n" : "2-3\n");
    }
    system.write("node/online", "0-1\n");
}

} // namespace

TEST_CASE("a node is its packages, their NUMA domains, and the cores in these") {
    const Temporary system;
    make_system(system);
    CHECK(wrapper::node_json("0,2,3", system.path()) ==
          R"({"usable":"0,2,3","packages":[)"
          R"({"os":0,"numas":[{"os":0,"cores":[{"os":0,"pus":"0,4","usable":true},)"
          R"({"os":1,"pus":"1,5","usable":false}]}]},)"
          R"({"os":1,"numas":[{"os":1,"cores":[{"os":0,"pus":"2","usable":true},)"
          R"({"os":1,"pus":"3","usable":true}]}]}]})");
}

TEST_CASE("what the kernel does not tell is -1, and every CPU a core") {
    const Temporary system;
    std::filesystem::create_directories(system.path("cpu"));
    system.write("cpu/online", "0-1\n");
    CHECK(wrapper::node_json("0-1", system.path()) ==
          R"({"usable":"0-1","packages":[{"os":-1,"numas":[{"os":-1,"cores":[)"
          R"({"os":0,"pus":"0","usable":true},{"os":1,"pus":"1","usable":true}]}]}]})");
    CHECK(wrapper::node_json("", system.path("none")) ==
          R"({"usable":"","packages":[]})");
}

TEST_CASE("the CPUs that a process may use") {
    const auto cpus = wrapper::allowed_cpus(::getpid());
    CHECK_FALSE(cpus.empty());
    CHECK(cpus.find_first_not_of("0123456789-,") == std::string::npos);
    CHECK(wrapper::allowed_cpus(-1).empty());
}
