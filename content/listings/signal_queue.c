/* Real-time signals queue and carry a value; standard signals do neither. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    alarm(5);
    // ANCHOR: queue
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);

    for (int i = 1; i <= 3; i++) {
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = i});
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
    }
    siginfo_t info;
    int n_standard = 0, n_real_time = 0;
    struct timespec now = {0, 0};
    while (0 < sigtimedwait(&set, &info, &now)) {
        if (info.si_signo == SIGRTMIN)
            assert(info.si_value.sival_int == ++n_real_time); /* 1, 2, 3 in order */
        else
            n_standard++;
    }
    printf("%d standard, %d real-time\n", n_standard, n_real_time); /* 1 standard, 3 real-time */
    // ANCHOR_END: queue
    assert(n_standard == 1 && n_real_time == 3);
    return 0;
}
