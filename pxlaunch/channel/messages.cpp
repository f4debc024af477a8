// messages.cpp - fields that end in a NUL each; what a later version adds comes last.
#include "pxlaunch/channel/messages.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cstdlib>

namespace px::channel {

namespace {

template <class... Fields>
std::string joined(const Fields &...fields) {
    std::string text;
    ((text += fmt::format("{}", fields), text += '\0'), ...);
    return text;
}

// At least `count` fields, or nothing.
std::vector<std::string> fields_of(std::string_view text, std::size_t count) {
    if (!text.ends_with('\0')) return {};
    text.remove_suffix(1);
    auto fields = split(text, '\0');
    return fields.size() < count ? std::vector<std::string>() : fields;
}

std::optional<int> number(const std::string &text) {
    const auto parsed = parse_number(text);
    if (!parsed) return std::nullopt;
    return static_cast<int>(*parsed);
}

std::optional<Error> refused_in(const std::vector<std::string> &fields) {
    const auto exit = number(fields[0]);
    if (!exit) return std::nullopt;
    const bool known = *exit == static_cast<int>(Exit::not_executable) ||
                       *exit == static_cast<int>(Exit::not_found);
    return Error{known ? static_cast<Exit>(*exit) : Exit::cannot_run, fields[1],
                 fields[2]};
}

} // namespace

std::string text_of(const Hello &hello) {
    const auto text = joined(hello.protocol, hello.secret, hello.nspace, hello.rank,
                             hello.host, hello.pid, hello.cpus, hello.node);
    return hello.refused ? text + text_of(*hello.refused) : text;
}

std::optional<Hello> read_hello(std::string_view text) {
    const auto fields = fields_of(text, 8);
    if (fields.empty()) return std::nullopt;
    const auto version = number(fields[0]), rank = number(fields[3]),
               pid = number(fields[5]);
    if (!version || !rank || !pid) return std::nullopt;
    Hello hello{*version,  fields[1], fields[2], *rank,
                fields[4], *pid,      fields[6], fields[7]};
    if (fields.size() >= 11)
        hello.refused = refused_in({fields.begin() + 8, fields.end()});
    return hello;
}

std::string text_of(const Ended &ended) {
    const auto &end = ended.end;
    return joined(end.pid, end.exit_code, end.signal, end.core_dumped ? 1 : 0,
                  end.started, end.ended, ended.by_runtime ? 1 : 0);
}

std::optional<Ended> read_ended(std::string_view text) {
    const auto fields = fields_of(text, 7);
    if (fields.empty()) return std::nullopt;
    const auto pid = number(fields[0]), exit = number(fields[1]),
               signal = number(fields[2]);
    if (!pid || !exit || !signal) return std::nullopt;
    Ended ended;
    ended.end.pid = *pid;
    ended.end.exit_code = *exit;
    ended.end.signal = *signal;
    ended.end.core_dumped = fields[3] == "1";
    ended.end.started = std::strtod(fields[4].c_str(), nullptr);
    ended.end.ended = std::strtod(fields[5].c_str(), nullptr);
    ended.by_runtime = fields[6] == "1";
    return ended;
}

std::string text_of(const Error &refused) {
    return joined(static_cast<int>(refused.exit), refused.what, refused.hint);
}

std::optional<Error> read_refused(std::string_view text) {
    const auto fields = fields_of(text, 3);
    return fields.empty() ? std::nullopt : refused_in(fields);
}

} // namespace px::channel
