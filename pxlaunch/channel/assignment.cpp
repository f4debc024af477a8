// assignment.cpp - JSON would need text where the environment has bytes: fields, each
// ended by a NUL, and then no NUL, because the environment cannot hold one.
#include "pxlaunch/channel/assignment.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/fields.h"
#include "pxlaunch/channel/long_value.h"
#include "pxlaunch/job/environment.h"

#include <fmt/format.h>

#include <cstdlib>

namespace px::channel {

namespace {

// NUL is written as 1 2, and 1 as 1 1.
std::string escaped(const std::string &bytes) {
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 16);
    for (const char each : bytes) {
        if (each == '\0' || each == '\1') text += '\1';
        text += each == '\0' ? '\2' : each;
    }
    return text;
}

std::string unescaped(const std::string &text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\1') {
            bytes += text[i];
        } else if (++i < text.size()) {
            bytes += text[i] == '\2' ? '\0' : '\1';
        }
    }
    return bytes;
}

std::string limits_text(const job::Inherited &inherited) {
    std::string text;
    for (const auto &limit : inherited.rlimits) {
        text += fmt::format("{} {} {} ", limit.resource, limit.soft, limit.hard);
    }
    return text;
}

const char *input_word(job::StdinTo to) {
    return to == job::StdinTo::all ? "all" : to == job::StdinTo::none ? "none" : "one";
}

std::vector<job::Inherited::Rlimit> read_limits(const std::string &text) {
    std::vector<job::Inherited::Rlimit> limits;
    const auto words = split(text, ' ');
    const auto value = [&words](std::size_t i) {
        return std::strtoull(words[i].c_str(), nullptr, 10);
    };
    for (std::size_t i = 0; i + 2 < words.size(); i += 3) {
        limits.push_back({static_cast<int>(value(i)), value(i + 1), value(i + 2)});
    }
    return limits;
}

std::optional<job::StdinTo> read_input_word(const std::string &word) {
    for (const auto to : {job::StdinTo::one, job::StdinTo::all, job::StdinTo::none}) {
        if (word == input_word(to)) return to;
    }
    return std::nullopt;
}

Error damaged() {
    return cannot_run("the assignment of this rank in PXWRAP_JOB_* is damaged",
                      "is pxwrap of the same release as pxlaunch?");
}

Describe describe_of(long number) {
    return number == 1 ? Describe::yes : number == 2 ? Describe::only : Describe::no;
}

std::string variable_of(int app) {
    return app == 0 ? "PXWRAP_JOB" : fmt::format("PXWRAP_JOB{}", app);
}

} // namespace

std::vector<std::string> to_environment(const Assignment &assignment, int app) {
    FieldWriter fields;
    fields.add(std::string_view(assignment.secret));
    fields.add(std::string_view(assignment.host));
    fields.add(assignment.addresses);
    fields.add(std::string_view(assignment.directory));
    fields.add(std::string_view(assignment.path));
    fields.add(assignment.env);
    fields.add(assignment.inherited.umask);
    fields.add(std::string_view(limits_text(assignment.inherited)));
    fields.add(std::string_view(input_word(assignment.input.to)));
    fields.add(assignment.input.rank);
    fields.add(assignment.size);
    fields.add(assignment.merge_stderr ? 1L : 0L);
    fields.add(assignment.rows);
    fields.add(assignment.columns);
    fields.add(static_cast<long>(assignment.describe));
    fields.add(assignment.argv);
    fields.add(assignment.must_reach ? 1L : 0L);
    std::vector<std::string> entries;
    add_long_value(variable_of(app), escaped(fields.bytes()), entries);
    return entries;
}

Result<std::optional<Assignment>>
find_assignment(const std::vector<std::string> &environment, int app) {
    const std::string name = variable_of(app);
    const std::string text = find_long_value(name, environment);
    if (text.empty()) {
        if (job::find_variable(environment, name + "_1")) return damaged();
        return std::optional<Assignment>();
    }
    const std::string bytes = unescaped(text);
    FieldReader fields(bytes);
    Assignment read;
    read.secret = fields.text();
    read.host = fields.text();
    read.addresses = fields.list();
    read.directory = fields.text();
    read.path = fields.text();
    read.env = fields.list();
    read.inherited.umask = static_cast<int>(fields.number());
    read.inherited.rlimits = read_limits(fields.text());
    const auto input = read_input_word(fields.text());
    read.input.to = input.value_or(job::StdinTo::none);
    read.input.rank = static_cast<int>(fields.number());
    read.size = static_cast<int>(fields.number());
    read.merge_stderr = fields.number() != 0;
    read.rows = static_cast<int>(fields.number());
    read.columns = static_cast<int>(fields.number());
    read.describe = describe_of(fields.number());
    read.argv = fields.list();
    read.must_reach = fields.number() != 0;
    if (!fields.good() || !input) return damaged();
    return std::optional(std::move(read));
}

} // namespace px::channel
