#pragma once
// The file of one container on this node. It is two locks and a note:
//  - flock, shared: a rank is in the container, or is about to be. The keeper waits for
//    the exclusive one, and when it has it nobody is left.
//  - OFD lock: somebody is starting the container.
//  - its content: who the keeper is, and the directory and environment that the image
//    gives.
// So whoever dies, however, leaves no lock behind, and a file without a keeper is an
// old one that the next comer uses again.

#include "pxlaunch/base/fd.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace px::wrapper::container {

constexpr std::chrono::seconds until_started{600}; // an image may have to be fetched
// Later, so that a rank that waits can say so.
constexpr auto until_attended = until_started + std::chrono::seconds(3);

struct Keeper {
    int pid = 0;
    unsigned long long started = 0;       // in the kernel's ticks: pids are given again
    std::string container;                // by the engine's name for it; may be empty
    std::string directory = "/";          // of the image, to start in
    std::vector<std::string> environment; // of the image, and what the engine adds
};

bool is_alive(const Keeper &keeper);
// When the process started; nothing if it is no more.
std::optional<unsigned long long> start_of(int pid);

// The folder of the states of this user on this node, made if need be. SECURITY: it must
// be the user's alone, for whoever writes there says which process ranks enter.
Result<std::string> states_folder();

// Removes what containers left there whose keepers were killed: the files that no rank
// has locked. Who is about to lock one sees that it is gone, and makes another. Returns
// the names of their containers, if they had some.
std::vector<std::string> sweep(const std::string &folder);

class State {
  public:
    // With the rank's lock, which lives as long as a copy of descriptor() does.
    static Result<State> open(const std::string &path, std::chrono::seconds patience);

    [[nodiscard]] int descriptor() const { return file_.get(); }
    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::optional<Keeper> keeper() const; // if there is one, and it lives
    // The name of the keeper's container, whether or not it lives; empty: there is none.
    [[nodiscard]] std::string last_container() const;
    // Until unlock() nobody else starts it.
    Result<void> lock(std::chrono::seconds patience) const;
    void unlock() const;
    // For those who wait for the lock: it could not be started. The file is gone then.
    void note_failure(const Error &error) const;
    [[nodiscard]] std::optional<Error> failure() const;
    // From a container that is starting; who waits for the word is woken by the note, or
    // when that process, if it is one, has ended: then there may be none.
    Result<std::optional<Keeper>> wait_for_keeper(std::chrono::seconds patience,
                                                  int process = -1) const;
    // Ranks may not enter it, and have containers of their own. Whether it is news.
    [[nodiscard]] bool note_refusal() const;
    [[nodiscard]] bool is_refused() const;

  private:
    [[nodiscard]] std::string content() const;

    explicit State(Fd file, std::string path)
        : file_(std::move(file)), path_(std::move(path)) {}
    Fd file_;
    std::string path_;
};

// The keeper's whole life: notes itself, waits until no rank is left, ends. Returns its
// exit status.
int keep(const std::string &path, const std::string &container,
         const std::vector<std::string> &environment);

// The whole life of who stays with an engine's command that lasts as long as its keeper:
// whoever is killed, the file does not stay. Returns the command's exit status. Before
// there is a keeper, it kills the command that no rank wants any more, or that is late.
int attend(const std::string &path, const std::vector<std::string> &argv);
// The same of a command that ends when the keeper runs.
int attend_start(const std::string &path, const std::vector<std::string> &argv,
                 std::chrono::seconds patience = until_attended);

} // namespace px::wrapper::container
