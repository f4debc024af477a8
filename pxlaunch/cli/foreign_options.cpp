// foreign_options.cpp - what users of mpirun, srun and others write, and what to write
// here.
#include "pxlaunch/cli/foreign_options.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <array>

namespace px::cli {

namespace {

struct Row {
    std::string_view option; // as typed
    std::size_t arguments;
    std::string_view instead; // the hint; "{}" is the argument
};

constexpr auto rows = std::to_array<Row>({
    // Open MPI and PRRTE
    {"--allow-run-as-root", 0, "leave it out: pxlaunch does not ask"},
    {"--report-bindings", 0, "write --display bind"},
    {"-report-bindings", 0, "write --display bind"},
    {"--tag-output", 0, "write --tag"},
    {"-tag-output", 0, "write --tag"},
    {"--timestamp-output", 0, "write --timestamp"},
    {"--output-filename", 1, "write --output {}/"},
    {"--merge-stderr-to-stdout", 0, "write --merge-stderr"},
    {"-machinefile", 1, "write --hostfile {}"},
    {"--machinefile", 1, "write --hostfile {}"},
    {"-H", 1, "write --host {}"},
    {"-npernode", 1, "write -N {}"},
    {"--npernode", 1, "write -N {}"},
    {"--npersocket", 1, "write --map-by ppr:{}:package"},
    {"-bind-to", 1, "write --bind-to {}"},
    {"-map-by", 1, "write --map-by {}"},
    {"-rank-by", 1, "write --rank-by {}"},
    {"-bind-to-core", 0, "write --bind-to core"},
    {"--bind-to-core", 0, "write --bind-to core"},
    {"-bynode", 0, "write --map-by node"},
    {"--bynode", 0, "write --map-by node"},
    {"--use-hwthread-cpus", 0, "write --map-by :hwtcpus"},
    {"--do-not-launch", 0, "write --dry-run"},
    {"--prefix", 1, "put its bin directory into --path"},
    {"-genv", 2, "write -x NAME=VALUE"},
    {"-env", 2, "write -x NAME=VALUE"},
    {"-genvall", 0, "leave it out: the environment is forwarded"},
    {"-genvlist", 1, "leave it out: the environment is forwarded"},
    {"-f", 1, "write --hostfile {}"},
    {"-prepend-rank", 0, "write --tag"},
    {"-l", 0, "write --tag"},
    // Slurm
    {"--ntasks", 1, "write -n {}"},
    {"--ntasks-per-node", 1, "write -N {}"},
    {"--cpus-per-task", 1, "write -c {}"},
    {"--gpus-per-task", 1, "write -g {}"},
    {"--cpu-bind", 1, "write --bind-to, see --bind-to=help"},
    {"--nodelist", 1, "write --host {}"},
    {"--mpi", 1, "leave it out: pxlaunch always speaks PMIx"},
    {"--chdir", 1, "write -C {}"},
    {"-D", 1, "write -C {}"},
    {"--label", 0, "write --tag"},
    {"--export", 1, "leave it out, or write -x NAME=VALUE; --no-env for NONE"},
    {"--input", 1, "write --stdin"},
    {"--unbuffered", 0, "leave it out: output is never held back"},
    {"--overlap", 0, "leave it out: jobs share a server"},
    {"--time", 1, "write --timeout, in seconds or as 90s 10m 2h"},
});

// --mca NAME VALUE and its relatives, each set by a variable.
constexpr auto parameters = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"--mca", "OMPI_MCA_"},
    {"-mca", "OMPI_MCA_"},
    {"--gmca", "OMPI_MCA_"},
    {"-gmca", "OMPI_MCA_"},
    {"--omca", "OMPI_MCA_"},
    {"--prtemca", "PRTE_MCA_"},
    {"--pmixmca", "PMIX_MCA_"},
});

std::string instead_of(std::string_view pattern, std::string_view argument) {
    const auto gap = pattern.find("{}");
    if (gap == std::string_view::npos) return std::string(pattern);
    return fmt::format("{}{}{}", pattern.substr(0, gap), displayed(argument),
                       pattern.substr(gap + 2));
}

std::optional<Foreign> parameter(std::string_view word, const std::string *next,
                                 std::size_t count) {
    for (const auto &[option, prefix] : parameters) {
        if (word != option) continue;
        const std::string setting = count >= 2
                                        ? fmt::format("{}{}={}", prefix, next[0], next[1])
                                        : fmt::format("{}NAME=VALUE", prefix);
        const std::string hint =
            prefix == "PRTE_MCA_"
                ? fmt::format("set {} where the runtime is started", displayed(setting))
                : fmt::format("write -x {}", displayed(setting));
        return Foreign{
            usage_error(fmt::format("{} is not an option of pxlaunch", option), hint), 2};
    }
    return std::nullopt;
}

} // namespace

std::optional<Foreign> foreign_option(std::string_view word, const std::string *next,
                                      std::size_t count) {
    if (auto found = parameter(word, next, count)) return found;
    const auto equals = word.find('=');
    for (const auto &row : rows) {
        if (word.substr(0, equals) != row.option) continue;
        const bool attached = equals != std::string_view::npos;
        std::string argument = count > 0 ? next[0] : "ARGUMENT";
        if (attached) argument = word.substr(equals + 1);
        return Foreign{
            usage_error(fmt::format("{} is not an option of pxlaunch", row.option),
                        instead_of(row.instead, argument)),
            attached ? 0 : row.arguments};
    }
    return std::nullopt;
}

} // namespace px::cli
