#include "discover_place.h"
#include "pxlaunch/discover/probe.h"

#include <nlohmann/json.hpp>

namespace {

Environment slurm(int nodes) {
    return {{"SLURM_JOB_ID", "77"},
            {"SLURM_JOB_NUM_NODES", std::to_string(nodes)},
            {"SLURM_JOB_NODELIST", nodes == 1 ? "n01" : "n[01-04]"}};
}

} // namespace

TEST_CASE("nothing here: a private server is started, and it is said why") {
    const Place place;
    const Discovery seen = discover::discover({}, place.here);
    REQUIRE(seen.found);
    CHECK(seen.found->kind == Found::start_local);
    CHECK(seen.found->ours);
    std::string reasons;
    for (const Reason &each : seen.reasons)
        reasons += each.about + ": " + each.text + '\n';
    CHECK(reasons == "server: parent: absent: PMIX_SERVER_URI* is not set\n"
                     "server: pool: absent: no server of 'pxrec up' for this node in " +
                         place.temporary.path() +
                         "\nserver: srun: absent: this is no job of Slurm"
                         "\nserver: prrte: absent: neither --hostfile nor --host names "
                         "another node"
                         "\nserver: local: usable: a private server on this node\n");
}

TEST_CASE("an address that is given wins and never falls back") {
    Place place(Environment{{"PMIX_SERVER_URI41", uri}});
    CHECK(place.outcome({.uri = "ns.0;tcp4://127.0.0.1:1"}) == "attach uri");
    CHECK(place.outcome({.uri = "rubbish"})
              .starts_with("--uri: expected a PMIx server's address, got 'rubbish' | "
                           "write NAMESPACE.RANK;"));
    CHECK(place.outcome({.uri = "slurm.pmix.4.0.0;tcp4://127.0.0.1:1"}) ==
          "--uri: Slurm's own server cannot start processes | leave it out: pxlaunch "
          "finds or "
          "starts a server that can");
    place.here.env["PXLAUNCH_URI"] = "ns.0;tcp4://127.0.0.1:1";
    place.here.env["PXLAUNCH_REC"] = "local";
    CHECK(place.outcome() == "attach uri");
    CHECK(place.outcome({.rec = "local"}) == "start local"); // the command line is nearer
    place.here.env["PXLAUNCH_URI"] = "file:/nowhere";
    CHECK(place.outcome().starts_with("PXLAUNCH_URI: cannot open '/nowhere': "));
    place.here.env.erase("PXLAUNCH_URI");
    CHECK(place.outcome() == "start local");
}

TEST_CASE("--rec") {
    Place place(Environment{{"PMIX_SERVER_URI41", uri}});
    CHECK(place.outcome({.rec = "parent"}) == "attach parent");
    CHECK(place.outcome({.rec = "local"}) == "start local");
    CHECK(place.outcome({.rec = "pool"}) ==
          "--rec: 'pool' is not usable\n  pool  absent   no server of 'pxrec up' for "
          "this node "
          "in " +
              place.temporary.path() + " | leave it out to use whatever is here");
    CHECK(place.outcome({.rec = "locla"}) ==
          "--rec: unknown runtime 'locla' | did you mean 'local'? there are: parent pool "
          "srun pmi2 prrte local");
    CHECK(
        place.outcome({.rec = "banana"}) ==
        "--rec: unknown runtime 'banana' | there are: parent pool srun pmi2 prrte local");
    CHECK(place.outcome({.rec = "local:4"}) ==
          "--rec: 'local' takes no argument, got '4' | write local");
    CHECK(place.outcome({.rec = "local", .uri = uri}) ==
          "--rec and --uri both name a server | give one of them");
    CHECK(place.outcome({.rec = "local", .no_start = true}) ==
          "--no-start and --rec 'local' contradict each other | give one of them");
    place.here.env["PXLAUNCH_REC"] = "parnet";
    CHECK(place.outcome().starts_with(
        "PXLAUNCH_REC: unknown runtime 'parnet' | did you mean "
        "'parent'?"));
    CHECK(rec_names().size() == 6);
}

TEST_CASE("the server that started us") {
    Place place({{"PMIX_SERVER_URI2", "old.0;tcp4://127.0.0.1:1"},
                 {"PMIX_SERVER_URI41", uri},
                 {"PMIX_NAMESPACE", "prterun-n01-7@1"},
                 {"PMIX_VERSION", "5.0.7"}});
    const Discovery seen = discover::discover({}, place.here);
    REQUIRE(seen.found);
    CHECK(seen.found->from == "parent");
    CHECK(seen.found->server.attach == uri);
    CHECK(seen.found->server.nspace == "prterun-n01-7@0");
    CHECK(seen.found->server.version == "5.0.7");
    CHECK_FALSE(seen.found->ours);
    CHECK(seen.candidates.back().reason == "prterun-n01-7@0 (PMIX_SERVER_URI41)");
    place.here.env["PMIX_SERVER_URI41"] = "rubbish";
    CHECK(place.candidate("parent").state == Candidate::refused);
    CHECK(place.candidate("parent").reason ==
          "PMIX_SERVER_URI41: expected a PMIx server's address, got 'rubbish'");
}

TEST_CASE("a server of ours that started us says more by its document") {
    Place place(Environment{{"PMIX_SERVER_URI41", "pxrec-7.0;tcp4://127.0.0.1:4711"}});
    place.add_server("none", "job.7.abc");
    const Discovery seen = discover::discover({}, place.here);
    REQUIRE(seen.found);
    CHECK(seen.found->from == "parent");
    CHECK(seen.found->ours);
    CHECK(seen.found->managed);
    CHECK(seen.found->cores == 16);
}

TEST_CASE("servers that cannot start processes are left alone, with the reason") {
    struct Row {
        const char *variable, *value, *reason;
    };
    for (const auto &[variable, value, reason] : std::vector<Row>{
             {"PMIX_NAMESPACE", "slurm.pmix.4.0",
              "this is the Slurm step slurm.pmix.4.0, whose server cannot start "
              "processes"},
             {"PMIX_NAMESPACE", "3213426689",
              "this process was started by Open MPI 4's mpirun (or jsrun), whose server "
              "a tool "
              "must not attach to"},
             {"OMPI_MCA_orte_hnp_uri", "1234.0;tcp://1.2.3.4:5",
              "this process was started by Open MPI 4's mpirun (or jsrun), whose server "
              "a tool "
              "must not attach to"},
             {"FLUX_JOB_ID", "f123",
              "this process was started by Flux, whose server cannot start processes"},
             {"PMIX_NAMESPACE", "pspmix_1_2",
              "this process was started by ParaStation, whose server never answers a "
              "tool"}}) {
        CAPTURE(reason);
        const Place place({{"PMIX_SERVER_URI41", uri}, {variable, value}});
        CHECK(place.candidate("parent").state == Candidate::refused);
        CHECK(place.candidate("parent").reason == reason);
        if (std::string(variable) != "FLUX_JOB_ID")
            CHECK(place.outcome() == "start local");
    }
}

TEST_CASE("a server of ours for this allocation is used, another's is named") {
    Place place(slurm(1));
    const std::string other = place.add_server("slurm:76");
    CHECK(place.outcome() == "start local");
    Discovery seen = discover::discover({}, place.here);
    CHECK(seen.candidates[1].state == Candidate::absent);
    CHECK(seen.candidates[1].reason ==
          other + ": it is for the allocation 'slurm:76', this is 'slurm:77'");
    place.add_server("slurm:77");
    place.add_server("slurm:77", "job.7.abc"); // private to its job
    seen = discover::discover({}, place.here);
    REQUIRE(seen.found);
    CHECK(seen.found->from == "pool");
    CHECK(seen.found->ours);
    CHECK(seen.found->managed);
    CHECK(seen.found->cores == 16);
    CHECK(seen.found->server.version == "5.0.7");
    CHECK(seen.found->server.nspace == "pxrec-7");
    CHECK(seen.found->allocation.key() == "slurm:77");
    CHECK(seen.candidates.back().reason ==
          "pxrec 1.2.3 (pid " + std::to_string(::getpid()) + ", 16 cores)");
}

TEST_CASE("servers that are dead, elsewhere or half up are named and passed over") {
    Place place;
    const auto reason_of = [&](const std::string &path) {
        for (const Candidate &each : look_at_all(place.here)) {
            if (each.reason.starts_with(path + ": "))
                return each.reason.substr(path.size() + 2);
        }
        return std::string("not named");
    };
    const std::string dead = place.add_server("none");
    Here later = place.here;
    later.boot = "earlier";
    CHECK(write_owner(dead, later, ::getpid()));
    CHECK(reason_of(dead) ==
          "its server (pid " + std::to_string(::getpid()) + ") has ended");

    const std::string far = place.add_server(
        "none", "pool.n02.none", [](Rendezvous &server) { server.owner.host = "n02"; });
    CHECK(reason_of(far) == "it is on the host n02");

    const auto empty = create_run_directory(place.here, "pool.n03.none", ::getpid());
    CHECK(reason_of(**empty) == "its server is not ready");

    const std::string nobody = place.add_server("none", "pool.n05.none");
    std::filesystem::remove(nobody + "/owner");
    CHECK(reason_of(nobody) == "it does not say whose it is");

    const std::string unseen = place.add_server("none", "pool.n04.none");
    later = place.here;
    later.pid_space = "pid:[1]";
    CHECK(write_owner(unseen, later, ::getpid()));
    CHECK(reason_of(unseen) ==
          "its server is in another pid namespace; name it with --uri "
          "file:" +
              unseen + "/rendezvous");
    CHECK(place.outcome() == "start local");
}

TEST_CASE("all bases are searched: TMPDIR may have changed since 'pxrec up'") {
    Place place;
    place.add_server("none");
    place.here.env["TMPDIR"] = place.temporary.path("other");
    CHECK(place.outcome() == "attach pool");
}

TEST_CASE("a living server of this allocation that we cannot use stops everything") {
    Place place;
    const std::string path =
        place.add_server("none", {}, [](Rendezvous &server) { server.protocol = 9; });
    CHECK(place.outcome() ==
          "no PMIx runtime here can start this job\n"
          "  parent  absent   PMIX_SERVER_URI* is not set\n"
          "  pool    refused  " +
              path +
              ": pxrec 1.2.3 speaks protocol 9, this pxlaunch " PX_VERSION
              " speaks 1 | end it with 'pxrec down' of its own version, or use --rec "
              "local");
    CHECK(place.outcome({.rec = "local"}) == "start local");
}

TEST_CASE("several nodes never silently become one") {
    const Place place(slurm(4));
    CHECK(
        place.outcome() ==
        "Slurm job 77 has 4 nodes, but this place has no way to reach them (no srun, no "
        "prte, no PXLAUNCH_URI) | start the script on the host side: put 'pxrec run --' "
        "before the command that starts the container or the script");
    CHECK(place.outcome({.rec = "local"}) == "start local");
    CHECK(discover::discover({.rec = "local"}, place.here).found->allocation.key() ==
          "slurm:77");
    CHECK(Place(slurm(1)).outcome() == "start local");
}

TEST_CASE("a shell that is not on the allocation's node starts nothing there") {
    Place place(slurm(1));
    place.here.host = "login1";
    CHECK(place.candidate("local").reason ==
          "the allocation slurm:77 is n01, this shell is on "
          "login1");
    CHECK(place.candidate("local").hint == "use --rec local to run on this node alone");
    place.here.host = "n01.cluster.example";
    CHECK(place.outcome() == "start local");
    place.here.host = "other-name";
    place.here.env["SLURMD_NODENAME"] = "n01";
    CHECK(place.outcome() == "start local");
}

TEST_CASE("--no-start") {
    Place place;
    CHECK(place.outcome({.no_start = true})
              .ends_with("  local   refused  --no-start was given | start a server with "
                         "'pxrec up', or leave "
                         "--no-start out"));
    place.add_server("none");
    CHECK(place.outcome({.no_start = true}) == "attach pool");
}

TEST_CASE("which allocation we are in, and of how many nodes") {
    const Temporary temporary;
    temporary.write("nodes", "n01\nn01\nn02\n");
    temporary.write("pe", "n01 4 all.q UNDEFINED\nn02 4 all.q UNDEFINED\n");
    struct Row {
        Environment env;
        std::string key;
        int nodes;
    };
    for (const auto &[env, key, nodes] : std::vector<Row>{
             {{}, "none", 0},
             {slurm(4), "slurm:77", 4},
             {{{"SLURM_JOB_ID", "7"}, {"SLURM_NNODES", "2"}}, "slurm:7", 2},
             {{{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NODELIST", "n01"}}, "slurm:7", 1},
             {{{"LSB_JOBID", "5"}, {"LSB_MCPU_HOSTS", "n01 4 n02 4 "}}, "lsf:5", 2},
             {{{"LSB_JOBID", "5"}, {"LSB_DJOB_HOSTFILE", temporary.path("nodes")}},
              "lsf:5",
              2},
             {{{"PBS_JOBID", "9.srv"}, {"PBS_NODEFILE", temporary.path("nodes")}},
              "pbs:9.srv",
              2},
             {{{"PBS_JOBID", "9.srv"}, {"PBS_NODEFILE", "/nowhere"}}, "pbs:9.srv", 0},
             {{{"JOB_ID", "3"}}, "none", 0},
             {{{"JOB_ID", "3"}, {"SGE_ROOT", "/sge"}, {"NHOSTS", "1"}}, "sge:3", 1},
             {{{"JOB_ID", "3"}, {"PE", "mpi"}, {"PE_HOSTFILE", temporary.path("pe")}},
              "sge:3",
              2},
             {{{"FLUX_JOB_ID", "f1"}, {"FLUX_JOB_NNODES", "3"}}, "flux:f1", 3}}) {
        CAPTURE(key);
        Here here;
        here.env = env;
        const Allocation allocation = find_allocation(here);
        CHECK(allocation.key() == key);
        CHECK(allocation.nodes == nodes);
    }
    const Place unknown({{"PBS_JOBID", "9.srv"}, {"PBS_NODEFILE", "/nowhere"}});
    CHECK(unknown.candidate("local").reason ==
          "how many nodes the allocation pbs:9.srv has cannot be told from here");
}

TEST_CASE("--probe as JSON") {
    const Place place({{"PMIX_SERVER_URI41", uri}, {"PMIX_NAMESPACE", "slurm.pmix.4.0"}});
    const auto probe = nlohmann::json::parse(candidate_json(look_at_all(place.here)));
    CHECK(probe["version"] == 1);
    REQUIRE(probe["candidates"].size() == 5);
    CHECK(probe["candidates"][0]["name"] == "parent");
    CHECK(probe["candidates"][0]["state"] == "refused");
    CHECK(probe["candidates"][4]["state"] == "usable");
}
