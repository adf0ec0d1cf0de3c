/* All threads block the signals; one takes them like messages. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int n_reloads;

// ANCHOR: thread
/* An ordinary thread, not a handler: here every function may be called. */
static void *take_signals(void *set)
{
    for (;;) {
        int number;
        if (sigwait(set, &number) != 0)
            continue;
        if (number == SIGHUP) {
            n_reloads++;
            printf("reload\n");
        } else if (number == SIGTERM) {
            printf("stop\n");
            return NULL;
        }
    }
}

int start_signal_thread(pthread_t *thread, sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL); /* before any other thread is created: */
    return pthread_create(thread, NULL, take_signals, set); /* masks are inherited */
}
// ANCHOR_END: thread

int main(void)
{
    alarm(5);
    sigset_t set, pending;
    pthread_t thread;
    assert(start_signal_thread(&thread, &set) == 0);
    kill(getpid(), SIGHUP); /* to the process: the waiting thread gets it */
    do
        sigpending(&pending);
    while (sigismember(&pending, SIGHUP)); /* until the thread has taken it */
    kill(getpid(), SIGTERM);
    pthread_join(thread, NULL);
    assert(n_reloads == 1);
    return 0;
}
