/* What a shell does for `ls / | wc -l`. */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// ANCHOR: pipeline
/* Starts a program with its input and output on these descriptors. */
static pid_t start(char *const argv[], int in, int out)
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        execvp(argv[0], argv); /* O_CLOEXEC closes the other copies of the ends */
        _exit(127);
    }
    return pid;
}

int count_root(int out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    start((char *[]){"ls", "/", NULL}, STDIN_FILENO, ends[1]);
    start((char *[]){"wc", "-l", NULL}, ends[0], out);
    close(ends[0]);
    close(ends[1]); /* or wc never sees the end: we are a writer too */
    while (0 < wait(NULL))
        ;
    return 0;
}
// ANCHOR_END: pipeline

int main(void)
{
    int ends[2];
    char text[32] = "";
    assert(pipe2(ends, O_CLOEXEC) == 0);
    assert(count_root(ends[1]) == 0);
    close(ends[1]);
    assert(0 < read(ends[0], text, sizeof text - 1));
    printf("entries in /: %s", text);
    return 0;
}
