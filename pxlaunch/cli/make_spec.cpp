// make_spec.cpp - Options and Surroundings to the Spec that is sent.
#include "pxlaunch/cli/make_spec.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/container.h"
#include "pxlaunch/job/hostfile.h"

#include <fmt/format.h>

namespace px::cli {

namespace {

class Maker {
  public:
    Maker(const Options &options, const Config &config, const Surroundings &here,
          Reasons &reasons)
        : options_(options), config_(config), here_(here), reasons_(reasons) {}

    Checked<job::Spec> run() {
        read_env_files();
        read_hosts();
        for (const auto &app : options_.apps) application(app);
        spec_.limits = options_.limits;
        spec_.inherited = here_.inherited;
        const job::Asked asked{options_.map,    options_.rank,     options_.bind,
                               options_.nodes,  options_.excluded, options_.oversubscribe,
                               options_.nolocal};
        for (auto &error : job::complete(spec_, asked, here_.allocation, reasons_)) {
            errors_.push_back(std::move(error));
        }
        for (std::size_t i = 0; i < spec_.apps.size(); ++i) environment(i);
        input_output();
        return {std::move(spec_), std::move(errors_)};
    }

  private:
    void read_env_files() {
        for (const auto &path : options_.env_files) {
            const auto content = read_file(path, std::size_t{16} << 20);
            if (!content) {
                errors_.push_back(
                    usage_error(fmt::format("--env-file: {}", content.error().what),
                                content.error().hint));
                continue;
            }
            auto edits = job::parse_env_file(*content);
            if (!edits) {
                errors_.push_back(usage_error(
                    fmt::format("--env-file {}: {}", displayed(path), edits.error().what),
                    edits.error().hint));
                continue;
            }
            file_edits_.insert(file_edits_.end(), edits->begin(), edits->end());
        }
    }

    void read_hosts() {
        if (options_.hostfile.empty()) return;
        auto hosts = job::read_hostfile(options_.hostfile);
        if (hosts)
            hosts_ = std::move(*hosts);
        else
            errors_.push_back(std::move(hosts).error());
    }

    void application(const AppOptions &from) {
        job::App app;
        app.argv = from.argv;
        app.directory = directory(from);
        app.path = from.path.value_or("");
        app.np = from.np.value_or(0);
        app.per_node = from.per_node.value_or(0);
        app.cpus_per_rank = from.cpus_per_rank.value_or(0);
        app.gpus_per_rank = from.gpus_per_rank.value_or(0);
        app.container = container(from);
        app.hosts = from.hosts.empty() ? hosts_ : from.hosts;
        spec_.apps.push_back(std::move(app));
    }

    std::string directory(const AppOptions &from) {
        if (!from.directory) {
            if (here_.directory.empty()) {
                errors_.push_back(cannot_run("the current directory no longer exists",
                                             "change to another one, or write -C DIR"));
            }
            return here_.directory;
        }
        if (from.directory->starts_with('/')) return *from.directory;
        return fmt::format("{}{}{}", here_.directory, here_.directory == "/" ? "" : "/",
                           *from.directory);
    }

    // Relative to here, as a shell would take it.
    std::string absolute(const std::string &path) {
        return path.starts_with('/') ? path : fmt::format("{}/{}", here_.directory, path);
    }

    std::optional<job::Container> container(const AppOptions &from) {
        const bool none = from.image.empty() || options_.engine == "none";
        const auto inside = job::find_variable(here_.environment, "PXLAUNCH_INSIDE");
        if (none && !inside) return std::nullopt;
        job::Container asked;
        asked.from_inside = inside.has_value();
        if (none) {
            asked.engine = "none";
            return asked;
        }
        asked.image =
            job::is_relative_path(from.image) ? absolute(from.image) : from.image;
        asked.engine = options_.engine;
        asked.pull = options_.pull;
        for (const auto &mount : from.mounts) {
            const bool has_target = mount.find(':') != std::string::npos;
            asked.mounts.push_back(absolute(mount) +
                                   (has_target ? "" : ":" + absolute(mount)));
        }
        asked.devices = options_.devices;
        const bool same = inside && *inside == asked.image;
        asked.whole_environment = options_.env_all || same;
        if (from.directory || same) asked.directory = directory(from);
        return asked;
    }

    // What is set on purpose crosses the border into an image; the rest pxwrap sorts out.
    // Outside, the engine goes on with the node's own PATH, HOME and so on.
    static void border(job::App &app, job::EnvRules &rules) {
        if (!app.container) return;
        auto &pass = app.container->pass;
        const bool is_packed = app.container->from_inside;
        pass = rules.pass;
        std::erase_if(rules.edits, [&pass, is_packed](const job::EnvEdit &edit) {
            if (edit.kind == job::EnvEdit::Kind::unset) return false;
            const bool is_set = edit.kind == job::EnvEdit::Kind::set && !is_packed;
            const bool inside =
                is_set && (edit.name == "PATH" || edit.name == "HOME" ||
                           edit.name.starts_with("LD_") || edit.name.starts_with("XDG_"));
            pass.push_back(inside ? edit.name + "=" + edit.value : edit.name);
            return inside;
        });
    }

    void environment(std::size_t index) {
        job::App &app = spec_.apps[index];
        job::EnvRules rules;
        rules.whole = !options_.no_env;
        rules.pass = config_.env_pass;
        rules.drop = config_.env_drop;
        rules.edits = file_edits_;
        const auto &own = options_.apps[index].env;
        rules.edits.insert(rules.edits.end(), own.begin(), own.end());
        const bool by_pe =
            !options_.apps[index].cpus_per_rank && options_.map && options_.map->cpus > 0;
        rules.threads = by_pe ? 0 : app.cpus_per_rank;
        border(app, rules);
        app.env = job::rank_environment(here_.environment, rules, reasons_);
        // With --no-env the ranks have no search path; the command is still found by
        // ours.
        if (app.path.empty() && !app.container && !job::find_variable(app.env, "PATH")) {
            app.path = job::find_variable(here_.environment, "PATH").value_or("");
        }
    }

    void input_output() {
        spec_.io = options_.io;
        if (!options_.input_given && here_.in_background) {
            spec_.io.input.to = job::StdinTo::none;
            reasons_.push_back({"stdin", "none: pxlaunch is in the background"});
        }
        const auto &input = spec_.io.input;
        const int np = spec_.np();
        if (input.to == job::StdinTo::one && np > 0 && input.rank >= np &&
            spec_.is_counted()) {
            errors_.push_back(
                usage_error(fmt::format("--stdin {}: the job has {}", input.rank,
                                        np == 1 ? "1 rank, rank 0"
                                                : fmt::format("ranks 0 to {}", np - 1)),
                            "name a rank of the job, all or none"));
        }
    }

    const Options &options_;
    const Config &config_;
    const Surroundings &here_;
    Reasons &reasons_;
    std::vector<job::EnvEdit> file_edits_;
    std::vector<std::string> hosts_;
    job::Spec spec_;
    std::vector<Error> errors_;
};

} // namespace

Checked<job::Spec> make_spec(const Options &options, const Config &config,
                             const Surroundings &surroundings, Reasons &reasons) {
    return Maker(options, config, surroundings, reasons).run();
}

} // namespace px::cli
