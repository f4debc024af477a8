#pragma once
// Whether this process is in a container, for messages: as far as the engines tell.

#include <functional>
#include <string>

namespace px {

struct ContainerHere {
    std::string engine; // as --engine names it; empty: none is seen
    std::string image;  // empty: it is not told
};

// By the variables of engines alone, whose values `variable` gives; "" where unset.
ContainerHere container_told(const std::function<std::string(const char *)> &variable);
ContainerHere container_here(); // by ours, and by the files of engines

// "pxrec run --image img.sif --engine apptainer -- ./job.sh", for who is in one that was
// started by hand.
std::string command_by_pxrec(const ContainerHere &here);

} // namespace px
