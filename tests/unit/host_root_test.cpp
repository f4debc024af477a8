#include "discover_place.h"

#include "pxlaunch/base/capture.h"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>

namespace {

const Environment job = {{"SLURM_JOB_ID", "77"},
                         {"SLURM_JOB_NODELIST", "n[01-02]"},
                         {"SLURM_JOB_NUM_NODES", "2"},
                         {"SLURM_JOB_CPUS_PER_NODE", "2(x2)"},
                         {"PATH", "/opt/slurm/bin:/bin"}};

bool refuses(const Place &place, const std::string &rec, const std::string &why,
             const std::string &hint) {
    const std::string outcome = place.outcome({.rec = rec});
    CAPTURE(outcome);
    return outcome.find(why) != outcome.npos && outcome.find(hint) != outcome.npos;
}

} // namespace

TEST_CASE("the host's srun is refused for its own reasons") {
    const Place place(job);
    CHECK(place.outcome({.rec = "srun:"}) == "--rec: '' is no absolute path | write "
                                             "srun:ROOT, where the host's / is bound, as "
                                             "in srun:/host");
    CHECK(refuses(place, "srun:host", "'host' is no absolute path", "srun:/host"));
    CHECK(place.outcome({.rec = "local:x"}) ==
          "--rec: 'local' takes no argument, got 'x' | write local");
    CHECK(
        refuses(place, "srun:/no/such", "there is no directory '/no/such' here",
                "start the container with the host's / bound there, and all mounts below "
                "it (--rbind / /no/such, --bind /:/no/such)"));
    const std::string root = place.temporary.path();
    CHECK(refuses(place, "srun:" + root, "has no /proc in which this process is",
                  "and all mounts below it"));
    std::filesystem::create_directories(root + "/proc/self/fd");
    CHECK(refuses(place, "srun:" + root, "no program 'srun' below '" + root + "'",
                  "add srun's directory, as the host names it, to PATH"));
}

TEST_CASE("a link of the host's is srun wherever it leads, but not one to us") {
    const Place place(job);
    const std::string root = place.temporary.path();
    std::filesystem::create_directories(root + "/proc/self/fd");
    std::filesystem::create_directories(root + "/opt/slurm/bin");
    const std::string file = root + "/opt/slurm/bin/srun";
    std::filesystem::create_symlink("/opt/px/bin/pxlaunch", file);
    CHECK(refuses(place, "srun:" + root, "no program 'srun' below", "PATH"));
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/sw/slurm/24/bin/srun",
                                    file); // only the host has it
    CHECK_FALSE(refuses(place, "srun:" + root, "no program 'srun' below", ""));
    CHECK(refuses(place, "srun:" + root, "cannot ", "")); // nor enter or start it
}

TEST_CASE("why a host's root cannot be entered, and what to do") {
    const HostRoot root("/host", 1000, 1000);
    const auto forbidden = root.why_not(HostRoot::Step::user_namespace, EPERM);
    CHECK(forbidden.what ==
          "cannot enter the host's root '/host': this place allows no user "
          "namespaces (operation not permitted)");
    CHECK(forbidden.hint.find("pxrec run --") != std::string::npos);
    CHECK(forbidden.hint.find("max_user_namespaces") != std::string::npos);
    const auto no_root = root.why_not(HostRoot::Step::root, ENOENT);
    CHECK(no_root.what ==
          "cannot enter the host's root '/host': no such file or directory");
    CHECK_FALSE(no_root.hint.empty());
}
