#pragma once
// pxwrap from its command line to its exit status.

namespace px::wrapper {

int run(int argc, char **argv);

} // namespace px::wrapper
