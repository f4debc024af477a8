#pragma once
// The steps that the option table's rows share: from an argument's text to a value.

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/option_table.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace px::cli {

using Value = const std::string &;

template <auto Member>
Result<void> set_flag(Options &job, AppOptions &, Value value) {
    job.*Member = PX_TRY(parse_flag(value));
    return {};
}

inline Result<std::string> not_empty(Value value, std::string_view what) {
    if (value.empty()) return usage_error(fmt::format("expected {}, got ''", what));
    return value;
}

} // namespace px::cli
