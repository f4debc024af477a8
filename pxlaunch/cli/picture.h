#pragma once
// The picture of --display map,bind: nodes, packages, NUMA domains, cores and the ranks
// on them, drawn from the layout document that pxrec writes (rec/map/layout_json.h).

#include "pxlaunch/base/result.h"

#include <string>

namespace px::cli {

// Lines of at most `columns` columns (and not less than 40), in box characters, or in
// ASCII if not `utf8`. An Error where the document is not one.
Result<std::string> picture(const std::string &layout_json, bool show_map, bool show_bind,
                            bool utf8, int columns);

} // namespace px::cli
