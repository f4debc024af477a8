// flood.c - writes BYTES of numbered lines as fast as it can; "flood check RANKS BYTES"
// verifies them on stdin.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { line_size = 64, lines = 1024, max_ranks = 1024 };

// "0003 000000000042 xxxx...\n": rank, line, filling.
static void make_line(char *at, long rank, long number) {
    memset(at, 'x', line_size - 1);
    at[line_size - 1] = '\n';
    at[4] = at[17] = ' ';
    for (int i = 3; i >= 0; --i, rank /= 10) at[i] = (char)('0' + rank % 10);
    for (int i = 16; i >= 5; --i, number /= 10) at[i] = (char)('0' + number % 10);
}

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0) return 1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static int flood(long rank, long size, int fd) {
    static char buffer[lines * line_size];
    for (long number = 0; size > 0;) {
        for (int i = 0; i < lines; ++i) make_line(buffer + i * line_size, rank, number++);
        long part = size < (long)sizeof buffer ? size : (long)sizeof buffer;
        if (write_all(fd, buffer, (size_t)part) != 0) return 1;
        size -= part;
    }
    return 0;
}

// Ranks may be mixed, but only by whole lines, and each rank's lines are in order.
static int check(long ranks, long size) {
    static long next[max_ranks];
    char line[line_size], right[line_size];
    for (long at = 0; fread(line, 1, line_size, stdin) == line_size; ++at) {
        long rank = strtol(line, NULL, 10);
        if (rank < 0 || rank >= ranks) rank = 0;
        make_line(right, rank, next[rank]++);
        if (memcmp(line, right, line_size) == 0) continue;
        printf("line %ld is '%.63s', not '%.63s'\n", at, line, right);
        return 1;
    }
    for (long rank = 0; rank < ranks; ++rank)
        if (next[rank] * line_size != size) {
            printf("rank %ld: %ld bytes, not %ld\n", rank, next[rank] * line_size, size);
            return 1;
        }
    puts("ok");
    return 0;
}

int main(int argc, char **argv) {
    const char *rank = getenv("PXLAUNCH_RANK");
    if (argc == 4 && strcmp(argv[1], "check") == 0)
        return check(atol(argv[2]) < max_ranks ? atol(argv[2]) : max_ranks,
                     atol(argv[3]));
    if (argc < 2) {
        fputs("usage: flood BYTES [stderr] | flood check RANKS BYTES\n", stderr);
        return 2;
    }
    int fd = argc > 2 && strcmp(argv[2], "stderr") == 0 ? STDERR_FILENO : STDOUT_FILENO;
    return flood(rank != NULL ? atol(rank) : 0, atol(argv[1]), fd);
}
