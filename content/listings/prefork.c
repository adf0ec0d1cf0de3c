/* Prefork: a master and its workers, who all take jobs from one queue; a worker that dies is replaced. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3, JOBS = 20 };

static int jobs[2], answers[2]; /* pipes: stand for the socket that all accept from */

// ANCHOR: worker
static void work(void)
{
    char job;
    while (read(jobs[0], &job, 1) == 1) { /* one byte goes to one worker */
        if (job == '!')
            raise(SIGKILL); /* stands for a crash: this process dies, and no other */
        assert(write(answers[1], &job, 1) == 1);
    }
    _exit(0); /* the master has closed the queue */
}

static pid_t start_worker(void)
{
    pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        close(jobs[1]); /* or nobody would ever see the end */
        work();
    }
    return pid;
}
// ANCHOR_END: worker

static void do_jobs(void)
{
    char byte = 'j';
    for (int i = 0; i < JOBS; i++)
        assert(write(jobs[1], &byte, 1) == 1);
    for (int i = 0; i < JOBS; i++)
        assert(read(answers[0], &byte, 1) == 1 && byte == 'j');
}

int main(void)
{
    assert(pipe(jobs) == 0 && pipe(answers) == 0);
    for (int i = 0; i < WORKERS; i++)
        start_worker();
    do_jobs();

    char bad = '!';
    assert(write(jobs[1], &bad, 1) == 1);
    // ANCHOR: replace
    int status;
    pid_t dead = wait(&status);
    assert(dead > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    start_worker();
    // ANCHOR_END: replace
    do_jobs(); /* as if nothing had happened */

    close(jobs[1]);
    for (int i = 0; i < WORKERS; i++)
        assert(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    printf("%d jobs, one crash\n", 2 * JOBS);
    return 0;
}
