#pragma once
// Parts of a man page that are made from the program's tables, and compared with them.

#include "golden.h"
#include "pxlaunch/base/text.h"

#include <string>
#include <string_view>

// Text of the table as mdoc: each sentence on a line, dashes of options as they are
// typed.
inline std::string mdoc(std::string_view text) {
    std::string out;
    for (auto word : px::split(text, ' ')) {
        const bool ends = word.ends_with('.') && word != "...";
        const auto at = word.find_first_not_of("(");
        if (at != std::string::npos && word[at] == '-') {
            std::string dashed;
            for (const char c : word)
                dashed += c == '-' ? std::string("\\-") : std::string(1, c);
            word = dashed;
        }
        if (word.starts_with('.') || word.starts_with('\'')) word = "\\&" + word;
        out += word + (ends ? "\n" : " ");
    }
    out.back() = '\n';
    return out;
}

// What stands between the comments `begin NAME` and `end NAME`; written if so asked.
inline void check_part(const std::string &page_path, const std::string &name,
                       const std::string &text) {
    const std::string begin = ".\\\" begin " + name + "\n",
                      end = ".\\\" end " + name + "\n";
    std::string page = source_file(page_path);
    const auto from = page.find(begin), to = page.find(end);
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    const auto start = from + begin.size();
    if (std::getenv("PX_UPDATE_GOLDEN") != nullptr) {
        page.replace(start, to - start, text);
        std::ofstream(source_path(page_path), std::ios::binary) << page;
        return;
    }
    CHECK(page.substr(start, to - start) == text);
}
