#pragma once
// --probe: the candidates as text and as JSON.

#include "pxlaunch/discover/candidates.h"

namespace px::discover {

const char *to_string(Candidate::State state);

// Aligned columns, a line for each candidate, indented by two; without a last newline.
std::string candidate_table(const std::vector<Candidate> &candidates);

// {"version": 1, "candidates": [{"name", "state", "reason", "hint"}]}
std::string candidate_json(const std::vector<Candidate> &candidates);

} // namespace px::discover
