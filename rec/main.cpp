// main.cpp - pxrec: makes sure there is a server that can spawn.
#include "rec/cli/commands.h"

int main(int argc, char **argv) { return px::rec::main(argc, argv); }
