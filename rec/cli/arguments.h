#pragma once
// The words after a command's name: options by its table, and the rest.

#include "pxlaunch/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace px::rec {

struct Command;

struct OptionRow {
    std::string_view name;     // long, without dashes
    char letter = 0;           // or 0
    std::string_view argument; // "N"; empty: a flag
    bool repeats = false;      // all values count; else the last one
    std::string_view help;     // sentences
};

class Arguments {
  public:
    std::vector<std::string> words; // those that are no options

    void add(std::string_view option, std::string value);
    [[nodiscard]] bool has(std::string_view option) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view option) const;
    [[nodiscard]] std::optional<std::string> value(std::string_view option) const;
    // The Error names the option.
    [[nodiscard]] Result<std::optional<int>>
    count(std::string_view option) const; // from 1
    [[nodiscard]] Result<std::optional<std::chrono::milliseconds>>
    duration(std::string_view option) const;

  private:
    std::vector<std::pair<std::string, std::string>> given_;
};

// Everything is checked against the table. With --help among the options nothing else is.
Result<Arguments> parse_arguments(const Command &command,
                                  const std::vector<std::string> &words);

} // namespace px::rec
