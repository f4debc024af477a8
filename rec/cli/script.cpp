// script.cpp - the end of a script whose pxrec was killed.
#include "rec/cli/script.h"

#include "pxlaunch/base/fd.h"

#include <fmt/format.h>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <poll.h>
#include <unistd.h>

namespace px::rec {

namespace {

bool has_entry(const std::string &environment, const std::string &wanted) {
    for (std::size_t at = 0; at < environment.size();) {
        const auto end = environment.find('\0', at);
        if (environment.compare(at, end - at, wanted) == 0) return true;
        if (end == std::string::npos) break;
        at = end + 1;
    }
    return false;
}

// How many there were; 0 only counts them.
int signal_once(const std::string &wanted, int number) {
    int reached = 0;
    const std::unique_ptr<DIR, int (*)(DIR *)> processes(::opendir("/proc"), ::closedir);
    while (const dirent *entry = processes ? ::readdir(processes.get()) : nullptr) {
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
        const int pid = std::atoi(entry->d_name);
        const auto environment = read_file(fmt::format("/proc/{}/environ", pid), 1 << 24);
        if (pid == ::getpid() || !environment || !has_entry(*environment, wanted))
            continue;
        if (::kill(pid, number) == 0) ++reached;
    }
    return reached;
}

} // namespace

void say_goodbye(int keepalive) {
    ::signal(SIGPIPE, SIG_IGN); // the server may be gone already
    (void)write_all(keepalive, ".");
}

bool was_killed(int keepalive) {
    char byte = 0;
    (void)set_nonblocking(keepalive);
    const auto got = read_some(keepalive, &byte, 1);
    return got && *got == 0;
}

std::string script_uri(const std::string &document) { return "file:" + document; }

void signal_script(const std::string &document, int number) {
    (void)signal_once("PXLAUNCH_URI=" + script_uri(document), number);
}

bool is_anyone_left(const std::string &document) {
    return signal_once("PXLAUNCH_URI=" + script_uri(document), 0) > 0;
}

void kill_script(const std::string &document) {
    const std::string wanted = "PXLAUNCH_URI=" + script_uri(document);
    constexpr int rounds = 200; // what forks meanwhile is found in the next one
    for (int round = 0; round < rounds && signal_once(wanted, SIGKILL) > 0; ++round) {
        ::poll(nullptr, 0, 5);
    }
}

} // namespace px::rec
