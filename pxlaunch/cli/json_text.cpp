// json_text.cpp - strings of any bytes, in JSON.
#include "pxlaunch/cli/json_text.h"

#include <fmt/format.h>

namespace px::cli {

namespace {

constexpr auto replace = OrderedJson::error_handler_t::replace;

bool is_utf8(std::string_view bytes) {
    try {
        static_cast<void>(OrderedJson(bytes).dump());
        return true;
    } catch (const OrderedJson::type_error &) {
        return false;
    }
}

std::string hex(std::string_view bytes) {
    std::string digits;
    for (const char c : bytes)
        digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return digits;
}

} // namespace

OrderedJson json_text(std::string_view bytes) {
    if (is_utf8(bytes)) return bytes;
    const std::string shown = OrderedJson(bytes).dump(-1, ' ', false, replace);
    return {{"text", OrderedJson::parse(shown)}, {"hex", hex(bytes)}};
}

std::string json_document(const OrderedJson &document) {
    return document.dump(2, ' ', false, replace) + '\n';
}

} // namespace px::cli
