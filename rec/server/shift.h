#pragma once
// Answers to libpmix, on libpmix's own thread. Several of the callbacks that upcalls are
// given (4.2.2: those of queries and job control) put their message into the peer's send
// queue on the thread that calls them: called from ours they race with libpmix's,
// messages get lost and the connection is corrupted.

#include <functional>

namespace px::server {

// Runs `task` on libpmix's thread, soon, in the order of these calls.
void on_pmix_thread(std::function<void()> task);

} // namespace px::server
