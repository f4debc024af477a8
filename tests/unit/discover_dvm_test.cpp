#include "discover_place.h"
#include "pxlaunch/discover/probe.h"

#include <fstream>

TEST_CASE("nodes that the user names want a DVM, unless this is the only one") {
    Place place;
    place.here.hosts = {"n01:4", "localhost", "n01.cluster"};
    CHECK(place.outcome() == "start local");
    place.here.hosts = {"n01:2", "n02:2"};
    CHECK(place.outcome() == "start prrte");
    CHECK(place.outcome({.rec = "prrte"}) == "start prrte");
    CHECK(place.outcome({.rec = "prrte:/opt/prrte"}) == "start prrte");
    for (const char *rec : {"", "prrte"}) {
        CHECK(
            place.outcome({.rec = rec, .no_start = true}).find("--no-start was given") !=
            std::string::npos);
    }
    // A server of 'pxrec up' that has not got them is not asked.
    const std::string pool = place.add_server("none");
    CHECK(place.outcome() == "start prrte");
    CHECK(look_at_pool(place.here).candidates[0].reason ==
          pool + ": it does not have the node n01");
    CHECK(place.candidate("pool").reason ==
          "no server of 'pxrec up' for this node with all nodes that were named in " +
              place.temporary.path());
}

TEST_CASE("a DVM is found again by the nodes that were named") {
    Place place;
    place.here.hosts = {"n01:2", "n02:2"};
    const auto dvm = [](Rendezvous &server) {
        server.uri = uri;
        server.method = "prrte";
        server.nodes = {"n01", "n02"};
    };
    place.add_server(key_of_hosts(place.here), {}, dvm);
    CHECK(place.outcome() == "attach prrte");
    place.here.hosts = {"n01:2", "n02:3"};
    CHECK(place.outcome() == "start prrte");
    place.here.hosts.clear();
    CHECK(place.outcome() == "start local");
    // One that 'pxrec up' has made serves all who name some of its nodes.
    place.add_server("none", {}, dvm);
    place.here.hosts = {"n02"};
    CHECK(place.outcome() == "attach pool");
}

namespace {

void make_dvm(Rendezvous &server) {
    server.method = "prrte";
    server.nodes = {"n01", "n02"};
}

// What PRRTE 3.0.8 leaves, and a kernel that has somebody listen at port 4711.
struct Dvms : Place {
    Dvms() {
        temporary.write(
            "tcp", "   0: 0100007F:1267 00000000:0000 0A 00000000:00000000 00:00000000 "
                   "00000000  " +
                       std::to_string(here.uid) + "        0 177 1\n");
        here.sockets = temporary.path("tcp");
    }
    std::string add(const std::string &name, const std::string &address) const {
        const std::string directory = temporary.path("prte." + name);
        std::filesystem::create_directory(directory);
        const std::string pid = std::to_string(::getpid());
        temporary.write("prte." + name + "/pmix.n01.tool." + pid,
                        address + "\n5.0.7\n" + pid + "\n1000:1000\nSun Nov 22\n");
        return directory;
    }
    [[nodiscard]] std::string reasons() const {
        std::string all;
        for (const Candidate &each : look_at_dvm(here).candidates)
            all += std::string(to_string(each.state)) + " " + each.reason + "\n";
        return all;
    }
};

const std::string no_hosts = "absent neither --hostfile nor --host names another node\n";

} // namespace

TEST_CASE("a DVM that a user started is named, and taken when it is asked for") {
    Dvms place;
    const std::string pid = std::to_string(::getpid());
    const std::string one = place.add("a", uri), file = one + "/pmix.n01.tool." + pid;
    const std::string gone = place.add("b", "prte-n01-8@0.0;tcp4://127.0.0.1:4712");
    const std::string empty = place.temporary.path("prte.c");
    std::filesystem::create_directory(empty);
    CHECK(place.outcome() == "start local");
    CHECK(place.reasons() ==
          "absent " + gone + ": its server (pid " + pid + ") has ended\nabsent " + empty +
              ": it holds no address\nrefused " + one + ": prterun-n01-7@0 (pid " + pid +
              ") was not asked for\n" + no_hosts);
    CHECK(look_at_dvm(place.here).candidates[2].hint ==
          "use --rec prrte, or --uri file:" + file + ", for the DVM prterun-n01-7@0");
    CHECK(place.outcome({.rec = "prrte"}) == "attach prrte");
    const auto found = discover::discover({.rec = "prrte"}, place.here).found;
    CHECK(found->server.attach == "file:" + file);
    CHECK(found->server.version == "5.0.7");
    // One of 'pxrec up' is nearer.
    place.add_server("none", {}, make_dvm);
    CHECK(discover::discover({.rec = "prrte"}, place.here).found->managed);
    CHECK(place.outcome({.rec = "prrte"}) == "attach prrte");
}

TEST_CASE("of two DVMs that a user started one is to be named") {
    const Dvms place;
    const std::string pid = std::to_string(::getpid());
    const std::string one = place.add("a", uri), two = place.add("b", uri);
    CHECK(place.outcome() == "start local");
    CHECK(place.outcome({.rec = "prrte"}) ==
          "--rec: 'prrte' is not usable\n  prrte  refused  2 DVMs of yours run here:\n   "
          " " +
              one + ": prterun-n01-7@0 (pid " + pid + ")\n    " + two +
              ": prterun-n01-7@0 (pid " + pid + ") | choose one: --uri file:" + one +
              "/pmix.n01.tool." + pid + " or --uri file:" + two + "/pmix.n01.tool." +
              pid);
}

TEST_CASE("DVMs of others and of other allocations are passed over, with the reason") {
    Dvms place;
    const std::string one = place.add("a", uri);
    place.here.env = {{"SLURM_JOB_ID", "77"}, {"SLURM_JOB_NUM_NODES", "1"}};
    CHECK(place.reasons() ==
          "absent " + one +
              ": it is for the allocation 'none', this is 'slurm:77'\nabsent "
              "SLURM_JOB_NODELIST does not tell the nodes of this job\n");
    place.here.env.clear();
    const std::string own = std::to_string(place.here.uid);
    place.here.uid += 1;
    const std::string you = std::to_string(place.here.uid);
    CHECK(place.reasons() == "absent " + one + ": it belongs to uid " + own +
                                 ", you are " + you + "\n" + no_hosts);
    CHECK(
        place.outcome({.rec = "prrte"}) ==
        "--rec: 'prrte' is not usable\n  prrte  absent   " + one +
            ": it belongs to uid " + own + ", you are " + you +
            "\n  prrte  absent   no DVM of yours runs here, and neither --hostfile nor "
            "--host names another node | name its nodes with --hostfile, or its address "
            "with --uri");
}

TEST_CASE("two servers of 'pxrec up' that do not know each other are both named") {
    Place place;
    const std::string one = place.add_server("none", {}, make_dvm);
    place.here.env["TMPDIR"] = place.temporary.path("other");
    std::filesystem::create_directory(place.temporary.path("other"));
    const std::string two = place.add_server("none");
    const std::string pid = std::to_string(::getpid());
    CHECK(place.outcome() ==
          "no PMIx runtime here can start this job\n"
          "  parent  absent   PMIX_SERVER_URI* is not set\n"
          "  pool    refused  2 servers would do:\n    " +
              two + ": pxrec 1.2.3 (pid " + pid + ", 16 cores)\n    " + one +
              ": pxrec 1.2.3 (pid " + pid +
              ", 16 slots on n01,n02) | choose one: --uri "
              "file:" +
              two + "/rendezvous or --uri file:" + one +
              "/rendezvous; with PXLAUNCH_URI=file:... 'pxrec down' ends that one");
    // Only one has the node that is named.
    place.here.hosts = {"n02"};
    CHECK(place.outcome() == "attach pool");
    CHECK(place.outcome({.rec = "prrte"}) == "attach prrte");
}

TEST_CASE("a DVM for a hostfile is for it alone, and for one allocation") {
    Place place;
    place.here.hosts = {"n01", "n02"};
    const std::string key = key_of_hosts(place.here);
    const std::string path = place.add_server(key, {}, make_dvm);
    CHECK(place.outcome() == "attach prrte");
    place.here.env = {{"SLURM_JOB_ID", "77"}, {"SLURM_JOB_NUM_NODES", "2"}};
    CHECK(key_of_hosts(place.here) != key);
    CHECK(place.outcome() == "start prrte");
    place.here.env.clear();
    place.here.hosts.clear();
    CHECK(look_at_pool(place.here).candidates[0].reason ==
          path + ": it is for jobs whose --hostfile or --host names n01,n02");
}

TEST_CASE("a DVM that has died is told, and is found all the same") {
    Place place;
    place.add_server("none", {}, [](Rendezvous &server) {
        make_dvm(server);
        server.died = "prte was killed by SIGKILL";
    });
    CHECK(place.outcome() == "attach pool");
    CHECK(
        place.candidate("pool").reason ==
        "pxrec 1.2.3 (pid " + std::to_string(::getpid()) +
            ", 16 slots on n01,n02); its DVM has died (prte was killed by SIGKILL), and "
            "is started again by the next job");
}

TEST_CASE("a DVM whose keeper was killed is not silently replaced by this node") {
    Place place;
    const std::string path = place.add_server("none", {}, [](Rendezvous &server) {
        make_dvm(server);
        server.owner.pid = 7;
    });
    const auto die = [&](const std::string &boot) {
        std::ofstream(path + "/owner")
            << "999999999 1 n01 " << boot << " " << place.here.pid_space << "\n";
    };
    die(place.here.boot);
    CHECK(
        place.outcome().find("the DVM on n01,n02 is gone, its keeper (pid 7) was killed "
                             "| start it again with 'pxrec up --hostfile FILE'; 'pxrec "
                             "down' forgets it;") != std::string::npos);
    CHECK(place.outcome({.rec = "local"}) == "start local");
    die("another"); // before the last boot: nobody thinks of it any more
    CHECK(place.outcome() == "start local");
    die(place.here.boot);
    forget_lost(place.here);
    CHECK(place.outcome() == "start local");
}
