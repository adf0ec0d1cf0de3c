/* Three forks in a row: how many processes are there at the end? */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// ANCHOR: main
int main(void)
{
    int pipe_ends[2];
    if (pipe(pipe_ends) < 0)
        return 1;
    pid_t first = getpid();

    fork();
    fork();
    fork();
    if (write(pipe_ends[1], "Hello\n", 6) != 6) /* every process writes one line */
        return 1;

    while (0 < wait(NULL)) /* until there is no child left */
        ;
    if (getpid() != first)
        return 0;
    // ANCHOR_END: main
    char text[256];
    ssize_t n_bytes = read(pipe_ends[0], text, sizeof text);
    assert(n_bytes == 8 * 6);
    printf("%zd lines\n", n_bytes / 6);
    return 0;
}
