/* Start another program and learn how it ended. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// ANCHOR: run
/* Runs a program and returns its exit code, 128 + the signal that killed it, or -1. */
int run(char *const argv[])
{
    fflush(NULL); /* or the child prints our buffered output once more */
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) { /* the child: fork returned 0 */
        execvp(argv[0], argv);
        _exit(127); /* only reached if exec failed */
    }
    int status; /* the parent: fork returned the child's PID */
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return 128 + WTERMSIG(status);
}
// ANCHOR_END: run

int main(void)
{
    assert(run((char *[]){"true", NULL}) == 0);
    assert(run((char *[]){"sh", "-c", "exit 7", NULL}) == 7);
    assert(run((char *[]){"sh", "-c", "kill -TERM $$", NULL}) == 128 + 15);
    assert(run((char *[]){"there is no such program", NULL}) == 127);
    puts("0, 7, 143 and 127, as they should be");
    return 0;
}
