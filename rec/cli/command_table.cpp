// command_table.cpp - the rows: names, options and help of every command.
#include "rec/cli/commands.h"

namespace px::rec {

namespace {

constexpr std::size_t any_number = 1'000'000;

const OptionRow json{"json", 0, "", false, "Print one JSON document, for scripts."};
const OptionRow cores{"cores", 0, "N", false,
                      "Share out only the first N of the cores that this shell may use."};
const OptionRow hostfile{
    "hostfile", 0, "FILE", false,
    "Serve all nodes of the file (NAME or NAME slots=N a line) with a PRRTE DVM, whose "
    "daemons are started by ssh. Without it, and outside of an allocation: what "
    "PXLAUNCH_HOSTFILE or the defaults of the site's or user's file name, as for "
    "pxlaunch."};
const OptionRow rec{
    "rec", 0, "METHOD", false,
    "How ranks are started: local on this node; in a Slurm job also srun, by a step for "
    "each job (srun:ROOT runs the host's, whose / is bound at ROOT), pmi2, the same from "
    "a task of 'srun --mpi=pmi2' where no srun is, or prrte, by a PRRTE DVM "
    "(prrte:PREFIX names it). Without it: what the site says, else local on the only "
    "node, srun where it has pmix, prrte; 'pxrec up' on several nodes of a Slurm job "
    "takes prrte where that is."};
const OptionRow prrte{
    "prrte", 0, "PREFIX", false,
    "Where PRRTE is, as PREFIX/bin/prte; it is used then. Without it: the site's "
    "prrte_prefix, else where pxrec is."};
const OptionRow shared_node{"allow-shared-node", 0, "", false,
                            "Start a PRRTE DVM although other users can log in here: "
                            "those of PRRTE 3 let whoever "
                            "knows their address run commands as you."};
const OptionRow start_timeout{
    "start-timeout", 0, "DUR", false,
    "Give up if the server is not ready after DUR; 60s by default."};

Command up() {
    return {
        "up",
        "",
        0,
        0,
        false,
        {cores,
         {"idle", 0, "DUR", false,
          "End after DUR without a job. Without it: the site's idle_timeout, else "
          "never."},
         hostfile,
         rec,
         prrte,
         shared_node,
         start_timeout},
        "start a server that every pxlaunch of this allocation uses",
        "Starts a server for this allocation, or for this node outside of one, and "
        "returns "
        "when it is ready. Every pxlaunch finds it; it gives no core to two jobs, and "
        "what "
        "does not fit waits. There is one for each user and allocation: where one runs "
        "already, it is named and nothing is started.",
        command_up};
}

Command down() {
    return {
        "down",
        "",
        0,
        0,
        false,
        {{"force", 'f', "", false,
          "Kill the jobs that run or wait on it, and a server that does not answer."}},
        "end that server",
        "Ends the server of 'pxrec up', and returns when it and its directory are gone. "
        "A "
        "server with jobs is left alone unless --force is given.",
        command_down};
}

Command status() {
    return {"status",
            "",
            0,
            0,
            false,
            {json},
            "show that server: its cores, jobs and age",
            "Shows the server that a pxlaunch started here would use: the one that "
            "PXLAUNCH_URI "
            "names, else that of 'pxrec up' for this allocation.",
            command_status};
}

Command ps() {
    return {
        "ps",
        "[JOB]",
        0,
        1,
        false,
        {json},
        "list the ranks of all jobs, or of one",
        "Lists the processes of the server's jobs: job, rank, host, process id, state "
        "(running, connected to PMIx, ended), elapsed time and command.",
        command_ps};
}

Command kill() {
    return {"kill",
            "JOB...",
            1,
            any_number,
            false,
            {{"signal", 's', "NAME", false,
              "Send this signal: a name as in TERM or SIGTERM, or a number. TERM by "
              "default."}},
            "send a signal to all ranks of a job",
            "Sends a signal to every rank of the jobs that are named as 'pxrec ps' shows "
            "them. "
            "All names are checked before anything is sent.",
            command_kill};
}

Command env() {
    return {"env",
            "",
            0,
            0,
            false,
            {},
            "print what a script needs to use that server",
            "Prints shell commands that lead to the server of 'pxrec up' from another "
            "shell, or "
            "from inside a container: eval \"$(pxrec env)\". The address itself is not "
            "printed: "
            "PXLAUNCH_URI names the file that holds it, which only you can read.",
            command_env};
}

Command probe() {
    return {
        "probe",
        "",
        0,
        0,
        false,
        {json,
         {"config", 0, "FILE", false,
          "Check this site configuration file instead, and print all that is wrong."}},
        "show what is here, and what pxlaunch would use",
        "Shows the runtimes that are here with the reason why each is used or not, and "
        "what "
        "this machine can do: cores, GPUs, PMIx, munge, limits. Starts nothing.",
        command_probe};
}

const std::vector<OptionRow> image_options = {
    {"image", 0, "IMAGE", false,
     "Run the command in a container of this image, with a pxlaunch in its search path."},
    {"engine", 0, "NAME", false, "What makes the container, as in pxlaunch."},
    {"mount", 0, "SRC[:DST]", true,
     "Show the image a directory or file of the node; may be repeated. The working "
     "directory is there, unless it is / or HOME, and so is what the site's and the "
     "user's file and PXLAUNCH_MOUNT name."},
    {"devices", 0, "LIST", true, "gpu, rdma, a path in /dev or a CDI name."},
    {"pull", 0, "WHEN", false, "missing or never: whether to fetch the image."},
    {"client", 0, "PATH", false,
     "The pxlaunch for the image, linked statically. Without it: the one beside pxrec, "
     "else ../libexec/pxlaunch/pxlaunch. Nobody can write to it inside; but with "
     "charliecloud, which mounts nothing read-only, its owner can."},
};

const OptionRow many = {
    "many", 0, "", false,
    "Many jobs are to come: on several nodes of a Slurm job they run on a DVM of PRRTE "
    "where it is, as with 'pxrec up', and not as steps of srun."};

std::vector<OptionRow> run_options() {
    std::vector<OptionRow> all = {
        cores,
        {"directory", 'C', "DIR", false, "Run the command in DIR."},
        {"env", 'x', "NAME=VALUE", true,
         "Set a variable of the command; may be repeated. NAME alone takes one along "
         "into "
         "an image."}};
    all.insert(all.end(), image_options.begin(), image_options.end());
    all.insert(all.end(), {hostfile, rec, prrte, many, shared_node, start_timeout});
    return all;
}

Command run() {
    return {
        "run",
        "[--] COMMAND [ARG...]",
        1,
        any_number,
        true,
        run_options(),
        "run a script with a server of its own",
        "Starts a server, runs the command with it, and ends it again. The command keeps "
        "the "
        "terminal and gets the signals that pxrec gets; its exit status is pxrec's. "
        "Every "
        "pxlaunch in it uses this server, and nobody else does.\n"
        "The command has PXLAUNCH_URI, _NNODES, _NODELIST, _CORES_PER_NODE, "
        "_GPUS_PER_NODE, "
        "_JOB_ID and, in an array job, _ARRAY_INDEX; it has no PMIX_ variable. When the "
        "command ends, jobs that it left behind are killed; when pxrec itself is killed, "
        "the "
        "command is too.\n"
        "With --image the command is one of the image, and its pxlaunch starts ranks in "
        "the same image on every node, unless --image names another one there, or "
        "--no-container none. It has the environment of the image, the PXLAUNCH_ "
        "variables, with the settings of configuration files that name no file of the "
        "node, and what -x names: nothing else from here; its ranks have all of its own. "
        "What "
        "it "
        "leaves behind is ended with it; after a signal that has 10 s.",
        command_run};
}

} // namespace

const std::vector<Command> &commands() {
    static const std::vector<Command> table = {run(), up(),   down(), status(),
                                               ps(),  kill(), env(),  probe()};
    return table;
}

} // namespace px::rec
