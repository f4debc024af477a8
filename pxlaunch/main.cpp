// main.cpp - pxlaunch: assembles the pieces, and is the one place that prints errors.
#include "pxlaunch/cli/launch.h"

int main(int argc, char **argv) { return px::cli::launch(argc, argv); }
