#include "discover_place.h"

TEST_CASE("nodes that the user names want a DVM, unless this is the only one") {
    Place place;
    place.here.hosts = {"n01:4", "localhost", "n01.cluster"};
    CHECK(place.outcome() == "start local");
    place.here.hosts = {"n01:2", "n02:2"};
    CHECK(place.outcome() == "start prrte");
    CHECK(place.outcome({.rec = "prrte"}) == "start prrte");
    CHECK(place.outcome({.rec = "prrte:/opt/prrte"}) == "start prrte");
    for (const char *rec : {"", "prrte"}) {
        CHECK(
            place.outcome({.rec = rec, .no_start = true}).find("--no-start was given") !=
            std::string::npos);
    }
    // A server of 'pxrec up' that has not got them is not asked.
    place.add_server("none");
    CHECK(place.outcome() == "start prrte");
    CHECK(place.candidate("pool").reason == "it does not have the node n01");
}

TEST_CASE("a DVM is found again by the nodes that were named") {
    Place place;
    place.here.hosts = {"n01:2", "n02:2"};
    const auto dvm = [](Rendezvous &server) {
        server.uri = uri;
        server.method = "prrte";
        server.nodes = {"n01", "n02"};
    };
    place.add_server(key_of_hosts(place.here.hosts), {}, dvm);
    CHECK(place.outcome() == "attach prrte");
    place.here.hosts = {"n01:2", "n02:3"};
    CHECK(place.outcome() == "start prrte");
    place.here.hosts.clear();
    CHECK(place.outcome() == "start local");
    // One that 'pxrec up' has made serves all who name some of its nodes.
    place.add_server("none", {}, dvm);
    place.here.hosts = {"n02"};
    CHECK(place.outcome() == "attach pool");
}
