#include "discover_place.h"
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/sock_diag.h"
#include "pxlaunch/discover/server_owner.h"

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// Rows of the kernel's table, listeners first: one on 127.0.0.1:4711, one on every
// address at port 4712, one of this node's other address; and a connection at 4713.
const std::string table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "   0: 0100007F:1267 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000   "
    "     0 177 1\n"
    "   1: 00000000:1268 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001   "
    "     0 178 1\n"
    "   2: 0100470A:126A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0   "
    "     0 180 1\n"
    "   3: 0100007F:1269 0100007F:8000 01 00000000:00000000 00:00000000 00000000  1002   "
    "     0 179 1\n";

struct Listeners : Place {
    Listeners() {
        temporary.write("tcp", table);
        here.sockets = temporary.path("tcp");
        here.uid = 1000;
    }
    [[nodiscard]] long owner(const std::string &address) const {
        return owner_of_listener("prte-n01-7@0.0;tcp4://" + address, here).value_or(-1);
    }
};

} // namespace

TEST_CASE("who listens at an address") {
    Listeners place;
    CHECK(place.owner("127.0.0.1:4711") == 1000);
    CHECK(place.owner("127.0.0.1:4712") == 1001); // it listens on every address
    CHECK(place.owner("10.71.0.1:4714") == 0);
    CHECK(place.owner("127.0.0.1:4713") == -1);  // no listener
    CHECK(place.owner("10.71.0.2:4712") == -1);  // perhaps another node
    CHECK(place.owner("127.0.0.1:99999") == -1); // no port
    CHECK(place.owner("nonsense") == -1);
    CHECK_FALSE(owner_of_listener("", place.here));
    place.here.sockets = place.temporary.path("none");
    CHECK(place.owner("127.0.0.1:4711") == -1);
}

TEST_CASE("who listens on this node, the kernel says") {
    Place place;
    for (const in_addr_t address : {INADDR_LOOPBACK, INADDR_ANY}) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(address);
        socklen_t size = sizeof at;
        Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr *>(&at), size) == 0);
        REQUIRE(::listen(listener.get(), 1) == 0);
        ::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&at), &size);
        const auto found = find_socket(at, {});
        REQUIRE(found); // or only the table would be tested
        CHECK(found->state == TCP_LISTEN);
        const auto owner_at = [&](const char *host) {
            const auto server =
                fmt::format("p@0.0;tcp4://{}:{}", host, ntohs(at.sin_port));
            return owner_of_listener(server, place.here).value_or(-1);
        };
        CHECK(owner_at("127.0.0.1") == static_cast<long>(::getuid()));
        CHECK(owner_at("10.71.0.2") == -1);
        listener.reset();
        CHECK(owner_at("127.0.0.1") == -1);
    }
}

TEST_CASE("a server of another user is not used, whoever named it") {
    Listeners place;
    CHECK(place.outcome({.uri = uri}) == "attach uri");
    place.here.uid = 1001;
    const std::string why = "the server prterun-n01-7@0 runs as uid 1000, you are 1001";
    CHECK(place.outcome({.uri = uri}) ==
          "--uri: " + why +
              " | leave it out: pxlaunch finds or starts a server of your own");
    place.temporary.write("uri", uri + "\nv5.0.7\n");
    place.here.env["PXLAUNCH_URI"] = "file:" + place.temporary.path("uri");
    CHECK(place.outcome().starts_with("PXLAUNCH_URI: " + why));
    place.here.env = {{"PMIX_SERVER_URI41", uri}}; // as through sudo
    CHECK(place.outcome() == "start local");
    CHECK(place.candidate("parent").state == Candidate::refused);
    CHECK(place.candidate("parent").reason == "PMIX_SERVER_URI41: " + why);
}
