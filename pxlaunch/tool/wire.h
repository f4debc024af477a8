#pragma once
// Our own read(), see wire.cpp.

namespace px::tool {

// Has no effect but that it is in the program: nobody else would ask the linker for it.
void take_over_reading();

} // namespace px::tool
