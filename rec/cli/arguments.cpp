// arguments.cpp - reading a command's options and words by its table.
#include "rec/cli/arguments.h"

#include "pxlaunch/base/text.h"
#include "rec/cli/commands.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::rec {

void Arguments::add(std::string_view option, std::string value) {
    given_.emplace_back(option, std::move(value));
}

bool Arguments::has(std::string_view option) const { return value(option).has_value(); }

std::vector<std::string> Arguments::all(std::string_view option) const {
    std::vector<std::string> values;
    for (const auto &[name, text] : given_) {
        if (name == option) values.push_back(text);
    }
    return values;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
    auto values = all(option);
    return values.empty() ? std::nullopt : std::optional(std::move(values.back()));
}

Result<std::optional<int>> Arguments::count(std::string_view option) const {
    const auto text = value(option);
    if (!text) return std::optional<int>();
    const auto number = parse_number(*text, 1'000'000);
    if (number && *number > 0) return std::optional(static_cast<int>(*number));
    return usage_error(
        fmt::format("--{}: expected a number from 1, got '{}'", option, *text),
        fmt::format("leave --{} out for all there are", option));
}

Result<std::optional<std::chrono::milliseconds>>
Arguments::duration(std::string_view option) const {
    const auto text = value(option);
    if (!text) return std::optional<std::chrono::milliseconds>();
    const auto time = parse_duration(*text);
    if (time) return std::optional(*time);
    return usage_error(fmt::format("--{}: {}", option, time.error().what),
                       time.error().hint);
}

namespace {

class Reader {
  public:
    Reader(const Command &command, const std::vector<std::string> &words)
        : command_(command), words_(words) {}

    Result<Arguments> read();

  private:
    Result<void> read_option(const std::string &word);
    Result<void> read_letters(const std::string &word);
    Result<std::string> argument_of(const OptionRow &option, const std::string &typed);
    [[nodiscard]] Result<void> check_words() const;
    [[nodiscard]] Error unknown(const std::string &typed) const;
    [[nodiscard]] std::string see_help() const {
        return fmt::format("'pxrec {} --help' shows its options", command_.name);
    }

    const Command &command_;
    const std::vector<std::string> &words_;
    std::size_t next_ = 0;
    Arguments arguments_;
};

Result<Arguments> Reader::read() {
    while (next_ < words_.size()) {
        const std::string &word = words_[next_++];
        const bool is_option = word.size() > 1 && word[0] == '-' && word != "--";
        if (is_option) {
            PX_TRY(word.starts_with("--") ? read_option(word) : read_letters(word));
            if (arguments_.has("help")) return std::move(arguments_);
            continue;
        }
        if (word != "--") {
            arguments_.words.push_back(word);
            if (!command_.runs_program) continue;
        }
        const auto rest = words_.begin() + static_cast<long>(next_);
        arguments_.words.insert(arguments_.words.end(), rest, words_.end());
        break;
    }
    PX_TRY(check_words());
    return std::move(arguments_);
}

Result<void> Reader::read_option(const std::string &word) {
    const auto equals = word.find('=');
    const std::string typed = word.substr(0, equals), name = typed.substr(2);
    if (name == "help") {
        arguments_.add(name, "");
        return {};
    }
    for (const auto &option : command_.options) {
        if (option.name != name) continue;
        const bool is_flag = option.argument.empty();
        if (is_flag && equals != std::string::npos) {
            return usage_error(fmt::format("{} takes no argument", typed), see_help());
        }
        arguments_.add(name, is_flag ? std::string()
                             : equals != std::string::npos
                                 ? word.substr(equals + 1)
                                 : PX_TRY(argument_of(option, typed)));
        return {};
    }
    return unknown(typed);
}

// "-x NAME", "-xNAME"; flags may be written together.
Result<void> Reader::read_letters(const std::string &word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
        if (word[at] == 'h') {
            arguments_.add("help", "");
            return {};
        }
        const auto &options = command_.options;
        const auto option =
            std::find_if(options.begin(), options.end(),
                         [&](const OptionRow &row) { return row.letter == word[at]; });
        if (option == options.end())
            return unknown(at == 1 ? word : fmt::format("-{}", word[at]));
        if (option->argument.empty()) {
            arguments_.add(option->name, "");
            continue;
        }
        arguments_.add(option->name,
                       at + 1 < word.size()
                           ? word.substr(at + 1)
                           : PX_TRY(argument_of(*option, word.substr(0, at + 1))));
        return {};
    }
    return {};
}

Result<std::string> Reader::argument_of(const OptionRow &option,
                                        const std::string &typed) {
    if (next_ < words_.size()) return words_[next_++];
    return usage_error(fmt::format("{} needs an argument", typed),
                       fmt::format("write {} {}", typed, option.argument));
}

Error Reader::unknown(const std::string &typed) const {
    std::vector<std::string> known{"--help"};
    for (const auto &option : command_.options)
        known.push_back(fmt::format("--{}", option.name));
    const std::string near = nearest(typed, known);
    return usage_error(fmt::format("pxrec {}: unknown option '{}'", command_.name, typed),
                       near.empty() ? see_help()
                                    : fmt::format("did you mean '{}'?", near));
}

Result<void> Reader::check_words() const {
    const auto count = arguments_.words.size();
    if (count > command_.most_words) {
        return usage_error(fmt::format("pxrec {}: unexpected word '{}'", command_.name,
                                       arguments_.words[command_.most_words]),
                           see_help());
    }
    if (count >= command_.least_words) return {};
    return usage_error(
        fmt::format("pxrec {}: {} is missing", command_.name,
                    command_.runs_program ? "the command" : "a job's name"),
        command_.runs_program ? "write pxrec run [OPTIONS] -- COMMAND [ARG...]"
                              : "'pxrec ps' lists the jobs");
}

} // namespace

Result<Arguments> parse_arguments(const Command &command,
                                  const std::vector<std::string> &words) {
    return Reader(command, words).read();
}

} // namespace px::rec
