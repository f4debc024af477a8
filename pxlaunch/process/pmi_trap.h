#pragma once
// MPICH and Intel MPI without PMIx would decide that each rank is alone. A library that
// asks for PMI-1 finds this socket instead, and so gives itself away in MPI_Init; looking
// at the program's libraries would miss scripts and interpreters.

#include "pxlaunch/base/fd.h"

#include <string>
#include <vector>

namespace px::process {

struct PmiTrap {
    Fd ours;   // readable when somebody asks
    Fd theirs; // the rank's, under the number that its environment now names
};

// Not PMI_SIZE: MPICH 5, also one that speaks PMIx, aborts where it finds that beside
// PMIX_NAMESPACE.
Result<PmiTrap> set_pmi_trap(int rank, std::vector<std::string> &env);

// Once our end is readable: false if it was closed unused, as at the rank's end.
bool has_asked(const Fd &ours);

Error speaks_pmi_1(int rank, std::size_t ranks);

} // namespace px::process
