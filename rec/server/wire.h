#pragma once
// Our own send() and writev(), see wire.cpp.

namespace px::server {

// Has no effect but that they are in the program: where a sanitizer brings its own,
// nobody else would ask the linker for ours.
void take_over_the_wire();

} // namespace px::server
