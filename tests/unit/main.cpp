// main.cpp - the one translation unit that holds doctest's implementation.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <filesystem>

int main(int argc, char **argv) {
    // Where the compiler ran: __FILE__, by which tests find their data, may be relative
    // to it.
    const auto program = std::filesystem::read_symlink("/proc/self/exe");
    std::filesystem::current_path(program.parent_path().parent_path());
    return doctest::Context(argc, argv).run();
}
