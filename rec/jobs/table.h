#pragma once
// All jobs of this server, from submission to their end. Single-threaded: everything runs
// on the loop. Order of life of a job: submit, (wait for cores), place, announce, start,
// run, every rank reaped, leftovers killed, all output read, children ended, ended().

#include "rec/jobs/input.h"
#include "rec/jobs/output.h"
#include "rec/jobs/pool.h"
#include "rec/jobs/step.h"

#include <list>
#include <memory>

namespace px::jobs {

class JobTable {
  public:
    // The answer to a submission: the namespace, or why not.
    using Answer = std::function<void(Result<std::string>)>;

    // `steps`: who runs the jobs; nullptr: we do, as processes of this node.
    JobTable(Loop &loop, Wire &wire, Pool &pool, std::string prefix,
             Steps *steps = nullptr);

    void submit(Submission submission, Answer answer); // may answer later
    void owner_lost(const Peer &owner);                // also drops its waiting jobs
    void reap();                                       // on SIGCHLD

    Job *find(const std::string &nspace);
    [[nodiscard]] const std::list<std::unique_ptr<Job>> &jobs() const { return jobs_; }
    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
    [[nodiscard]] bool is_waiting(const Peer &owner) const;

    void begin_output(Job &job); // the owner takes it from now on
    void acknowledged(Job &job, unsigned long long bytes);
    void push_input(Job &job, int rank, std::string bytes, bool end,
                    std::function<void()> done);
    void set_window(Job &job, int rows, int columns);
    void signal(Job &job, int rank, int number); // rank < 0: all, and the job's children
    void abort(Job &job, int rank, int status, const std::string &text);
    void connected(Job &job, int rank);
    void kill_all();

    // Runs when a job has ended and the table may have become empty.
    std::function<void()> on_end;

  private:
    struct Waiting {
        Submission submission;
        Answer answer;
    };

    bool try_start(Waiting &waiting, bool may_wait);
    void start_waiting();
    std::unique_ptr<Job> make_job(Submission &&submission, map::Layout &&layout);
    Result<void> launch(Job &job);
    Result<void> launch_rank(Job &job, int rank,
                             const std::vector<std::string> &programs);
    void give_up(Job &job);
    Result<void> launch_step(Job &job);
    void step_says(Job &job, int rank, Channel channel, std::string bytes);
    void step_ended(Job &job, job::JobResult result);

    void rank_ended(Job &job, int rank, int wait_status);
    void rank_failed(Job &job, int rank, int status);
    void stop(Job &job, int first_signal);
    void sweep(Job &job);
    void look_again(Job &job);
    void close_quiet(Job &job, bool all);
    void check_end(Job &job);
    void finish(Job &job);
    void hold_output(Job &root);
    void speaks_pmi(Job &job, int rank);
    void for_tree(Job &job, const std::function<void(Job &)> &act);
    std::vector<Cpu> held_by_tree(const std::string &nspace);

    Loop &loop_;
    Wire &wire_;
    Pool &pool_;
    std::string prefix_; // of namespaces
    Steps *steps_;
    Input input_;
    Output output_;
    std::list<std::unique_ptr<Job>> jobs_;
    std::list<Waiting> queue_;
    unsigned last_number_ = 0;
};

} // namespace px::jobs
