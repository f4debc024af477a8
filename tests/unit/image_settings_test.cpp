#include "rec/cli/image_settings.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::rec;
using Words = std::vector<std::string>;

namespace {

Site site_with(const std::string &text, const discover::Environment &variables) {
    Site site;
    site.here.env = variables;
    auto config = cli::parse_config(text, "/c", cli::ConfigKind::site);
    REQUIRE(config);
    site.config = std::move(config.value);
    site.config.site_path = "/c";
    return site;
}

Arguments asked(const std::vector<std::pair<std::string, std::string>> &options) {
    Arguments arguments;
    arguments.add("image", "./img");
    for (const auto &[name, value] : options) arguments.add(name, value);
    return arguments;
}

std::string inside(const Site &site, const char *name) {
    const auto settings = image_settings(asked({}), site, "/w");
    return std::string(
        job::find_variable(settings_inside(site, *settings), name).value_or("(unset)"));
}

} // namespace

TEST_CASE("a script's container has the site's and the user's defaults") {
    const auto site = site_with(R"({"defaults": {"mount": "/data", "engine": "podman",
                                    "devices": "rdma", "pull": "never"}})",
                                {{"PXLAUNCH_MOUNT", "/one\nin:/two"},
                                 {"PXLAUNCH_ENGINE", "docker"},
                                 {"PXLAUNCH_IMAGE", "other"},
                                 {"HOME", "/home/u"}});
    auto settings = image_settings(asked({{"mount", "/three"}}), site, "/w");
    REQUIRE(settings);
    CHECK(settings->image == "/w/./img");
    CHECK(settings->engine == "docker");
    CHECK(settings->pull == "never");
    CHECK(settings->devices == Words{"rdma"});
    CHECK(settings->mounts ==
          Words{"/data:/data", "/one:/one", "/w/in:/two", "/three:/three", "/w:/w"});

    settings = image_settings(
        asked({{"engine", "sarus"}, {"devices", "gpu"}, {"directory", "/in"}}), site,
        "/w");
    CHECK(settings->engine == "sarus");
    CHECK(settings->devices == Words{"rdma", "gpu"});
    CHECK(settings->mounts == Words{"/data:/data", "/one:/one", "/w/in:/two"});
    CHECK(image_settings(asked({}), site, "/home/u")->mounts.size() == 3);
}

TEST_CASE("what the site has locked is refused, wherever it is named") {
    const std::string text =
        R"({"defaults": {"engine": "podman"}, "locked": ["engine"]})";
    const auto given =
        image_settings(asked({{"engine", "sarus"}}), site_with(text, {}), "/");
    REQUIRE_FALSE(given);
    CHECK(given.error().what == "--engine is locked by /c");
    const auto variable =
        image_settings(asked({}), site_with(text, {{"PXLAUNCH_ENGINE", "sarus"}}), "/");
    REQUIRE_FALSE(variable);
    CHECK(variable.error().what == "PXLAUNCH_ENGINE is locked by /c");
    CHECK(image_settings(asked({}), site_with(text, {}), "/")->engine == "podman");
}

TEST_CASE("a pxlaunch in the image gets the settings as variables") {
    const auto site = site_with(R"({"defaults": {"mount": "/data", "bind-to": "none"}})",
                                {{"PXLAUNCH_GRACE", "5"}, {"PXLAUNCH_MOUNT", "/more"}});
    CHECK(inside(site, "PXLAUNCH_IMAGE") == "/w/./img");
    CHECK(inside(site, "PXLAUNCH_MOUNT") == "/data:/data\n/more:/more\n/w:/w");
    CHECK(inside(site, "PXLAUNCH_BIND_TO") == "none");
    CHECK(inside(site, "PXLAUNCH_GRACE") == "5");
    CHECK(inside(site, "PXLAUNCH_ENGINE") == "(unset)");
}

TEST_CASE("but none that names a file which only the node has") {
    const auto site = site_with(R"({"defaults": {"hostfile": "/etc/hosts"}})",
                                {{"PXLAUNCH_ENV_FILE", "/h/env\n/w/env\nenv"},
                                 {"PXLAUNCH_REPORT", "/h/report"},
                                 {"PXLAUNCH_OUTPUT", "/in/out"},
                                 {"PXLAUNCH_NO_CONTAINER", "yes"},
                                 {"PXLAUNCH_MOUNT", "/h:/in"}});
    for (const char *name : {"PXLAUNCH_HOSTFILE", "PXLAUNCH_REPORT", "PXLAUNCH_OUTPUT",
                             "PXLAUNCH_NO_CONTAINER"})
        CHECK(inside(site, name) == "(unset)");
    CHECK(inside(site, "PXLAUNCH_ENV_FILE") == "/w/env\nenv");
    const auto own = site_with("{}", {{"PXLAUNCH_HOSTFILE", "hosts"}});
    CHECK(inside(own, "PXLAUNCH_HOSTFILE") == "(unset)");
}
