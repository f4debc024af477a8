// main.cpp - pxwrap.
#include "wrapper/run.h"

#include "pxlaunch/base/fd.h"

int main(int argc, char **argv) {
    px::open_standard_descriptors();
    return px::wrapper::run(argc, argv);
}
