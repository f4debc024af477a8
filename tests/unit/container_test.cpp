#include "command_line.h"

#include "pxlaunch/cli/option_table.h"
#include "pxlaunch/job/container.h"
#include "wrapper/engines/engine.h"

#include <doctest/doctest.h>

using namespace px;
using Words = std::vector<std::string>;

TEST_CASE("the command becomes an argument of pxwrap") {
    job::App app;
    app.argv = {"app", "", "a b", "--"};
    app.directory = "/here";
    CHECK(job::through_wrapper(app, "/bin/pxwrap").argv == app.argv);

    app.path = "/opt/bin";
    app.container =
        job::Container{"img",       "podman", "never", {"/a", "/b:/c"}, {"gpu"},
                       {"X", "A*"}, true,     false,   "/inside"};
    const auto sent = job::through_wrapper(app, "/bin/pxwrap");
    CHECK(sent.argv ==
          Words{"/bin/pxwrap", "--image", "img",       "--engine", "podman",
                "--mount",     "/a",      "--mount",   "/b:/c",    "--devices",
                "gpu",         "--pull",  "never",     "-x",       "X",
                "-x",          "A*",      "--env-all", "--path",   "/opt/bin",
                "-C",          "/inside", "--",        "app",      "",
                "a b",         "--"});
    CHECK(sent.directory == "/");
    CHECK(sent.path.empty());

    app.container = job::Container{.image = "img"};
    CHECK(job::through_wrapper(app, "/w").directory == "/here");
}

TEST_CASE("an image that is a file is one from where it was named") {
    for (const char *path : {"./img", "../img", "app.sif", "images/app.sqsh"})
        CHECK(job::is_relative_path(path));
    for (const char *other :
         {"img", "/app.sif", "oras://host/app.sif", "host/app.sif:1", "dir/img"})
        CHECK_FALSE(job::is_relative_path(other));
}

TEST_CASE("the engines are those of pxwrap") {
    Words ours, theirs;
    for (const auto &word : cli::find_option("engine")->words())
        ours.push_back(word.word);
    for (const auto &row : wrapper::engines::all()) theirs.emplace_back(row.name);
    CHECK(ours == theirs);
}
