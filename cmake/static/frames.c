// frames.c - what a static program does with its unwind tables when it starts: nothing.
// GCC's start code registers them, and since GCC 13 that means to read them all, which
// took 0.3 ms of a launch. Exceptions find them by their header (--eh-frame-hdr), as they
// do in programs with shared libraries.
void __wrap___register_frame_info(const void *begin, void *object);
void *__wrap___deregister_frame_info(const void *begin);

void __wrap___register_frame_info(const void *begin, void *object) {
    (void)begin;
    (void)object;
}

void *__wrap___deregister_frame_info(const void *begin) {
    (void)begin;
    return 0;
}
