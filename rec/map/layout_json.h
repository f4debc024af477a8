#pragma once
// A Layout and its nodes as the JSON text that the picture is drawn from. Lists of cpus
// are text, "0-3,8", so that big machines stay small documents.

#include "rec/map/mapper.h"

namespace px::map {

// {"nodes": [{"name", "packages": [{"os", "numas": [{"os", "cores": [{"os", "pus",
// "usable"}]}]}]}],
//  "ranks": [{"rank", "app", "app_rank", "node", "local_rank", "cpus", "gpus"}],
//  "oversubscribed": false}
std::string layout_json(const std::vector<NodeView> &nodes, const Layout &layout);

} // namespace px::map
