#pragma once
// What this node is made of, for a picture of the job's places; without hwloc, which
// would be a shared library in every rank's way.

#include <string>
#include <vector>

namespace px::wrapper {

// The hardware threads that process `pid` may use, as "0-3,8"; empty if nobody knows.
std::string allowed_cpus(int pid);

// The hardware threads of `usable`, those of a core together, in the order of the lowest
// of each. `system` as below.
std::vector<std::vector<int>> cores_of(const std::vector<int> &usable,
                                       const std::string &system = "/sys/devices/system");

// One line of JSON: {"usable": "0-3", "packages": [{"os", "numas": [{"os", "cores":
// [{"os", "pus", "usable"}]}]}]}, as in px.layout. `system` is where the kernel describes
// its devices (/sys/devices/system); numbers that it does not tell are -1.
std::string node_json(const std::string &usable,
                      const std::string &system = "/sys/devices/system");

} // namespace px::wrapper
