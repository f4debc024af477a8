#pragma once
// A job on a server that is not ours: it starts the shims, and they and the judge do the
// rest. No rank starts before all shims have reported, so a job starts whole or not at
// all; no shim is let go before all ranks have ended, so the server sees neither short
// jobs nor failures, which it may lose. Shims that cannot reach us start their ranks
// at once; the server carries their output, and their reports in it.

#include "pxlaunch/channel/dial.h"
#include "pxlaunch/channel/inband.h"
#include "pxlaunch/channel/listener.h"
#include "pxlaunch/job/rank_environment.h"
#include "pxlaunch/shims/command.h"
#include "pxlaunch/shims/judge.h"
#include "pxlaunch/shims/traces.h"
#include "pxlaunch/tool/runtime.h"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace px::shims {

class ShimRuntime : public tool::Runtime {
  public:
    // `wrapper`: pxwrap's path on the nodes; `host`: this node's name.
    ShimRuntime(Loop &loop, tool::Runtime &server, std::string wrapper, std::string host);
    ~ShimRuntime() override;

    // A server that has somebody who gives out its slots, in the order of asking.
    // `per_core`: one for each core of a rank, not one for each rank.
    void ask_for_slots(Report keeper, bool per_core);

    // A server that starts all ranks by one command, where we have said: `facts` by rank.
    // It answers at once and has `patience` for bringing the shims here; none starts its
    // rank without us.
    void seat(std::vector<job::RankFacts> facts, Milliseconds patience) {
        facts_ = std::move(facts);
        patience_ = patience;
    }
    // Whether that was over before all were here.
    [[nodiscard]] bool was_late() const { return late_; }
    void signal_rank(int rank, int number);
    std::function<void(const channel::Hello &)> on_arrival; // of a shim; may be empty

    void spawn(const job::Spec &spec, const tool::SpawnExtras &extras,
               Spawned done) override;
    void pull(const std::string &nspace, Done done) override;
    void push_input(const std::string &nspace, const job::Stdin &to, std::string bytes,
                    bool end, std::function<void()> done) override;
    void signal(const std::string &nspace, int number, Done done) override;
    void kill(const std::string &nspace) override;
    void acknowledge(const std::string &nspace, unsigned long long bytes) override;
    void set_window(const std::string &nspace, int rows, int columns) override;
    void print_stacks(const std::string &nspace, Done done) override;
    void query(const std::vector<std::string> &keys, const std::string &nspace,
               Answered done) override;
    void ask_end(const std::string &nspace) override;

  private:
    struct Member {
        channel::Hello hello;
        std::unique_ptr<channel::Stream> stream;   // none: it has closed it
        std::deque<std::shared_ptr<void>> untaken; // frames of input
    };
    struct Output {
        tool::Source from;
        tool::Channel channel;
        std::string bytes;
    };

    // shim_slots.cpp
    void get_slots(std::function<void(Result<void>)> done);
    void ask_keeper();
    void wait_for_slots(std::unique_ptr<channel::Stream> stream);
    void on_slots(const channel::Frame &frame);
    // shim_runtime.cpp: arriving and starting
    void spawn_shims(const tool::SpawnExtras &extras, const Spawned &done);
    void arrived(std::unique_ptr<channel::Stream> stream, channel::Hello hello);
    void spawned(Result<std::string> nspace, const Spawned &done);
    void ask_size();
    void start_if_complete();
    void start();
    [[nodiscard]] std::vector<job::RankFacts> facts() const; // by member
    void give_up_waiting();
    void server_left();
    // shim_layout.cpp
    void note_place(const channel::Hello &hello);
    [[nodiscard]] Result<std::string> layout() const;
    void answer_layout();
    void tell_layout();
    // shim_end.cpp
    void take_server_output(tool::Source from, tool::Channel channel, std::string bytes);
    void on_inband(int rank, const channel::Frame &frame);
    void listen_for_breath();
    void on_report(int rank, const channel::Frame &frame);
    void ended_by_server(int rank, int by);
    void on_frame(Member &member, channel::Frame frame);
    void on_closed(Member &member, int error_number);
    void settle(); // after every piece of news
    void release();
    void expect_end();
    void finish_if_clean();
    void finish();
    void server_lost();
    // shim_streams.cpp
    void count_output(std::size_t bytes);
    void hand_over(tool::Source from, tool::Channel channel, std::string bytes);
    void hand_over_early_output();
    void hand_over_if_wanted();

    void send_all(channel::Kind kind, std::string_view body = {});
    [[nodiscard]] Member *member(int rank);
    [[nodiscard]] bool any_open() const;

    Loop &loop_;
    tool::Runtime &server_;
    std::string wrapper_, host_;
    job::Spec spec_;
    Report keeper_;                     // of the server's slots; or no address
    std::vector<job::RankFacts> facts_; // of seated ranks; or empty
    Milliseconds patience_;             // for shims, once the server has answered
    std::unique_ptr<channel::Dialer> dialer_;
    std::unique_ptr<channel::Stream> slots_; // as long as it is open they are ours
    std::function<void(Result<void>)> on_granted_;
    std::string waits_for_;
    Judge judge_{job::OnFailure::kill};
    std::unique_ptr<channel::Listener> listener_;
    std::vector<std::unique_ptr<Member>> members_;
    std::map<int, channel::InbandReader> readers_; // of the errors that the server brings
    bool any_bare_ = false, slots_are_cores_ = false, map_only_ = false;
    std::set<int> greeted_;                         // bare ranks whose hello has come
    std::multimap<int, channel::Frame> overtaking_; // and reports that came before it
    std::map<int, Clock::time_point> heard_;        // of bare ranks that run
    std::vector<std::function<void()>> early_input_;
    std::optional<Result<void>> server_pulled_;
    Done on_pulled_;
    std::vector<Output> early_output_;     // of bare ranks, until the driver takes it
    std::map<int, channel::Hello> places_; // of ranks, for those who want to see them
    Answered on_layout_;
    std::string nspace_;
    bool pulled_ = false, started_ = false, ending_ = false, released_ = false;
    bool late_ = false, server_ended_ = false, finished_ = false, paused_ = false;
    std::size_t unacknowledged_ = 0; // bytes of output
    Loop::Timer arrival_timer_ = 0, breath_timer_ = 0, grace_timer_ = 0, end_timer_ = 0;
    Loop::Timer left_timer_ = 0, keeper_timer_ = 0, saving_timer_ = 0;
    Traces traces_{loop_};
};

} // namespace px::shims
