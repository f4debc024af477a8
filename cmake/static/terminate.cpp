// terminate.cpp - an exception that nobody catches ends a static program, and says what
// it was. In the place of libstdc++'s own, which brings a demangler of 60 kB to say its
// type, too.
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace __gnu_cxx {

void __verbose_terminate_handler();

void __verbose_terminate_handler() {
    const char *what = "no exception";
    const auto current = std::current_exception(); // it holds what what() points to
    try {
        if (current) std::rethrow_exception(current);
    } catch (const std::exception &thrown) {
        what = thrown.what();
    } catch (...) {
        what = "an exception of another kind";
    }
    (void)std::fprintf(stderr, "terminated: %s\n", what);
    std::abort();
}

} // namespace __gnu_cxx
