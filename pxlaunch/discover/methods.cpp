// methods.cpp - how the one server of an allocation can start processes on its nodes.
#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace px::discover {

namespace {

constexpr std::chrono::milliseconds srun_patience{5000};

} // namespace

std::string pmix_plugin(const std::string &text) {
    std::string best;
    std::string word;
    for (const char c : text + "\n") {
        const bool in_word = c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (in_word) {
            word += c;
            continue;
        }
        if (word == "pmix" || word.starts_with("pmix_v")) best = std::max(best, word);
        word.clear();
    }
    return best;
}

namespace {

Candidate ask_srun(const std::string &srun, const Here &here) {
    Candidate candidate{"srun", Candidate::refused};
    const HostRoot root = host_root_at(here.host_root, here);
    const bool is_below = !here.host_root.empty();
    const auto list =
        output_of({srun, "--mpi=list"}, srun_patience, is_below ? &root : nullptr);
    if (!list) {
        candidate.reason = list.error().what;
        candidate.hint = !list.error().hint.empty()
                             ? list.error().hint
                             : fmt::format("try '{} --mpi=list' by hand", srun);
        return candidate;
    }
    const std::string plugin = pmix_plugin(*list);
    if (plugin.empty()) {
        candidate.reason = fmt::format("'{} --mpi=list' does not name pmix", srun);
        return candidate;
    }
    candidate.state = Candidate::usable;
    candidate.reason = fmt::format("a step of {} for each job ({})", srun, plugin);
    if (is_below) candidate.reason += fmt::format(", in the root {}", here.host_root);
    return candidate;
}

// Why nothing can be found below the host's root; empty: it is as it should be.
std::string why_no_host_root(const std::string &root) {
    const auto has = [&root](const char *path) {
        return ::access((root + path).c_str(), X_OK) == 0;
    };
    if (!has("/")) return fmt::format("there is no directory {} here", named(root));
    if (!has("/proc/self/fd")) // by which srun gets the list of hosts
        return fmt::format("{} has no /proc in which this process is", named(root));
    return {};
}

Candidate no_srun(const Here &here) {
    const std::string &root = here.host_root;
    if (root.empty()) return {"srun", Candidate::absent, "no program 'srun' in PATH"};
    std::string why = why_no_host_root(root);
    if (!why.empty()) {
        return {"srun", Candidate::refused, std::move(why),
                fmt::format("start the container with the host's / bound there, and all "
                            "mounts below it (--rbind / {0}, --bind /:{0})",
                            root)};
    }
    return {"srun", Candidate::refused,
            fmt::format("no program 'srun' below {} in PATH or /usr/bin", named(root)),
            "add srun's directory, as the host names it, to PATH"};
}

// As the host names it. Links are the host's too: only from there they can be followed.
std::string find_host_srun(const Here &here) {
    if (!why_no_host_root(here.host_root).empty()) return {};
    namespace fs = std::filesystem;
    for (const auto &directory : split(here.get("PATH") + ":/usr/bin", ':')) {
        const std::string path = directory + "/srun", file = here.host_root + path;
        std::error_code failed;
        const auto status = fs::symlink_status(file, failed);
        const bool is_ours = fs::is_symlink(status) &&
                             fs::read_symlink(file, failed).filename() == "pxlaunch";
        if (!directory.empty() && fs::exists(status) && !is_ours) return path;
    }
    return {};
}

} // namespace

std::string find_srun(const Here &here) {
    if (!here.host_root.empty()) return find_host_srun(here);
    const std::string srun = program_in(here.get("PATH"), "srun");
    std::error_code failed;
    const auto real = std::filesystem::canonical(srun, failed);
    return failed || real.filename() == "pxlaunch" ? std::string() : srun;
}

namespace {

// Asked once for each server, which tells all others. 0: there is nobody to ask.
int ask_threads(const Here &here) {
    const Allocation allocation = find_allocation(here);
    const std::string srun = find_srun(here);
    if (allocation.scheduler != "slurm" || allocation.names.empty() || srun.empty())
        return 0;
    const HostRoot root = host_root_at(here.host_root, here);
    const auto node = output_of({srun.substr(0, srun.rfind('/')) + "/scontrol", "-o",
                                 "show", "node", allocation.names[0]},
                                srun_patience, here.host_root.empty() ? nullptr : &root);
    return node ? threads_in(*node) : 0;
}

} // namespace

Found shared_server(const std::string &method, const Here &given) {
    Here here = given;
    here.slurm_threads = ask_threads(here);
    Found found = found_here(Found::start_shared, method, here);
    found.threads = here.slurm_threads;
    found.ours = method != "prrte";
    found.managed = true;
    found.method = method;
    found.pool = found.allocation.key();
    found.cores = found.allocation.all_cores();
    found.hosts = found.allocation.hosts();
    if (method == "srun") found.host_root = here.host_root;
    return found;
}

namespace {

// By one of the ways to srun; `ask` tells whether that one is open.
template <class Ask>
Look look_at_steps(const char *name, const Here &here, Ask ask) {
    const Allocation allocation = find_allocation(here);
    if (allocation.scheduler != "slurm")
        return only({name, Candidate::absent, "this is no job of Slurm"});
    if (over_named_hosts(here)) {
        return only(
            {name, Candidate::absent, "nodes were named that are not of this Slurm job"});
    }
    Look look = only(ask(here));
    Candidate &answer = look.candidates.back();
    if (answer.state == Candidate::usable && allocation.names.empty()) {
        answer.state = Candidate::refused;
        answer.reason = "SLURM_JOB_NODELIST does not tell the nodes of this job";
    }
    if (answer.state == Candidate::usable) look.found = shared_server(name, here);
    return look;
}

Candidate ask_pmi2(const Here &here) {
    const auto fd = parse_number(here.get("PMI_FD"));
    struct stat file {};
    if (fd && ::fstat(static_cast<int>(*fd), &file) == 0 && S_ISSOCK(file.st_mode)) {
        return {"pmi2", Candidate::usable,
                fmt::format("srun on the host side for each job, by Slurm's PMI-2 "
                            "(PMI_FD={})",
                            *fd)};
    }
    std::string why = "PMI_FD is not set: this is no task of 'srun --mpi=pmi2'";
    if (here.has("PMI_FD")) {
        why = fmt::format("descriptor {} (PMI_FD) is no open socket here",
                          named(here.get("PMI_FD")));
    }
    return {"pmi2", Candidate::refused, std::move(why),
            "start the script as 'srun --mpi=pmi2 -N1 -n1 ...', in a container whose "
            "engine leaves that descriptor open; or with 'pxrec run --' before it"};
}

} // namespace

Look look_at_srun(const Here &here) {
    return look_at_steps("srun", here, [](const Here &place) {
        const std::string srun = find_srun(place);
        return srun.empty() ? no_srun(place) : ask_srun(srun, place);
    });
}

Look look_at_pmi2(const Here &here) { return look_at_steps("pmi2", here, ask_pmi2); }

Candidate look_at_allocation_dvm(const Here &here, const Allocation &allocation) {
    Candidate candidate{"prrte", Candidate::absent};
    const std::string program = here.prrte + "/bin/prte";
    if (allocation.scheduler != "slurm") {
        candidate.state = Candidate::refused;
        candidate.reason = fmt::format("starting daemons through {} is not supported",
                                       allocation.scheduler);
        candidate.hint = "name the nodes with --hostfile FILE: then PRRTE's daemons are "
                         "started by ssh";
    } else if (allocation.names.empty()) {
        candidate.reason = "SLURM_JOB_NODELIST does not tell the nodes of this job";
    } else if (::access(program.c_str(), X_OK) != 0) {
        candidate.reason = fmt::format("no program {}", named(program));
        candidate.hint =
            "name PRRTE's prefix: --rec prrte:PREFIX, or prrte_prefix in the site's file";
    } else if (find_srun(here).empty()) {
        candidate.reason = "no program 'srun' in PATH, which starts PRRTE's daemons";
    } else {
        candidate.state = Candidate::usable;
        candidate.reason =
            fmt::format("a DVM of {} over {}", program, join(allocation.hosts(), ","));
    }
    return candidate;
}

Look look_at_start(const std::string &method, const Here &here) {
    if (method == "srun") return look_at_srun(here);
    if (method == "pmi2") return look_at_pmi2(here);
    if (method == "local") return look_at_local(here);
    const Allocation allocation = find_allocation(here);
    if (!allocation) return only({"prrte", Candidate::absent, "no nodes are named"});
    Look look = only(look_at_allocation_dvm(here, allocation));
    if (look.answer().state == Candidate::usable)
        look.found = shared_server("prrte", here);
    return look;
}

std::vector<std::string> start_order(const Here &here) {
    if (!here.methods.empty()) return here.methods;
    const Allocation allocation = find_allocation(here);
    const bool is_here = allocation.nodes == 1 && !allocation.off_node;
    // On the only node nothing is between us and the ranks.
    if (is_here && !here.goes_elsewhere()) return {"local", "srun", "prrte"};
    return {"srun", "prrte", "local"};
}

} // namespace px::discover
