// main.cpp - pxrec: makes sure there is a server that can spawn.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/memory.h"
#include "rec/cli/commands.h"

int main(int argc, char **argv) {
    px::settle_memory();
    px::open_standard_descriptors();
    return px::rec::main(argc, argv);
}
