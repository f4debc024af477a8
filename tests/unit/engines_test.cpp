#include "golden.h"

#include "pxlaunch/base/text.h"
#include "wrapper/contained.h"
#include "wrapper/engines/engine.h"

#include <algorithm>

using namespace px;
using namespace px::wrapper::engines;

namespace {

const std::vector<std::string> own = {"PATH=/usr/bin", "HOME=/home/u", "SECRET=s",
                                      "PMIX_RANK=0"};

Request full() {
    Request request;
    request.image = "registry/app:1";
    request.mounts = {{"/scratch/job", "/scratch/job"}, {"/data", "/in"}};
    request.devices = {"gpu", "rdma", "/dev/xpmem"};
    request.pull = "never";
    request.extra = {"--an-option"};
    request.directory = "/scratch/job";
    request.env = {"PMIX_RANK=0", "PATH=/opt/bin:/bin", "MINE=a b\n$(id)"};
    request.argv = {"./app", "", "a b", "*"};
    request.uid = 1000;
    request.gid = 100;
    request.local_ranks = 4;
    request.key = "0123456789abcdef";
    return request;
}

std::string shown(const std::vector<std::string> &argv) {
    std::string text;
    for (const auto &word : argv) text += " " + displayed(word);
    return text;
}

// What the engine's own environment has that pxwrap's has not, and the other way round.
std::string changes(const std::vector<std::string> &env) {
    std::string text;
    for (const auto &entry : env) {
        if (std::find(own.begin(), own.end(), entry) == own.end())
            text += "    + " + displayed(entry) + "\n";
    }
    for (const auto &entry : own) {
        if (std::find(env.begin(), env.end(), entry) == env.end())
            text += "    - " + displayed(entry) + "\n";
    }
    return text;
}

} // namespace

TEST_CASE("the commands of all engines, as pinned") {
    std::string text;
    for (const Engine &engine : all()) {
        Request least;
        least.image = "app";
        least.argv = {"app"};
        least.uid = 1000;
        least.gid = 1000;
        Request root = least;
        root.uid = root.gid = 0;
        root.limits = {"nofile=1024:4096"};
        for (const Request &request : {full(), least, root}) {
            const auto run = engine.run(request, own);
            text += std::string(engine.name) + ":" + shown(run.argv) + "\n";
            text += changes(run.env);
            if (engine.keep == nullptr) continue;
            const Keeper keeper{"pxwrap-k-7", "/opt/bin/pxwrap", "/tmp/pxwrap-1000"};
            text += std::string(engine.name) +
                    " joined:" + shown(engine.keep(request, keeper, own).argv) + "\n";
        }
    }
    check_golden("engines.txt", text);
}

TEST_CASE("a command ends with the user's words, byte for byte") {
    for (const Engine &engine : all()) {
        CAPTURE(engine.name);
        const auto request = full();
        const auto argv = engine.run(request, own).argv;
        REQUIRE(argv.size() >= request.argv.size());
        CHECK(std::equal(request.argv.rbegin(), request.argv.rend(), argv.rbegin()));
    }
}

TEST_CASE("no value of a variable is in an argument list, but PATH's") {
    for (const Engine &engine : all()) {
        CAPTURE(engine.name);
        for (const auto &word : engine.run(full(), own).argv)
            CHECK(word.find("$(id)") == std::string::npos);
    }
}

TEST_CASE("the kinds of images, and who can have them") {
    const auto names = [](const std::string &image) {
        std::vector<std::string> found;
        for (const Engine *each : for_image(image)) found.emplace_back(each->name);
        return join(found, " ");
    };
    CHECK(names("app:1") == "podman-hpc podman docker shifter sarus apptainer "
                            "singularity-ce");
    CHECK(names("./app.sif") == "apptainer singularity-ce");
    CHECK(names("/x/app.sqsh") == "enroot charliecloud");
    CHECK(names("/x/root") == "podman charliecloud apptainer singularity-ce");
}

TEST_CASE("charliecloud: what ch-run 0.31 does not start without") {
    Request request = full();
    request.has_environment = false;
    request.mounts = {{"/session", "/session", true}};
    const auto run = (*find("charliecloud"))->run(request, own);
    CHECK(run.argv[4] == "--set-env=PATH=/opt/bin:/bin");
    CHECK(std::find(run.argv.begin(), run.argv.end(), "--bind") == run.argv.end());
    CHECK(run.env.back() == "USER=1000");
    CHECK((*find("charliecloud"))->run(request, {"USER=u"}).env.back() == "USER=u");
}

TEST_CASE("a directory is a root, and stays as it is") {
    Request request;
    request.image = "/x/root";
    request.argv = {"app"};
    for (const char *name : {"podman", "podman-hpc"}) {
        const auto argv = (*find(name))->run(request, own).argv;
        CHECK(argv[argv.size() - 2] == "/x/root:O");
        CHECK(argv[argv.size() - 3] == "--rootfs");
    }
    const auto argv = (*find("apptainer"))->run(request, own).argv;
    CHECK(argv[argv.size() - 2] == "/x/root");
}

TEST_CASE("README's table has a row for every engine, and no other") {
    const auto readme = source_file("README.md");
    const auto table = readme.find("| | how its ranks get inside |");
    REQUIRE(table != std::string::npos);
    std::vector<std::string> named, names;
    for (const auto &line :
         split(readme.substr(table, readme.find("\n\n", table) - table), '\n')) {
        if (line.starts_with("| |") || line.starts_with("|---")) continue;
        const auto cell = line.substr(2, line.find(" |", 2) - 2);
        CAPTURE(line);
        CHECK(find(split(cell, ',')[0])); // "docker, as root"
        for (const auto &word : split(cell, ',')) {
            const auto name =
                word.substr(std::min(word.find_first_not_of(' '), word.size()));
            if (find(name)) named.push_back(name);
        }
    }
    for (const Engine &engine : all()) names.emplace_back(engine.name);
    std::sort(names.begin(), names.end());
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    CHECK(named == names);
}

TEST_CASE("what may not be changed inside is mounted so, but by ch-run") {
    Request request;
    request.image = "app";
    request.argv = {"app"};
    request.mounts = {{"/bin/tool", "/tool", false, true}};
    for (const Engine &engine : all()) {
        CAPTURE(engine.name);
        const auto argv = engine.run(request, own).argv;
        const bool is_said = std::any_of(argv.begin(), argv.end(), [](const auto &word) {
            return word.find("/tool") != std::string::npos &&
                   (word.ends_with(":ro") || word.ends_with(",ro") ||
                    word.ends_with(",readonly"));
        });
        const std::string name = engine.name;
        CHECK(is_said == (name != "charliecloud" && name != "none"));
    }
}

TEST_CASE("who is named is taken, or it is an error") {
    wrapper::Options options;
    CHECK(std::string((*wrapper::choose_engine(options))->name) == "none");
    options.image = "app";
    options.engine = "shifter"; // which no machine of the tests has
    CHECK(std::string((*wrapper::choose_engine(options))->name) == "shifter");
    CHECK(find("").error().hint.find("there are: podman docker") == 0);
}
