// end_with.c - ends as told: "end_with 0,7,SEGV 0.5" is exit 0, exit 7 and SIGSEGV by
// rank, after half a second.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const struct {
    const char *name;
    int number;
} signals[] = {{"SEGV", SIGSEGV}, {"KILL", SIGKILL}, {"TERM", SIGTERM}, {"ABRT", SIGABRT},
               {"INT", SIGINT},   {"HUP", SIGHUP},   {"PIPE", SIGPIPE}, {"FPE", SIGFPE}};

// The word for this rank; the last one serves all that follow.
static const char *word_of(char *list, int rank) {
    char *rest = NULL, *word = strtok_r(list, ",", &rest), *next;
    while (rank-- > 0 && (next = strtok_r(NULL, ",", &rest)) != NULL) word = next;
    return word != NULL ? word : "0";
}

static void wait_for(double seconds) {
    struct timespec left = {(time_t)seconds,
                            (long)(1e9 * (seconds - (double)(long)seconds))};
    while (nanosleep(&left, &left) != 0) {
    }
}

int main(int argc, char **argv) {
    const char *rank = getenv("PXLAUNCH_RANK");
    if (argc < 2) {
        fputs("usage: end_with CODE|SIGNAL[,CODE|SIGNAL...] [SECONDS]\n", stderr);
        return 2;
    }
    const char *word = word_of(argv[1], rank != NULL ? atoi(rank) : 0);
    printf("rank %s ends with %s\n", rank != NULL ? rank : "-", word);
    fflush(stdout);
    if (argc > 2) wait_for(atof(argv[2]));
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; ++i)
        if (strcmp(word, signals[i].name) == 0) {
            struct rlimit none = {0, 0};
            setrlimit(RLIMIT_CORE, &none);
            signal(signals[i].number, SIG_DFL);
            raise(signals[i].number);
        }
    return atoi(word);
}
