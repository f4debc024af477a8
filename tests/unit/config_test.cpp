#include "command_line.h"

#include "pxlaunch/cli/config.h"
#include "pxlaunch/cli/config_policy.h"
#include "pxlaunch/cli/inspect.h"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace px;
using namespace px::cli;

namespace {

// A directory of this test, with a site's and a user's file, gone at the end.
class Files {
  public:
    Files() {
        char name[] = "/tmp/pxlaunch-config-XXXXXX";
        directory_ = ::mkdtemp(name);
        std::filesystem::create_directories(directory_ + "/pxlaunch");
    }
    ~Files() { std::filesystem::remove_all(directory_); }

    Files &site(const std::string &text) { return write("/site", text); }
    Files &user(const std::string &text) { return write("/pxlaunch/config", text); }

    [[nodiscard]] job::Environment environment(job::Environment more = {}) const {
        more.push_back("PXLAUNCH_SITE_CONFIG=" + directory_ + "/site");
        more.push_back("XDG_CONFIG_HOME=" + directory_);
        return more;
    }
    [[nodiscard]] const std::string &directory() const { return directory_; }

  private:
    Files &write(const std::string &name, const std::string &text) {
        std::ofstream(directory_ + name) << text;
        return *this;
    }
    std::string directory_;
};

std::string site_errors(std::string_view text) {
    return errors_text(parse_config(text, "/c", ConfigKind::site).errors);
}
std::string user_errors(std::string_view text) {
    return errors_text(parse_config(text, "/u", ConfigKind::user).errors);
}

} // namespace

TEST_CASE("how servers may be started is the site's word") {
    const auto parsed =
        parse_config(R"({"methods": ["prrte", "local"], "locked": ["methods"]})", "/c",
                     ConfigKind::site);
    REQUIRE(parsed);
    CHECK(parsed.value.methods == std::vector<std::string>{"prrte", "local"});
    CHECK(parsed.value.methods_locked);
    CHECK(site_errors(R"({"methods": ["sruns"]})") ==
          "/c:1: methods: expected one of srun, prrte, local, got 'sruns' | did you mean "
          "'srun'?\n");
    CHECK(site_errors(R"({"methods": "srun"})") ==
          "/c:1: methods: expected a list of text | correct the file\n");
    discover::Here here;
    here.prrte = "/own";
    apply_site(parsed.value, here);
    CHECK(here.methods == parsed.value.methods);
    CHECK(here.prrte == "/own");
    auto config = parsed.value;
    config.site_path = "/etc/c";
    config.prrte_prefix = "/opt/prrte";
    apply_site(config, here);
    CHECK(here.methods_lock == "/etc/c");
    CHECK(here.prrte == "/opt/prrte");
}

TEST_CASE("the higher layer wins, and every origin is kept") {
    Files files;
    files.site(R"({"defaults": {"timeout": "2h", "grace": 3, "tag": true, "np": 2}})");
    files.user(R"({"defaults": {"timeout": "1h", "np": 3}})");
    const auto environment = files.environment({"PXLAUNCH_NP=4"});
    const auto parsed = parse({"-n", "5", "p"}, environment);
    REQUIRE(errors_text(parsed.errors).empty());
    CHECK(parsed->options.apps[0].np == 5);
    CHECK(parsed->options.limits.timeout == std::chrono::hours(1));
    CHECK(parsed->options.limits.grace == std::chrono::seconds(3));
    CHECK(parsed->options.io.tag);
    const std::string explained = explain_text(parsed->reasons);
    CHECK(explained.find("--timeout: 1h: " + files.directory() + "/pxlaunch/config\n") !=
          std::string::npos);
    CHECK(explained.find("--grace: 3: " + files.directory() + "/site\n") !=
          std::string::npos);
    CHECK(explained.find("--np: 5: command line\n") != std::string::npos);
    CHECK(parse({"p"}, environment)->options.apps[0].np == 4);
    CHECK(parse({"p", ":", "-n", "1", "q"}, environment)->options.apps[0].np == 4);
    CHECK(parse({"p", ":", "-n", "1", "q"}, environment)->options.apps[1].np == 1);
}

TEST_CASE("variables to set add up over the layers, lowest first") {
    Files files;
    files.site(R"({"defaults": {"env": ["A=site", "B=site"]}})");
    files.user(R"({"defaults": {"env": "C=user"}})");
    const auto parsed =
        parse({"-x", "A=me", "p"}, files.environment({"PXLAUNCH_ENV=D=1\nE"}));
    REQUIRE(errors_text(parsed.errors).empty());
    std::string names;
    for (const auto &edit : parsed->options.apps[0].env)
        names += edit.name + edit.value + " ";
    CHECK(names == "Asite Bsite Cuser D1 E Ame ");
}

TEST_CASE("every long option has its variable, and a wrong value names it") {
    CHECK(errors_of({"p"}, {"PXLAUNCH_TIMEOUT=ten"}) ==
          "PXLAUNCH_TIMEOUT: expected a duration, got 'ten' | write seconds, or 90s, "
          "10m, 2h, "
          "1d, or H:MM:SS\n");
    CHECK(errors_of({"p"}, {"PXLAUNCH_TIMEOUT="}).empty());
    CHECK(parse({"p"}, {"PXLAUNCH_CPUS_PER_RANK=2"})->options.apps[0].cpus_per_rank == 2);
    CHECK(parse({"p"}, {"PXLAUNCH_VERBOSE=2"})->options.verbose == 2);
    CHECK(parse({"p"}, {"PXLAUNCH_HELP=1"})->text.empty());
}

TEST_CASE("MPIEXEC_TIMEOUT counts where PXLAUNCH_TIMEOUT is silent") {
    CHECK(parse({"p"}, {"MPIEXEC_TIMEOUT=5"})->options.limits.timeout ==
          std::chrono::seconds(5));
    CHECK(parse({"p"}, {"MPIEXEC_TIMEOUT=5", "PXLAUNCH_TIMEOUT=6"})
              ->options.limits.timeout == std::chrono::seconds(6));
    CHECK(parse({"--timeout=7", "p"}, {"MPIEXEC_TIMEOUT=5"})->options.limits.timeout ==
          std::chrono::seconds(7));
}

TEST_CASE("a PXLAUNCH_ name that means nothing is told by --explain") {
    const auto parsed =
        parse({"p"}, {"PXLAUNCH_TIEMOUT=5", "PXLAUNCH_RANK=0", "PXLAUNCH_JOB_ID=1"});
    CHECK(explain_text(parsed->reasons) ==
          "PXLAUNCH_TIEMOUT: ignored: did you mean PXLAUNCH_TIMEOUT?\n");
}

TEST_CASE("what the command line says hides what it contradicts in lower layers") {
    const auto parsed = parse({"--pty", "p"}, {"PXLAUNCH_TAG=1"});
    REQUIRE(errors_text(parsed.errors).empty());
    CHECK(parsed->options.io.pty);
    CHECK_FALSE(parsed->options.io.tag);
    CHECK(
        explain_text(parsed->reasons).find("--tag: of PXLAUNCH_TAG not used: --pty\n") !=
        std::string::npos);
    const auto rec = parse({"--rec", "local", "p"}, {"PXLAUNCH_URI=file:/x"});
    CHECK(rec->options.uri.empty());
    CHECK(rec->options.rec == "local");
    const auto both = parse({"p"}, {"PXLAUNCH_URI=file:/x", "PXLAUNCH_REC=local"});
    REQUIRE(errors_text(both.errors).empty());
    CHECK(both->options.uri == "file:/x");
    CHECK(both->options.server_origin == "PXLAUNCH_URI");
    CHECK(errors_of({"p"}, {"PXLAUNCH_PTY=1", "PXLAUNCH_TAG=1"}) ==
          "PXLAUNCH_PTY and PXLAUNCH_TAG contradict each other | leave one out: the "
          "output of a "
          "terminal cannot be cut into lines\n");
}

TEST_CASE("a locked option is the site's alone") {
    Files files;
    files.site(R"({"defaults": {"rec": "local"}, "locked": ["rec"]})");
    files.user(R"({"defaults": {"rec": "local"}})");
    const std::string tail = " is locked by " + files.directory() +
                             "/site | leave --rec out, or ask who runs this system\n";
    CHECK(errors_of({"--rec", "local", "p"}, files.environment()) ==
          files.directory() + "/pxlaunch/config" + tail + "--rec" + tail);
    files.user("{}");
    CHECK(errors_of({"p"}, files.environment({"PXLAUNCH_REC=local"})) ==
          "PXLAUNCH_REC" + tail);
    CHECK(parse({"p"}, files.environment())->options.rec == "local");
}

TEST_CASE("the site's other keys") {
    const auto parsed = parse_config(R"({
        // a comment
        "local": [{"host": "login*", "rule": "refuse", "message": "use sbatch"},
                  {"host": "*"}],
        "environment": {"pass": ["PMI_SHARED_SECRET"], "drop": ["SECRET*"]},
        "idle_timeout": "10m", "run_directory": "/local/run", "audit": true})",
                                     "/c", ConfigKind::site);
    REQUIRE(errors_text(parsed.errors).empty());
    const Config &config = parsed.value;
    REQUIRE(config.local.size() == 2);
    CHECK(config.local[0].host == "login*");
    CHECK(config.local[0].rule == LocalRule::refuse);
    CHECK(config.local[0].message == "use sbatch");
    CHECK(config.local[1].rule == LocalRule::allow);
    CHECK(config.env_pass == Words{"PMI_SHARED_SECRET"});
    CHECK(config.env_drop == Words{"SECRET*"});
    CHECK(config.idle_timeout == std::chrono::minutes(10));
    CHECK(config.run_directory == "/local/run");
    CHECK(config.audit);
}

TEST_CASE("wrong files are told with line and nearest key") {
    CHECK(site_errors("[]") ==
          "/c: expected an object, as in {\"defaults\": {}} | correct the file\n");
    CHECK(site_errors("{\n\n\"audit\": tru}") ==
          "/c:3: not JSON | look for a missing comma, quote or bracket there\n");
    CHECK(site_errors("{\n\"defualts\": {}}") ==
          "/c:2: unknown key 'defualts' | did you mean 'defaults'?\n");
    CHECK(site_errors("{\"defaults\":\n{\"tiemout\": 5}}") ==
          "/c:2: unknown key 'tiemout' | did you mean 'timeout'?\n");
    CHECK(site_errors(R"({"defaults": {"help": true}})").find("unknown key 'help'") !=
          std::string::npos);
    CHECK(site_errors(R"({"defaults": {"timeout": "ten"}})")
              .starts_with(
                  "/c:1: timeout: expected a duration, got 'ten' | write seconds"));
    CHECK(site_errors(R"({"defaults": {"np": 1.5}})") ==
          "/c:1: expected text, a whole number, true or false | correct the file\n");
    CHECK(site_errors(R"({"defaults": {"np": [1, 2]}})") ==
          "/c:1: np takes one value, not a list | correct the file\n");
    CHECK(site_errors(R"({"defaults": 3})") ==
          "/c:1: expected an object | correct the file\n");
    CHECK(site_errors(R"({"locked": "rec"})") ==
          "/c:1: locked: expected a list of text | correct the file\n");
    CHECK(site_errors(R"({"locked": ["rek"]})") ==
          "/c:1: unknown key 'rek' | did you mean 'rec'?\n");
    CHECK(site_errors(R"({"local": [3]})") ==
          "/c:1: expected a list of objects | correct the file\n");
    CHECK(
        site_errors(R"({"local": [{"rule": "no"}]})") ==
        "/c:1: a rule needs \"host\", a pattern as in \"login*\" | correct the file\n"
        "/c:1: rule: expected one of allow, warn, refuse, got 'no' | correct the file\n");
    CHECK(site_errors(R"({"environment": {"keep": []}})").find("unknown key 'keep'") !=
          std::string::npos);
    CHECK(site_errors(R"({"idle_timeout": true})")
              .starts_with("/c:1: idle_timeout: expected a duration | "));
    CHECK(site_errors(R"({"run_directory": "tmp"})") ==
          "/c:1: run_directory: expected an absolute path | correct the file\n");
    CHECK(site_errors(R"({"audit": 1})") ==
          "/c:1: audit: expected true or false | correct the file\n");
    CHECK(user_errors(R"({"audit": true})") ==
          "/u:1: 'audit' is for the site's file only | a user's file has \"defaults\" "
          "alone\n");
    CHECK(user_errors(R"({"default": {}})") ==
          "/u:1: unknown key 'default' | did you mean 'defaults'?\n");
    // All of them at once.
    CHECK(parse_config(R"({"audit": 1, "x": 2, "locked": 3})", "/c", ConfigKind::site)
              .errors.size() == 3);
}

TEST_CASE("a site file that is named must exist") {
    const auto errors = parse({"p"}, {"PXLAUNCH_SITE_CONFIG=/nonexistent/c"}).errors;
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].what.find("/nonexistent/c") != std::string::npos);
    CHECK(errors[0].hint == "correct PXLAUNCH_SITE_CONFIG, or unset it");
    CHECK(check_config("/nonexistent/c").size() == 1);
    CHECK(check_config(source_path("tests/cli/no_site.json")).empty());
}
