#pragma once
// What connects a process to whoever starts it: pipes or a terminal. Our ends do not
// block.

#include "pxlaunch/base/fd.h"

namespace px::process {

struct Streams {
    Fd in, out, err;
};

struct Connection {
    Streams ours, theirs;
};

// Without `reads`, its input is /dev/null; with `merge`, its errors go where its output
// goes.
Result<Connection> connect_pipes(bool reads, bool merge);

// One terminal for all three; `ours.in` and `ours.out` are its other side.
Result<Connection> connect_terminal(int rows, int columns);

} // namespace px::process
