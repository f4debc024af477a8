// inspect.cpp - the plan and the reasons, for people and for scripts.
#include "pxlaunch/cli/inspect.h"

#include "pxlaunch/cli/json_text.h"
#include "pxlaunch/cli/signals.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <set>
#include <unordered_map>

namespace px::cli {

namespace {

OrderedJson texts(const std::vector<std::string> &words) {
    OrderedJson list = OrderedJson::array();
    for (const auto &word : words) list.push_back(json_text(word));
    return list;
}

OrderedJson environment_json(const job::Environment &env, const job::Environment &own) {
    OrderedJson forwarded = OrderedJson::array(), set = OrderedJson::array(),
                kept = OrderedJson::array();
    std::set<std::string_view> here, there;
    std::unordered_map<std::string_view, std::string_view> before;
    for (const std::string_view entry : own) {
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos) {
            before.emplace(entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
    for (const std::string_view entry : env) {
        const auto equals = entry.find('=');
        const auto name = entry.substr(0, equals), value = entry.substr(equals + 1);
        there.insert(name);
        const auto old = before.find(name);
        if (old != before.end() && old->second == value)
            forwarded.push_back(json_text(name));
        else
            set.push_back({{"name", json_text(name)}, {"value", json_text(value)}});
    }
    for (const auto &[name, value] : before) {
        if (!there.contains(name)) here.insert(name);
    }
    for (const auto name : here) kept.push_back(json_text(name));
    return {{"forwarded", forwarded}, {"set", set}, {"not_forwarded", kept}};
}

OrderedJson container_json(const job::Container &container) {
    OrderedJson json{{"image", json_text(container.image)}};
    if (!container.engine.empty()) json["engine"] = container.engine;
    if (!container.pull.empty()) json["pull"] = container.pull;
    json["mounts"] = texts(container.mounts);
    json["devices"] = texts(container.devices);
    json["passed"] = texts(container.pass);
    json["whole_environment"] = container.whole_environment;
    if (container.directory) json["directory"] = json_text(*container.directory);
    return json;
}

OrderedJson app_json(const job::App &app, const job::Environment &own) {
    OrderedJson json{{"argv", texts(app.argv)}};
    json["ranks"] = app.np > 0 ? OrderedJson(app.np) : OrderedJson(nullptr);
    if (app.per_node > 0) json["per_node"] = app.per_node;
    if (app.cpus_per_rank > 0) json["cpus_per_rank"] = app.cpus_per_rank;
    if (app.gpus_per_rank > 0) json["gpus_per_rank"] = app.gpus_per_rank;
    if (!app.hosts.empty()) json["hosts"] = texts(app.hosts);
    json["directory"] = json_text(app.directory);
    if (app.container && !app.container->image.empty())
        json["container"] = container_json(*app.container);
    if (!app.path.empty()) json["path"] = json_text(app.path);
    json["environment"] = environment_json(app.env, own);
    return json;
}

OrderedJson stdin_json(const job::Stdin &input) {
    switch (input.to) {
    case job::StdinTo::all:
        return "all";
    case job::StdinTo::none:
        return "none";
    case job::StdinTo::one:
        break;
    }
    return input.rank;
}

OrderedJson io_json(const job::Io &io) {
    return {{"stdin", stdin_json(io.input)},
            {"tag", io.tag},
            {"timestamp", io.timestamp},
            {"merge_stderr", io.merge_stderr},
            {"pty", io.pty},
            {"output", io.files.empty() ? OrderedJson(nullptr) : json_text(io.files)}};
}

double seconds(std::chrono::milliseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

OrderedJson limits_json(const job::Limits &limits) {
    constexpr std::array rules{"kill", "wait", "ignore"};
    OrderedJson signals = OrderedJson::array();
    for (const int number : limits.forward_signals)
        signals.push_back(signal_name(number));
    return {{"timeout", limits.timeout ? OrderedJson(seconds(*limits.timeout))
                                       : OrderedJson(nullptr)},
            {"start_timeout", seconds(limits.start_timeout)},
            {"grace", seconds(limits.grace)},
            {"stacks_on_timeout", limits.stacks_on_timeout},
            {"on_failure", rules.at(static_cast<std::size_t>(limits.on_failure))},
            {"forward_signals", signals},
            {"no_wait", limits.no_wait}};
}

std::string rlimit_name(int resource) {
    switch (resource) {
    case RLIMIT_CPU:
        return "cpu";
    case RLIMIT_FSIZE:
        return "fsize";
    case RLIMIT_DATA:
        return "data";
    case RLIMIT_STACK:
        return "stack";
    case RLIMIT_CORE:
        return "core";
    case RLIMIT_RSS:
        return "rss";
    case RLIMIT_NPROC:
        return "nproc";
    case RLIMIT_NOFILE:
        return "nofile";
    case RLIMIT_MEMLOCK:
        return "memlock";
    case RLIMIT_AS:
        return "as";
    case RLIMIT_LOCKS:
        return "locks";
    case RLIMIT_SIGPENDING:
        return "sigpending";
    case RLIMIT_MSGQUEUE:
        return "msgqueue";
    case RLIMIT_NICE:
        return "nice";
    case RLIMIT_RTPRIO:
        return "rtprio";
    case RLIMIT_RTTIME:
        return "rttime";
    default:
        return std::to_string(resource);
    }
}

OrderedJson inherited_json(const job::Inherited &inherited) {
    const auto value = [](unsigned long long limit) {
        return limit == RLIM_INFINITY ? OrderedJson("unlimited") : OrderedJson(limit);
    };
    OrderedJson limits = OrderedJson::object();
    for (const auto &limit : inherited.rlimits) {
        limits[rlimit_name(limit.resource)] = {value(limit.soft), value(limit.hard)};
    }
    return {{"umask", fmt::format("{:04o}", inherited.umask)}, {"rlimits", limits}};
}

OrderedJson placement_json(const job::Placement &placement) {
    return {{"map", job::to_string(placement.map)},
            {"rank", job::to_string(placement.rank)},
            {"bind", job::to_string(placement.bind)},
            {"exclusive", placement.exclusive}};
}

} // namespace

std::string dry_run_json(const job::Spec &spec, const ChosenServer &server,
                         const job::Environment &own) {
    OrderedJson document{{"version", 1}};
    document["server"] = {{"name", json_text(server.name)},
                          {"address", json_text(server.address)}};
    document["applications"] = OrderedJson::array();
    for (const auto &app : spec.apps) {
        document["applications"].push_back(app_json(app, own));
    }
    document["placement"] = placement_json(spec.placement);
    document["io"] = io_json(spec.io);
    document["limits"] = limits_json(spec.limits);
    document["inherited"] = inherited_json(spec.inherited);
    return json_document(document);
}

std::string explain_text(const Reasons &reasons) {
    std::string text;
    for (const auto &reason : reasons) {
        text += fmt::format("{}: {}\n", reason.about, reason.text);
    }
    return text;
}

std::string explain_json(const Reasons &reasons) {
    OrderedJson list = OrderedJson::array();
    for (const auto &reason : reasons) {
        list.push_back(
            {{"about", json_text(reason.about)}, {"reason", json_text(reason.text)}});
    }
    return json_document(list);
}

} // namespace px::cli
