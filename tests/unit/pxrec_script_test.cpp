#include "temporary.h"

#include "pxlaunch/base/fd.h"
#include "rec/cli/machine.h"
#include "rec/cli/script.h"
#include "rec/cli/script_environment.h"

#include <doctest/doctest.h>

#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace px;
using namespace px::rec;

namespace {

discover::Rendezvous server_of_4_cores() {
    discover::Rendezvous server;
    server.owner.pid = 77;
    server.owner.host = "n1";
    server.cores = 4;
    return server;
}

std::string value(const Variables &variables, const std::string &wanted) {
    for (const auto &[name, text] : variables) {
        if (name == wanted) return text;
    }
    return "(unset)";
}

Variables variables_in(const discover::Environment &env) {
    discover::Here here;
    here.env = env;
    return script_variables(here, server_of_4_cores(), "/d/rendezvous", 2);
}

} // namespace

TEST_CASE("a script learns of its server and of its allocation") {
    const auto plain = variables_in({});
    CHECK(value(plain, "PXLAUNCH_URI") == "file:/d/rendezvous");
    CHECK(value(plain, "PXLAUNCH_NNODES") == "1");
    CHECK(value(plain, "PXLAUNCH_NODELIST") == "n1");
    CHECK(value(plain, "PXLAUNCH_CORES_PER_NODE") == "4");
    CHECK(value(plain, "PXLAUNCH_GPUS_PER_NODE") == "2");
    CHECK(value(plain, "PXLAUNCH_JOB_ID") == "77");
    CHECK(value(plain, "PXLAUNCH_ARRAY_INDEX") == "(unset)");

    const auto slurm =
        variables_in({{"SLURM_JOB_ID", "12"}, {"SLURM_ARRAY_TASK_ID", "3"}});
    CHECK(value(slurm, "PXLAUNCH_JOB_ID") == "12");
    CHECK(value(slurm, "PXLAUNCH_ARRAY_INDEX") == "3");
}

TEST_CASE("an array index is one only in an array job") {
    const auto index = [](const discover::Environment &env) {
        return value(variables_in(env), "PXLAUNCH_ARRAY_INDEX");
    };
    CHECK(index({{"LSB_JOBINDEX", "0"}}) == "(unset)");
    CHECK(index({{"LSB_JOBINDEX", "4"}}) == "4");
    CHECK(index({{"SGE_TASK_ID", "undefined"}}) == "(unset)");
    CHECK(index({{"SLURM_ARRAY_TASK_ID", "0"}}) == "0");
    CHECK(index({{"PBS_ARRAY_INDEX", "9"}}) == "9");
}

TEST_CASE("a script's environment is ours, less what belongs to another process") {
    discover::Here here;
    here.env = {{"PATH", "/bin"},          {"PMIX_RANK", "3"},
                {"PMI_FD", "4"},           {"PXLAUNCH_RANK", "1"},
                {"PXLAUNCH_URI", "x"},     {"PXLAUNCH_NNODES", "8"},
                {"PXLAUNCH_TIMEOUT", "9"}, {"PRTE_MCA_x", "y"}};
    const auto environment = script_environment(here, {{"PXLAUNCH_URI", "file:/d"}});
    CHECK(environment ==
          job::Environment{"PATH=/bin", "PXLAUNCH_TIMEOUT=9", "PXLAUNCH_URI=file:/d"});
}

TEST_CASE("an end without a goodbye is that of one who was killed") {
    auto pipe = make_pipe();
    CHECK_FALSE(was_killed(pipe->read.get())); // it lives
    pipe->write.reset();
    CHECK(was_killed(pipe->read.get()));

    pipe = make_pipe();
    say_goodbye(pipe->write.get());
    pipe->write.reset();
    CHECK_FALSE(was_killed(pipe->read.get()));
}

TEST_CASE(
    "what carries the address of a dead script's server is killed, and nothing else") {
    const std::string document = "/d/" + std::to_string(::getpid()) + "/rendezvous";
    const auto start = [](const std::string &entry) {
        auto words = std::string("600");
        const pid_t pid = ::fork();
        if (pid == 0) {
            char *argv[] = {const_cast<char *>("sleep"), words.data(), nullptr};
            std::string text = entry;
            char *env[] = {text.data(), nullptr};
            ::execve("/bin/sleep", argv, env);
            ::_exit(1);
        }
        return pid;
    };
    const pid_t ours = start("PXLAUNCH_URI=file:" + document);
    const pid_t other = start("PXLAUNCH_URI=file:" + document + "2");
    const auto is_program = [](pid_t pid) { // execve has replaced our own environment
        std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
        std::string name;
        std::getline(file, name);
        return name == "sleep";
    };
    while (!is_program(ours) || !is_program(other)) ::usleep(1000);
    kill_script(document);
    int status = 0;
    CHECK(::waitpid(ours, &status, 0) == ours);
    CHECK(WIFSIGNALED(status));
    CHECK(::waitpid(other, &status, WNOHANG) == 0);
    ::kill(other, SIGKILL);
    ::waitpid(other, &status, 0);
}

TEST_CASE("a munge socket is absent, dead or alive") {
    const Temporary directory;
    const std::string path = directory.path("socket");
    CHECK(look_at_munge(path) == Munge::absent);
    CHECK(look_at_munge("/no/such/directory/socket") == Munge::absent);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr *>(&address),
                   sizeof address) == 0);
    CHECK(look_at_munge(path) == Munge::dead);
    REQUIRE(::listen(socket.get(), 1) == 0);
    CHECK(look_at_munge(path) == Munge::alive);
    socket.reset();
    CHECK(look_at_munge(path) == Munge::dead);
}
