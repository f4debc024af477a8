// terminal.c - is there a terminal, and of what size? With a terminal: asks for a line
// and gives it back.
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void) {
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    printf("tty %d %d %d, %d rows, %d columns\n", isatty(0), isatty(1), isatty(2),
           size.ws_row, size.ws_col);
    if (!isatty(STDIN_FILENO)) return 0;
    char line[256];
    printf("your name? ");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) return 1;
    line[strcspn(line, "\n")] = '\0';
    printf("hello %s\n", line);
    return 0;
}
