// lines.cpp - whole lines pass at once, unfinished ones wait a little.
#include "pxlaunch/drive/lines.h"

#include <array>
#include <cstring>

namespace px::drive {

namespace {
// A "line" longer than this is data, not text: it is passed on unfinished.
constexpr std::size_t longest_held = 1 << 20;

std::size_t after_last_newline(std::string_view bytes) {
    const void *found = ::memrchr(bytes.data(), '\n', bytes.size());
    if (found == nullptr) return 0;
    return static_cast<std::size_t>(static_cast<const char *>(found) - bytes.data()) + 1;
}
} // namespace

Lines::Lines(Sink &sink, Style style) : sink_(sink), style_(std::move(style)) {}

Lines::Source Lines::add(std::string tag) {
    sources_.push_back({.tag = std::move(tag)});
    return sources_.size() - 1;
}

void Lines::take(Source source, std::string_view bytes, Time now) {
    if (bytes.empty()) return;
    State &state = sources_[source];
    if (alone_ && !prefixed() && state.partial.empty()) {
        sink_.write(std::array{bytes}, bytes.size());
        open_ = bytes.back() == '\n' ? nobody : source;
        return;
    }
    const std::size_t whole = after_last_newline(bytes);
    if (whole != 0) emit(source, bytes.substr(0, whole));
    if (whole != bytes.size()) hold(state, bytes.substr(whole), now);
    if (state.partial.size() > longest_held) emit(source, {});
}

void Lines::hold(State &state, std::string_view bytes, Time now) {
    if (state.partial.empty()) ++held_;
    state.since = now;
    state.partial += bytes;
}

// Writes what is held of the source, then `bytes`.
void Lines::emit(Source source, std::string_view bytes) {
    State &state = sources_[source];
    if (prefixed()) {
        emit_prefixed(source, bytes);
    } else {
        emit_plain(source, bytes);
    }
    if (!state.partial.empty()) --held_;
    state.partial.clear();
}

void Lines::emit_plain(Source source, std::string_view bytes) {
    const State &state = sources_[source];
    const std::string_view last = bytes.empty() ? std::string_view(state.partial) : bytes;
    if (last.empty()) return;
    sink_.write(std::array{std::string_view(state.partial), bytes},
                state.partial.size() + bytes.size());
    open_ = last.back() == '\n' ? nobody : source;
}

void Lines::append_prefix(const State &state) {
    if (style_.stamp) scratch_ += style_.stamp();
    if (style_.tag) scratch_ += state.tag;
}

void Lines::emit_prefixed(Source source, std::string_view bytes) {
    State &state = sources_[source];
    const std::size_t credit = state.partial.size() + bytes.size();
    if (credit == 0) return;
    scratch_.clear();
    if (open_ != nobody && open_ != source) {
        scratch_ += '\n';
        sources_[open_].was_closed = true;
        open_ = nobody;
    }
    std::string joined;
    if (!state.partial.empty()) {
        joined = state.partial;
        joined += bytes;
        bytes = joined;
    }
    // The newline that ends the interrupted line has been written already.
    if (state.was_closed && bytes.front() == '\n') bytes.remove_prefix(1);
    state.was_closed = false;
    while (!bytes.empty()) {
        if (open_ != source) append_prefix(state);
        const std::size_t end = bytes.find('\n');
        scratch_ += bytes.substr(0, end == std::string_view::npos ? end : end + 1);
        open_ = end == std::string_view::npos ? source : nobody;
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    }
    sink_.write(std::array{std::string_view(scratch_)}, credit);
}

void Lines::end(Source source) {
    if (!sources_[source].partial.empty()) emit(source, {});
}

void Lines::end_all() {
    for (Source source = 0; source < sources_.size(); ++source) end(source);
}

void Lines::interject(std::string_view line) {
    std::string_view close;
    if (open_ != nobody && prefixed()) {
        close = "\n";
        sources_[open_].was_closed = true;
        open_ = nobody;
    }
    sink_.write(std::array{close, line, std::string_view("\n")}, 0);
}

std::optional<Lines::Time> Lines::flush_older(Time limit) {
    std::optional<Time> oldest;
    if (held_ == 0) return oldest;
    for (Source source = 0; source < sources_.size(); ++source) {
        const State &state = sources_[source];
        if (state.partial.empty()) continue;
        if (state.since <= limit) {
            emit(source, {});
        } else if (!oldest || state.since < *oldest) {
            oldest = state.since;
        }
    }
    return oldest;
}

void Lines::touch(Time now) {
    for (State &state : sources_) state.since = now;
}

} // namespace px::drive
