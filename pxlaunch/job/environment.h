#pragma once
// Which environment a rank gets: pxlaunch's own, less what belongs to one process of
// another launcher, then --env-file, then -x and --unset-env in the order given. Bytes
// are kept as they are; entries without '=' and second entries of a name are dropped.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::job {

using Environment = std::vector<std::string>; // NAME=VALUE

std::optional<std::string_view> find_variable(const Environment &env,
                                              std::string_view name);
void set_variable(Environment &env, std::string_view name, std::string_view value);
void unset_variable(Environment &env, std::string_view name);

// One -x NAME, -x NAME=VALUE or --unset-env NAME; NAME of pass and unset may be a
// pattern.
struct EnvEdit {
    enum class Kind { pass, set, unset };
    Kind kind = Kind::pass;
    std::string name;
    std::string value; // with Kind::set

    bool operator==(const EnvEdit &) const = default;
};

Result<EnvEdit> parse_env_edit(std::string_view text); // of -x
Result<EnvEdit> parse_unset_env(std::string_view text);

// The content of an --env-file: NAME=VALUE or NAME a line, '#' starts a comment line;
// with a NUL byte anywhere, NUL ends the entries and nothing is a comment (`env -0`).
// Values are raw.
Result<std::vector<EnvEdit>> parse_env_file(std::string_view content);

struct EnvRules {
    bool whole = true; // false: --no-env
    std::vector<std::string>
        pass; // the site's patterns: forwarded although never forwarded
    std::vector<std::string> drop; // the site's patterns: not forwarded
    std::vector<EnvEdit> edits;    // in order
    int threads = 0;               // OMP_NUM_THREADS where it is unset; 0: leave it
};

// A variable of another launcher's or of one process, as PMIX_RANK or HOSTNAME.
bool is_never_forwarded(std::string_view name);

Environment rank_environment(const Environment &own, const EnvRules &rules,
                             Reasons &reasons);

} // namespace px::job
