#include "temporary.h"
#include "wrapper/session.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

using namespace px;
using wrapper::session_of;
using Paths = std::vector<std::string>;

TEST_CASE("what PRRTE and pxrec share with clients is where they say") {
    const Temporary here;
    here.write("file", "");
    std::filesystem::create_directory(here.path("a:b"));
    const auto session =
        session_of({"PMIX_SERVER_TMPDIR=" + here.path(), "PMIX_NAMESPACE=prte-1@2"});
    CHECK(session.directories == Paths{here.path()});
    CHECK(session.is_complete);
    for (const auto &none : {std::string(), std::string("tmp"), here.path("gone"),
                             here.path("file"), here.path("a:b")}) {
        CAPTURE(none);
        CHECK(session_of({"PMIX_SERVER_TMPDIR=" + none}).directories.empty());
    }
}

TEST_CASE("Slurm has files in one more directory, with or without the uid in its name") {
    const Temporary here;
    const job::Environment rank = {"PMIX_SERVER_TMPDIR=" + here.path(),
                                   "PMIX_SYSTEM_TMPDIR=" + here.path(),
                                   "PMIX_NAMESPACE=slurm.pmix.999999999.3"};
    CHECK(session_of(rank).directories == Paths{here.path()});
    CHECK_FALSE(session_of(rank).is_complete);
    for (const auto &name : {std::string("spmix_appdir_999999999.3"),
                             fmt::format("spmix_appdir_{}_999999999.3", ::getuid())}) {
        std::filesystem::create_directory(here.path(name));
        CHECK(session_of(rank).directories == Paths{here.path(), here.path(name)});
        CHECK(session_of(rank).is_complete);
    }
}
