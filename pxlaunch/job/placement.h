#pragma once
// Mapping, ranking and binding in PRRTE's vocabulary: parsed and validated here, always
// sent explicitly, carried out by whoever maps the job.

#include "pxlaunch/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::job {

enum class Object {
    slot,
    hwthread,
    core,
    l1cache,
    l2cache,
    l3cache,
    numa,
    package,
    node
};
enum class RankBy { slot, node, fill, span };

struct MapBy {
    Object object = Object::slot;
    int per_object = 0; // N of ppr:N:OBJECT; 0: not ppr
    int cpus = 0;       // N of :PE=N; 0: not asked for
    std::vector<int>
        cpu_list; // of pe-list=..., as given: the node's cores, or its hardware
                  // threads with HWTCPUS, counted from 0 as hwloc orders them
    bool pe_list = false;
    bool span = false;
    bool ordered = false;
    bool nolocal = false;
    bool hwthread_cpus = false; // a "cpu" is a hardware thread, not a core
    std::optional<bool> oversubscribe;

    bool operator==(const MapBy &) const = default;
};

struct BindTo {
    Object object = Object::slot; // slot: the default rule decides ("default")
    bool none = false;
    bool overload_allowed = false;
    bool if_supported = false;

    bool operator==(const BindTo &) const = default;
};

struct Placement {
    MapBy map;
    RankBy rank = RankBy::slot;
    BindTo bind;
    bool exclusive =
        false; // one rank per reserved core set: the pool's rule (see rec/map)
};

// Words in any case; an unknown one is a usage Error with the nearest right one. What
// only PRRTE can do (seq, rankfile, dist, device) is refused by name.
Result<MapBy> parse_map_by(std::string_view text);
Result<RankBy> parse_rank_by(std::string_view text);
Result<BindTo> parse_bind_to(std::string_view text);

// PRRTE's rule for jobs that say how to map and not how to rank.
RankBy default_rank_by(const MapBy &map);

// The text that the parser turns into the same value.
std::string to_string(Object object);
std::string to_string(const MapBy &map);
std::string to_string(RankBy rank);
std::string to_string(const BindTo &bind);

// For --map-by=help and friends, and for the man page; qualifiers start with ':'.
struct WordHelp {
    std::string word;
    std::string text; // one line, at most 60 columns
};
const std::vector<WordHelp> &map_by_words();
const std::vector<WordHelp> &rank_by_words();
const std::vector<WordHelp> &bind_to_words();

} // namespace px::job
