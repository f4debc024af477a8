// message.cpp - lines with the program's name before them, and the breaking of lines.
#include "pxlaunch/base/message.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px {

namespace {

// Pieces no longer than `width`, unless a word is; 0: one piece.
std::vector<std::string> pieces_of(const std::string &line, std::size_t width) {
    if (width == 0 || line.size() <= width) return {line};
    std::vector<std::string> pieces;
    for (const std::string &word : split(line, ' ')) {
        if (pieces.empty() || pieces.back().size() + 1 + word.size() > width) {
            pieces.push_back(word);
        } else {
            pieces.back() += ' ' + word;
        }
    }
    return pieces;
}

} // namespace

std::string message_lines(const std::string &text, const std::string &program) {
    std::string lines;
    for (const std::string &line : split(text, '\n')) {
        lines += fmt::format("{}: {}\n", program, line);
    }
    return lines;
}

std::string hint_lines(const std::string &hint, const std::string &program,
                       std::size_t columns) {
    const std::string first = program + ": hint: ";
    const std::string next = program + ":       ";
    const std::size_t width = columns > first.size() + 20 ? columns - first.size() : 0;
    std::string text;
    for (const std::string &line : split(hint, '\n')) {
        for (const std::string &piece : pieces_of(line, width)) {
            text += (text.empty() ? first : next) + piece + '\n';
        }
    }
    return text;
}

std::string error_lines(const Error &error, const std::string &program,
                        std::size_t columns) {
    std::string text = message_lines("error: " + error.what, program);
    if (!error.hint.empty()) text += hint_lines(error.hint, program, columns);
    return text;
}

std::string wrapped(std::string_view text, std::size_t first, std::size_t indent) {
    constexpr std::size_t width = 80;
    std::string out;
    std::size_t at = first;
    for (const auto &word : split(text, ' ')) {
        if (at > indent && at + word.size() >= width) {
            out += '\n' + std::string(indent, ' ');
            at = indent;
        } else if (!out.empty()) {
            out += ' ';
            ++at;
        }
        out += word;
        at += word.size();
    }
    return out;
}

} // namespace px
