#include "pxlaunch/pmix/info.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>

using namespace px::pmix;

namespace {

InfoView view(InfoList &list) { return {list.data(), list.size()}; }

} // namespace

TEST_CASE("what is put into a list is read back from its view") {
    InfoList list;
    list.flag("yes", true)
        .flag("no", false)
        .text("word", "two words\n")
        .text("empty", "");
    const InfoView read = view(list);
    CHECK(list.size() == 4);
    CHECK(read.flag("yes"));
    CHECK_FALSE(read.flag("no", true));
    CHECK(read.text("word") == "two words\n");
    CHECK(read.text("empty") == "");
    CHECK(read.has("empty"));
    CHECK_FALSE(read.has("wor"));
    CHECK(read.end() - read.begin() == 4);
}

TEST_CASE("every integer type is a number, to its last value") {
    InfoList list;
    list.integer("int", std::numeric_limits<int>::min())
        .u16("u16", 65535)
        .u32("u32", 4294967295U)
        .u64("u64", 1ULL << 62)
        .rank("wildcard", PMIX_RANK_WILDCARD)
        .status("status", PMIX_ERR_NOT_FOUND);
    const InfoView read = view(list);
    CHECK(read.number("int") == std::numeric_limits<int>::min());
    CHECK(read.number("u16") == 65535);
    CHECK(read.number("u32") == 4294967295LL);
    CHECK(read.number("u64") == 1LL << 62);
    CHECK(read.number("wildcard") == static_cast<long long>(PMIX_RANK_WILDCARD));
    CHECK(read.number("status") == PMIX_ERR_NOT_FOUND);
}

TEST_CASE("what is not there, or of another type, reads as absent") {
    InfoList list;
    list.text("word", "7").integer("seven", 7).flag("yes", true);
    const InfoView read = view(list);
    CHECK_FALSE(read.number("word"));
    CHECK_FALSE(read.number("yes"));
    CHECK_FALSE(read.number("nothing"));
    CHECK_FALSE(read.text("seven"));
    CHECK_FALSE(read.text("nothing"));
    CHECK_FALSE(read.proc("word"));
    CHECK_FALSE(read.proc("nothing"));
    CHECK_FALSE(read.flag("nothing"));
    CHECK(read.flag("nothing", true));
    CHECK(read.flag("word")); // a key with no truth value of its own means true
    const InfoView none(nullptr, 0);
    CHECK_FALSE(none.has("word"));
}

TEST_CASE("values are copied: what was passed may change or go") {
    InfoList list;
    {
        std::string word = "before";
        pmix_proc_t process = proc("job.1", 3);
        std::vector<pmix_proc_t> processes{process, proc("job.1", 4)};
        InfoList inner;
        inner.text("inside", word);
        list.text("word", word).proc("who", process).procs("all", processes);
        list.array("list", inner);
        word = "after!";
        process = proc("other", 9);
        processes[0] = process;
    }
    const InfoView read = view(list);
    CHECK(read.text("word") == "before");
    REQUIRE(read.proc("who"));
    CHECK(std::string(read.proc("who")->nspace) == "job.1");
    CHECK(read.proc("who")->rank == 3);
    const auto *all = read.find("all");
    REQUIRE(all != nullptr);
    REQUIRE(all->value.type == PMIX_DATA_ARRAY);
    REQUIRE(all->value.data.darray->size == 2);
    const auto *first = static_cast<pmix_proc_t *>(all->value.data.darray->array);
    CHECK(std::string(first[0].nspace) == "job.1");
    CHECK(first[1].rank == 4);
    const auto *array = read.find("list");
    REQUIRE(array != nullptr);
    const auto *data = array->value.data.darray;
    REQUIRE(data->size == 1);
    CHECK(InfoView(static_cast<pmix_info_t *>(data->array), data->size).text("inside") ==
          "before");
}

TEST_CASE("a list that was moved from is empty, and the other frees its values once") {
    InfoList list;
    list.text("word", "here");
    InfoList other(std::move(list));
    CHECK(list.size() == 0);
    CHECK(view(other).text("word") == "here");
}

TEST_CASE("keys are as long as PMIx allows, and compared whole") {
    const std::string longest(PMIX_MAX_KEYLEN, 'k');
    InfoList list;
    list.integer(longest.c_str(), 1).integer("k", 2);
    CHECK(view(list).number(longest.c_str()) == 1);
    CHECK(view(list).number("k") == 2);
}

TEST_CASE("a namespace and a rank become a process") {
    const auto process = proc("job.12", 5);
    CHECK(std::string(process.nspace) == "job.12");
    CHECK(process.rank == 5);
}

TEST_CASE("an argv goes to PMIx and comes back") {
    const std::vector<std::string> words{"sh", "", "a b\n", "\xff"};
    char **argv = to_argv(words);
    CHECK(argv[4] == nullptr);
    CHECK(from_argv(argv) == words);
    for (char **word = argv; *word != nullptr; ++word) std::free(*word);
    std::free(argv);
    CHECK(from_argv(nullptr).empty());
}
