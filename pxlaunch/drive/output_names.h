#pragma once
// --output: the name of each rank's file. Either a directory ("DIR/": DIR/03.out and
// DIR/03.err) or a pattern with fields, where both streams go to one file.

#include "pxlaunch/base/result.h"

#include <string>

namespace px::drive {

enum class Channel { out, err };

// Who writes: what the fields of a pattern stand for.
struct Writer {
    int child = 0; // 0: the job itself; 1, 2, ...: jobs that its ranks spawned
    int rank = 0;
    int app = 0;
    int local_rank = 0;
    std::string host; // empty while not known
};

class OutputNames {
  public:
    // Checks the value of --output; the Error names the option. An existing directory is
    // one without its '/' too.
    static Result<OutputNames> parse(const std::string &text);

    void set_np(int np); // so that names sort: 00.out to 63.out
    [[nodiscard]] bool uses_host() const { return uses('h'); }
    [[nodiscard]] bool uses_job() const { return uses('j'); }
    [[nodiscard]] bool is_directory() const { return directory_; }
    [[nodiscard]] std::string name(const Writer &writer, Channel channel,
                                   const std::string &job) const;

  private:
    [[nodiscard]] bool uses(char field) const;
    [[nodiscard]] std::string rank_text(const Writer &writer) const;
    [[nodiscard]] std::string field_text(char field, const Writer &writer,
                                         const std::string &job) const;

    std::string text_;
    bool directory_ = false;
    int width_ = 1;
};

} // namespace px::drive
