// read_list.cpp - quotes and comments.
#include "pxlaunch/joblist/read_list.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::joblist {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class Splitter {
  public:
    explicit Splitter(std::string_view line) : line_(line) {}

    Result<std::vector<std::string>> run() {
        for (; at_ < line_.size(); ++at_) {
            const char c = line_[at_];
            if (is_blank(c))
                end_word();
            else if (c == '#' && !in_word_)
                break;
            else
                PX_TRY(take(c));
        }
        end_word();
        return std::move(words_);
    }

  private:
    Result<void> take(char c) {
        in_word_ = true;
        if (c == '\'' || c == '"') return take_quoted(c);
        if (c == '\\') {
            if (at_ + 1 == line_.size())
                return usage_error("it ends in a backslash", "a job is one line");
            c = line_[++at_];
        }
        word_ += c;
        return {};
    }

    // In "...", a backslash is one unless a quote or another follows.
    Result<void> take_quoted(char quote) {
        for (++at_; at_ < line_.size(); ++at_) {
            char c = line_[at_];
            if (c == quote) return {};
            const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
            if (quote == '"' && c == '\\' && (next == '"' || next == '\\')) {
                c = next;
                ++at_;
            }
            word_ += c;
        }
        return usage_error(fmt::format("a {} is not closed", quote),
                           "a word that holds one: \\' or \\\"");
    }

    void end_word() {
        if (in_word_) words_.push_back(std::move(word_));
        word_.clear();
        in_word_ = false;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::string word_;
    bool in_word_ = false;
    std::vector<std::string> words_;
};

} // namespace

Result<std::vector<std::string>> split_line(std::string_view line) {
    return Splitter(line).run();
}

cli::Checked<std::vector<Line>> read_list(std::string_view text) {
    cli::Checked<std::vector<Line>> list;
    int number = 0;
    for (const auto &line : split(text, '\n')) {
        ++number;
        auto words = split_line(line);
        if (!words) {
            list.errors.push_back(
                usage_error(fmt::format("line {}: {}", number, words.error().what),
                            words.error().hint));
        } else if (!words->empty()) {
            list.value.push_back({number, std::move(*words)});
        }
    }
    return list;
}

} // namespace px::joblist
