#pragma once
// How a server that was started says, over a pipe, that it is ready, or why it will never
// be: the one message between pxrec and whoever started it.

#include "pxlaunch/base/patience.h"
#include "pxlaunch/base/result.h"

#include <string>

namespace px {

struct ReadyServer {
    std::string uri;       // where to attach
    std::string directory; // its run directory
};

void tell_ready(int fd, const ReadyServer &server); // closes fd; -1 tells nobody
void tell_ready(int fd, const Error &error);

// The Error is the server's own, or says that it ended or came too late; an interruption
// is the caller's to word.
Result<ReadyServer> await_ready(int fd, const Patience &patience);

} // namespace px
