#pragma once
// pxlaunch from its command line to its exit status.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/cli/command.h"
#include "pxlaunch/cli/make_spec.h"
#include "pxlaunch/discover/discover.h"
#include "pxlaunch/drive/drive.h"
#include "pxlaunch/drive/signals.h"
#include "pxlaunch/joblist/run_list.h"
#include "pxlaunch/shims/shim_runtime.h"
#include "pxlaunch/tool/local_server.h"
#include "pxlaunch/tool/session.h"

namespace px::launch {

int run(int argc, char **argv);

// The steps between a parsed command line and a job; each may be the last one.
struct Audience; // job.cpp

class Launch {
  public:
    Launch(cli::Command command, cli::Surroundings surroundings, char **argv);
    int run(); // the exit status; errors are printed

  private:
    Result<int> probe();
    Result<int> inspect(discover::Found &found);
    Result<discover::Discovery> discover();
    Result<discover::Found> find_server();
    Result<void> start_server(discover::Found &found);
    Result<void> start_shared(discover::Found &found);
    Result<void> check_policy(const discover::Found &found);
    [[nodiscard]] bool has_died(const discover::Found &found) const;
    Result<void> start_again(discover::Found &found);
    void run_anew();
    Result<tool::AttachTo> address(const discover::Found &found, int interrupt);
    Result<int> find_and_run();
    // run_list.cpp
    Result<int> run_list();
    Result<int> under_server(const std::string &text);
    Result<int> run_entries(std::vector<joblist::Entry> entries, int cores);
    // job.cpp; the loop is made, and the session attached, when first needed
    Result<Loop *> loop();
    Result<void> gather_audience(const job::Spec &spec); // once
    Error told(Error error); // to the audience, if it is there
    Result<void> attach(discover::Found &found);
    Result<void> learn_nodes(discover::Found &found);
    Result<int> run_job(discover::Found &found);
    Result<job::JobResult> drive_job(discover::Found &found);
    [[nodiscard]] std::string draw(const std::string &layout_json) const;
    [[nodiscard]] std::optional<std::string>
    wrapper(const discover::Found &found) const; // the path of pxwrap
    Result<std::string> found_wrapper(const discover::Found &found,
                                      const char *what) const;
    Result<void> enter_containers(const discover::Found &found);
    Result<tool::Runtime *> runtime(const discover::Found &found);
    Result<void> describe(discover::Found &found);
    [[nodiscard]] bool runs_job() const;

    char **argv_; // of this process
    cli::Command command_;
    cli::Surroundings surroundings_;
    discover::Here here_;
    std::optional<tool::LocalServer> server_;
    Loop *loop_ =
        nullptr; // never destroyed: libpmix's thread may post to it till the end
    // As long as the loop runs: it calls them, also while the last words are written.
    std::unique_ptr<drive::Signals> signals_;
    std::unique_ptr<tool::Session> session_;
    std::unique_ptr<shims::ShimRuntime> shims_; // around a server that is not ours
    std::unique_ptr<drive::Drive> drive_;
    std::shared_ptr<Audience> audience_;
    std::string server_directory_;
    job::Spec spec_;
    int np_ = 0; // as started
};

void print_error(const Error &error);

} // namespace px::launch
