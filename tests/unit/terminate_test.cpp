// terminate_test.cpp - what a static program says of an exception that nobody caught.
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace __gnu_cxx {
void __verbose_terminate_handler();
}

namespace {

// What a process says that ends in the handler, after `in_catch` has put it there.
std::string last_words(void (*in_catch)()) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit no_core{0, 0};
        (void)::setrlimit(RLIMIT_CORE, &no_core);
        (void)::signal(SIGABRT, SIG_DFL); // doctest reports it
        (void)::dup2(pipe[1], STDERR_FILENO);
        in_catch();
        ::_exit(0);
    }
    ::close(pipe[1]);
    std::string text(256, '\0');
    std::size_t size = 0;
    for (ssize_t more; (more = ::read(pipe[0], &text[size], text.size() - size)) > 0;)
        size += static_cast<std::size_t>(more);
    ::close(pipe[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    return text.substr(0, size);
}

} // namespace

TEST_CASE("a static program that nobody's catch saves says why it ends") {
    CHECK(last_words([] {
              try {
                  throw std::runtime_error("no such thing");
              } catch (...) {
                  __gnu_cxx::__verbose_terminate_handler();
              }
          }) == "terminated: no such thing\n");
    CHECK(last_words([] {
              try {
                  throw 1;
              } catch (...) {
                  __gnu_cxx::__verbose_terminate_handler();
              }
          }) == "terminated: an exception of another kind\n");
    CHECK(last_words([] { __gnu_cxx::__verbose_terminate_handler(); }) ==
          "terminated: no exception\n");
}
