#pragma once
// The status that a rank gives to MPI_Abort, from Open MPI 4.1's own words in its errors.
// Slurm kills the step, and so the shim that would report; 22.05 has no word of it.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace px::bridge {

class AbortWords {
  public:
    void heard(int rank, std::string_view bytes);
    [[nodiscard]] std::optional<int> status() const { return status_; } // the first one

  private:
    std::map<int, std::string> ends_; // of what each rank said: words may come in pieces
    std::optional<int> status_;
};

} // namespace px::bridge
