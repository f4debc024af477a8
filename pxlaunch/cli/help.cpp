// help.cpp - --help and its topics, rendered from the option table.
#include "pxlaunch/cli/help.h"

#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::cli {

namespace {

constexpr std::size_t column = 32; // where the help of an option begins

// "-n, --np N", "--help[=TOPIC]".
std::string heading(const Option &option) {
    std::string text = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
    text += fmt::format("--{}", option.name);
    if (option.is_flag()) return text;
    if (option.needs_argument()) return fmt::format("{} {}", text, option.argument);
    const auto inner = option.argument.substr(1, option.argument.size() - 2);
    return fmt::format("{}[={}]", text, inner);
}

std::string option_lines(const Option &option) {
    std::string left = "  " + heading(option);
    if (left.size() + 2 > column)
        left += '\n' + std::string(column, ' ');
    else
        left.resize(column, ' ');
    return left + wrapped(option.help, column, column) + '\n';
}

std::string group_lines(const GroupTitle &title) {
    std::string out = fmt::format("\n{}\n", title.title);
    for (const auto &option : option_table()) {
        if (option.group == title.group) out += option_lines(option);
    }
    return out;
}

std::string words_text(const Option &option) {
    const auto words = option.words();
    std::size_t longest = 0;
    for (const auto &word : words) longest = std::max(longest, word.word.size());
    const std::size_t indent = longest + 4;
    std::string out;
    for (const auto &[word, meaning] : words) {
        std::string left = "  " + word;
        left.resize(indent, ' ');
        out += left + wrapped(meaning, indent, indent) + '\n';
    }
    return out;
}

std::string option_text(const Option &option) {
    std::vector<std::string> others(option.spellings.begin(), option.spellings.end());
    std::string out =
        fmt::format("{}\n", heading(option).substr(option.letter != 0 ? 0 : 4));
    if (!others.empty()) out += fmt::format("also written {}\n", join(others, ", "));
    out += fmt::format("\n  {}\n", wrapped(option.more, 2, 2));
    if (option.words != nullptr) out += '\n' + words_text(option);
    if (option.layered) {
        out += fmt::format(
            "\n  {}\n",
            wrapped(fmt::format("May also be set by {} in the environment, or "
                                "as \"{}\" in a configuration file.",
                                variable_of(option), option.name),
                    2, 2));
    }
    return out;
}

std::string group_text(const GroupTitle &title) {
    std::string out(title.title);
    out += '\n';
    for (const auto &option : option_table()) {
        if (option.group != title.group) continue;
        out +=
            fmt::format("\n  {}\n", heading(option).substr(option.letter != 0 ? 0 : 4));
        out += fmt::format("      {}\n", wrapped(option.more, 6, 6));
    }
    return out;
}

std::string exit_text() {
    std::string out = "Exit status\n";
    for (const auto &[status, meaning] : exit_statuses()) {
        std::string left = "  " + status;
        left.resize(10, ' ');
        out += left + wrapped(meaning, 10, 10) + '\n';
    }
    return out;
}

Error unknown_topic(std::string_view topic) {
    std::vector<std::string> topics{"exit"};
    for (const auto &title : group_titles()) topics.emplace_back(title.word);
    const std::string list = join(topics, ", ");
    for (const auto &option : option_table()) {
        topics.emplace_back(option.name);
        topics.push_back(fmt::format("--{}", option.name));
    }
    const std::string near = nearest(topic, topics);
    return usage_error(fmt::format("no help on '{}'", topic),
                       near.empty() ? fmt::format("topics are {}, and every option", list)
                                    : fmt::format("did you mean --help={}?", near));
}

} // namespace

std::vector<StatusRow> exit_statuses() {
    const auto number = [](Exit status) {
        return std::to_string(static_cast<int>(status));
    };
    return {
        {number(Exit::ok), "every rank ended with 0"},
        {"N", "the status of the rank that failed first, or of MPI_Abort"},
        {number(Exit::usage), "the command line or a configuration file is wrong"},
        {number(Exit::timeout), "the job was ended by --timeout"},
        {number(Exit::cannot_run), "the job could not be run, or the runtime was lost"},
        {number(Exit::not_executable), "the command was found and cannot be executed"},
        {number(Exit::not_found), "the command was not found"},
        {"128+N", "the rank that failed first was killed by signal N"},
    };
}

std::string help_overview() {
    std::string out = "usage: pxlaunch [OPTIONS] COMMAND [ARG...]\n"
                      "                [: [OPTIONS] COMMAND [ARG...]]...\n"
                      "Run a parallel job on the PMIx runtime that is here.\n";
    for (const auto &title : group_titles()) out += group_lines(title);
    out +=
        "\nMore: --help=io, --help=--map-by, --help=exit, --map-by=help, man pxlaunch\n";
    return out;
}

Result<std::string> help_topic(std::string_view topic) {
    if (topic.empty()) return help_overview();
    if (topic == "exit") return exit_text();
    for (const auto &title : group_titles()) {
        if (title.word == topic) return group_text(title);
    }
    const auto name = topic.substr(std::min(topic.find_first_not_of('-'), topic.size()));
    const Option *option = find_option(name);
    if (option == nullptr) return unknown_topic(topic);
    return option_text(*option);
}

std::string version_text() { return "pxlaunch " PX_VERSION "\n"; }

std::optional<Result<std::string>> help_for(const Option &option,
                                            const std::string &value) {
    if (option.name == "help") return help_topic(value);
    if (option.name == "version") return Result<std::string>(version_text());
    if (option.words == nullptr || value != "help") return std::nullopt;
    return Result<std::string>(fmt::format("{}\n{}", option.help, words_text(option)));
}

} // namespace px::cli
