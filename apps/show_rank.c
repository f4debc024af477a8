// show_rank.c - no MPI: prints, as lines key=value, everything that a rank can see of how
// it was started.
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static FILE *out; // one write at the end, so that ranks do not mix

static void hex(const char *key, const char *bytes) {
    fprintf(out, "%s=", key);
    for (; *bytes != '\0'; ++bytes) fprintf(out, "%02x", (unsigned char)*bytes);
    fputc('\n', out);
}

static void ids(void) {
    mode_t mask = umask(0);
    umask(mask);
    fprintf(out, "pid=%d\nppid=%d\npgid=%d\nsid=%d\n", getpid(), getppid(), getpgrp(),
            getsid(0));
    fprintf(out, "umask=%04o\n", mask);
    fprintf(out, "tty=%d,%d,%d\n", isatty(0), isatty(1), isatty(2));
}

static void cpus(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    fprintf(out, "cpus=");
    for (int cpu = 0, some = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) fprintf(out, some++ ? ",%d" : "%d", cpu);
    fputc('\n', out);
}

static void limits(void) {
    for (int which = 0; which < RLIMIT_NLIMITS; ++which) {
        struct rlimit limit;
        if (getrlimit(which, &limit) == 0)
            fprintf(out, "rlimit.%d=%lld:%lld\n", which, (long long)limit.rlim_cur,
                    (long long)limit.rlim_max);
    }
}

// Descriptors other than 0, 1 and 2 that the launcher forgot to close.
static void descriptors(void) {
    fprintf(out, "fds=");
    for (int fd = 3, some = 0; fd < 1024; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) fprintf(out, some++ ? ",%d" : "%d", fd);
    fputc('\n', out);
}

static void signals(void) {
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
            fprintf(out, "%.6s=%s", line, line + 8);
    if (status != NULL) fclose(status);
}

int main(int argc, char **argv) {
    char *text, *cwd = getcwd(NULL, 0);
    size_t size;
    out = open_memstream(&text, &size);
    ids();
    cpus();
    limits();
    descriptors();
    signals();
    hex("cwd", cwd != NULL ? cwd : "");
    for (int i = 0; i < argc; ++i) hex("argv", argv[i]);
    for (char **name = environ; *name != NULL; ++name) hex("env", *name);
    fputs("end=1\n", out);
    fclose(out);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(STDOUT_FILENO, text + done, size - done);
        if (n < 0) return 1;
        done += (size_t)n;
    }
    return 0;
}
