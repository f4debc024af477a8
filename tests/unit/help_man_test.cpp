#include "command_line.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/help.h"
#include "pxlaunch/job/rank_variables.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::cli;

namespace {

const std::string page_path = "docs/pxlaunch.1";

// Text of the table as mdoc: each sentence on a line, dashes of options as they are
// typed.
std::string mdoc(std::string_view text) {
    std::string out;
    for (auto word : split(text, ' ')) {
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

std::string item(const Option &option) {
    std::string line = ".It";
    for (const auto &spelling : spellings_of(option)) {
        line += (line == ".It" ? " Fl " : " , Fl ") + spelling.substr(1);
    }
    if (option.is_flag()) return line + '\n';
    const std::string argument(option.argument);
    if (option.needs_argument()) return line + " Ar " + argument + '\n';
    return line + " Ns Op = Ns Ar " + argument.substr(1, argument.size() - 2) + '\n';
}

std::string words_list(const Option &option) {
    std::string out = ".Bl -tag -width 16n -compact\n";
    for (const auto &[word, meaning] : option.words()) {
        out += ".It Cm " + word + '\n' + mdoc(meaning);
    }
    return out + ".El\n";
}

std::string options_section() {
    std::string out;
    for (const auto &title : group_titles()) {
        out += ".Ss " + std::string(title.title) + "\n.Bl -tag -width 8n\n";
        for (const auto &option : option_table()) {
            if (option.group != title.group) continue;
            out += item(option) + mdoc(option.more);
            if (option.words != nullptr) out += words_list(option);
        }
        out += ".El\n";
    }
    return out;
}

std::string exit_section() {
    std::string out = ".Bl -tag -width 8n\n";
    for (const auto &[status, meaning] : exit_statuses()) {
        out += ".It " + status + '\n' + meaning + '\n';
    }
    return out + ".El\n";
}

// What stands between the comments `begin NAME` and `end NAME`; written if so asked.
void check_part(const std::string &name, const std::string &text) {
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

} // namespace

TEST_CASE("the man page has the options of the table and the program's exit statuses") {
    check_part("options", options_section());
    check_part("exit statuses", exit_section());
}

TEST_CASE("the man page names every variable that we set") {
    const std::string page = source_file(page_path);
    const auto has = [&](std::string_view name) {
        return page.find(".It Ev " + std::string(name) + "\n") != std::string::npos;
    };
    for (const auto name : job::rank_variables) CHECK_MESSAGE(has(name), name);
    for (const auto name : job::script_variables) CHECK_MESSAGE(has(name), name);
}

TEST_CASE("the examples of the man page are right command lines") {
    int examples = 0;
    for (const auto &line : split(source_file(page_path), '\n')) {
        if (!line.starts_with(".Dl pxlaunch ")) continue;
        ++examples;
        Words words;
        std::string command = line.substr(13);
        std::erase(command, '\\');
        for (const auto &word : split(command, ' ')) words.push_back(word);
        CAPTURE(line);
        CHECK(errors_of(words).empty());
    }
    CHECK(examples >= 8);
}
