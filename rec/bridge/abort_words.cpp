// abort_words.cpp - reading "MPI_ABORT was invoked on rank 0 in communicator ... with
// errorcode 7.", which are two lines.
#include "rec/bridge/abort_words.h"

#include "pxlaunch/base/text.h"

#include <algorithm>

namespace px::bridge {

namespace {

constexpr std::string_view first_words = "MPI_ABORT was invoked on rank ";
constexpr std::string_view last_words = "with errorcode ";
constexpr std::size_t longest = 512; // a communicator's name is between them

std::optional<int> status_in(std::string_view text) {
    const auto begin = text.find(first_words);
    if (begin == text.npos) return {};
    const auto before = text.find(last_words, begin);
    if (before == text.npos || before - begin > longest) return {};
    const auto number = text.substr(before + last_words.size());
    const auto end = number.find('.');
    if (end == number.npos) return {};
    const bool is_negative = number.starts_with('-');
    const auto status = parse_number(number.substr(0, end).substr(is_negative ? 1 : 0));
    if (!status) return {};
    // As exit() has it: the low eight bits.
    return static_cast<int>((is_negative ? -*status : *status) & 0xff);
}

} // namespace

void AbortWords::heard(int rank, std::string_view bytes) {
    if (status_) return;
    std::string &text = ends_[rank];
    text += bytes;
    status_ = status_in(text);
    text.erase(0, text.size() - std::min(text.size(), longest));
}

} // namespace px::bridge
