// start_again.cpp - one question to the keeper, which may take as long as a start takes.
#include "pxlaunch/shims/start_again.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/dial.h"

#include <fmt/format.h>

#include <sys/epoll.h>

namespace px::shims {

namespace {

constexpr Milliseconds redial{100};

class Question {
  public:
    Question(Loop &loop, const Report &keeper, std::string uri, std::string host)
        : loop_(loop), keeper_(keeper), uri_(std::move(uri)), host_(std::move(host)) {}

    Result<std::string> ask(const Patience &patience) {
        const auto late = loop_.after(patience.deadline, [this, &patience] {
            answer(cannot_run(
                fmt::format("it is not there after {}", duration_text(patience.deadline)),
                "--start-timeout allows it more time"));
        });
        if (patience.interrupt >= 0) {
            loop_.watch(patience.interrupt, EPOLLIN,
                        [this](std::uint32_t) { answer(cannot_run("interrupted")); });
        }
        dial();
        loop_.run();
        loop_.cancel(late);
        if (patience.interrupt >= 0) loop_.forget(patience.interrupt);
        return std::move(*answer_);
    }

  private:
    void dial() {
        dialer_ = std::make_unique<channel::Dialer>(
            loop_, keeper_.addresses, keeper_.host, hello_to(keeper_, host_),
            [this](std::unique_ptr<channel::Stream> stream) {
                // It answers nobody while it starts the DVM for somebody else.
                if (!stream) return void(loop_.after(redial, [this] { dial(); }));
                stream_ = std::move(stream);
                listen();
            });
    }

    void listen() {
        channel::Stream::Events events;
        events.frame = [this](const channel::Frame &frame) {
            if (frame.kind == channel::Kind::begun) answer(frame.body);
            if (frame.kind != channel::Kind::refused) return;
            auto error = channel::read_refused(frame.body);
            answer(error ? *error : cannot_run("its keeper says nonsense"));
        };
        events.closed = [this](int) { answer(cannot_run("its keeper has ended")); };
        stream_->handle(std::move(events));
        stream_->send(channel::Kind::again, uri_);
    }

    void answer(Result<std::string> given) {
        if (!answer_) answer_ = std::move(given);
        loop_.stop();
    }

    Loop &loop_;
    Report keeper_;
    std::string uri_, host_;
    std::unique_ptr<channel::Dialer> dialer_;
    std::unique_ptr<channel::Stream> stream_;
    std::optional<Result<std::string>> answer_;
};

} // namespace

Result<std::string> start_again(Loop &loop, const Report &keeper, const std::string &uri,
                                const std::string &host, const Patience &patience) {
    return Question(loop, keeper, uri, host).ask(patience);
}

} // namespace px::shims
