// table_where.cpp - the options of "How many, and where".
#include "pxlaunch/cli/setters.h"

namespace px::cli {

namespace {

constexpr long most_ranks = 10'000'000;

Result<int> positive(std::string_view text) {
    const long number = PX_TRY(parse_number(text, most_ranks));
    if (number == 0) {
        return usage_error("expected a number of at least 1, got '0'");
    }
    return static_cast<int>(number);
}

template <auto Member>
Result<void> set_app_count(Options &, AppOptions &app, Value value) {
    app.*Member = PX_TRY(positive(value));
    return {};
}

// Names of nodes separated by commas; SLOTS only where it says so.
Result<void> add_hosts(std::vector<std::string> &hosts, Value value, bool slots) {
    for (const auto &host : split(value, ',')) {
        const auto colon = slots ? host.find(':') : std::string::npos;
        if (host.empty() || colon == 0) {
            return usage_error(fmt::format("expected names of nodes, got '{}'", value),
                               "separate names with one comma");
        }
        if (colon != std::string::npos) PX_TRY(positive(host.substr(colon + 1)));
        hosts.push_back(host);
    }
    return {};
}

Result<void> set_nodes(Options &job, AppOptions &, Value value) {
    job.nodes = PX_TRY(positive(value));
    return {};
}
Result<void> set_gpus(Options &, AppOptions &app, Value value) {
    app.gpus_per_rank = static_cast<int>(PX_TRY(parse_number(value, 1024)));
    return {};
}
Result<void> set_map(Options &job, AppOptions &, Value value) {
    job.map = PX_TRY(job::parse_map_by(value));
    return {};
}
Result<void> set_rank(Options &job, AppOptions &, Value value) {
    job.rank = PX_TRY(job::parse_rank_by(value));
    return {};
}
Result<void> set_bind(Options &job, AppOptions &, Value value) {
    job.bind = PX_TRY(job::parse_bind_to(value));
    return {};
}
Result<void> set_host(Options &, AppOptions &app, Value value) {
    return add_hosts(app.hosts, value, true);
}
Result<void> set_exclude(Options &job, AppOptions &, Value value) {
    return add_hosts(job.excluded, value, false);
}
Result<void> set_hostfile(Options &job, AppOptions &, Value value) {
    job.hostfile = PX_TRY(not_empty(value, "the name of a file"));
    return {};
}
Result<void> set_no_wait(Options &job, AppOptions &, Value value) {
    job.limits.no_wait = PX_TRY(parse_flag(value));
    return {};
}

std::vector<Word> as_words(const std::vector<job::WordHelp> &list) {
    std::vector<Word> words;
    for (const auto &item : list) words.push_back({item.word, item.text});
    return words;
}
std::vector<Word> map_words() { return as_words(job::map_by_words()); }
std::vector<Word> rank_words() { return as_words(job::rank_by_words()); }
std::vector<Word> bind_words() { return as_words(job::bind_to_words()); }

std::vector<Option> count_options() {
    return {
        {.name = "np",
         .letter = 'n',
         .spellings = {"-np"},
         .argument = "N",
         .group = Group::where,
         .scope = Scope::app,
         .set = set_app_count<&AppOptions::np>,
         .help = "start N ranks",
         .more = "The number of ranks. Without it: what the allocation asks for, else "
                 "the slots of --host or --hostfile, else 1."},
        {.name = "per-node",
         .letter = 'N',
         .spellings = {"--ppn", "-ppn"},
         .argument = "N",
         .group = Group::where,
         .scope = Scope::app,
         .set = set_app_count<&AppOptions::per_node>,
         .help = "start N ranks on each node",
         .more = "Ranks on each node, as in mpirun and aprun; the number of nodes is "
                 "--nodes. With -n as well it is an upper limit."},
        {.name = "nodes",
         .argument = "N",
         .group = Group::where,
         .set = set_nodes,
         .help = "use N nodes",
         .more = "The number of nodes of the job."},
        {.name = "cpus-per-rank",
         .letter = 'c',
         .argument = "N",
         .group = Group::where,
         .scope = Scope::app,
         .set = set_app_count<&AppOptions::cpus_per_rank>,
         .help = "give each rank N cores",
         .more = "Each rank gets N cores, of one NUMA domain where they fit, and "
                 "OMP_NUM_THREADS is set to N where it is unset. The modifier :PE=N of "
                 "--map-by says the same; both may appear if they are equal."},
        {.name = "gpus-per-rank",
         .letter = 'g',
         .argument = "N",
         .group = Group::where,
         .scope = Scope::app,
         .set = set_gpus,
         .help = "show each rank its N nearest GPUs",
         .more =
             "Each rank sees its N nearest GPUs (CUDA_VISIBLE_DEVICES, "
             "ROCR_VISIBLE_DEVICES, ZE_AFFINITY_MASK). Without it none of them is set."},
    };
}

std::vector<Option> placement_options() {
    return {
        {.name = "map-by",
         .argument = "WORD[:MODIFIER...]",
         .group = Group::where,
         .words = map_words,
         .set = set_map,
         .help = "place ranks one after the other by slot, core, numa ...",
         .more =
             "Which object receives the next rank: a word of --map-by=help, or "
             "ppr:N:OBJECT for N ranks on each object; with modifiers after colons, as "
             "PE=N, SPAN, OVERSUBSCRIBE. The default is slot."},
        {.name = "rank-by",
         .argument = "WORD",
         .group = Group::where,
         .words = rank_words,
         .set = set_rank,
         .help = "number the placed ranks by slot, node, fill or span",
         .more = "In which order the placed ranks are numbered. The default is slot."},
        {.name = "bind-to",
         .argument = "WORD[:MODIFIER]",
         .group = Group::where,
         .words = bind_words,
         .set = set_bind,
         .help = "keep each rank on a core, numa ..., or none",
         .more = "What a rank may run on. The default is none outside an allocation and "
                 "for an oversubscribed job, else the cores of -c, or an equal share of "
                 "the node's. none is none also for an MPI that binds itself."},
    };
}

std::vector<Option> node_options() {
    return {
        {.name = "host",
         .spellings = {"-host"},
         .argument = "NAME[:SLOTS],...",
         .group = Group::where,
         .scope = Scope::app,
         .set = set_host,
         .help = "use these nodes only",
         .more = "The nodes to use, separated by commas; a number after a colon limits "
                 "the ranks of a node."},
        {.name = "hostfile",
         .spellings = {"-hostfile"},
         .argument = "FILE",
         .group = Group::where,
         .set = set_hostfile,
         .help = "use the nodes that FILE names",
         .more = "One node a line: NAME, or NAME slots=N; '#' starts a comment. pxlaunch "
                 "reads the file itself. An application's own --host comes first."},
        {.name = "exclude",
         .argument = "NAME,...",
         .group = Group::where,
         .set = set_exclude,
         .help = "do not use these nodes",
         .more = "Nodes not to use, separated by commas."},
        {.name = "oversubscribe",
         .group = Group::where,
         .set = set_flag<&Options::oversubscribe>,
         .help = "allow more ranks than cores",
         .more =
             "Allow more ranks on a node than it has cores. Outside an allocation this "
             "is the default. The ranks are told to yield, and are not bound."},
        {.name = "nolocal",
         .group = Group::where,
         .set = set_flag<&Options::nolocal>,
         .help = "start no rank on this node",
         .more = "Start no rank on the node where pxlaunch runs."},
        {.name = "no-wait",
         .group = Group::where,
         .set = set_no_wait,
         .help = "fail if the job does not fit now",
         .more =
             "A job that does not fit now waits until cores are free; with this option "
             "it ends with status 125 at once."},
    };
}

} // namespace

std::vector<Option> where_options() {
    auto all = count_options();
    for (auto *rows : {placement_options, node_options}) {
        for (auto &row : rows()) all.push_back(row);
    }
    return all;
}

} // namespace px::cli
