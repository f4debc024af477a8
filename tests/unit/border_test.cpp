#include "command_line.h"

#include "pxlaunch/base/container_here.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/job/container.h"
#include "wrapper/crossing.h"

#include <doctest/doctest.h>

using namespace px;
using job::Environment;
using Kind = job::EnvEdit::Kind;

namespace {

const Environment script = {"PATH=/image/bin", "GMXDATA=/g", "OMPI_MCA_btl=self",
                            "X= a\n=b"};

// As a rank's pxwrap finds it: packed, the runtime's entries, and what is around.
Environment started() {
    auto env = job::packed(script);
    env.insert(env.end(), {"PMIX_RANK=1", "PXLAUNCH_RANK=1", "OMPI_MCA_btl=tcp",
                           "OMPI_MCA_schizo=^orte"});
    const char *const own[] = {"PATH=/usr/bin",  "SECRET=s",     "SLURM_PROCID=0",
                               "PMIX_RANK=9",    "OMP_PLACES=x", "PXWRAP_JOB_0=y",
                               "PXLAUNCH_URI=z", "HOME=/home/u", nullptr};
    job::add_surroundings(env, own);
    return env;
}

} // namespace

TEST_CASE("what is packed comes out as it was") {
    CHECK(job::unpacked(job::packed(script)) == script);
    CHECK(job::is_packed(job::packed({})));
    CHECK_FALSE(job::is_packed(script));
}

TEST_CASE("only a packed environment gets surroundings, and nothing of another process") {
    const char *const own[] = {"PATH=/usr/bin", nullptr};
    Environment plain = {"A=1"};
    job::add_surroundings(plain, own);
    CHECK(plain == Environment{"A=1"});
    CHECK(wrapper::around(started()) ==
          Environment{"PMIX_RANK=1", "PXLAUNCH_RANK=1", "OMPI_MCA_btl=tcp",
                      "OMPI_MCA_schizo=^orte", "PATH=/usr/bin", "SECRET=s",
                      "HOME=/home/u"});
}

TEST_CASE("a daemon's own TMPDIR is not around its ranks") {
    const auto around_of = [](const char *others) {
        auto env = job::packed(script);
        const char *const own[] = {"TMPDIR=/run/d", others, nullptr};
        job::add_surroundings(env, own);
        return wrapper::around(env);
    };
    CHECK(around_of("PXWRAP_TMPDIR=") == Environment{});
    CHECK(around_of("PXWRAP_TMPDIR=/scratch") == Environment{"TMPDIR=/scratch"});
    CHECK(around_of("HOME=/") == Environment{"TMPDIR=/run/d", "HOME=/"});
}

TEST_CASE("of a script inside all goes to its image, and what is the job's elsewhere") {
    CHECK(wrapper::crossing(started(), true, {}) ==
          Environment{"PATH=/image/bin", "GMXDATA=/g", "OMPI_MCA_btl=self", "X= a\n=b",
                      "PMIX_RANK=1", "PXLAUNCH_RANK=1", "OMPI_MCA_schizo=^orte"});
    CHECK(wrapper::crossing(started(), false, {{Kind::pass, "X", {}}}) ==
          Environment{"OMPI_MCA_btl=self", "X= a\n=b", "PMIX_RANK=1", "PXLAUNCH_RANK=1",
                      "OMPI_MCA_schizo=^orte"});
}

TEST_CASE("from inside ranks outside go through pxwrap, too") {
    job::App app;
    app.argv = {"app"};
    app.env = {"A=1"};
    app.container = job::Container{.engine = "none", .pass = {"A"}, .from_inside = true};
    const auto sent = job::through_wrapper(app, "/w");
    CHECK(sent.argv ==
          std::vector<std::string>{"/w", "--engine", "none", "-x", "A", "--", "app"});
    CHECK(sent.env == job::packed({"A=1"}));
}

TEST_CASE("who started a container by hand is told of another way") {
    const auto told = container_told([](const char *name) {
        return std::string(name) == "APPTAINER_CONTAINER" ? "/home/u/my img.sif" : "";
    });
    CHECK(command_by_pxrec(told) ==
          "pxrec run --image '/home/u/my img.sif' --engine apptainer -- ./job.sh");
    CHECK(command_by_pxrec({"podman", ""}) ==
          "pxrec run --image IMAGE --engine podman -- ./job.sh");
    CHECK(container_told([](const char *) { return std::string(); }).engine.empty());
}
