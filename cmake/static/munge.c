// munge.c - stands for libmunge in static builds: libpmix.a asks for it, and pxlaunch
// never does (PMIX_MCA_psec=native, see pxlaunch/pmix/settings.cpp). "It failed" is an
// answer that libpmix handles (psec_munge.c).
#include <stddef.h>

enum { snafu = 1 }; // EMUNGE_SNAFU

int munge_encode(char **credential, void *context, const void *bytes, int size) {
    (void)credential, (void)context, (void)bytes, (void)size;
    return snafu;
}
int munge_decode(const char *credential, void *context, void **bytes, int *size,
                 unsigned *uid, unsigned *gid) {
    (void)credential, (void)context, (void)bytes, (void)size, (void)uid, (void)gid;
    return snafu;
}
const char *munge_strerror(int error) {
    (void)error;
    return "munge is not in a static pxlaunch";
}
