#include "pxlaunch/cli/inspect.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::cli;

TEST_CASE("reasons, for people and for scripts") {
    const Reasons reasons{{"np", "1: no allocation and no -n"}, {"-x", "\xff"}};
    CHECK(explain_text(reasons) == "np: 1: no allocation and no -n\n-x: \xff\n");
    CHECK(explain_json(reasons) == R"([
  {
    "about": "np",
    "reason": "1: no allocation and no -n"
  },
  {
    "about": "-x",
    "reason": {
      "text": ")"
                                   "\xef\xbf\xbd"
                                   R"(",
      "hex": "ff"
    }
  }
]
)");
    CHECK(explain_json({}) == "[]\n");
}
