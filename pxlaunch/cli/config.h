#pragma once
// The site's and the user's configuration files: one JSON grammar, checked whole. Values
// keep their origin, so that --explain and an error can name the file.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/cli/option_table.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

// The value of an option and the layer it came from; a higher layer wins.
enum class Layer { site, user, environment, command_line };
struct Given {
    const Option *option = nullptr;
    std::string value;
    Layer layer = Layer::command_line;
    std::string origin; // "-n", "PXLAUNCH_NP", "/etc/pxlaunch/config"
};

// May pxlaunch start a server on this host? The first rule whose pattern matches decides.
enum class LocalRule { allow, warn, refuse };
struct LocalPolicy {
    std::string host; // pattern
    LocalRule rule = LocalRule::allow;
    std::string message;
};

struct Config {
    std::vector<Given> defaults; // site first, then user
    std::vector<const Option *> locked;
    std::vector<LocalPolicy> local;
    std::vector<std::string> env_pass, env_drop; // patterns
    std::optional<std::chrono::milliseconds> idle_timeout;
    std::string run_directory;      // empty: the built-in rule
    bool allow_shared_node = false; // a PRRTE 3 DVM where others can log in
    // "srun", "prrte", "local": how servers are started, in the order of trying; empty:
    // the built-in order. Locked: and in no other way.
    std::vector<std::string> methods;
    bool methods_locked = false;
    std::string prrte_prefix; // PREFIX/bin/prte; empty: pxrec's own prefix
    bool audit = false;
    std::string site_path, user_path; // files that were read; empty: there was none
};

// Reads the site's file (PXLAUNCH_SITE_CONFIG, else /etc/pxlaunch/config) and the user's
// ($XDG_CONFIG_HOME/pxlaunch/config, else ~/.config/...). A missing file is no error,
// unless PXLAUNCH_SITE_CONFIG names it.
Checked<Config> load_config(const job::Environment &environment);

enum class ConfigKind { site, user };
Checked<Config> parse_config(std::string_view text, const std::string &path,
                             ConfigKind kind);

// What `pxrec probe --config` prints: everything wrong with a site file; empty: it is
// right.
std::vector<Error> check_config(const std::string &path);

// PXLAUNCH_<OPTION> of the environment, and MPIEXEC_TIMEOUT; a PXLAUNCH_ name that means
// nothing leaves a Reason.
std::vector<Given> variables(const job::Environment &environment, Reasons &reasons);

} // namespace px::cli
