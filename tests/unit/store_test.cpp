#include "rec/server/store.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::server;

namespace {

const jobs::Peer ann{"a.1", 0}, bea{"a.1", 1}, cid{"b.2", 0};

Store::Value value(int number) { return std::make_shared<int>(number); }

// What a look-up was told: "key=number@job.rank ..." or "nothing", or that it still
// waits.
struct Asked {
    Asked(Store &store, const jobs::Peer &by, std::vector<std::string> keys, bool wait) {
        number = store.look_up(
            by, std::move(keys), wait, [this](const std::vector<Store::Found> &found) {
                ++answers;
                told = found.empty() ? "nothing" : "";
                for (const auto &each : found) {
                    if (!told.empty()) told += ' ';
                    told += each.key + '=' +
                            std::to_string(*static_cast<int *>(each.value.get())) + '@' +
                            each.publisher.nspace + '.' +
                            std::to_string(each.publisher.rank);
                }
            });
    }
    Asked(const Asked &) = delete;
    Asked &operator=(const Asked &) = delete;

    std::string told = "waits";
    int answers = 0;
    unsigned number = 0;
};

} // namespace

TEST_CASE(
    "what is published is found, with its publisher, in the order of the question") {
    Store store;
    CHECK(store.publish(ann, "port", value(1)));
    CHECK(store.publish(cid, "name", value(2)));
    const Asked both(store, bea, {"name", "port"}, false);
    CHECK(both.told == "name=2@b.2.0 port=1@a.1.0");
    const Asked some(store, bea, {"gone", "port"}, false);
    CHECK(some.told == "port=1@a.1.0");
    const Asked none(store, bea, {"gone"}, false);
    CHECK(none.told == "nothing");
}

TEST_CASE("a key that is taken stays its publisher's") {
    Store store;
    CHECK(store.publish(ann, "port", value(1)));
    CHECK_FALSE(store.publish(cid, "port", value(2)));
    CHECK_FALSE(store.publish(ann, "port", value(3)));
    const Asked asked(store, cid, {"port"}, true);
    CHECK(asked.told == "port=1@a.1.0");
}

TEST_CASE("a look-up that waits is answered once, by the last of its keys") {
    Store store;
    const Asked two(store, cid, {"x", "y"}, true);
    const Asked one(store, cid, {"y"}, true);
    store.publish(ann, "y", value(2));
    CHECK(one.told == "y=2@a.1.0");
    CHECK(two.told == "waits");
    store.publish(bea, "x", value(1));
    CHECK(two.told == "x=1@a.1.1 y=2@a.1.0");
    store.publish(bea, "z", value(3));
    CHECK(one.answers == 1);
    CHECK(two.answers == 1);
}

TEST_CASE("nobody unpublishes what another process has published") {
    Store store;
    store.publish(ann, "x", value(1));
    store.publish(ann, "y", value(2));
    store.publish(bea, "z", value(3));
    store.unpublish(bea, {"x"}); // of the same job, and yet not its publisher
    store.unpublish(cid, {});
    CHECK(Asked(store, cid, {"x", "y", "z"}, false).told ==
          "x=1@a.1.0 y=2@a.1.0 z=3@a.1.1");
    store.unpublish(ann, {"x", "z"});
    CHECK(Asked(store, cid, {"x", "y", "z"}, false).told == "y=2@a.1.0 z=3@a.1.1");
    store.unpublish(ann, {}); // everything of its own
    CHECK(Asked(store, cid, {"x", "y", "z"}, false).told == "z=3@a.1.1");
    CHECK(store.publish(cid, "x", value(4)));
}

TEST_CASE("a job takes its values and its waiting look-ups with it") {
    Store store;
    const auto kept = std::make_shared<int>(1);
    store.publish(ann, "x", kept);
    store.publish(bea, "y", value(2));
    store.publish(cid, "z", value(3));
    const Asked gone(store, ann, {"later"}, true);
    const Asked stays(store, cid, {"later"}, true);
    CHECK(kept.use_count() == 2);
    store.forget_job("a.1");
    CHECK(kept.use_count() == 1);
    CHECK(Asked(store, cid, {"x", "y", "z"}, false).told == "z=3@b.2.0");
    store.publish(cid, "later", value(4));
    CHECK(gone.told == "waits");
    CHECK(stays.told == "later=4@b.2.0");
    store.forget_job("b"); // a prefix of a name is another name
    CHECK(Asked(store, cid, {"z"}, false).told == "z=3@b.2.0");
}

TEST_CASE("who is answered may ask and publish again from within the answer") {
    Store store;
    std::string last;
    store.look_up(cid, {"x"}, true, [&](const auto &) {
        store.publish(cid, "y", value(2));
        store.look_up(cid, {"z"}, true,
                      [&](const auto &found) { last = found.front().key; });
    });
    const Asked second(store, bea, {"y"}, true);
    store.publish(ann, "x", value(1));
    CHECK(second.told == "y=2@b.2.0");
    store.publish(ann, "z", value(3));
    CHECK(last == "z");
}

TEST_CASE("a value for one reader is gone when it was read") {
    Store store;
    CHECK(store.publish(ann, "port", value(1), Store::For::first_reader));
    CHECK(Asked(store, bea, {"port"}, false).told == "port=1@a.1.0");
    CHECK(Asked(store, bea, {"port"}, false).told == "nothing");
    const Asked first(store, bea, {"port"}, true), second(store, cid, {"port"}, true);
    CHECK(store.publish(ann, "port", value(2), Store::For::first_reader));
    CHECK(first.told == "port=2@a.1.0");
    CHECK(second.told == "waits");
}

TEST_CASE("a look-up that waits can be given up, once") {
    Store store;
    const Asked asked(store, bea, {"port"}, true);
    CHECK(asked.number != 0);
    store.give_up(asked.number);
    store.give_up(asked.number);
    CHECK(asked.told == "nothing");
    CHECK(store.publish(ann, "port", value(1)));
    CHECK(asked.answers == 1);
    CHECK(Asked(store, bea, {"port"}, true).number == 0);
}

TEST_CASE("who is gone reads nothing") {
    Store store;
    const Asked gone(store, bea, {"port"}, true), here(store, cid, {"port"}, true);
    store.forget_peer(bea);
    CHECK(store.publish(ann, "port", value(1), Store::For::first_reader));
    CHECK(gone.answers == 0);
    CHECK(here.told == "port=1@a.1.0");
}
