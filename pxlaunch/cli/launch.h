#pragma once
// pxlaunch from its command line to its exit status.

namespace px::cli {

int launch(int argc, char **argv);

} // namespace px::cli
