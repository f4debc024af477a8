// least_shim.c - the least process that can stand before a rank: "least_shim COMMAND"
// starts it, waits, and ends well. It reports nothing and guards nothing: tests/bench
// compares with it what pxwrap costs.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: least_shim COMMAND [ARG...]\n");
        return 2;
    }
    int status = 0;
    pid_t rank = vfork();
    if (rank == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    return rank > 0 && waitpid(rank, &status, 0) == rank ? 0 : 1;
}
