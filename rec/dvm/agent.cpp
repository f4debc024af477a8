// agent.cpp - one ssh, with its words in DIRECTORY/ssh.HOST and its status in
// DIRECTORY/ssh.HOST.status.
#include "rec/dvm/agent.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "rec/dvm/prte.h"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::dvm {

namespace {

std::string record_of(const std::string &directory, const std::string &host) {
    return fmt::format("{}/ssh.{}", directory, host);
}

[[noreturn]] void become_ssh(const std::vector<std::string> &words,
                             const std::string &record) {
    const int errors = ::open(record.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (errors >= 0) ::dup2(errors, STDERR_FILENO);
    // Nobody is there to answer a question; an unreachable node must not hold up the
    // rest.
    std::vector<std::string> argv = {"ssh",           "-x", "-o",
                                     "BatchMode=yes", "-o", "ConnectTimeout=10"};
    argv.insert(argv.end(), words.begin() + 1, words.end());
    std::vector<char *> pointers;
    for (auto &word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp("ssh", pointers.data());
    (void)write_all(STDERR_FILENO, "there is no ssh here\n");
    ::_exit(255);
}

// The last line that ssh, or the node's shell, wrote.
std::string last_words(const std::string &record) {
    const auto text = read_file(record);
    std::string last;
    if (!text) return last;
    for (const auto &line : split(*text, '\n')) {
        const auto end = line.find_last_not_of("\r ");
        if (end != std::string::npos) last = line.substr(0, end + 1);
    }
    return last;
}

} // namespace

Result<int> run_agent(const std::vector<std::string> &words) {
    if (words.size() < 3) {
        return usage_error("pxrec agent: expected DIRECTORY HOST COMMAND",
                           "it is for prte, not for people");
    }
    const std::string record = record_of(words[0], words[1]);
    const pid_t pid = ::fork();
    if (pid < 0) return start_error("cannot start ssh", errno);
    if (pid == 0) become_ssh(words, record);
    int status = 0;
    ::waitpid(pid, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    (void)replace_file(record + ".status", fmt::format("{}\n", code), 0600);
    return code;
}

void forget_agents(const std::string &directory, const std::vector<std::string> &hosts) {
    for (const auto &host : hosts) {
        const std::string record = record_of(directory, name_of(host));
        ::unlink(record.c_str());
        ::unlink((record + ".status").c_str());
    }
}

Error why_not_complete(const std::string &directory,
                       const std::vector<std::string> &hosts,
                       const std::string &deadline) {
    std::string text;
    bool refused = false;
    for (const auto &host : hosts) {
        const std::string record = record_of(directory, name_of(host));
        const auto status = read_file(record + ".status");
        if (!status && ::access(record.c_str(), F_OK) != 0) continue; // this node
        if (status && *status == "0\n") continue; // its daemon was started
        const std::string words = last_words(record);
        const std::string why = !words.empty() ? words
                                : status
                                    ? fmt::format("ssh ended with status {}",
                                                  (*status).substr(0, status->find('\n')))
                                    : "ssh has not answered yet";
        refused = refused || words.find("Permission denied") != std::string::npos;
        text += fmt::format("\n  {}: {}", name_of(host), why);
    }
    const std::string what =
        deadline.empty()
            ? "the PRRTE daemons did not start"
            : fmt::format("the PRRTE daemons were not ready after {}", deadline);
    if (text.empty()) {
        return cannot_run(
            fmt::format("{}: the nodes were reached, but did not report back", what),
            fmt::format("is PRRTE there in the same version, and no firewall "
                        "between the nodes? see {}/log",
                        directory));
    }
    return cannot_run(what + text,
                      refused ? "try 'ssh NODE true': it must work without a password"
                              : "try 'ssh NODE prted --version' by hand");
}

} // namespace px::dvm
