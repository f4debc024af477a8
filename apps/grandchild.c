// grandchild.c - leaves behind a grandchild with a session of its own that ignores
// signals and holds our output.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hold(int ready) {
    setsid();
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_IGN);
    close(ready);
    for (;;) pause();
}

int main(int argc, char **argv) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) return 1;
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        if (fork() == 0) hold(ready[1]);
        _exit(0); // the grandchild is an orphan now
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 0) return 1; // end of file: it ignores signals by now
    puts("left a grandchild");
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "stay") == 0) pause();
    return argc > 1 ? atoi(argv[1]) : 0;
}
