#include "command_line.h"

#include "pxlaunch/cli/inspect.h"
#include "pxlaunch/job/defaults.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::cli;

namespace {

Surroundings laptop() {
    Surroundings here;
    here.environment = {"PATH=/bin"};
    here.directory = "/home/u";
    here.allocation.nodes = {"here.example.org"};
    return here;
}

Surroundings pool() {
    Surroundings here = laptop();
    here.allocation.managed = true;
    here.allocation.name = "the server of pxrec up";
    here.allocation.cores = 8;
    here.allocation.cores_source = "its rendezvous file";
    return here;
}

struct Made {
    job::Spec spec;
    std::string reasons, errors;
};

Made make(Words words, const Surroundings &here = laptop()) {
    words.emplace_back("prog");
    auto parsed = parse(words);
    REQUIRE(errors_text(parsed.errors).empty());
    Reasons reasons;
    auto made = make_spec(parsed->options, parsed->config, here, reasons);
    return {made.value, explain_text(reasons), errors_text(made.errors)};
}

bool has_line(const std::string &text, const std::string &line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("how many ranks, and why") {
    struct Row {
        Words words;
        Surroundings here;
        int np;
        std::string reason;
    };
    auto slurm = pool();
    slurm.allocation.ranks_asked = 6;
    slurm.allocation.ranks_source = "SLURM_NTASKS in the environment";
    for (const auto &[words, here, np, reason] : std::vector<Row>{
             {{}, laptop(), 1, "np: 1: no allocation and no -n"},
             {{"-n", "4"}, laptop(), 4, "np: 4: -n"},
             {{"-N", "3"}, laptop(), 3, "np: 3: -N 3 on 1 node"},
             {{"-n", "2", "-N", "3"}, laptop(), 2, "np: 2: -n"},
             {{"--host", "here:3"}, laptop(), 3, "np: 3: slots of the hosts named"},
             {{"--host", "here"}, laptop(), 1, "np: 1: no allocation and no -n"},
             {{"--map-by", "ppr:2:numa"}, laptop(), 0, "np: as many as ppr:2:numa gives"},
             {{}, pool(), 8, "np: 8: 8 cores (its rendezvous file), 1 each"},
             {{"-c", "3"}, pool(), 2, "np: 2: 8 cores (its rendezvous file), 3 each"},
             {{"-c", "9"}, pool(), 1, "np: 1: 8 cores (its rendezvous file), 9 each"},
             {{}, slurm, 6, "np: 6: SLURM_NTASKS in the environment"},
         }) {
        CAPTURE(reason);
        const auto made = make(words, here);
        CHECK(made.errors.empty());
        CHECK(made.spec.np() == np);
        CHECK(has_line(made.reasons, reason));
    }
}

TEST_CASE("outside an allocation nothing is bound and cores may be shared") {
    const auto made = make({});
    CHECK(made.spec.placement.map.oversubscribe == true);
    CHECK(made.spec.placement.bind.none);
    CHECK_FALSE(made.spec.placement.exclusive);
    CHECK(has_line(made.reasons, "bind: none: outside an allocation"));
    CHECK(has_line(made.reasons, "map: slot: default"));
    CHECK(has_line(made.reasons, "rank: slot: default"));
    CHECK(make({"--map-by", "core:nooversubscribe"}).spec.placement.map.oversubscribe ==
          false);
    CHECK_FALSE(make({"--bind-to", "core"}).spec.placement.bind.none);
    CHECK_FALSE(make({"--map-by", "slot:PE=2"}).spec.placement.bind.none);
}

TEST_CASE("a pool gives each rank cores of its own") {
    const auto made = make({"-n", "2"}, pool());
    CHECK(made.spec.placement.exclusive);
    CHECK_FALSE(made.spec.placement.bind.none);
    CHECK(made.spec.placement.map.oversubscribe == std::nullopt);
    const auto over = make({"-n", "9", "--oversubscribe"}, pool());
    CHECK(over.spec.placement.bind.none);
    CHECK(has_line(over.reasons, "bind: none: more ranks than cores"));
}

TEST_CASE("cores of a rank, and OMP_NUM_THREADS") {
    const auto threads = [](const Made &made) {
        return std::string(job::find_variable(made.spec.apps[0].env, "OMP_NUM_THREADS")
                               .value_or("unset"));
    };
    CHECK(threads(make({})) == "unset");
    CHECK(threads(make({"-c", "4"})) == "4");
    CHECK(threads(make({"-c", "4", "-x", "OMP_NUM_THREADS=2"})) == "2");
    CHECK(threads(make({"--map-by", "slot:PE=4"})) == "unset");
    CHECK(make({"--map-by", "slot:PE=4"}).spec.apps[0].cpus_per_rank == 4);
    CHECK(make({"-c", "4", "--map-by", "slot:PE=4"}).errors.empty());
    CHECK(make({"-c", "2", "--map-by", "slot:PE=4"}).errors ==
          "-c 2 and :PE=4 contradict each other | leave one out, or make them equal\n");
    auto slurm = pool();
    slurm.allocation.cpus_per_rank = 2;
    slurm.allocation.cpus_source = "SLURM_CPUS_PER_TASK in the environment";
    CHECK(threads(make({}, slurm)) == "2");
    CHECK(make({}, slurm).spec.np() == 4);
}

TEST_CASE("counts and places that cannot be") {
    CHECK(make({"--nodes", "2"}).errors ==
          "--nodes 2: this server has 1 node | ask for 1\n");
    CHECK(make({"--nodes", "1"}).errors.empty());
    CHECK(make({"-n", "4", "-N", "2"}).errors ==
          "-n 4 with -N 2 needs 2 nodes, and there is 1 | -N is ranks per node; for 2 "
          "nodes "
          "write --nodes 2\n");
    CHECK(make({"--host", "n7"}).errors ==
          "'n7' is not a node of this server | its nodes are here.example.org\n");
    CHECK(make({"--host", "localhost,here,here.example.org"}).errors.empty());
    CHECK_FALSE(make({"--host", "here.example.com"}).errors.empty());
    CHECK(make({"--exclude", "here"}).errors ==
          "--exclude leaves no node | exclude fewer nodes, or name others with --host\n");
    CHECK(make({"--nolocal"}).errors ==
          "--nolocal leaves no node: this server has 1 node | leave it out\n");
    CHECK(make({"--oversubscribe", "--map-by", "slot:nooversubscribe"}).errors ==
          "--oversubscribe and :NOOVERSUBSCRIBE contradict each other | leave one out\n");
    CHECK(make({"-n", "2", "--stdin", "2"}).errors ==
          "--stdin 2: the job has ranks 0 to 1 | name a rank of the job, all or none\n");
    CHECK(
        make({"--stdin", "1"}).errors ==
        "--stdin 1: the job has 1 rank, rank 0 | name a rank of the job, all or none\n");
}

TEST_CASE("all problems of a spec are told at once") {
    const auto made =
        make({"--nodes", "2", "--host", "n7", "--stdin", "9", "-n", "1", "--env-file",
              "/nonexistent/e", "--hostfile", "/nonexistent/h"});
    CHECK(std::count(made.errors.begin(), made.errors.end(), '\n') == 5);
    CHECK(made.errors.find("--env-file: ") != std::string::npos);
    CHECK(made.errors.find("--hostfile: ") != std::string::npos);
}

TEST_CASE("the working directory is as it was spelled") {
    CHECK(make({}).spec.apps[0].directory == "/home/u");
    CHECK(make({"-C", "run/1"}).spec.apps[0].directory == "/home/u/run/1");
    CHECK(make({"-C", "/abs"}).spec.apps[0].directory == "/abs");
    auto root = laptop();
    root.directory = "/";
    CHECK(make({"-C", "tmp"}, root).spec.apps[0].directory == "/tmp");
    auto gone = laptop();
    gone.directory = "";
    CHECK(make({}, gone).errors == "the current directory no longer exists | change to "
                                   "another one, or write -C DIR\n");
}

TEST_CASE("in the background nobody reads the terminal") {
    auto here = laptop();
    here.in_background = true;
    CHECK(make({}, here).spec.io.input.to == job::StdinTo::none);
    CHECK(make({"--stdin", "0"}, here).spec.io.input.to == job::StdinTo::one);
    CHECK(make({}).spec.io.input.to == job::StdinTo::one);
}

TEST_CASE("this process, as its ranks will find it") {
    const auto here = look_around();
    CHECK(here.directory.starts_with('/'));
    CHECK(here.inherited.umask >= 0);
    CHECK(here.inherited.umask <= 0777);
    CHECK(here.inherited.rlimits.size() >= 15);
    CHECK_FALSE(here.environment.empty());
    CHECK(here.allocation.nodes.size() == 1);
}

TEST_CASE("ranks per node are those of the nodes that are named") {
    auto dvm = pool();
    dvm.allocation.nodes = {"n1", "n2", "n3"};
    CHECK(make({"-N", "2"}, dvm).spec.np() == 6);
    CHECK(make({"-N", "2", "--host", "n2"}, dvm).spec.np() == 2);
    CHECK(make({"-N", "2", "--host", "n1:4,n3:4,n1"}, dvm).spec.np() == 4);
    CHECK(make({"-N", "2", "--exclude", "n3"}, dvm).spec.np() == 4);
    CHECK(make({"-N", "2", "--nodes", "1", "--host", "n1,n3"}, dvm).spec.np() == 2);
    CHECK(make({"-n", "3", "-N", "2", "--host", "n2"}, dvm)
              .errors.starts_with("-n 3 with -N 2 needs 2 nodes, and there is 1"));
}

TEST_CASE("a part of an allocation's nodes, on a server whose slots are cores") {
    auto here = pool();
    here.allocation.nodes = {"n1", "n2", "n3"};
    here.allocation.cores = 12;
    here.allocation.node_cores = {2, 4, 6};
    here.allocation.slots_are_cores = true;
    here.allocation.ranks_asked = 6;
    here.allocation.ranks_source = "SLURM_NTASKS=6";
    auto made = make({"--host", "n2,n3:1"}, here);
    CHECK(made.spec.apps[0].np == 1); // the number that was given
    CHECK(made.spec.apps[0].hosts == std::vector<std::string>{"n2:4", "n3:1"});
    made = make({"--host", "n2"}, here);
    CHECK(made.spec.apps[0].np == 2);
    CHECK(has_line(made.reasons, "np: 2: SLURM_NTASKS=6, 1 of 3 nodes"));
    CHECK(has_line(made.reasons, "bind: core: default in an allocation without -c"));
    CHECK_FALSE(made.spec.placement.bind.none);
    CHECK(make({"-c", "2"}, here).spec.placement.bind == job::BindTo{});
    here.allocation.unbound_because = "nobody knows";
    made = make({"-c", "2"}, here);
    CHECK(made.spec.placement.bind.none);
    CHECK(has_line(made.reasons, "bind: none: nobody knows"));
    CHECK_FALSE(make({"--bind-to", "core"}, here).spec.placement.bind.none);
    here.allocation.ranks_asked.reset();
    CHECK(make({"--nodes", "1"}, here).spec.apps[0].np == 4); // a third of the cores
}

TEST_CASE("applications without a number of ranks have one each, also in an allocation") {
    auto here = pool();
    here.allocation.ranks_asked = 6;
    const auto made = make({"-n", "2", "first", ":", "second", ":"}, here);
    REQUIRE(made.spec.apps.size() == 3);
    CHECK(made.spec.apps[0].np == 2);
    CHECK(made.spec.apps[1].np == 1);
    CHECK(has_line(made.reasons,
                   "np of application 2: 1: one of several applications, and no -n"));
}
