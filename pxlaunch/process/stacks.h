#pragma once
// Stack traces, for --on-timeout stacks.

#include <string>

namespace px::process {

// The process's stack, as the system's own tools (eu-stack, gdb) print it; where there is
// none, or it may not look, what /proc knows. Waits for the tool, 5 s at most.
std::string stack_of(int pid);

// `stack` under a heading that names the rank.
std::string stack_text(int rank, int pid, const std::string &stack);

} // namespace px::process
