#include "pxlaunch/job/border.h"
#include "wrapper/crossing.h"

#include <doctest/doctest.h>

using namespace px;
using wrapper::crossing;
using wrapper::inside;
using Kind = job::EnvEdit::Kind;

TEST_CASE("what belongs to the job crosses, and nothing else") {
    const job::Environment own = {"PMIX_RANK=1",          "PRTE_X=1",
                                  "OMPI_MCA_btl=tcp",     "UCX_TLS=sm",
                                  "OMP_PLACES=cores",     "CUDA_VISIBLE_DEVICES=2",
                                  "PXLAUNCH_RANK=1",      "PATH=/bin",
                                  "LD_LIBRARY_PATH=/x",   "KUBERNETES_X=1",
                                  "TOKEN=secret",         "SLURM_PROCID=3",
                                  "HOME=/home/u",         "no entry",
                                  "PXWRAP_JOB_0=secret",  "MPI_IMAGE=i",
                                  "CONTAINER_ARGS=-v a:b"};
    CHECK(crossing(own, false, {}) ==
          job::Environment{"PMIX_RANK=1", "PRTE_X=1", "OMPI_MCA_btl=tcp", "UCX_TLS=sm",
                           "OMP_PLACES=cores", "CUDA_VISIBLE_DEVICES=2",
                           "PXLAUNCH_RANK=1", "MPI_IMAGE=i", "CONTAINER_ARGS=-v a:b",
                           "OMPI_MCA_schizo=^orte,slurm"});
}

TEST_CASE("a rank of PRRTE's or Slurm's own is told that it has a job") {
    const auto schizo = [](job::Environment own, std::vector<job::EnvEdit> edits = {}) {
        const auto env = crossing(own, false, edits);
        return std::string(job::find_variable(env, "OMPI_MCA_schizo").value_or("none"));
    };
    CHECK(schizo({"PMIX_RANK=0"}) == "^orte,slurm");
    CHECK(schizo({"PMIX_RANK=0", "OMPI_MCA_orte_base_help_aggregate=0"}) ==
          "^orte,slurm");
    CHECK(schizo({"OMPI_MCA_btl=tcp"}) == "none"); // no rank
    CHECK(schizo({"PMIX_RANK=0", "OMPI_MCA_schizo=flux"}) == "flux");
    CHECK(schizo({"PMIX_RANK=0"}, {{Kind::set, "OMPI_MCA_schizo", "mine"}}) == "mine");
    // Under ORTE it is one that ORTE knows.
    CHECK(schizo({"PMIX_RANK=0", "OMPI_MCA_orte_local_daemon_uri=1.0;tcp://h:1"}) ==
          "none");
}

TEST_CASE("options for the engine, which may hold secrets, are not for what is inside") {
    auto own = job::packed({"PATH=/image"});
    own.insert(own.end(), {"MPI_IMAGE=i", "CONTAINER_ARGS=--env TOKEN=t", "PMIX_ID=1"});
    CHECK(crossing(own, true, {}) == job::Environment{"PATH=/image", "PMIX_ID=1"});
    CHECK(crossing(own, false, {}) == job::Environment{"PMIX_ID=1"});
}

TEST_CASE("where the runtime is outside, and its secrets, stay there") {
    const job::Environment own = {"PMIX_PREFIX=/rec",
                                  "OPAL_PREFIX=/rec",
                                  "PMIX_MCA_psec=munge",
                                  "PMIX_MCA_gds=hash",
                                  "PXLAUNCH_RENDEZVOUS={}",
                                  "PXLAUNCH_URI=x",
                                  "OMPI_MCA_mca_base_component_path=/rec"};
    CHECK(crossing(own, false, {}).empty());
    CHECK(crossing(own, true, {}).empty());
}

TEST_CASE("-x names more, by pattern or value; all of it goes where it was chosen") {
    const job::Environment own = {"A1=1", "A2=2\n", "B=3", "PMIX_RANK=0"};
    CHECK(
        crossing(own, false, {{Kind::pass, "A*", {}}}) ==
        job::Environment{"PMIX_RANK=0", "A1=1", "A2=2\n", "OMPI_MCA_schizo=^orte,slurm"});
    CHECK(crossing(own, false, {{Kind::set, "PMIX_RANK", "7"}, {Kind::pass, "C", {}}}) ==
          job::Environment{"PMIX_RANK=7", "OMPI_MCA_schizo=^orte,slurm"});
    auto all = own;
    all.emplace_back("OMPI_MCA_schizo=^orte,slurm");
    CHECK(crossing(own, true, {}) == all);
}

TEST_CASE("what crosses is laid over the image's own environment") {
    CHECK(inside({"PATH=/image", "TERM=xterm", "HOSTNAME=c", "container=podman"},
                 {"PATH=/mine", "X=a=b"}) ==
          job::Environment{"PATH=/mine", "container=podman", "X=a=b"});
}
