/* A handler that only sets a flag, and a wait that cannot miss it. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ANCHOR: flag
static volatile sig_atomic_t stop_asked;

static void on_term(int signal_number)
{
    (void)signal_number;
    stop_asked = 1; /* no printf, no malloc, no lock */
}

/* Sleeps until SIGTERM has come, even if it came just now. */
void wait_for_term(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_term;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);

    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before); /* from here it stays pending … */
    while (!stop_asked)
        sigsuspend(&before); /* … until here: unblock and sleep in one step */
    sigprocmask(SIG_SETMASK, &before, NULL);
}
// ANCHOR_END: flag

int main(void)
{
    alarm(5); /* ends the program if the wait is wrong */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_term;
    sigaction(SIGTERM, &action, NULL);
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    raise(SIGTERM);
    raise(SIGTERM); /* standard signals do not queue */
    sigset_t pending;
    sigpending(&pending);
    assert(sigismember(&pending, SIGTERM) && !stop_asked);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    assert(stop_asked);
    wait_for_term();
    puts("the signal was not missed");
    return 0;
}
