#pragma once
// What must be in the process's environment before libpmix is initialised: each line of
// it cost somebody a hang, a crash or seconds (see settings.cpp).

#include <string>

namespace px::pmix {

// For a server, or a tool of our own server. Must run before any other thread exists.
void settle_environment();

// For a tool: the wire format of a server of that version ("5.0.7"; empty: unknown).
void choose_wire_format(const std::string &server_version);

// The version of the libpmix that is loaded, "5.0.7".
std::string library_version();

// A PMIx status in words.
std::string status_text(int status);

} // namespace px::pmix
