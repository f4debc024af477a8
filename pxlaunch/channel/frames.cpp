// frames.cpp - eight bytes of header: the kind, three zeros, the size with its lowest
// byte first.
#include "pxlaunch/channel/frames.h"

#include <cstdint>

namespace px::channel {

namespace {
constexpr std::size_t header = 8;

std::size_t size_in(std::string_view head) {
    std::uint32_t size = 0;
    for (unsigned i = 0; i < 4; ++i) {
        size |= static_cast<std::uint32_t>(static_cast<unsigned char>(head[4 + i]))
                << (8 * i);
    }
    return size;
}
} // namespace

void append_frame(std::string &to, Kind kind, std::string_view body) {
    const auto size = static_cast<std::uint32_t>(body.size());
    to += static_cast<char>(kind);
    to.append(3, '\0');
    for (unsigned i = 0; i < 4; ++i) to += static_cast<char>((size >> (8 * i)) & 0xff);
    to += body;
}

void FrameReader::add(std::string_view bytes) {
    // What was read is thrown away when it is cheap: in front of nothing, or of little.
    if (at_ > bytes_.size() / 2) {
        bytes_.erase(0, at_);
        at_ = 0;
    }
    bytes_ += bytes;
}

std::optional<Frame> FrameReader::next() {
    const std::string_view rest = std::string_view(bytes_).substr(at_);
    if (broken_ || rest.size() < header) return std::nullopt;
    const std::size_t size = size_in(rest);
    broken_ = size > most_ || rest[1] != 0 || rest[2] != 0 || rest[3] != 0;
    if (broken_ || rest.size() < header + size) return std::nullopt;
    at_ += header + size;
    return Frame{static_cast<Kind>(rest[0]), std::string(rest.substr(header, size))};
}

} // namespace px::channel
