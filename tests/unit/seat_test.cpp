#include "pxlaunch/channel/seat.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::channel;

TEST_CASE("every rank finds its own seat") {
    const std::vector<Seat> seats{
        {0, {0, 1}, 4}, {0, {}}, {1, {2, 3, 8}, 16, true}, {0, {5}, 8}};
    const auto environment = to_environment(seats);
    CHECK(environment ==
          std::vector<std::string>{"PXWRAP_SEATS_0=0:0-1:4 0::0 1:2-3,8:16? 0:5:8 "});
    for (int rank = 0; rank < 4; ++rank) {
        const auto found = find_seat(environment, rank);
        REQUIRE(found);
        REQUIRE(found->has_value());
        CHECK(**found == seats[static_cast<std::size_t>(rank)]);
    }
}

TEST_CASE("where nobody has a seat there is none to be found") {
    const auto found = find_seat({"HOME=/x"}, 3);
    REQUIRE(found);
    CHECK_FALSE(found->has_value());
}

TEST_CASE("a rank without a seat among those who have one is an error") {
    const auto environment = to_environment({{0, {}}, {0, {}}});
    for (const int rank : {2, 7, -1}) CHECK_FALSE(find_seat(environment, rank));
    CHECK_FALSE(find_seat({"PXWRAP_SEATS_0=0:x:1 "}, 0));
    CHECK_FALSE(find_seat({"PXWRAP_SEATS_0=x:1:1 "}, 0));
    CHECK(find_seat(environment, 2).error().what ==
          "rank 2 is none of this job's, by PXWRAP_SEATS");
}

TEST_CASE("the seats of a hundred thousand ranks are found") {
    std::vector<Seat> seats(100'000, {0, {0, 1, 2, 3}});
    seats.back() = {2, {7}};
    const auto environment = to_environment(seats);
    CHECK(environment.size() > 1);
    const auto found = find_seat(environment, 99'999);
    REQUIRE(found);
    CHECK(**found == seats.back());
}
