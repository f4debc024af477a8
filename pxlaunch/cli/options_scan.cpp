// options_scan.cpp - where options end, commands begin, and ':' separates them.
#include "pxlaunch/cli/options_scan.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/foreign_options.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::cli {

namespace {

// What one word is, as an option.
struct Shape {
    std::string word; // rewritten for parse_words()
    bool known = true;
    bool takes_next = false; // its argument is the next word
};

Shape long_shape(std::string_view body) {
    const auto equals = body.find('=');
    const Option *option = find_option(body.substr(0, equals));
    // A letter has one dash: --n is no option.
    const bool known = option != nullptr && body.substr(0, equals).size() > 1;
    return {fmt::format("--{}", body), known,
            known && equals == std::string_view::npos && option->needs_argument()};
}

// -n4, -vv, -vn 4, -n=4.
Shape letters_shape(std::string_view letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const Option *option = find_option(letters.substr(i, 1));
        if (option == nullptr) return {{}, false, false};
        if (i == 0 && letters.size() > 1 && letters[1] == '=') {
            return {fmt::format("--{}{}", option->name, letters.substr(1)), true, false};
        }
        if (option->needs_argument()) {
            return {fmt::format("-{}", letters), true, i + 1 == letters.size()};
        }
    }
    return {fmt::format("-{}", letters), true, false};
}

// A one-dash name of the table, as -np or -hostfile=F.
bool is_one_dash_name(std::string_view word) {
    const std::string_view name = word.substr(0, word.find('='));
    const auto &table = option_table();
    return std::any_of(table.begin(), table.end(), [&](const Option &option) {
        return std::find(option.spellings.begin(), option.spellings.end(), name) !=
               option.spellings.end();
    });
}

Shape shape_of(std::string_view word) {
    if (word.starts_with("--")) return long_shape(word.substr(2));
    if (is_one_dash_name(word)) return long_shape(word.substr(1));
    return letters_shape(word.substr(1));
}

Error unknown_option(std::string_view word) {
    const std::string name(word.substr(0, word.find('=')));
    const std::string near = nearest(name, all_spellings());
    return usage_error(fmt::format("unknown option {}", displayed(name)),
                       near.empty()
                           ? "for the options see pxlaunch --help; put -- before a "
                             "command whose name begins with a dash"
                           : fmt::format("did you mean {}?", near));
}

class Scanner {
  public:
    explicit Scanner(const std::vector<std::string> &words) : words_(words) {}

    Scan run() {
        do {
            scan_.segments.emplace_back();
            const bool whole = options();
            command(whole);
        } while (at_ < words_.size());
        if (ends_in_colon_) scan_.segments.emplace_back();
        return std::move(scan_);
    }

  private:
    // Up to the command; true if `--` says that ':' is an argument.
    bool options() {
        while (at_ < words_.size()) {
            const std::string &word = words_[at_];
            if (word.size() < 2 || word[0] != '-') return false;
            ++at_;
            if (word == "--") return true;
            option(word);
        }
        return false;
    }

    void option(const std::string &word) {
        const std::size_t left = words_.size() - at_;
        const auto foreign = foreign_option(word, words_.data() + at_, left);
        if (foreign) {
            scan_.errors.push_back(foreign->error);
            at_ += std::min(foreign->arguments, left);
            return;
        }
        const Shape shape = shape_of(word);
        if (!shape.known) {
            scan_.errors.push_back(unknown_option(word));
            return;
        }
        if (shape.takes_next && left == 0) {
            const Option *option = find_option(
                shape.word.starts_with("--") ? shape.word.substr(2)
                                             : shape.word.substr(shape.word.size() - 1));
            scan_.errors.push_back(
                usage_error(fmt::format("{} needs an argument", word),
                            fmt::format("write {} {}", word, option->argument)));
            return;
        }
        auto &segment = scan_.segments.back();
        segment.words.push_back(shape.word);
        if (shape.takes_next) segment.words.push_back(words_[at_++]);
    }

    void command(bool whole) {
        ends_in_colon_ = false;
        auto &argv = scan_.segments.back().argv;
        while (at_ < words_.size()) {
            const std::string &word = words_[at_++];
            if (!whole && word == ":") {
                ends_in_colon_ = true;
                return;
            }
            argv.push_back(word);
        }
    }

    const std::vector<std::string> &words_;
    std::size_t at_ = 0;
    bool ends_in_colon_ = false;
    Scan scan_;
};

} // namespace

Scan scan_words(const std::vector<std::string> &words) { return Scanner(words).run(); }

} // namespace px::cli
