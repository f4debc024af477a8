#pragma once
// Why ranks found no seat, in numbers that the user can act on.

#include "rec/map/seating.h"

namespace px::map {

struct Request {
    const std::vector<Pool> &pools; // before the first rank was seated
    const job::Placement &placement;
    const std::vector<Demand> &demands;
};

// `app` is the application whose ranks did not all fit.
Error shortage(const Request &request, std::size_t app);
Error nothing_free(const std::vector<Pool> &pools);

} // namespace px::map
