#pragma once
// A script under `pxrec run`, seen from its server's guard: whether it ended as it
// should, and if not, finding all that it started by the address in their environment.

#include <string>

namespace px::rec {

// pxrec run writes a byte into the server's keepalive pipe before it closes it. At an
// end without the byte it was killed, and its command must not go on; while it lives, the
// command goes on even without the server.
void say_goodbye(int keepalive);
bool was_killed(int keepalive);

// PXLAUNCH_URI of a script whose server's rendezvous file is `document`.
std::string script_uri(const std::string &document);

// Every process of ours with that PXLAUNCH_URI.
void signal_script(const std::string &document, int number);
bool is_anyone_left(const std::string &document);

// Kills them, until there is none.
void kill_script(const std::string &document);

} // namespace px::rec
