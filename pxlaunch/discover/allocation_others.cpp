// allocation_others.cpp - LSF, PBS and Grid Engine: their variables and their files.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::discover {

namespace {

// A node once, with the sum of what its lines say.
void add_node(Allocation &found, const std::string &name, int cores) {
    const auto seen = std::find(found.names.begin(), found.names.end(), name);
    if (seen != found.names.end()) {
        found.cores[static_cast<std::size_t>(seen - found.names.begin())] += cores;
        return;
    }
    found.names.push_back(name);
    found.cores.push_back(cores);
}

// The words of each line that has some.
std::vector<std::vector<std::string>> lines_of(const std::string &path) {
    std::vector<std::vector<std::string>> lines;
    const auto text =
        path.empty() ? Result<std::string>(std::string()) : read_file(path, 16 << 20);
    if (!text) return lines;
    for (std::string line : split(*text, '\n')) {
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c == '\t' || c == '\r'; }, ' ');
        std::vector<std::string> words = split(line, ' ');
        std::erase(words, "");
        if (!words.empty()) lines.push_back(std::move(words));
    }
    return lines;
}

// "host1 4 host2 4", in slots.
void read_pairs(const Here &here, Allocation &found) {
    std::vector<std::string> words = split(here.get("LSB_MCPU_HOSTS"), ' ');
    std::erase(words, "");
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const auto slots = parse_number(words[i + 1], 1'000'000);
        add_node(found, words[i], slots ? static_cast<int>(*slots) : 0);
    }
    if (!found.names.empty()) found.cores_source = "LSB_MCPU_HOSTS";
}

// A line of LSB_AFFINITY_HOSTFILE is a rank: its host, and its hardware threads as a
// list.
void read_affinity(const Here &here, Allocation &found) {
    const auto lines = lines_of(here.get("LSB_AFFINITY_HOSTFILE"));
    if (lines.empty() || lines[0].size() < 2) return;
    const auto threads = parse_ranges(lines[0][1]);
    if (!threads || threads->empty()) return;
    const int cores =
        cores_of(static_cast<int>(threads->size()), here.cpus.threads_per_core);
    found.cores_per_rank = {cores, "LSB_AFFINITY_HOSTFILE"};
    for (auto &each : found.cores) each *= cores;
}

} // namespace

Allocation lsf_allocation(const Here &here) {
    Allocation found{"lsf", here.get("LSB_JOBID"), "LSB_JOBID"};
    read_pairs(here, found);
    if (found.names.empty()) {
        for (const auto &words : lines_of(here.get("LSB_DJOB_HOSTFILE")))
            add_node(found, words[0], 1);
        found.cores_source = "LSB_DJOB_HOSTFILE";
    }
    read_affinity(here, found);
    found.ranks = told_by(here, "LSB_DJOB_NUMPROC");
    return found;
}

Allocation pbs_allocation(const Here &here) {
    Allocation found{"pbs", here.get("PBS_JOBID"), "PBS_JOBID"};
    const auto lines = lines_of(here.get("PBS_NODEFILE")); // one for each rank
    // ompthreads of the request becomes this variable of the job.
    found.cores_per_rank = told_by(here, "OMP_NUM_THREADS");
    const int each = std::max(1, found.cores_per_rank.value);
    for (const auto &words : lines) add_node(found, words[0], each);
    if (!lines.empty()) {
        const auto count = lines.size();
        found.ranks = {
            static_cast<int>(count),
            fmt::format("{} {} of PBS_NODEFILE", count, count == 1 ? "line" : "lines")};
        found.cores_source = "PBS_NODEFILE";
    }
    if (found.names.empty()) found.nodes = told_by(here, "PBS_NUM_NODES").value;
    return found;
}

Allocation sge_allocation(const Here &here) {
    Allocation found{"sge", here.get("JOB_ID"), "JOB_ID"};
    for (const auto &words : lines_of(here.get("PE_HOSTFILE"))) {
        const auto slots =
            words.size() > 1 ? parse_number(words[1], 1'000'000) : Result<long>(1L);
        add_node(found, words[0], slots ? static_cast<int>(*slots) : 1);
    }
    found.cores_source = "PE_HOSTFILE";
    if (found.names.empty()) found.nodes = told_by(here, "NHOSTS").value;
    found.ranks = told_by(here, "NSLOTS");
    return found;
}

} // namespace px::discover
