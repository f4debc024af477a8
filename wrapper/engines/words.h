#pragma once
// Parts that the commands of several engines are made of.

#include "wrapper/engines/engine.h"

namespace px::wrapper::engines {

void add(std::vector<std::string> &argv, std::initializer_list<std::string> words);
void add(std::vector<std::string> &argv, const std::vector<std::string> &words);

bool asks_for(const Request &request, std::string_view device);
// The devices that are neither "gpu" nor "rdma": the engine's own words for them.
std::vector<std::string> other_devices(const Request &request);

bool is_directory(const std::string &image); // "/x", "./x", "../x"; not .sif or .sqsh
// Names whose values podman and docker would use for themselves.
bool is_of_engine(std::string_view name);
std::string_view name_of(std::string_view entry);
// `image` as apptainer and shifter want it: with the kind of registry before it.
std::string with_kind(const std::string &image, const std::string &kind);

// The commands of the rows.
Command run_podman(const Request &, const std::vector<std::string> &own);
Command run_podman_hpc(const Request &, const std::vector<std::string> &own);
Command run_docker(const Request &, const std::vector<std::string> &own);
Command run_apptainer(const Request &, const std::vector<std::string> &own);
Command run_singularity(const Request &, const std::vector<std::string> &own);
Command run_charliecloud(const Request &, const std::vector<std::string> &own);
Command run_enroot(const Request &, const std::vector<std::string> &own);
Command run_sarus(const Request &, const std::vector<std::string> &own);
Command run_shifter(const Request &, const std::vector<std::string> &own);
Command run_none(const Request &, const std::vector<std::string> &own);
Command keep_podman(const Request &, const Keeper &, const std::vector<std::string> &own);
Command keep_podman_hpc(const Request &, const Keeper &,
                        const std::vector<std::string> &own);
Command keep_docker(const Request &, const Keeper &, const std::vector<std::string> &own);
Command keep_apptainer(const Request &, const Keeper &,
                       const std::vector<std::string> &own);

} // namespace px::wrapper::engines
