// rank_io.cpp - pipes on one side, frames on the other.
#include "wrapper/rank_io.h"

#include <array>
#include <cstdio>
#include <sys/epoll.h>
#include <sys/ioctl.h>

namespace px::wrapper {

void RankIo::open(process::Streams ours, bool terminal) {
    ours_ = std::move(ours);
    terminal_ = terminal;
    open_ = true;
    resume();
    write(); // what came before the rank was there
}

void RankIo::close() {
    for (Fd *fd : {&ours_.out, &ours_.err}) {
        if (*fd) loop_.forget(fd->get());
        fd->reset();
    }
    close_input();
}

void RankIo::watch(Fd &fd, channel::Kind kind) {
    if (!fd) return;
    loop_.watch(fd.get(), EPOLLIN, [this, &fd, kind](std::uint32_t) { read(fd, kind); });
}

void RankIo::resume() {
    watch(ours_.out, channel::Kind::out);
    watch(ours_.err, channel::Kind::err);
}

void RankIo::read(Fd &fd, channel::Kind kind) {
    static std::array<char, 64 << 10> buffer; // one loop, one thread
    const auto got = read_some(fd.get(), buffer.data(), buffer.size());
    if (got && *got < 0) return;
    if (!got || *got == 0) {
        loop_.forget(fd.get());
        fd.reset();
        return check_end();
    }
    stream_.send(kind, {buffer.data(), static_cast<std::size_t>(*got)});
    if (stream_.unsent() < channel::Stream::enough) return;
    // A pipe whose writer is gone is reported whatever we ask for: only forgetting helps.
    for (Fd *each : {&ours_.out, &ours_.err}) {
        if (*each) loop_.forget(each->get());
    }
}

void RankIo::check_end() {
    if (ours_.out || ours_.err || !at_end_) return;
    const auto done = std::exchange(at_end_, {});
    done();
}

void RankIo::when_at_end(std::function<void()> done) {
    at_end_ = std::move(done);
    check_end();
}

void RankIo::put(std::string bytes) {
    if (bytes.empty()) return;
    input_.push_back(std::move(bytes));
    if (!input_watched_) write();
}

void RankIo::put_end() {
    input_.emplace_back();
    if (!input_watched_) write();
}

void RankIo::write() {
    while (!input_.empty() && ours_.in) {
        const std::string &bytes = input_.front();
        if (bytes.empty()) {
            // A terminal has no end of file, only the key for it: twice, for the first
            // one only ends an unfinished line.
            if (terminal_) {
                (void)write_some(ours_.in.get(), "\x04\x04", 2);
            } else {
                close_input();
            }
        } else {
            const auto put = write_some(ours_.in.get(), bytes.data() + written_,
                                        bytes.size() - written_);
            if (!put) {
                close_input(); // it does not read, which is its right
                break;
            }
            if (*put < 0) break;
            written_ += static_cast<std::size_t>(*put);
            if (written_ < bytes.size()) continue;
            stream_.send(channel::Kind::taken);
        }
        written_ = 0;
        if (!input_.empty()) input_.pop_front();
    }
    if (open_ && !ours_.in) return close_input();
    const bool wait = ours_.in && !input_.empty();
    if (wait && !input_watched_) {
        loop_.watch(ours_.in.get(), EPOLLOUT, [this](std::uint32_t) { write(); });
    } else if (!wait && input_watched_ && ours_.in) {
        loop_.forget(ours_.in.get());
    }
    input_watched_ = wait;
}

// What nobody will read counts as taken: whoever sends it must not wait.
void RankIo::close_input() {
    if (input_watched_) loop_.forget(ours_.in.get());
    input_watched_ = false;
    ours_.in.reset();
    for (const auto &bytes : input_) {
        if (!bytes.empty()) stream_.send(channel::Kind::taken);
    }
    input_.clear();
    written_ = 0;
}

void RankIo::resize(std::string_view rows_and_columns) {
    int rows = 0, columns = 0;
    if (std::sscanf(std::string(rows_and_columns).c_str(), "%d %d", &rows, &columns) != 2)
        return;
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    if (terminal_ && ours_.out) ::ioctl(ours_.out.get(), TIOCSWINSZ, &size);
}

} // namespace px::wrapper
