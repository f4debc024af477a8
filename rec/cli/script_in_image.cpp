// script_in_image.cpp - finding the client, and the words for pxwrap.
#include "rec/cli/script_in_image.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/tool/local_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

namespace px::rec {

namespace {

// What the image would have to provide; elf(5).
Result<bool> needs_loader(const std::string &path) {
    constexpr std::size_t most = 4096; // the program headers are at the beginning
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return system_error(fmt::format("cannot read {}", named(path)), errno);
    std::string head(most, '\0');
    head.resize(static_cast<std::size_t>(
        std::max(0L, PX_TRY(read_some(file.get(), head.data(), most)))));
    Elf64_Ehdr elf{};
    if (head.size() < sizeof elf || !head.starts_with(ELFMAG))
        return cannot_run(fmt::format("{} is no program of ELF", named(path)),
                          "name a pxlaunch that is linked statically with --client PATH");
    std::memcpy(&elf, head.data(), sizeof elf);
    for (std::size_t i = 0; i < elf.e_phnum; ++i) {
        Elf64_Phdr header{};
        const auto at = elf.e_phoff + i * sizeof header;
        if (at + sizeof header > head.size()) break;
        std::memcpy(&header, head.data() + at, sizeof header);
        if (header.p_type == PT_INTERP) return true;
    }
    return false;
}

Error not_static(const std::string &path) {
    return cannot_run(
        fmt::format("{} cannot be taken into an image: it needs shared libraries, which "
                    "the image would have to have",
                    path.empty() ? "pxlaunch" : named(path)),
        "name a pxlaunch that is linked statically with --client PATH; the preset "
        "'static' builds one");
}

} // namespace

Result<std::string> find_client(const Arguments &arguments) {
    if (const auto given = arguments.value("client")) {
        if (PX_TRY(needs_loader(*given))) return not_static(*given);
        return *given;
    }
    std::string dynamic;
    for (const char *place : {"pxlaunch", "../libexec/pxlaunch/pxlaunch"}) {
        const auto path = tool::beside_us(place);
        if (!path) continue;
        // A script that calls another one is no answer either.
        const auto needs = needs_loader(*path);
        if (needs && !*needs) return *path;
        if (dynamic.empty()) dynamic = *path;
    }
    return not_static(dynamic);
}

Result<Program> in_image(const Arguments &arguments, const ImageSettings &settings,
                         const std::string &directory) {
    const auto &image = settings.image;
    if (image.empty() || image.starts_with('-')) {
        return usage_error(fmt::format("--image: no image is named {}", named(image)),
                           "is its name missing?");
    }
    const auto wrapper = tool::beside_us("pxwrap");
    if (!wrapper) {
        return cannot_run("there is no 'pxwrap' beside pxrec, which brings the script "
                          "into its image",
                          "install it where pxrec is");
    }
    const bool is_mounted = !arguments.has("directory");
    if (is_mounted && directory.find(':') != std::string::npos) {
        return cannot_run(fmt::format("cannot mount the working directory {}: there is "
                                      "a ':' in its name",
                                      named(directory)),
                          "start in another directory, or name one with -C");
    }
    const auto client = absolute(PX_TRY(find_client(arguments)), directory);
    Program program;
    program.path = *wrapper;
    program.directory = directory;
    program.argv = {"pxwrap", "--image=" + image, "--env-all", "--inject=" + client};
    const auto add = [&program](const char *option, const std::string &value) {
        if (!value.empty()) program.argv.push_back(fmt::format("--{}={}", option, value));
    };
    add("engine", settings.engine);
    add("pull", settings.pull);
    for (const auto &device : settings.devices) add("devices", device);
    for (const auto &mount : settings.mounts) add("mount", mount);
    if (const auto inside = arguments.value("directory"))
        add("wdir", absolute(*inside, directory));
    program.argv.emplace_back("--");
    program.argv.insert(program.argv.end(), arguments.words.begin(),
                        arguments.words.end());
    return program;
}

Result<job::Environment> image_environment(const Arguments &arguments, const Site &site,
                                           const Variables &variables,
                                           const std::string &directory) {
    const auto settings = PX_TRY(image_settings(arguments, site, directory));
    auto inside = settings_inside(site, settings);
    for (const auto &[name, value] : variables) {
        if (!value.empty()) job::set_variable(inside, name, value);
    }
    job::EnvRules rules;
    rules.whole = false;
    for (const auto &text : arguments.all("env"))
        rules.edits.push_back(PX_TRY(job::parse_env_edit(text)));
    auto own = script_environment(site.here, {});
    std::erase_if(own, [](const std::string &entry) {
        return entry.starts_with("PXLAUNCH_") &&
               !entry.starts_with("PXLAUNCH_SITE_CONFIG=");
    });
    Reasons ignored;
    for (const auto &entry : job::rank_environment(own, rules, ignored)) {
        const auto equals = entry.find('=');
        job::set_variable(inside, entry.substr(0, equals), entry.substr(equals + 1));
    }
    auto environment = job::packed(inside);
    for (const auto &entry : own) {
        const auto name = entry.substr(0, entry.find('='));
        if (!job::belongs_to_job(name) && !name.starts_with("PXWRAP_"))
            environment.push_back(entry);
    }
    return environment;
}

} // namespace px::rec
