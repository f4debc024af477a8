#pragma once
// How malloc behaves in a program that moves large pieces of output between two threads.

namespace px {

// First thing in main(). glibc's defaults give the memory of every large piece back to the
// kernel at once, and page faults were what output cost most: 4 ranks of flood ran at 420 MB/s
// without and at 600 MB/s with these settings (medians of 7 runs).
void settle_memory();

} // namespace px
