#include "rec/cli/dvm_choice.h"

#include <doctest/doctest.h>

using namespace px::rec;

TEST_CASE("the version of PRRTE, as its releases write it") {
    CHECK(prrte_major("prte (PRRTE) 3.0.8\n\nReport bugs to: https://x/\n") == 3);
    CHECK(prrte_major("\nprte (PRRTE) 5.0.0rc1\n\nReport bugs to: https://x/\n") == 5);
    CHECK(prrte_major("mpirun (Open MPI) 5.0.7\n") == 0);
    CHECK(prrte_major("") == 0);
}

TEST_CASE("who can log in") {
    CHECK(login_users("root:x:0:0:root:/root:/bin/bash\n"
                      "nobody:x:65534:65534::/:/bin/sh\n"
                      "daemon:x:1:1::/:/usr/sbin/nologin\n"
                      "ada:x:1000:1000:Ada:/home/ada:/bin/bash\n"
                      "robot:x:1001:1001::/:/usr/sbin/nologin\n"
                      "other:x:1002:1002::/:\n"
                      "broken:line\n") == std::vector<std::string>{"ada", "other"});
}

TEST_CASE("users that no file of this node lists") {
    CHECK(user_database("").empty());
    CHECK(user_database("# passwd: sss\npasswd:  files systemd\ngroup: sss\n").empty());
    CHECK(user_database("passwd: compat [NOTFOUND=continue] # ldap\n").empty());
    CHECK(user_database("passwd:\tfiles\tsss\n") == "sss");
    CHECK(user_database("group: files\npasswd: ldap [!UNAVAIL=return] files\n") ==
          "ldap");
}

TEST_CASE("who else can log in, in words") {
    const std::string ada = "ada:x:1000:1000:Ada:/home/ada:/bin/bash\n";
    const std::string bob = "bob:x:1001:1001::/home/bob:/bin/bash\n";
    const std::string eve = "eve:x:1002:1002::/home/eve:/bin/bash\n";
    CHECK(others(ada, "passwd: files\n").empty());
    CHECK(others(ada + bob, "passwd: files\n") == "ada and bob");
    CHECK(others(ada + bob + eve, "") == "3 users");
    CHECK(others(ada, "passwd: files sss\n") ==
          "the users of 'sss' (/etc/nsswitch.conf)");
    CHECK(others(ada + "+::::::\n", "passwd: compat\n") ==
          "the users of NIS (/etc/passwd)");
}
