#pragma once
// What ch-run leaves behind on a node.

#include <string>

namespace px::wrapper {

// Ranks find their first one by two files of its tag, which the last of --join-ct
// removes. They stay where fewer come, as in a job that has other images, too. This
// removes those of ours whose first rank has ended: nobody can join it any more.
void sweep_after_ch_run(const std::string &folder = "/dev/shm");

} // namespace px::wrapper
