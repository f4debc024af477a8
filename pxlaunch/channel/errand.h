#pragma once
// An errand: pxwrap on the host side of a Slurm node, which runs that node's srun for a
// pxrec that is in a container and has none. What the two say to each other; the frames
// go both ways on a stream that the errand dials.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::channel {

inline constexpr const char *errand_option = "--errand"; // pxwrap's first and only word

// Whom it reports to. Slurm's PMI-2 hands that to the errand in its environment.
// SECURITY: other users cannot read that, as they could read a command line.
struct Caller {
    std::string secret; // the errand's proof, in its hello
    std::string token;  // the caller's proof, in its welcome
    std::string host;
    std::vector<std::string> addresses;
};
inline constexpr const char *caller_variable = "SLURM_PMI2_PPVAL0";
std::string text_of(const Caller &caller); // with no ';', which Slurm could not hand on
std::optional<Caller> read_caller(std::string_view text);

struct HostFacts {
    std::string srun;                     // its path there; empty: there is none
    std::string plugins;                  // what it says of itself
    std::vector<std::string> environment; // the errand's own
};
std::string text_of(const HostFacts &facts);
std::optional<HostFacts> read_facts(std::string_view text);

// One srun. SLURM_HOSTFILE is the errand's to add, for `hosts`.
struct SrunOrder {
    int number = 0; // the caller's, for what is said of it
    std::vector<std::string> argv, env;
    std::string hosts;
};
std::string text_of(const SrunOrder &order);
std::optional<SrunOrder> read_order(std::string_view text);

// A signal for that srun, or its wait status; or, with words, what it has said.
struct SrunNews {
    int number = 0;
    int value = 0;
    std::string_view words = {}; // as long as the text lives that it was read from
};
std::string text_of(const SrunNews &news);
std::optional<SrunNews> read_news(std::string_view text);

} // namespace px::channel
