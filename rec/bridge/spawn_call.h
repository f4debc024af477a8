#pragma once
// A rank that asks for more processes (PMIx_Spawn, and so MPI_Comm_spawn) in a step of
// Slurm, whose server refuses every such call. Open MPI 5 then says nothing and 4.1 not
// why; libpmix itself names the call in the rank's errors, when it is told to.

#include "pxlaunch/job/environment.h"
#include "pxlaunch/job/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace px::bridge {

// Tells libpmix to; a setting of the user's stays.
void name_spawn_calls(job::Environment &env);

class SpawnCalls {
  public:
    void heard(int rank, std::string_view bytes);
    [[nodiscard]] std::optional<int> first_rank() const { return first_; }

  private:
    std::map<int, std::string> ends_; // of what each rank said: words may come in pieces
    std::optional<int> first_;
};

// A job that failed after such a call could not be run here.
job::JobResult with_spawn_call(job::JobResult result, const SpawnCalls &calls);

} // namespace px::bridge
