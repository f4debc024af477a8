// inband.cpp - a record separator, our name, the secret, the kind, the size in hex.
#include "pxlaunch/channel/inband.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace px::channel {

namespace {

constexpr char separator = '\x1e';
constexpr std::size_t head = 8; // "K00000a:"

std::string mark_of(const std::string &secret) {
    return fmt::format("{}pxwrap:{}:", separator, secret);
}

} // namespace

std::string inband(const std::string &secret, Kind kind, std::string_view body) {
    return fmt::format("{}{}{:06x}:{}", mark_of(secret), static_cast<char>(kind),
                       body.size(), body);
}

InbandReader::InbandReader(const std::string &secret) : mark_(mark_of(secret)) {}

// `text` begins with a separator.
InbandReader::Found InbandReader::read(std::string_view text, Frame &frame,
                                       std::size_t &size) const {
    const std::string_view begin = text.substr(0, mark_.size());
    if (begin != std::string_view(mark_).substr(0, begin.size())) return Found::nothing;
    if (text.size() < mark_.size() + head) return Found::part;
    const char *digits = text.data() + mark_.size() + 1;
    std::size_t length = 0;
    if (std::from_chars(digits, digits + 6, length, 16).ptr != digits + 6)
        return Found::nothing;
    size = mark_.size() + head + length;
    if (text.size() < size) return Found::part;
    frame.kind = static_cast<Kind>(text[mark_.size()]);
    frame.body = text.substr(mark_.size() + head, length);
    return Found::report;
}

std::string InbandReader::take(std::string_view bytes,
                               const std::function<void(Frame)> &report) {
    const std::string text = std::exchange(held_, {}) + std::string(bytes);
    std::string rest;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto next = text.find(separator, at);
        rest += text.substr(at, next - at);
        if (next == std::string::npos) break;
        at = next;
        Frame frame{};
        std::size_t size = 1;
        switch (read(std::string_view(text).substr(at), frame, size)) {
        case Found::part:
            held_ = text.substr(at);
            return rest;
        case Found::nothing:
            rest += separator;
            ++at;
            break;
        case Found::report:
            report(std::move(frame));
            at += size;
            break;
        }
    }
    return rest;
}

} // namespace px::channel
