// fields.cpp - numbers and lists as fields, too.
#include "pxlaunch/channel/fields.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::channel {

void FieldWriter::add(std::string_view field) {
    bytes_ += field;
    bytes_ += '\0';
}

void FieldWriter::add(long number) { add(fmt::format("{}", number)); }

void FieldWriter::add(const std::vector<std::string> &list) {
    add(static_cast<long>(list.size()));
    for (const auto &each : list) add(std::string_view(each));
}

std::string FieldReader::text() {
    const auto end = rest_.find('\0');
    good_ = good_ && end != std::string_view::npos;
    if (!good_) return {};
    std::string field(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return field;
}

long FieldReader::number() {
    const auto parsed = parse_number(text());
    good_ = good_ && parsed;
    return parsed ? *parsed : 0;
}

std::vector<std::string> FieldReader::list() {
    std::vector<std::string> all;
    for (long left = number(); left > 0 && good_; --left) all.push_back(text());
    return all;
}

} // namespace px::channel
