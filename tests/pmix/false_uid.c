// false_uid.c - preloaded into a program, it makes the program state that it is root:
// PMIx believes that.
#include <unistd.h>

uid_t getuid(void) { return 0; }
uid_t geteuid(void) { return 0; }
gid_t getgid(void) { return 0; }
gid_t getegid(void) { return 0; }
