#include "command_line.h"
#include "man_page.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/help.h"
#include "pxlaunch/job/rank_variables.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::cli;

namespace {

const std::string page_path = "docs/pxlaunch.1";

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

} // namespace

TEST_CASE("the man page has the options of the table and the program's exit statuses") {
    check_part(page_path, "options", options_section());
    check_part(page_path, "exit statuses", exit_section());
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
