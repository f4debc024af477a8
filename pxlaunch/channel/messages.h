#pragma once
// The content of frames that say more than bytes.

#include "pxlaunch/base/result.h"
#include "pxlaunch/job/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::channel {

// Who is there. Nothing of it is believed before the secret is the job's.
struct Hello {
    int protocol = 0;
    std::string secret;
    std::string nspace; // of the job, as the rank's runtime names it
    int rank = 0;
    std::string host;
    int pid = 0;      // of the shim
    std::string cpus; // hardware threads that the rank may use, as "0-3,8"
    std::string node = {}; // what it is made of, as JSON; empty unless asked for
    std::optional<Error> refused = {}; // why the rank cannot be started there
};
std::string text_of(const Hello &hello);
std::optional<Hello> read_hello(std::string_view text);

// A rank's end; `by_runtime`: the runtime had told the shim to end it.
struct Ended {
    job::RankEnd end; // without rank and host: the stream knows
    bool by_runtime = false;
};
std::string text_of(const Ended &ended);
std::optional<Ended> read_ended(std::string_view text);

std::string text_of(const Error &refused);
std::optional<Error> read_refused(std::string_view text);

} // namespace px::channel
