#pragma once
// Placing a job: from nodes and a Spec to the place of every rank. Pure functions; the
// same nodes and Spec give the same Layout. Words and rules are PRRTE's (prterun --map-by
// and so on).

#include "pxlaunch/job/spec.h"
#include "rec/map/layout.h"
#include "rec/map/topology.h"

#include <optional>
#include <string>
#include <vector>

namespace px::map {

struct NodeView {
    std::string name;
    const Topology *topology = nullptr;
    Pus usable;    // PUs free for this job
    int slots = 0; // ranks it takes; 0: one for each usable cpu
    Pus shared;    // PUs to spread over if the job oversubscribes; empty: usable
    std::optional<std::vector<int>> free_gpus; // of topology->gpus(); none: all
    bool gpus_known = true; // or a job that asks for some cannot be here
};

// An Error where the job does not fit on these nodes, or its placement contradicts
// itself. An application without np gets what its pattern (ppr, per_node) says, else
// every slot.
Result<Layout> place(const std::vector<NodeView> &nodes, const job::Spec &spec);

enum class Fit { now, later, never };

struct Answer {
    Fit fit = Fit::never;
    Layout layout; // if now
    Error error;   // if later: why not now; if never: why not
};

// For a server that owns cores: `whole` are its nodes without any job, `free` the same
// nodes with what is free now. A job that may oversubscribe never waits.
Answer place_or_wait(const std::vector<NodeView> &whole,
                     const std::vector<NodeView> &free, const job::Spec &spec);

} // namespace px::map
