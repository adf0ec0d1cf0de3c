/* One event and eight sleeping threads: how many wake? */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { N = 8 };
static atomic_int n_woken;

/* Sleeps until the event comes or until it has waited long enough. */
static void *worker(void *instance)
{
    struct epoll_event ready;
    if (epoll_wait(*(int *)instance, &ready, 1, 300) == 1)
        n_woken++;
    return NULL;
}

// ANCHOR: herd
/* Eight threads, all interested in the same descriptor; how many wake for one event. */
static int herd(int n_instances, uint32_t flags)
{
    int instances[N], event = eventfd(0, EFD_NONBLOCK);
    for (int i = 0; i < n_instances; i++) {
        struct epoll_event interest = {.events = EPOLLIN | flags};
        instances[i] = epoll_create1(0);
        assert(epoll_ctl(instances[i], EPOLL_CTL_ADD, event, &interest) == 0);
    }
    pthread_t threads[N];
    n_woken = 0;
    for (int i = 0; i < N; i++)
        assert(pthread_create(&threads[i], NULL, worker, &instances[i % n_instances]) == 0);
    usleep(50000); /* all sleep now */
    uint64_t one = 1;
    assert(write(event, &one, sizeof one) == sizeof one); /* nobody takes it away again */
    // ANCHOR_END: herd
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < n_instances; i++)
        close(instances[i]);
    close(event);
    return n_woken;
}

int main(void)
{
    // ANCHOR: counts
    int n_plain = herd(N, 0);                  /* an instance each */
    int n_exclusive = herd(N, EPOLLEXCLUSIVE); /* the same, exclusive */
    int n_edge = herd(1, EPOLLET);             /* one instance for all, edge-triggered */
    assert(n_plain == 8);
    assert(1 <= n_exclusive); /* "one or more" is all that is promised */
    assert(n_edge == 1);
    // ANCHOR_END: counts
    printf("plain %d, exclusive %d, one instance with EPOLLET %d\n", n_plain, n_exclusive, n_edge);
    return 0;
}
