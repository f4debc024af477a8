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
                           "PXLAUNCH_RANK=1", "MPI_IMAGE=i", "CONTAINER_ARGS=-v a:b"});
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
    CHECK(crossing(own, false, {{Kind::pass, "A*", {}}}) ==
          job::Environment{"PMIX_RANK=0", "A1=1", "A2=2\n"});
    CHECK(crossing(own, false, {{Kind::set, "PMIX_RANK", "7"}, {Kind::pass, "C", {}}}) ==
          job::Environment{"PMIX_RANK=7"});
    CHECK(crossing(own, true, {}) == own);
}

TEST_CASE("what crosses is laid over the image's own environment") {
    CHECK(inside({"PATH=/image", "TERM=xterm", "HOSTNAME=c", "container=podman"},
                 {"PATH=/mine", "X=a=b"}) ==
          job::Environment{"PATH=/mine", "container=podman", "X=a=b"});
}
