// tickets.cpp - first come, first served: a large job is not overtaken for ever.
#include "rec/dvm/tickets.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::dvm {

Result<std::unique_ptr<Tickets>> Tickets::open(Loop &loop, int slots) {
    std::unique_ptr<Tickets> made(new Tickets(loop, slots));
    Tickets *self = made.get();
    made->listener_ = PX_TRY(channel::Listener::open(
        loop, [self](std::unique_ptr<channel::Stream> stream, const channel::Hello &) {
            self->arrived(std::move(stream));
        }));
    return made;
}

void Tickets::arrived(std::unique_ptr<channel::Stream> stream) {
    holders_.push_back(std::make_unique<Holder>());
    Holder &holder = *holders_.back();
    holder.stream = std::move(stream);
    channel::Stream::Events events;
    events.frame = [this, &holder](const channel::Frame &frame) {
        if (frame.kind == channel::Kind::ask) asked(holder, frame.body);
        if (frame.kind == channel::Kind::again) begin_again(holder, frame.body);
    };
    events.closed = [this, &holder](int) { left(holder); };
    holder.stream->handle(std::move(events));
    holder.stream->send(channel::Kind::welcome);
    if (on_change) on_change();
}

void Tickets::asked(Holder &holder, const std::string &words) {
    const auto wanted = parse_number(words);
    if (!wanted || holder.wanted != 0) return;
    // A job of more ranks than there are slots has the DVM to itself.
    holder.wanted = static_cast<int>(std::min<long>(*wanted, slots_));
    serve();
    if (holder.granted) return;
    const auto before = std::count_if(holders_.begin(), holders_.end(),
                                      [](const auto &each) { return each->wanted > 0; });
    holder.stream->send(channel::Kind::queued,
                        fmt::format("{} of {} slots are taken, {} {} before this one",
                                    taken_, slots_, before - 1,
                                    before == 2 ? "job is" : "jobs are"));
}

void Tickets::begin_again(Holder &holder, const std::string &uri) {
    const auto died = on_again ? on_again(uri) : Result<std::string>(std::string());
    if (died) return holder.stream->send(channel::Kind::begun, *died);
    holder.stream->send(channel::Kind::refused, channel::text_of(died.error()));
}

void Tickets::hang_up() {
    std::erase_if(holders_, [](const auto &each) { return each->wanted > 0; });
    taken_ = 0;
    if (on_change) on_change();
}

void Tickets::left(const Holder &holder) {
    if (holder.granted) taken_ -= holder.wanted;
    std::erase_if(holders_,
                  [&holder](const auto &each) { return each.get() == &holder; });
    serve();
}

void Tickets::serve() {
    for (const auto &holder : holders_) {
        if (holder->granted || holder->wanted == 0) continue;
        if (taken_ + holder->wanted > slots_) break;
        holder->granted = true;
        taken_ += holder->wanted;
        holder->stream->send(channel::Kind::granted);
    }
    if (on_change) on_change();
}

} // namespace px::dvm
