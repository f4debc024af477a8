#include "pxlaunch/process/command.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace px;
using namespace px::process;
namespace fs = std::filesystem;

namespace {

// A working directory with programs in it and below it.
struct Place {
    Place() {
        program("here");
        fs::create_directory(temporary.path("bin"));
        program("bin/tool");
        temporary.write("plain", "#!/bin/sh\n");
    }
    void program(const std::string &name) const {
        temporary.write(name, "#!/bin/sh\n");
        ::chmod(temporary.path(name).c_str(), 0755);
    }
    [[nodiscard]] job::App app(const std::string &command,
                               const std::string &path = "") const {
        job::App app;
        app.argv = {command};
        app.directory = temporary.path();
        app.env = {"PATH=/usr/bin:/bin"};
        app.path = path;
        return app;
    }
    [[nodiscard]] std::string found(const std::string &command,
                                    const std::string &path = "") const {
        const auto result = find_command(app(command, path));
        REQUIRE_MESSAGE(result, result.error().what);
        return *result;
    }
    const Temporary temporary;
};

void check_refused(const job::App &app, Exit exit, const std::string &what,
                   const std::string &hint) {
    CAPTURE(app.argv.front());
    const auto result = find_command(app);
    REQUIRE_FALSE(result);
    CHECK(result.error().exit == exit);
    CHECK(result.error().what == what);
    CHECK(result.error().hint == hint);
}

constexpr const char *path_hint =
    "check the path; it is relative to the job's working directory (-C)";
constexpr const char *search_hint =
    "give its path, or change the search path with --path or -x PATH=...";
constexpr const char *directory_hint =
    "choose another with -C, or create it on this node";

} // namespace

TEST_CASE("a path is relative to the directory of the job, not to ours") {
    const Place place;
    const auto &directory = place.temporary.path();
    CHECK(place.found("./here") == directory + "/./here");
    CHECK(place.found("bin/tool") == directory + "/bin/tool");
    CHECK(place.found(directory + "/here") == directory + "/here");
    check_refused(place.app("bin/none"), Exit::not_found,
                  "no program '" + directory + "/bin/none': no such file or directory",
                  path_hint);
    check_refused(place.app("here/none"), Exit::not_found,
                  "no program '" + directory + "/here/none': not a directory", path_hint);
}

TEST_CASE("a name is looked for along --path, else PATH of the job, in order") {
    const Place place;
    const auto &directory = place.temporary.path();
    fs::create_directory(place.temporary.path("later"));
    place.program("later/tool");
    CHECK(place.found("tool", "none:bin:later") == directory + "/bin/tool");
    CHECK(place.found("tool", directory + "/later:bin") == directory + "/later/tool");
    CHECK(place.found("here", "/none:") == directory + "/here"); // an empty part is '.'
    CHECK(place.found("sh").ends_with("/sh"));

    auto app = place.app("tool");
    app.env = {"PATH=bin"};
    CHECK(*find_command(app) == directory + "/bin/tool");
    app.env = {};
    app.argv = {"sh"};
    CHECK(find_command(app)); // the usual directories
}

TEST_CASE("what cannot be executed is passed over while another can") {
    const Place place;
    const auto &directory = place.temporary.path();
    fs::create_directories(place.temporary.path("first/tool"));
    fs::create_directory(place.temporary.path("second"));
    place.temporary.write("second/tool", "");
    CHECK(place.found("tool", "first:second:bin") == directory + "/bin/tool");
    check_refused(place.app("tool", "first:second"), Exit::not_executable,
                  "cannot execute '" + directory + "/second/tool': permission denied",
                  "make it executable (chmod +x)");
    check_refused(place.app("tool", "first"), Exit::not_found,
                  "no program 'tool' in the search path", search_hint);
}

TEST_CASE("a program that is not there says where to look") {
    const Place place;
    check_refused(place.app("no-such-program"), Exit::not_found,
                  "no program 'no-such-program' in the search path", search_hint);
    check_refused(place.app(""), Exit::not_found, "no program '' in the search path",
                  search_hint);
    check_refused(place.app("here"), Exit::not_found,
                  "no program 'here' in the search path",
                  "write ./here for the one in the working directory");
}

TEST_CASE("a path to what is no program says why") {
    const Place place;
    const auto &directory = place.temporary.path();
    check_refused(place.app("./plain"), Exit::not_executable,
                  "cannot execute '" + directory + "/./plain': permission denied",
                  "make it executable (chmod +x)");
    check_refused(place.app("./bin"), Exit::not_executable,
                  "cannot execute '" + directory + "/./bin': it is a directory", "");
}

TEST_CASE("a working directory that is none is found before the program is") {
    const Place place;
    auto app = place.app("./here");
    app.directory = place.temporary.path("none");
    check_refused(app, Exit::cannot_run,
                  "no working directory '" + app.directory +
                      "': no such file or directory",
                  directory_hint);
    app.directory = place.temporary.path("here");
    check_refused(app, Exit::cannot_run,
                  "the working directory '" + app.directory + "' is not a directory",
                  directory_hint);
}
