// spawn.cpp - a Spec as PMIx_Spawn's arguments. Environment, directory and hosts go with
// the application, placement with the job: PRRTE silently ignores them elsewhere.
#include "pxlaunch/base/text.h"
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/foreign.h"
#include "pxlaunch/tool/session.h"

#include <fmt/format.h>
#include <pmix_tool.h>

#include <cstring>

namespace px::tool {

namespace {

namespace key = pmix::key;

const char *word(job::OnFailure rule) {
    switch (rule) {
    case job::OnFailure::wait:
        return "wait";
    case job::OnFailure::ignore:
        return "ignore";
    case job::OnFailure::kill:
        break;
    }
    return "kill";
}

std::string rlimit_lines(const job::Inherited &inherited) {
    std::string text;
    for (const auto &limit : inherited.rlimits) {
        text += fmt::format("{} {} {}\n", limit.resource, limit.soft, limit.hard);
    }
    return text;
}

std::string stdin_word(const job::Stdin &input) {
    if (input.to == job::StdinTo::all) return "all";
    if (input.to == job::StdinTo::none) return "none";
    return fmt::format("{}", input.rank);
}

// What a server of ours understands beyond PMIx's own attributes.
void add_own(const job::Spec &spec, const SpawnExtras &extras, pmix::InfoList &infos) {
    infos.flag(key::exact_env, true)
        .flag(key::flow, true)
        .integer(key::umask, spec.inherited.umask)
        .text(key::rlimits, rlimit_lines(spec.inherited))
        .u32(key::grace, static_cast<std::uint32_t>(spec.limits.grace.count()))
        .u32(key::start_timeout,
             static_cast<std::uint32_t>(spec.limits.start_timeout.count()))
        .text(key::on_failure, word(spec.limits.on_failure))
        .flag(key::no_wait, spec.limits.no_wait)
        .flag(key::exclusive, spec.placement.exclusive)
        .flag(key::merge, spec.io.merge_stderr);
    if (!extras.parent.empty()) infos.text(key::parent, extras.parent);
    if (spec.io.pty)
        infos.text(key::pty, fmt::format("{} {}", extras.rows, extras.columns));
}

pmix::InfoList job_infos(const job::Spec &spec, const SpawnExtras &extras, bool own) {
    const auto placement = own ? spec.placement : foreign_placement(spec);
    pmix::InfoList infos;
    infos.text(PMIX_MAPBY, job::to_string(placement.map))
        .text(PMIX_RANKBY, job::to_string(placement.rank))
        .text(PMIX_BINDTO, job::to_string(placement.bind))
        .flag(PMIX_NOTIFY_COMPLETION, true)
        .flag(PMIX_SPAWN_CHILD_SEP, false) // the job dies with us
        // We pull the output with a callback; letting libpmix write it loses an
        // unterminated last line on every version, and is 15 times slower.
        .flag(PMIX_FWD_STDOUT, false)
        .flag(PMIX_FWD_STDERR, false)
        .flag(PMIX_FWD_STDDIAG, false)
        .text(PMIX_STDIN_TGT, stdin_word(spec.io.input));
    if (extras.map_only) infos.flag(PMIX_DO_NOT_LAUNCH, true);
    if (own) add_own(spec, extras, infos);
    return infos;
}

void load_app(const job::App &from, bool own, pmix_app_t &to) {
    to.cmd = ::strdup(from.argv.front().c_str());
    to.argv = pmix::to_argv(from.argv);
    to.env = pmix::to_argv(from.env);
    to.cwd = ::strdup(from.directory.c_str());
    to.maxprocs = from.np;
    pmix::InfoList infos;
    infos.flag(PMIX_WDIR_USER_SPECIFIED, true);
    const auto hosts = own ? from.hosts : foreign_hosts(from.hosts);
    if (!hosts.empty()) infos.text(PMIX_HOST, join(hosts, ","));
    if (own) {
        infos.text(key::path, from.path)
            .u32(key::per_node, static_cast<std::uint32_t>(from.per_node))
            .u32(key::cpus, static_cast<std::uint32_t>(from.cpus_per_rank))
            .u32(key::gpus, static_cast<std::uint32_t>(from.gpus_per_rank));
    }
    PMIX_INFO_CREATE(to.info, infos.size());
    to.ninfo = infos.size();
    for (std::size_t i = 0; i < infos.size(); ++i) {
        PMIX_INFO_XFER(&to.info[i], &infos.data()[i]);
    }
}

// Everything PMIx_Spawn_nb needs until it answers.
struct Request {
    pmix::InfoList infos;
    pmix_app_t *apps = nullptr;
    std::size_t app_count = 0;
    job::Placement placement; // as a server that is not ours is told
    std::function<void(Result<std::string>)> done;

    Request() = default;
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
    explicit Request(pmix::InfoList list) : infos(std::move(list)) {}
    ~Request() {
        if (apps != nullptr) PMIX_APP_FREE(apps, app_count);
    }
};

} // namespace

void Session::spawn(const job::Spec &spec, const SpawnExtras &extras,
                    std::function<void(Result<std::string>)> done) {
    auto *request = new Request(job_infos(spec, extras, own_));
    request->placement = foreign_placement(spec);
    request->app_count = spec.apps.size();
    PMIX_APP_CREATE(request->apps, request->app_count);
    for (std::size_t i = 0; i < spec.apps.size(); ++i) {
        load_app(spec.apps[i], own_, request->apps[i]);
    }
    request->done = [this, done = std::move(done)](Result<std::string> answer) {
        if (answer) nspace_ = *answer;
        if (answer && guardian_) guardian_->watch(nspace_);
        done(std::move(answer));
    };
    const auto answered = [](pmix_status_t status, pmix_nspace_t name, void *data) {
        const std::shared_ptr<Request> owned(static_cast<Request *>(data));
        const std::string nspace = status == PMIX_SUCCESS ? name : "";
        post_to_session([owned, status, nspace](Session &session) {
            if (status == PMIX_SUCCESS) return owned->done(nspace);
            session.learn_refusal(refusal(status, owned->placement), owned->done);
        });
    };
    const auto status =
        PMIx_Spawn_nb(request->infos.data(), request->infos.size(), request->apps,
                      request->app_count, answered, request);
    if (status == PMIX_SUCCESS) return;
    const std::unique_ptr<Request> owned(request);
    owned->done(cannot_run(fmt::format("cannot ask the server to start the job: {}",
                                       pmix::status_text(status))));
}

// A status says little; a server of ours keeps the words.
void Session::learn_refusal(const Error &plain, Spawned done) {
    if (!own_) return done(plain);
    query({key::error}, "", [plain, done](Result<Answers> answers) {
        if (!answers || (*answers)[key::what].empty()) return done(plain);
        const auto exit = parse_number((*answers)[key::exit]);
        done(Error{exit ? static_cast<Exit>(*exit) : Exit::cannot_run,
                   (*answers)[key::what], (*answers)[key::hint]});
    });
}

} // namespace px::tool
