#include "pxlaunch/discover/rendezvous.h"
#include "pxlaunch/discover/server_uri.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace px;
using namespace px::discover;
namespace fs = std::filesystem;

namespace {

Rendezvous server_of(const Here &here) {
    Rendezvous server;
    server.version = "1.2.3";
    server.pmix_version = "5.0.7";
    server.uri = "pxrec-n01-7.0;tcp4://127.0.0.1:4711";
    server.secret = "s3cret";
    server.owner = {::getpid(), start_of(::getpid()), here.host, here.boot,
                    here.pid_space};
    server.uid = static_cast<long>(here.uid);
    server.allocation = "slurm:77";
    server.managed = true;
    server.cores = 16;
    server.started = 1234.5;
    server.log = "/run/x/log";
    server.wrapper = "/opt/pxwrap";
    return server;
}

struct Written {
    explicit Written(void (*change)(Rendezvous &) = nullptr) {
        Rendezvous server = server_of(here);
        if (change != nullptr) change(server);
        CHECK(write_rendezvous(temporary.path(), server));
    }
    [[nodiscard]] std::string path() const { return rendezvous_path(temporary.path()); }
    [[nodiscard]] Sighting read() const { return read_rendezvous(path(), here); }
    [[nodiscard]] std::string refusal() const {
        const Sighting seen = read();
        CHECK(seen.state == Sighting::unusable);
        return seen.reason;
    }

    Temporary temporary;
    Here here = this_process();
};

} // namespace

TEST_CASE("the document travels in the environment, too") {
    const Written written;
    Here away = written.here;
    const std::string gone = "file:" + written.temporary.path("gone");
    CHECK_FALSE(read_server_uri(gone, "PXLAUNCH_URI", away));
    Rendezvous server = server_of(away);
    away.env[rendezvous_variable] = rendezvous_text(server);
    auto found = read_server_uri(gone, "PXLAUNCH_URI", away);
    REQUIRE(found);
    CHECK(found->attach == server.uri);
    CHECK(found->ours->wrapper == "/opt/pxwrap");
    // The file, where it is: its server may have been started again.
    away.env[rendezvous_variable] = "{}";
    CHECK(read_server_uri("file:" + written.path(), "PXLAUNCH_URI", away));
    server.uid += 1;
    away.env[rendezvous_variable] = rendezvous_text(server);
    CHECK(read_server_uri(gone, "PXLAUNCH_URI", away)
              .error()
              .what.find("PXLAUNCH_URI: 'PXLAUNCH_RENDEZVOUS': its server runs as uid") ==
          0);
    away.env[rendezvous_variable] = "?";
    CHECK(read_server_uri(gone, "PXLAUNCH_URI", away).error().what ==
          "PXLAUNCH_URI: 'PXLAUNCH_RENDEZVOUS': it is not a rendezvous document");
}

TEST_CASE("what is written is read") {
    const Written written;
    struct stat about {};
    ::stat(written.path().c_str(), &about);
    CHECK((about.st_mode & 0777) == 0600);
    const Sighting seen = written.read();
    CHECK(seen.reason.empty());
    REQUIRE(seen.state == Sighting::usable);
    const Rendezvous expected = server_of(written.here);
    CHECK(seen.server.protocol == rendezvous_protocol);
    CHECK(seen.server.version == expected.version);
    CHECK(seen.server.pmix_version == expected.pmix_version);
    CHECK(seen.server.uri == expected.uri);
    CHECK(seen.server.secret == expected.secret);
    CHECK(seen.server.owner.pid == expected.owner.pid);
    CHECK(seen.server.owner.start == expected.owner.start);
    CHECK(seen.server.owner.host == expected.owner.host);
    CHECK(seen.server.owner.boot == expected.owner.boot);
    CHECK(seen.server.owner.pid_space == expected.owner.pid_space);
    CHECK(seen.server.uid == expected.uid);
    CHECK(seen.server.allocation == expected.allocation);
    CHECK(seen.server.managed);
    CHECK(seen.server.cores == 16);
    CHECK(seen.server.started == 1234.5);
    CHECK(seen.server.log == expected.log);
    CHECK(seen.server.wrapper == "/opt/pxwrap");
}

TEST_CASE("absent is not broken") {
    const Temporary temporary;
    const Sighting seen = read_rendezvous(temporary.path("none"), this_process());
    CHECK(seen.state == Sighting::absent);
    CHECK(read_rendezvous(temporary.path("a/b"), this_process()).state ==
          Sighting::absent);
}

TEST_CASE("a document that could be somebody else's is not believed") {
    const Written written;
    ::chmod(written.path().c_str(), 0640);
    CHECK(written.refusal() == "others can read or write it (mode 0640)");
    ::chmod(written.path().c_str(), 0600);
    Here other = written.here;
    other.uid += 1;
    CHECK(read_rendezvous(written.path(), other).reason ==
          "it belongs to uid " + std::to_string(written.here.uid) + ", you are " +
              std::to_string(other.uid));
    fs::rename(written.path(), written.temporary.path("real"));
    fs::create_symlink("real", written.path());
    CHECK(written.refusal() == "it is a symbolic link");
    fs::remove(written.path());
    ::mkfifo(written.path().c_str(), 0600);
    CHECK(written.refusal() == "it is not a plain file");
}

TEST_CASE("a server of another protocol: both versions are named") {
    const Written written([](Rendezvous &server) { server.protocol = 2; });
    CHECK(written.refusal() == "pxrec 1.2.3 speaks protocol 2, this pxlaunch " PX_VERSION
                               " speaks 1");
}

TEST_CASE("a dead server, a broken document") {
    CHECK(Written([](Rendezvous &server) { server.owner.start += 1; }).refusal() ==
          "its server (pid " + std::to_string(::getpid()) + ") has ended");
    CHECK(Written([](Rendezvous &server) { server.uri.clear(); }).refusal() ==
          "it holds no address");
    CHECK(Written([](Rendezvous &server) { server.uid = 7; }).refusal() ==
          "its server runs as uid 7, you are " + std::to_string(::getuid()));
    for (const char *text : {"", "{", "[]", "{\"protocol\": \"one\"}", "\xff"}) {
        const Written written;
        std::ofstream(written.path()) << text;
        CAPTURE(text);
        CHECK(written.refusal() == "it is not a rendezvous document");
    }
}

TEST_CASE("addresses of servers") {
    CHECK(namespace_of("prte-n01-7@0.0;tcp4://127.0.0.1:4711") == "prte-n01-7@0");
    CHECK(namespace_of("a.b.c.12;tcp6://[::1]:4711") == "a.b.c");
    for (const char *bad :
         {"", "x", "ns.0", "ns;tcp4://1.2.3.4:5", "ns.0;udp://1.2.3.4:5",
          "ns.0;tcp4://1.2.3.4", ".0;tcp4://1.2.3.4:5", "ns.x;tcp4://h:5"}) {
        CAPTURE(bad);
        CHECK(namespace_of(bad).empty());
    }
}

TEST_CASE("an address may be in a file, PMIx's or ours") {
    const Temporary temporary;
    const Here here = this_process();
    temporary.write("uri", "prte.n01.7.0;tcp4://127.0.0.1:4711\nv5.0.7\n4711\n");
    const auto foreign = read_server_uri("file:" + temporary.path("uri"), "--uri", here);
    REQUIRE(foreign);
    CHECK(foreign->attach == "file:" + temporary.path("uri"));
    CHECK(foreign->nspace == "prte.n01.7");
    CHECK(foreign->version == "5.0.7");
    CHECK_FALSE(foreign->ours);

    const Written written;
    const auto ours = read_server_uri("file:" + written.path(), "--uri", here);
    REQUIRE(ours);
    CHECK(ours->attach == "pxrec-n01-7.0;tcp4://127.0.0.1:4711");
    CHECK(ours->nspace == "pxrec-n01-7");
    CHECK(ours->version == "5.0.7");
    CHECK(ours->ours->cores == 16);
}

TEST_CASE("addresses that are none") {
    const Temporary temporary;
    const Here here = this_process();
    const std::string form =
        "write NAMESPACE.RANK;tcp4://ADDRESS:PORT, or file:PATH for a file that holds it";
    const auto refusal = [&](const std::string &text) {
        const auto got = read_server_uri(text, "--uri", here);
        REQUIRE_FALSE(got);
        return got.error().what + " | " + got.error().hint;
    };
    CHECK(refusal("n01:4711") ==
          "--uri: expected a PMIx server's address, got 'n01:4711' | " + form);
    CHECK(refusal("file:/nowhere/x") == "--uri: cannot open '/nowhere/x': no such file "
                                        "or directory | is the server still "
                                        "running? 'pxlaunch --probe' shows what is here");
    temporary.write("bad", "hello\n");
    CHECK(refusal("file:" + temporary.path("bad")) ==
          "--uri: '" + temporary.path("bad") +
              "' does not hold a PMIx server's address | " + form);
    const Written dead([](Rendezvous &server) { server.owner.start += 1; });
    CHECK(refusal("file:" + dead.path()) ==
          "--uri: '" + dead.path() + "': its server (pid " + std::to_string(::getpid()) +
              ") has ended | start a server with 'pxrec up' and use its address");
}
