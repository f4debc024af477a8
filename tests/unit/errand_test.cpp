#include "pxlaunch/channel/errand.h"
#include "rec/bridge/pmi2.h"

#include "discover_place.h"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace px;
using namespace px::bridge;

namespace {

const Environment task = {{"SLURM_JOB_ID", "77"},
                          {"SLURM_JOB_NODELIST", "n[01-02]"},
                          {"SLURM_JOB_NUM_NODES", "2"},
                          {"SLURM_JOB_CPUS_PER_NODE", "2(x2)"}};

struct Pair {
    Fd ours, slurms;
    Pair() {
        int both[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
        ours = Fd(both[0]);
        slurms = Fd(both[1]);
    }
    [[nodiscard]] std::string read() const {
        char bytes[512];
        const auto got = ::recv(slurms.get(), bytes, sizeof bytes, 0);
        return {bytes, static_cast<std::size_t>(std::max<long>(got, 0))};
    }
    void write(std::string_view bytes) const { CHECK(write_all(slurms.get(), bytes)); }
};

Clock::time_point in_ms(int number) { return Clock::now() + Milliseconds(number); }

} // namespace

TEST_CASE("what pxrec and its errand say crosses byte for byte") {
    const channel::Caller us{"5ec7e7", "70ce", "n1", {"10.0.0.1:7", "[2001:db8::1]:7"}};
    const auto caller = channel::read_caller(text_of(us));
    REQUIRE(caller);
    CHECK(caller->secret == us.secret);
    CHECK(caller->token == us.token);
    CHECK(caller->host == us.host);
    CHECK(caller->addresses == us.addresses);
    CHECK_FALSE(channel::read_caller("5ec7e7 70ce n1"));
    CHECK_FALSE(channel::read_caller("5ec7e7  n1 127.0.0.1:7")); // any welcome would do
    CHECK_FALSE(channel::read_caller(""));

    const channel::SrunOrder order{
        7, {"srun", "a b", "x;y\n", ""}, {"A=1\n2", "B="}, "n1\nn2\n"};
    const auto read = channel::read_order(text_of(order));
    REQUIRE(read);
    CHECK(read->number == 7);
    CHECK(read->argv == order.argv);
    CHECK(read->env == order.env);
    CHECK(read->hosts == order.hosts);
    CHECK_FALSE(channel::read_order("7"));

    const std::string words("a\0b", 3), text = text_of(channel::SrunNews{7, 9, words});
    const auto news = channel::read_news(text);
    REQUIRE(news);
    CHECK(news->value == 9);
    CHECK(news->words == words);
    CHECK_FALSE(channel::read_news("seven"));
}

TEST_CASE("Slurm is asked by PMI-2, and greeted once for all processes of a task") {
    const Pair pair;
    const std::string request =
        spawn_request({"--quiet", "/x/pxwrap", "--errand"}, "s h");
    CHECK(request == "117   cmd=spawn;ncmds=1;preputcount=1;ppkey0=px;ppval0=s h;"
                     "subcmd=--quiet;maxprocs=1;argc=2;argv0=/x/pxwrap;argv1=--errand;");
    pair.write("a late answer");
    std::thread slurm([&] {
        CHECK(pair.read() == "cmd=init pmi_version=2 pmi_subversion=0\n");
        pair.write("cmd=response_to_init rc=0 pmi_version=2 pmi_subversion=0\n");
    });
    CHECK(pmi2_ask(pair.ours.get(), request, in_ms(5000)));
    slurm.join();
    CHECK(pair.read() == request);
    pair.write("36    cmd=spawn-response;rc=0;jobid=1.0-1;");
    CHECK(pmi2_hear(pair.ours.get()));
    CHECK(pmi2_ask(pair.ours.get(), request, in_ms(5000)));
    CHECK(pair.read() == request);
}

TEST_CASE("an answer that another process of the task has read is no error") {
    Pair pair;
    const Fd others(::dup(pair.ours.get())); // of the same open file, as it is inherited
    pair.write("36    cmd=spawn-response;rc=0;jobid=1.0-1;");
    pollfd both[] = {{pair.ours.get(), POLLIN, 0}, {others.get(), POLLIN, 0}};
    CHECK(::poll(both, 2, 5000) == 2);
    CHECK(pmi2_hear(pair.ours.get()));
    CHECK(pmi2_hear(others.get()));
    pair.slurms.reset();
    CHECK_FALSE(pmi2_hear(others.get())); // but that Slurm is gone is one
}

TEST_CASE("what Slurm's PMI-2 does not do is said") {
    const auto why = [](const Pair &pair, int patience) {
        const auto asked = pmi2_ask(pair.ours.get(), "1     x", in_ms(patience));
        CHECK_FALSE(asked);
        return asked ? std::string() : asked.error().what;
    };
    const std::string begin = "Slurm's PMI-2 does not answer: ";
    CHECK(why(Pair(), 20) == begin + "it is silent");
    Pair closed;
    closed.slurms.reset();
    CHECK(why(closed, 1000).starts_with(begin));
    const Pair old;
    std::thread slurm([&] {
        (void)old.read();
        old.write("cmd=response_to_init rc=1 pmi_version=1 pmi_subversion=1\n");
    });
    const std::string said = why(old, 5000);
    slurm.join();
    CHECK(said.starts_with(begin + "it says "));
    CHECK(said.find("rc=1 pmi_version=1 pmi_subversion=1") != said.npos);

    const Pair failing;
    failing.write("43    cmd=spawn-response;rc=-1;errmsg=spawn failed;");
    const auto refused = pmi2_hear(failing.ours.get());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("rc=-1;errmsg=spawn failed;") != std::string::npos);
    CHECK(refused.error().hint.find("srun --mpi=pmi2 -N1 -n1") != std::string::npos);
    failing.write("43    ");
    CHECK(pmi2_hear(failing.ours.get()));
}

TEST_CASE("pmi2 is used only if it is named, and refused for its own reasons") {
    Place place(task);
    const auto refused = [&](const char *why) {
        const auto said = place.outcome({.rec = "pmi2"});
        CAPTURE(said);
        return said.find(why) != said.npos &&
               said.find("srun --mpi=pmi2 -N1 -n1") != said.npos;
    };
    CHECK(refused("PMI_FD is not set: this is no task of 'srun --mpi=pmi2'"));
    place.here.env["PMI_FD"] = "999";
    CHECK(refused("descriptor '999' (PMI_FD) is no open socket here"));
    place.here.env["PMI_FD"] = "x";
    CHECK(refused("descriptor 'x' (PMI_FD) is no open socket here"));
    place.here.env["PMI_FD"] = "1";
    const Pair pair;
    place.here.env["PMI_FD"] = std::to_string(pair.ours.get());
    CHECK(place.outcome({.rec = "pmi2"}) == "start pmi2");
    CHECK(place.outcome().find("start") != 0);
    CHECK(place.outcome({.rec = "pmi2:/x"}) ==
          "--rec: 'pmi2' takes no argument, got '/x' | write pmi2");
    place.here.env.erase("SLURM_JOB_NODELIST");
    CHECK(place.outcome({.rec = "pmi2"}).find("SLURM_JOB_NODELIST does not tell") !=
          std::string::npos);
    place.here.env = {};
    CHECK(place.outcome({.rec = "pmi2"}).find("this is no job of Slurm") !=
          std::string::npos);
}
