#include "wrapper/devices.h"
#include "wrapper/inside.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace px;
using namespace px::wrapper;
using Words = std::vector<std::string>;

TEST_CASE("every word survives its code, which is ASCII") {
    std::string all;
    for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
    for (const std::string &word : {std::string(), std::string("a b\n*"),
                                    std::string("%41"), std::string("\xff"), all}) {
        const auto code = coded(word);
        CHECK(decoded(code).value() == word);
        for (const char byte : code) CHECK(static_cast<signed char>(byte) > 0);
    }
    CHECK(coded("a%\xff") == "a%25%ff");
    for (const char *wrong : {"%", "%4", "a%zz", "%4 "}) CHECK_FALSE(decoded(wrong));
}

TEST_CASE("an engine gets the help that it needs, and no more") {
    engines::Request request;
    request.argv = {"app", "%"};
    request.env = {"A=1"};
    const auto with = [&request](const char *engine) {
        return with_help(**engines::find(engine), request).value();
    };
    CHECK(with("apptainer").argv == request.argv);
    CHECK(with("charliecloud").argv == request.argv);
    const auto guarded = with("docker");
    CHECK(guarded.argv == Words{"/.pxwrap/program", "--no-container", "--coded",
                                "--guard", this_process(), "--", "app", "%25"});
    CHECK(guarded.mounts.back().target == "/.pxwrap/program");
    CHECK(guarded.mounts.back().is_read_only);
    CHECK(guarded.env == request.env);

    request.env.emplace_back("B=\xff");
    request.path = "/opt";
    CHECK(with("charliecloud").env == request.env);
    const auto strange = with("singularity-ce");
    CHECK(strange.argv == Words{"/.pxwrap/program", "--no-container", "--coded", "--path",
                                "/opt", "--", "app", "%25"});
    CHECK(strange.env == Words{"A=1", "PXWRAP_CODED_0=B=%ff"});
}

TEST_CASE("a name that the engine knows shows its value to nobody") {
    engines::Request request;
    request.argv = {"app"};
    request.env = {"REGISTRY_TOKEN=s", "A=1", "PATH=/bin"};
    for (const char *name : {"podman", "docker"}) {
        const auto &engine = **engines::find(name);
        const auto helped = with_help(engine, request).value();
        CHECK(helped.env == Words{"PXWRAP_CODED_0=REGISTRY_TOKEN=s", "A=1",
                                  "PXWRAP_CODED_1=PATH=/bin"});
        for (const auto &word : engine.run(helped, {}).argv)
            CHECK(word.find("TOKEN=s") == std::string::npos);
        CHECK(with_decoded(helped.env).value() ==
              Words{"A=1", "REGISTRY_TOKEN=s", "PATH=/bin"});
    }
    CHECK(with_help(**engines::find("charliecloud"), request)->env == request.env);
}

TEST_CASE("variables that are no ASCII survive, whatever their names") {
    engines::Request request;
    request.argv = {"app"};
    request.env = {"A%=1", "B=\xff=%", "BASH_FUNC_f%%=() { \xc3\xa4; }", "C\xff=2"};
    const auto helped = with_help(**engines::find("docker"), request).value();
    auto there = helped.env;
    there.insert(there.begin(), {"B=the image's", "HOME=/"});
    CHECK(with_decoded(there).value() ==
          Words{"B=\xff=%", "HOME=/", "A%=1", request.env[2], request.env[3]});
    for (const char *wrong : {"PXWRAP_CODED_0=A=%", "PXWRAP_CODED_0=A", "PXWRAP_CODED_0"})
        CHECK_FALSE(with_decoded({wrong}));
}

TEST_CASE("devices are there, or it is said which are not") {
    const auto root = std::filesystem::temp_directory_path() / "px_devices_test";
    std::filesystem::remove_all(root);
    const auto check = [&root](const char *engine, const Words &devices) {
        return check_devices(**engines::find(engine), devices, root.string()).has_value();
    };
    for (const char *device : {"gpu", "rdma", "/dev/kfd", "amd.com/gpu=0"})
        CHECK_FALSE(check("podman", {device}));
    CHECK_FALSE(check("apptainer", {"gpu"}));

    std::filesystem::create_directories(root / "etc/cdi");
    std::filesystem::create_directories(root / "dev/infiniband");
    std::ofstream(root / "etc/cdi/x.yaml") << "kind: nvidia.com/gpu\n";
    std::ofstream(root / "dev/kfd") << "";
    CHECK(check("podman", {"gpu", "rdma", "/dev/kfd", "/dev/kfd:/dev/x:rw"}));
    CHECK_FALSE(check("podman", {"gpu", "amd.com/gpu=0"}));
    std::filesystem::remove_all(root);
}
