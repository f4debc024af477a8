// host_side.cpp - the errand, from the request to its end.
#include "rec/bridge/host_side.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/secret.h"
#include "rec/bridge/pmi2.h"

#include <fmt/format.h>

#include <csignal>
#include <sys/epoll.h>
#include <utility>

namespace px::bridge {

namespace {
constexpr int not_started = 127 << 8; // a wait status
} // namespace

class HostSide::Srun : public SrunProcess {
  public:
    Srun(HostSide &side, int number, SrunEvents events)
        : side_(side), number_(number), events_(std::move(events)) {}
    ~Srun() override {
        signal(SIGKILL);
        side_.running_.erase(number_);
        side_.orders_.erase(number_);
    }
    void signal(int value) override {
        const bool runs = side_.running_.count(number_) != 0;
        if (!runs || !side_.stream_) return;
        side_.stream_->send(channel::Kind::signal,
                            text_of(channel::SrunNews{number_, value}));
    }
    [[nodiscard]] const SrunEvents &events() const { return events_; }

  private:
    HostSide &side_;
    int number_;
    SrunEvents events_;
};

Result<std::unique_ptr<HostSide>> HostSide::start(Loop &loop, HostSideSettings settings) {
    std::unique_ptr<HostSide> made(new HostSide(loop, std::move(settings)));
    made->token_ = PX_TRY(channel::make_secret());
    made->listener_ = PX_TRY(channel::Listener::open(
        loop, [side = made.get()](std::unique_ptr<channel::Stream> stream,
                                  const channel::Hello &) {
            side->arrived(std::move(stream));
        }));
    Result<void> came;
    made->awaited_ = [&](Result<void> outcome) {
        came = std::move(outcome);
        loop.stop();
    };
    PX_TRY(made->send_errand());
    loop.run();
    made->awaited_ = {};
    PX_TRY(std::move(came));
    return made;
}

HostSide::~HostSide() { stop_waiting(); }

Result<void> HostSide::send_errand() {
    if (settings_.wrapper.find(';') != std::string::npos) {
        return cannot_run(
            fmt::format("Slurm's PMI-2 cannot hand on {}", named(settings_.wrapper)),
            "install pxwrap at a path without a ';'");
    }
    // A task that takes nothing from anybody, on this node if Slurm's name for it is
    // known.
    std::vector<std::string> words{"--quiet",         "--nodes=1",        "--overlap",
                                   "--input=none",    "--export=ALL",     "--chdir=/",
                                   "--cpu-bind=none", "--job-name=pxwrap"};
    if (!settings_.node.empty()) words.push_back("--nodelist=" + settings_.node);
    words.insert(words.end(), {settings_.wrapper, channel::errand_option});
    const channel::Caller us{listener_->secret(), token_, settings_.host,
                             listener_->addresses()};
    PX_TRY(pmi2_ask(settings_.pmi, spawn_request(words, text_of(us)),
                    Clock::now() + settings_.patience));
    timer_ = loop_.after(settings_.patience, [this] { nobody_came(nobody()); });
    loop_.watch(settings_.pmi, EPOLLIN, [this](std::uint32_t) {
        if (auto heard = pmi2_hear(settings_.pmi); !heard) nobody_came(heard.error());
    });
    return {};
}

Error HostSide::nobody() const {
    return cannot_run(
        fmt::format(
            "nobody came from the host side in {}: its srun was to start {} there",
            duration_text(settings_.patience), named(settings_.wrapper)),
        "what srun has said is among this step's errors; the nodes need pxwrap at that "
        "path, or say where they have it with --pxwrap PATH");
}

void HostSide::stop_waiting() {
    if (timer_ == 0) return;
    loop_.cancel(timer_);
    timer_ = 0;
    loop_.forget(settings_.pmi);
}

void HostSide::nobody_came(Error why) {
    stop_waiting();
    if (awaited_) return awaited_(std::move(why));
    while (!orders_.empty()) {
        const int number = orders_.begin()->first;
        running_.at(number)->events().words(why.what);
        ended(number, not_started);
    }
}

void HostSide::arrived(std::unique_ptr<channel::Stream> stream) {
    if (stream_) return; // there is one errand
    stream_ = std::move(stream);
    stream_->handle({[this](const channel::Frame &frame) { on_frame(frame); },
                     [this](int) { closed(); },
                     {}});
    stream_->send(channel::Kind::welcome, token_);
}

void HostSide::take_facts(channel::HostFacts facts) {
    stop_waiting();
    facts_ = std::move(facts);
    ready_ = true;
    for (const auto &[number, order] : std::exchange(orders_, {}))
        stream_->send(channel::Kind::order, order);
    if (awaited_) awaited_({});
}

void HostSide::on_frame(const channel::Frame &frame) {
    if (frame.kind == channel::Kind::facts) {
        if (auto facts = channel::read_facts(frame.body)) take_facts(std::move(*facts));
        return;
    }
    const auto news = channel::read_news(frame.body);
    if (!news) return;
    const auto found = running_.find(news->number);
    if (found == running_.end()) return;
    if (frame.kind == channel::Kind::words) found->second->events().words(news->words);
    if (frame.kind == channel::Kind::over) ended(news->number, news->value);
}

void HostSide::ended(int number, int wait_status) {
    const auto tell = running_.at(number)->events().ended;
    running_.erase(number);
    orders_.erase(number);
    tell(wait_status);
}

void HostSide::closed() {
    const auto gone = std::move(stream_); // we are in its handler
    if (!std::exchange(ready_, false)) return nobody_came(nobody());
    while (!running_.empty()) ended(running_.begin()->first, SIGKILL);
}

Result<std::unique_ptr<SrunProcess>> HostSide::start(SrunCommand command,
                                                     SrunEvents events) {
    const int number = ++last_number_;
    const std::string order =
        text_of(channel::SrunOrder{number, std::move(command.argv),
                                   std::move(command.env), std::move(command.hosts)});
    if (!stream_ && timer_ == 0) PX_TRY(send_errand());
    auto srun = std::make_unique<Srun>(*this, number, std::move(events));
    running_[number] = srun.get();
    if (ready_)
        stream_->send(channel::Kind::order, order);
    else
        orders_[number] = order;
    return std::unique_ptr<SrunProcess>(std::move(srun));
}

} // namespace px::bridge
