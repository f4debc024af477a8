// What pxlaunch says of the places where scripts run: --explain where it finds or starts
// a server, else the error.
#include "command_line.h"
#include "discover_place.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/cli/inspect.h"
#include "pxlaunch/drive/messages.h"
#include "pxlaunch/launch/describe.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace px::cli;

namespace {

enum Tools {
    none = 0,
    srun = 1,
    srun_pmix = 2,
    prte = 4,
    prte_in_path = 8,
    scontrol = 16
};

struct Somewhere : Place {
    Somewhere(const std::string &host, const Environment &env, int tools) : Place(env) {
        here.host = host;
        here.cpus = {64, 64, 64, 1}; // the whole of such a node
        here.prrte = temporary.path("rec");
        here.env["PATH"] = temporary.path("bin");
        std::filesystem::create_directory(temporary.path("bin"));
        std::filesystem::create_directories(temporary.path("rec/bin"));
        const std::string list = "MPI plugin types are...\n\tnone\n\tpmi2\n";
        if ((tools & (srun | srun_pmix)) != 0) {
            program("bin/srun", "#!/bin/sh\ncat <<E\n" + list +
                                    ((tools & srun_pmix) != 0
                                         ? "\tpmix\nspecific pmix plugin versions "
                                           "available: pmix_v4,pmix_v5\n"
                                         : "") +
                                    "E\n");
            here.env["PATH"] += ":/bin:/usr/bin";
        }
        if ((tools & scontrol) != 0)
            program("bin/scontrol", "#!/bin/sh\necho \"NodeName=$4 CoresPerSocket=2 "
                                    "CPUTot=4 Sockets=1 ThreadsPerCore=2\"\n");
        if ((tools & prte) != 0) program("rec/bin/prte", "#!/bin/sh\n");
        if ((tools & prte_in_path) != 0) program("bin/prte", "#!/bin/sh\n");
    }
    void program(const std::string &name, const std::string &text) const {
        temporary.write(name, text);
        ::chmod(temporary.path(name).c_str(), 0755);
    }
    [[nodiscard]] std::string says(const Words &words = {}) const {
        Words all = words;
        all.emplace_back("prog");
        auto parsed = parse(all);
        REQUIRE(errors_text(parsed.errors).empty());
        Discovery seen = discover::discover({.rec = parsed->options.rec}, here);
        std::string text = seen.found ? explained(*seen.found, seen.reasons, parsed.value)
                                      : drive::rendered(seen.found.error());
        for (auto at = text.find(temporary.path()); at != text.npos;
             at = text.find(temporary.path()))
            text.replace(at, temporary.path().size(), "/DIR");
        return text;
    }

  private:
    static std::string explained(const Found &found, Reasons reasons,
                                 const Command &command) {
        Surroundings around;
        around.environment = {"PATH=/bin"};
        around.directory = "/home/u";
        around.allocation.nodes = {"n1"};
        launch::describe_server(found, around.allocation, reasons);
        const auto made = make_spec(command.options, command.config, around, reasons);
        return explain_text(reasons) + errors_text(made.errors);
    }
};

const Environment batch = {
    {"SLURM_JOB_ID", "4711"},         {"SLURM_JOB_NUM_NODES", "2"},
    {"SLURM_JOB_NODELIST", "n[1-2]"}, {"SLURM_JOB_CPUS_PER_NODE", "64(x2)"},
    {"SLURM_NTASKS", "16"},           {"SLURM_NTASKS_PER_NODE", "8"},
    {"SLURM_CPUS_PER_TASK", "8"},     {"SLURM_CPUS_ON_NODE", "64"},
    {"SLURMD_NODENAME", "n1"}};

Environment with(Environment env, const Environment &more) {
    for (const auto &[name, value] : more) env[name] = value;
    return env;
}

const Environment one_node = {
    {"SLURM_JOB_ID", "4711"},         {"SLURM_JOB_NODELIST", "n1"},
    {"SLURM_JOB_CPUS_PER_NODE", "8"}, {"SLURM_NTASKS", "2"},
    {"SLURM_CPUS_ON_NODE", "8"},      {"SLURMD_NODENAME", "n1"}};
// What srun changes for the tasks of a step.
const Environment step = {{"SLURM_NTASKS", "1"},
                          {"SLURM_NNODES", "1"},
                          {"SLURM_STEP_ID", "0"},
                          {"PMIX_NAMESPACE", "slurm.pmix.4711.0"},
                          {"PMIX_SERVER_URI41", "pmix-server.7.0;tcp4://127.0.0.1:5"}};
const Environment nameless = {
    {"SLURM_STEP_ID", "0"}, {"PMIX_SERVER_URI41", "pmix-server.7.0;tcp4://127.0.0.1:5"}};
const Environment head = {{"SLURM_JOB_ID", "4711"},
                          {"SLURM_JOB_NUM_NODES", "2"},
                          {"SLURM_JOB_NODELIST", "n[1-2]"},
                          {"SLURM_JOB_CPUS_PER_NODE", "4,2"},
                          {"SLURM_NNODES", "2"}};

} // namespace

TEST_CASE("what is said in each environment") {
    const Temporary files;
    files.write("nodes", "n1\nn1\nn2\nn2\n");
    const Environment container =
        with(batch, {{"APPTAINER_CONTAINER", "/home/u/img.sif"}});
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0)), pmi(::dup2(socket.get(), 200));
    const Environment task = with(batch, {{"PMI_FD", "200"}});
    const Environment pod = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                             {"HOSTNAME", "mpi-0"}};
    const Environment lsf = {
        {"LSB_JOBID", "9"}, {"LSB_DJOB_NUMPROC", "4"}, {"LSB_MCPU_HOSTS", "n1 2 n2 2"}};
    const Environment pbs = {{"PBS_JOBID", "9.srv"},
                             {"PBS_NODEFILE", files.path("nodes")},
                             {"OMP_NUM_THREADS", "2"}};
    const Environment lsf_here = {
        {"LSB_JOBID", "9"}, {"LSB_DJOB_NUMPROC", "4"}, {"LSB_MCPU_HOSTS", "n1 4"}};
    struct Row {
        const char *title, *host;
        Environment env;
        int tools;
        Words words;
    };
    std::string text;
    for (const auto &[title, host, env, tools, words] : std::vector<Row>{
             {"a laptop", "n1", {}, none, {}},
             {"sbatch, one node", "n1", one_node, srun_pmix | prte, {}},
             {"sbatch, two nodes", "n1", batch, srun_pmix | prte, {}},
             {"sbatch, two nodes, pxlaunch -n 2 -c 4",
              "n1",
              batch,
              srun_pmix | prte,
              {"-n", "2", "-c", "4"}},
             {"sbatch, two nodes, pxlaunch --rec prrte",
              "n1",
              batch,
              srun_pmix | prte,
              {"--rec", "prrte"}},
             {"sbatch, two nodes, srun has no pmix", "n1", batch, srun | prte, {}},
             {"sbatch, two nodes, neither pmix nor prte", "n1", batch, srun, {}},
             {"sbatch, two nodes, no pmix, a prte in PATH that nobody named",
              "n1",
              batch,
              srun | prte_in_path,
              {}},
             {"the same, pxlaunch --rec prrte",
              "n1",
              batch,
              srun | prte_in_path,
              {"--rec", "prrte"}},
             {"sbatch, two nodes, pxlaunch --nodes 1",
              "n1",
              batch,
              srun_pmix,
              {"--nodes", "1"}},
             {"a step of srun --mpi=pmix", "n1", with(batch, step), srun_pmix, {}},
             {"a step of srun --mpi=pmix, PMIX_NAMESPACE unset",
              "n1",
              with(batch, nameless),
              srun_pmix,
              {}},
             {"a heterogeneous job of two components",
              "n1",
              with(batch,
                   {{"SLURM_HET_SIZE", "2"}, {"SLURM_JOB_NODELIST_HET_GROUP_1", "n3"}}),
              srun_pmix,
              {}},
             {"salloc of nodes with two threads a core, a shell on the head without",
              "head",
              head,
              srun_pmix | scontrol,
              {}},
             {"salloc, a shell on the head", "head", head, srun_pmix, {}},
             {"salloc, a shell on the head, no Slurm in PATH", "head", head, none, {}},
             {"a container of that job, two nodes, no srun", "n1", container, none, {}},
             {"two nodes, no srun, no container", "n1", batch, none, {}},
             {"a container of that job, pxlaunch --rec pmi2",
              "n1",
              container,
              none,
              {"--rec", "pmi2"}},
             {"a task of srun --mpi=pmi2, no srun", "n1", task, none, {}},
             {"a task of srun --mpi=pmi2, no srun, pxlaunch --rec pmi2",
              "n1",
              task,
              none,
              {"--rec", "pmi2"}},
             {"LSF, two nodes", "n1", lsf, none, {}},
             {"LSF, one node", "n1", lsf_here, none, {}},
             {"PBS, two nodes", "n1", pbs, none, {}},
             {"a pod of Kubernetes", "mpi-0", pod, none, {}}}) {
        const Somewhere place(host, env, tools);
        text += std::string("== ") + title + "\n" + place.says(words) + "\n";
    }
    check_golden("environments.txt", text);
}

TEST_CASE("a rank on another node than its server's starts no second one") {
    Somewhere place("n2", batch, srun_pmix | prte);
    place.here.env["PXLAUNCH_SERVER"] = "n1 slurm:4711";
    for (const char *rec : {"", "srun", "prrte"}) {
        const std::string said = place.outcome({.rec = rec});
        CHECK(said.find("this is a rank on n2, and the server of the allocation "
                        "slurm:4711 can be reached on n1 alone") != std::string::npos);
        CHECK(said.find("start jobs from a rank on n1") != std::string::npos);
    }
    place.here.env["PXLAUNCH_SERVER"] =
        "n1 slurm:4710"; // sbatch hands it on to a new job
    CHECK(place.outcome() == "start srun");
    place.here.env["PXLAUNCH_SERVER"] = "n2 slurm:4711";
    CHECK(place.outcome() == "start srun");
    Somewhere outside("n2", {{"PMIX_NAMESPACE", "slurm.pmix.4711.0"}}, none);
    outside.here.env["PXLAUNCH_SERVER"] = "n1 slurm:4711";
    CHECK(outside.outcome().find("can be reached on n1 alone") != std::string::npos);
}

TEST_CASE("the site says how servers are started") {
    Somewhere place("n1", batch, srun_pmix | prte);
    place.here.methods = {"prrte", "local"};
    CHECK(place.outcome() == "start prrte");
    CHECK(place.outcome({.rec = "srun"}) == "start srun"); // named, and not locked
    place.here.methods_lock = "/etc/pxlaunch/config";
    CHECK(place.outcome({.rec = "srun"}) ==
          "--rec: 'srun' is not allowed: /etc/pxlaunch/config says so | it allows prrte "
          "local");
    CHECK(place.outcome({.rec = "prrte"}) == "start prrte");
    CHECK(find_start("srun", place.here).error().what ==
          "--rec: 'srun' is not allowed: /etc/pxlaunch/config says so");
    // Who has a server may use it.
    place.add_server("slurm:4711");
    CHECK(place.outcome({.rec = "pool"}) == "attach pool");
}

TEST_CASE("a server of another method has the allocation's cores") {
    Somewhere place("n1", batch, srun_pmix | prte);
    place.add_server("slurm:4711", {}, [](Rendezvous &server) {
        server.method = "srun";
        server.nodes = {"n1", "n2"};
    });
    CHECK(place.outcome() == "attach pool");
    CHECK(place.outcome({.rec = "srun"}) == "attach srun");
    CHECK(place.outcome({.rec = "prrte"})
              .find("works by 'srun', and shares out its cores") != std::string::npos);
    place.here.hosts = {"n2"};
    CHECK(place.outcome() == "attach pool");
    place.here.hosts = {"m7"}; // not of this allocation
    CHECK(place.outcome().starts_with("start prrte"));
}

TEST_CASE("what srun must be") {
    Somewhere place("n1", batch, srun_pmix);
    // A name of ours is not the batch system's srun.
    place.program("bin/pxlaunch", "#!/bin/sh\n");
    std::filesystem::remove(place.temporary.path("bin/srun"));
    std::filesystem::create_symlink("pxlaunch", place.temporary.path("bin/srun"));
    CHECK(place.candidate("srun").reason == "no program 'srun' in PATH");
    std::filesystem::remove(place.temporary.path("bin/srun"));
    // 22.05 names the plugins alone, and writes to its errors.
    place.program("bin/srun", "#!/bin/sh\necho 'none pmi2 pmix_v4 pmix' >&2\n");
    CHECK(place.candidate("srun").reason ==
          "a step of " + place.temporary.path("bin/srun") + " for each job (pmix_v4)");
    place.here.env["SLURM_JOB_NODELIST"] = "n[1-";
    CHECK(place.candidate("srun").reason ==
          "SLURM_JOB_NODELIST does not tell the nodes of this job");
}

TEST_CASE("what pxrec starts") {
    const Somewhere place("n1", batch, srun_pmix | prte), plain("n1", {}, none);
    CHECK(find_start("", place.here)->method == "srun");
    CHECK(find_start("prrte", place.here)->hosts ==
          std::vector<std::string>{"n1:64", "n2:64"});
    CHECK(find_start("prrte:/nowhere", place.here)
              .error()
              .what.find("no program '/nowhere/bin/prte'") != std::string::npos);
    CHECK(find_start("pool", place.here).error().what == "--rec: unknown runtime 'pool'");
    CHECK(find_start("", plain.here)->kind == Found::start_local);
    CHECK(find_start("prrte", plain.here).error().what.find("no nodes are named") !=
          std::string::npos);
}
