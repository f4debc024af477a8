#include "pxlaunch/discover/remove_tree.h"
#include "pxlaunch/discover/run_directory.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace px;
using namespace px::discover;
namespace fs = std::filesystem;

namespace {

Here here_with(const Temporary &temporary) {
    Here here = this_process();
    here.env.clear();
    here.tmp = temporary.path();
    return here;
}

std::string ours(const Here &here) {
    return here.tmp + "/pxlaunch-" + std::to_string(here.uid);
}

// A process that has ended and been reaped: its pid is nobody's.
pid_t ended_process() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

std::string made(const Here &here, const std::string &name, pid_t owner = ::getpid()) {
    const auto path = create_run_directory(here, name, owner);
    if (!path) return path.error().what;
    return path->value_or("there already");
}

mode_t mode_of(const std::string &path) {
    struct stat about {};
    ::lstat(path.c_str(), &about);
    return about.st_mode & 07777;
}

} // namespace

TEST_CASE("the base: the site's, XDG_RUNTIME_DIR if private, TMPDIR, /tmp") {
    const Temporary temporary;
    Here here = here_with(temporary);
    fs::create_directory(temporary.path("xdg"));
    ::chmod(temporary.path("xdg").c_str(), 0755);
    here.env["XDG_RUNTIME_DIR"] = temporary.path("xdg");
    here.env["TMPDIR"] = "/scratch//";
    using Paths = std::vector<std::string>;
    CHECK(base_directories(here) == Paths{"/scratch", temporary.path()});
    ::chmod(temporary.path("xdg").c_str(), 0700);
    CHECK(base_directories(here) ==
          Paths{temporary.path("xdg"), "/scratch", temporary.path()});
    here.uid += 1; // it is another user's
    CHECK(base_directories(here) == Paths{"/scratch", temporary.path()});
    here.site_directory = "/var/site";
    here.env["TMPDIR"] = "relative";
    CHECK(base_directories(here) == Paths{"/var/site", temporary.path()});
    here.env["TMPDIR"] = temporary.path();
    CHECK(base_directories(here) == Paths{"/var/site", temporary.path()});
}

TEST_CASE("a directory is private and says whose it is") {
    const Temporary temporary;
    const Here here = here_with(temporary);
    const std::string path = made(here, "job.1.abc");
    CHECK(path == ours(here) + "/job.1.abc");
    CHECK(mode_of(path) == 0700);
    CHECK(mode_of(ours(here)) == 0700);
    const auto owner = read_owner(path);
    REQUIRE(owner);
    CHECK(owner->pid == ::getpid());
    CHECK(owner->start == start_of(::getpid()));
    CHECK(owner->host == here.host);
    CHECK(life_of(*owner, here) == Life::alive);
    CHECK(made(here, "job.1.abc") == "there already");
    REQUIRE(remove_run_directory(path));
    CHECK_FALSE(fs::exists(path));
    CHECK(fs::is_empty(ours(here))); // nothing half-made stays
    CHECK(remove_run_directory(path));
}

TEST_CASE("the name of a dead server is free again") {
    const Temporary temporary;
    const Here here = here_with(temporary);
    const std::string path = made(here, "pool.h.none", ended_process());
    std::ofstream(path + "/log") << "old";
    CHECK(made(here, "pool.h.none") == path);
    CHECK_FALSE(fs::exists(path + "/log"));
    CHECK(made(here, "pool.h.none") == "there already");
}

TEST_CASE("of many that want the same name, one gets it") {
    const Temporary temporary;
    const Here here = here_with(temporary);
    made(here, "pool.h.none", ended_process());
    std::vector<pid_t> children;
    for (int i = 0; i < 20; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto path = create_run_directory(here, "pool.h.none", ::getppid());
            ::_exit(path && *path ? 1 : path ? 0 : 2);
        }
        children.push_back(child);
    }
    int winners = 0;
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WEXITSTATUS(status) != 2);
        winners += WEXITSTATUS(status);
    }
    CHECK(winners == 1);
    CHECK(std::distance(fs::directory_iterator(ours(here)), {}) == 1);
}

TEST_CASE("a directory that others could have prepared is refused") {
    const Temporary temporary;
    Here here = here_with(temporary);
    const std::string hint =
        "remove it, or set TMPDIR or XDG_RUNTIME_DIR to a directory of your own";
    Reasons reasons;
    const auto refusal = [&] {
        const auto path = create_run_directory(here, "job.1.a", ::getpid());
        reasons.clear();
        CHECK(list_run_directories(here, reasons).empty());
        REQUIRE(reasons.size() == 1);
        if (path) return std::string("made");
        CHECK(path.error().hint == hint);
        return path.error().what;
    };
    const std::string cannot = "cannot use '" + ours(here) + "': ";
    fs::create_directory_symlink(temporary.path(), ours(here));
    CHECK(refusal() == cannot + "it is a symbolic link");
    CHECK(reasons[0].text == ours(here) + ": it is a symbolic link");
    fs::remove(ours(here));
    std::ofstream(ours(here)) << "x";
    CHECK(refusal() == cannot + "it is not a directory");
    fs::remove(ours(here));
    fs::create_directory(ours(here));
    ::chmod(ours(here).c_str(), 0770);
    CHECK(refusal() == cannot + "its mode is 0770, not 0700");
    fs::remove(ours(here));
    const std::string uid = std::to_string(here.uid);
    here.uid += 1;
    fs::create_directory(ours(here));
    ::chmod(ours(here).c_str(), 0700);
    CHECK(refusal() == "cannot use '" + ours(here) + "': it belongs to uid " + uid +
                           ", you are " + std::to_string(here.uid));
}

TEST_CASE("paths stay short; a base that is too long is passed over") {
    const Temporary temporary;
    Here here = here_with(temporary);
    here.host =
        "a-pod-with-quite-a-long-name-7d9c5b6f4-x2x9q.namespace.svc.cluster.local";
    const std::string name = pool_name(here, "pbs:1234567.server.with.a.long.name");
    CHECK(name.size() <= 5 + 20 + 1 + 20);
    CHECK(name != pool_name(here, "pbs:1234568.server.with.a.long.name"));
    CHECK(name.find('/') == std::string::npos);
    Here node = here;
    node.host = "n01";
    CHECK(pool_name(node, "slurm:77") == "pool.n01.slurm-77");
    CHECK(pool_name(node, "none") == "pool.n01.none");

    const std::string deep = temporary.path(std::string(80, 'd'));
    fs::create_directory(deep);
    here.env["TMPDIR"] = deep;
    CHECK(made(here, "job.1.a") == ours(here) + "/job.1.a");
    here.site_directory = deep; // explicit: no fallback
    const auto refused = create_run_directory(here, "job.1.a", ::getpid());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "the run directory '" + deep + "/pxlaunch-" +
                                      std::to_string(here.uid) +
                                      "/job.1.a' has a longer path than 90 bytes");
    CHECK(refused.error().hint ==
          "set TMPDIR (or the site's run_directory) to a shorter path");
}

TEST_CASE("who is dead is known only where his processes can be seen") {
    const Here here = this_process();
    const Owner self{::getpid(), start_of(::getpid()), here.host, here.boot,
                     here.pid_space};
    const auto with = [&](auto change) {
        Owner owner = self;
        change(owner);
        return life_of(owner, here);
    };
    CHECK(with([](Owner &) {}) == Life::alive);
    CHECK(with([](Owner &owner) { owner.start += 1; }) ==
          Life::dead); // the pid was reused
    CHECK(with([](Owner &owner) { owner.pid = ended_process(); }) == Life::dead);
    CHECK(with([](Owner &owner) { owner.boot = "earlier"; }) == Life::dead);
    CHECK(with([](Owner &owner) { owner.host = "elsewhere"; }) == Life::unknown);
    CHECK(with([](Owner &owner) { owner.pid_space = "pid:[1]"; }) == Life::unknown);
    CHECK(with([](Owner &owner) { owner.boot = "-"; }) == Life::unknown);
    Here blind = here; // in a root directory without /proc
    blind.boot.clear();
    blind.pid_space.clear();
    CHECK(life_of(self, blind) == Life::unknown);
}

TEST_CASE("dead directories are removed, living and kept ones stay") {
    const Temporary temporary;
    Here here = here_with(temporary);
    const std::string living = made(here, "job.1.living");
    const std::string dead = made(here, "job.2.dead", ended_process());
    const std::string kept = made(here, "job.3.kept", ended_process());
    const std::string nobody = ours(here) + "/job.4.nobody";
    fs::create_directory(nobody);
    keep_run_directory(kept);
    Reasons reasons;
    const auto listed = list_run_directories(here, reasons);
    REQUIRE(listed.size() == 4);
    CHECK(listed[0].life == Life::alive);
    CHECK(listed[1].life == Life::dead);
    CHECK(listed[1].name() == "job.2.dead");
    CHECK(listed[3].life == Life::unknown);
    CHECK_FALSE(listed[3].owner);
    CHECK(remove_dead_run_directories(here) == std::vector<std::string>{dead});
    CHECK(fs::exists(living));
    CHECK(fs::exists(kept));
    CHECK(fs::exists(nobody));
    // What is kept is kept for a day.
    const timespec long_ago[2] = {{std::time(nullptr) - 25 * 3600, 0},
                                  {std::time(nullptr) - 25 * 3600, 0}};
    ::utimensat(AT_FDCWD, (kept + "/keep").c_str(), long_ago, 0);
    CHECK(remove_dead_run_directories(here) == std::vector<std::string>{kept});
}

TEST_CASE("removal follows no link and names what stays") {
    const Temporary temporary;
    fs::create_directories(temporary.path("outside"));
    temporary.write("outside/precious", "x");
    fs::create_directories(temporary.path("tree/a/b/c"));
    temporary.write("tree/a/b/file", "x");
    fs::create_directory_symlink(temporary.path("outside"),
                                 temporary.path("tree/a/link"));
    fs::create_symlink("/nowhere", temporary.path("tree/dangling"));
    REQUIRE(remove_tree(temporary.path("tree")));
    CHECK_FALSE(temporary.has("tree"));
    CHECK(temporary.has("outside/precious"));
    fs::create_directory_symlink(temporary.path("outside"), temporary.path("link"));
    CHECK_FALSE(remove_tree(temporary.path("link")));
    CHECK(temporary.has("outside/precious"));
    const auto proc = remove_tree("/proc/self/attr");
    REQUIRE_FALSE(proc);
    CHECK(proc.error().what.starts_with("cannot remove '/proc/self/attr"));
}
