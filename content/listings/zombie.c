/* A child that has ended stays in the process table until its parent asks for it. */
#define _GNU_SOURCE
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* The letter that Linux shows for the state of a process; 0 if there is no such process. */
static char state_of(pid_t pid)
{
    char name[64], state = 0;
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(name, "r");
    if (stat == NULL)
        return 0;
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    fclose(stat);
    return state;
}

int main(void)
{
    if (state_of(getpid()) == 0) {
        puts("this system has no /proc");
        return 0;
    }
    // ANCHOR: zombie
    pid_t pid = fork();
    if (pid == 0)
        _exit(42);

    siginfo_t ended;
    waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT); /* look, but leave it there */
    char before = state_of(pid); /* 'Z': a zombie */

    int status;
    waitpid(pid, &status, 0); /* now it is reaped */
    char after = state_of(pid); /* 0: its PID is free again */
    // ANCHOR_END: zombie
    assert(before == 'Z' && after == 0 && WEXITSTATUS(status) == 42);
    puts("a zombie until it was reaped; its exit code was 42");
    return 0;
}
