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
