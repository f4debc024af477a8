#include "pxlaunch/base/text.h"

#include <doctest/doctest.h>

using namespace px;

TEST_CASE("durations as people write them") {
    struct Row {
        std::string_view text;
        long long ms; // -1: refused
    };
    for (const auto &[text, ms] : std::vector<Row>{{"0", 0},
                                                   {"90", 90'000},
                                                   {"1.5", 1500},
                                                   {"90s", 90'000},
                                                   {"250ms", 250},
                                                   {"10m", 600'000},
                                                   {"2h", 7'200'000},
                                                   {"1d", 86'400'000},
                                                   {"1:30", 90'000},
                                                   {"1:00:01", 3'601'000},
                                                   {"", -1},
                                                   {"-1", -1},
                                                   {"ten", -1},
                                                   {"1:99", -1},
                                                   {"1:2:3:4", -1},
                                                   {"nan", -1},
                                                   {"inf", -1},
                                                   {"1e400", -1},
                                                   {"5 s", -1}}) {
        CAPTURE(text);
        const auto got = parse_duration(text);
        CHECK(got.has_value() == (ms >= 0));
        if (got) CHECK(got->count() == ms);
    }
}

TEST_CASE("numbers are whole, unsigned and bounded") {
    CHECK(*parse_number("0") == 0);
    CHECK(*parse_number("17") == 17);
    CHECK(parse_number("four").error().what == "expected a number, got 'four'");
    CHECK_FALSE(parse_number("-1"));
    CHECK_FALSE(parse_number(""));
    CHECK_FALSE(parse_number("3x"));
    CHECK_FALSE(parse_number("99999999999999999999"));
}

TEST_CASE("a wrong word gets the nearest right one") {
    CHECK(nearest("slrum", {"prrte", "slurm", "local"}) == "slurm");
    CHECK(nearest("--tiemout", {"--timeout", "--tag"}) == "--timeout");
    CHECK(nearest("banana", {"prrte", "slurm"}).empty());
}

TEST_CASE("quoting for display") {
    CHECK(displayed("./a.out") == "./a.out");
    CHECK(displayed("a b") == "'a b'");
    CHECK(displayed("") == "''");
    CHECK(displayed("it's") == "$'it\\'s'");
    CHECK(displayed("a\nb") == "$'a\\x0ab'");
}

TEST_CASE("patterns know * and ?") {
    CHECK(matches("OMP_*", "OMP_NUM_THREADS"));
    CHECK(matches("*", ""));
    CHECK(matches("a?c", "abc"));
    CHECK_FALSE(matches("OMP_*", "XOMP_"));
    CHECK_FALSE(matches("a?c", "ac"));
}

TEST_CASE("lists of numbers, as the kernel writes them") {
    using Numbers = std::vector<int>;
    CHECK(*parse_ranges("0-3,8") == Numbers{0, 1, 2, 3, 8});
    CHECK(*parse_ranges("7") == Numbers{7});
    CHECK(parse_ranges("")->empty());
    CHECK(range_text({0, 1, 2, 5, 7, 8}) == "0-2,5,7-8");
    for (const auto *wrong : {"a", "1-", "-1", "1,,2", "1-2-3", "65536", "0x1", "1 2"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_ranges(wrong));
    }
}
