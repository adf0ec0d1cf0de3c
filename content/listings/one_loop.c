/* A clock, another thread and a signal, all waited for in one place. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int event;

static void *worker(void *nothing)
{
    (void)nothing;
    uint64_t n = 1;
    for (int i = 0; i < 3; i++) /* three results are ready */
        assert(write(event, &n, sizeof n) == sizeof n);
    kill(getpid(), SIGTERM); /* and somebody wants the program to end */
    return NULL;
}

int main(void)
{
    // ANCHOR: make
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* no handler: the signal becomes something to read */
    int fds[3] = {
        timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
        event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
    };
    struct itimerspec soon = {.it_value = {.tv_nsec = 5000000}}; /* once, in 5 ms */
    timerfd_settime(fds[0], 0, &soon, NULL);
    // ANCHOR_END: make

    int ep = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 3; i++) {
        struct epoll_event interest = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        assert(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &interest) == 0);
    }
    pthread_t thread;
    assert(pthread_create(&thread, NULL, worker, NULL) == 0);

    uint64_t n_ticks = 0, n_results = 0;
    int has_ended = 0;
    // ANCHOR: loop
    while (!(has_ended && n_ticks == 1 && n_results == 3)) {
        struct epoll_event ready[3];
        int n = epoll_wait(ep, ready, 3, -1);
        for (int i = 0; i < n; i++) {
            int fd = fds[ready[i].data.u32];
            uint64_t count;
            struct signalfd_siginfo info;
            if (fd == fds[2]) {
                if (read(fd, &info, sizeof info) == sizeof info)
                    has_ended = info.ssi_signo == SIGTERM;
            } else if (read(fd, &count, sizeof count) == sizeof count) {
                /* how often the timer has expired, or what was added to the counter */
                *(fd == fds[0] ? &n_ticks : &n_results) += count;
            }
        }
    }
    // ANCHOR_END: loop
    pthread_join(thread, NULL);
    puts("one tick, three results, one SIGTERM, one loop");
    return 0;
}
