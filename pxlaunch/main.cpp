// main.cpp - pxlaunch: assembles the pieces, and is the one place that prints errors.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/memory.h"
#include "pxlaunch/launch/launch.h"

int main(int argc, char **argv) {
    px::settle_memory();
    px::open_standard_descriptors();
    return px::launch::run(argc, argv);
}
