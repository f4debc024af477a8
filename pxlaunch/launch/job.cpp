// job.cpp - the job itself, and those who want to hear of it.
#include "pxlaunch/base/seconds.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/picture.h"
#include "pxlaunch/drive/drive.h"
#include "pxlaunch/drive/report.h"
#include "pxlaunch/drive/status.h"
#include "pxlaunch/job/container.h"
#include "pxlaunch/launch/audit.h"
#include "pxlaunch/launch/describe.h"
#include "pxlaunch/launch/launch.h"
#include "pxlaunch/tool/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace px::launch {

namespace {
constexpr Milliseconds status_patience{2000}; // for a slow reader of --status-fd
constexpr Milliseconds nodes_patience{5000};
} // namespace

// --report and --status-fd.
struct Audience {
    std::optional<drive::Report> report;
    std::unique_ptr<drive::StatusStream> status;

    void tell_end(Loop &loop, const job::JobResult &result, int code,
                  const std::string &text) {
        if (report) {
            if (auto done = report->finish(result, code, text, seconds_since_epoch());
                !done) {
                print_error(done.error());
            }
        }
        if (!status) return;
        for (const auto &rank : result.ranks) status->rank_ended(rank);
        status->ended(code);
        if (status->pending() == 0) return;
        status->when_written([&loop] { loop.stop(); });
        loop.after(status_patience, [&loop] { loop.stop(); });
        loop.run();
    }
};

namespace {

// The rank that we run in, if it is one of the server that we attach to: that one will
// know. In a step of Slurm only our own variables name it.
std::string parent_of(const discover::Found &found, const job::Environment &environment) {
    const bool by_pmix = found.from == "parent";
    const auto nspace =
        job::find_variable(environment, by_pmix ? "PMIX_NAMESPACE" : "PXLAUNCH_JOB");
    const auto rank =
        job::find_variable(environment, by_pmix ? "PMIX_RANK" : "PXLAUNCH_RANK");
    if (!by_pmix && !nspace) return {};
    return fmt::format("{}.{}", nspace.value_or(""), rank.value_or("0"));
}

bool terminal_is_utf8(const job::Environment &environment) {
    for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const auto value = job::find_variable(environment, name);
        if (!value || value->empty()) continue;
        return value->find("UTF-8") != std::string_view::npos ||
               value->find("utf8") != std::string_view::npos;
    }
    return false;
}

Result<Audience> gather(Loop &loop, const cli::Options &options, const job::Spec &spec) {
    Audience audience;
    if (!options.report.empty()) {
        audience.report =
            PX_TRY(drive::Report::create(options.report, spec, seconds_since_epoch()));
    }
    if (options.status_fd) {
        audience.status = PX_TRY(drive::StatusStream::open(loop, *options.status_fd));
    }
    return audience;
}

} // namespace

std::string Launch::draw(const std::string &layout_json) const {
    if (command_.options.json) return layout_json;
    const auto &display = command_.options.display;
    const char *columns = std::getenv("COLUMNS");
    const auto width = parse_number(columns == nullptr ? "80" : columns, 10'000);
    auto text = cli::picture(layout_json, display.map, display.bind || display.alloc,
                             terminal_is_utf8(surroundings_.environment),
                             width ? static_cast<int>(*width) : 80);
    if (!text) return fmt::format("pxlaunch: no picture: {}", text.error().what);
    while (text->ends_with('\n')) text->pop_back();
    return *text;
}

Result<void> Launch::gather_audience(const job::Spec &spec) {
    if (audience_) return {};
    Loop *const loop = PX_TRY(this->loop());
    auto audience = PX_TRY(gather(*loop, command_.options, spec));
    audience_ = std::make_shared<Audience>(std::move(audience));
    return {};
}

Error Launch::told(Error error) {
    if (audience_)
        audience_->tell_end(*loop_, {}, static_cast<int>(error.exit), error.what);
    return error;
}

Result<Loop *> Launch::loop() {
    if (loop_ == nullptr) loop_ = PX_TRY(Loop::create()).release();
    return loop_;
}

Result<void> Launch::attach(discover::Found &found) {
    if (session_) return {};
    Loop *const loop = PX_TRY(this->loop());
    const auto attach_once = [&]() -> Result<std::unique_ptr<tool::Session>> {
        const auto to = PX_TRY(address(found, signals_ ? signals_->ending() : -1));
        return tool::Session::attach(*loop, to);
    };
    auto attached = attach_once();
    if (!attached && has_died(found)) { // it was about to when we looked
        PX_TRY(start_again(found));
        run_anew();
        attached = attach_once();
    }
    if (!attached) {
        const auto signal = signals_ ? signals_->read_ending() : std::nullopt;
        return signal ? drive::not_started(*signal) : attached.error();
    }
    session_ = std::move(*attached);
    return {};
}

namespace {

// Asking the server costs a launch half a millisecond.
bool depends_on_nodes(const cli::Options &options) {
    if (options.runs_nothing() || options.verbose > 0 || options.nodes) return true;
    if (!options.hostfile.empty() || !options.excluded.empty()) return true;
    if (options.nolocal || (options.map && options.map->nolocal)) return true;
    return std::any_of(options.apps.begin(), options.apps.end(), [](const auto &app) {
        return !app.np || app.per_node || !app.hosts.empty();
    });
}

} // namespace

// A server that is not ours shares its slots out among jobs; how many it has it does not
// tell.
Result<void> Launch::learn_nodes(discover::Found &found) {
    auto &allocation = surroundings_.allocation;
    allocation.managed = true;
    allocation.name = fmt::format("the server {}", found.server.nspace);
    allocation.nodes.clear();
    if (!depends_on_nodes(command_.options)) return {};
    if (runs_job()) {
        Reasons draft; // what does not depend on the nodes is enough for now
        const auto spec =
            cli::make_spec(command_.options, command_.config, surroundings_, draft);
        PX_TRY(gather_audience(spec.value));
    }
    if (auto attached = attach(found); !attached) return told(attached.error());
    // Shared with an answer that may come when nobody waits any more.
    const auto answer = std::make_shared<std::vector<std::string>>();
    session_->nodes([answer, loop = loop_](Result<std::vector<std::string>> nodes) {
        if (nodes) *answer = std::move(*nodes);
        loop->stop();
    });
    const auto late = loop_->after(nodes_patience, [loop = loop_] { loop->stop(); });
    loop_->run();
    loop_->cancel(late);
    // Without them: who names no nodes needs none.
    allocation.nodes = *answer;
    command_.reasons.push_back(
        {"nodes", answer->empty() ? "the server does not tell them"
                                  : fmt::format("{}: where the server has its daemons",
                                                join(*answer, ", "))});
    return {};
}

Result<job::JobResult> Launch::drive_job(discover::Found &found) {
    PX_TRY(enter_containers(found));
    PX_TRY(attach(found));
    drive::DriveOptions options;
    options.parent = parent_of(found, surroundings_.environment);
    options.map_only = command_.options.dry_run;
    if (!server_directory_.empty()) options.server_log = server_directory_ + "/log";
    if (command_.options.display.any()) {
        options.draw = [this](const std::string &layout) { return draw(layout); };
    }
    options.started = [this](const std::string &nspace, const job::Spec &spec) {
        np_ = spec.np();
        if (audience_->report) audience_->report->set_job(nspace, spec);
        if (audience_->status) audience_->status->started(nspace, np_);
    };
    tool::Runtime *const runtime = PX_TRY(this->runtime(found));
    drive_ = std::make_unique<drive::Drive>(*loop_, *runtime, *signals_, spec_, options);
    return drive_->run();
}

// Where the nodes have it, which need not be where we are: we may be in a container.
std::optional<std::string> Launch::wrapper(const discover::Found &found) const {
    if (!command_.options.pxwrap.empty()) return command_.options.pxwrap;
    if (found.server.ours && !found.server.ours->wrapper.empty())
        return found.server.ours->wrapper;
    return tool::beside_us("pxwrap");
}

Result<std::string> Launch::found_wrapper(const discover::Found &found,
                                          const char *what) const {
    if (auto path = wrapper(found)) return std::move(*path);
    return cannot_run(
        fmt::format("there is no 'pxwrap' beside pxlaunch, which {}", what),
        "install it where pxlaunch is, here and on every node; or say where the "
        "nodes have it: --pxwrap PATH");
}

// What is sent: the ranks' commands under pxwrap. Reports have the user's words.
Result<void> Launch::enter_containers(const discover::Found &found) {
    for (auto &app : spec_.apps) {
        if (!app.container) continue;
        const auto path =
            PX_TRY(found_wrapper(found, "brings each rank into its container"));
        app = job::through_wrapper(std::move(app), path);
    }
    return {};
}

// A server of ours needs no help. Of the others PRRTE 3.0.x loses ends and exit codes: a
// job that may never end, or end with the wrong status, is not started.
Result<tool::Runtime *> Launch::runtime(const discover::Found &found) {
    if (session_->is_own_server()) return session_.get();
    PX_TRY(tool::check_foreign(spec_));
    const auto path =
        PX_TRY(found_wrapper(found, "starts each rank on a server that is not pxrec's"));
    shims_ = std::make_unique<shims::ShimRuntime>(*loop_, *session_, path, here_.host);
    if (found.server.ours) {
        const auto &keeper = *found.server.ours;
        shims_->ask_for_slots({keeper.secret, keeper.owner.host, keeper.tickets},
                              serves_allocation(found));
    }
    return shims_.get();
}

Result<int> Launch::run_job(discover::Found &found) {
    PX_TRY(gather_audience(spec_));
    const double started = seconds_since_epoch();
    const auto ran = drive_job(found);
    if (!ran) return told(ran.error());
    if (!ran->lost_runtime) session_->end_guardian();
    drive::EndingContext context;
    context.rule = spec_.limits.on_failure;
    context.timeout = spec_.limits.timeout.value_or(Milliseconds(0));
    context.running = np_;
    const auto ending = drive::ending(*ran, context);
    const std::string text = drive::rendered(ending);
    if (!text.empty()) (void)write_all(STDERR_FILENO, text);
    const int code = job::exit_code(*ran, spec_.limits.on_failure);
    audience_->tell_end(*loop_, *ran, code, ending.text);
    if (command_.config.audit && !command_.options.dry_run) {
        audit({method_of(found), np_, count_nodes(*ran), seconds_since_epoch() - started,
               code});
    }
    return code;
}

} // namespace px::launch
