/* Two ways for an event to come for a descriptor that is closed, and a number that tells. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

// ANCHOR: generation
/* Beside each descriptor, how often its number has been given out. */
static uint32_t generations[1024];

static void watch(int ep, int fd)
{
    uint64_t tag = (uint64_t)generations[fd] << 32 | (uint32_t)fd;
    struct epoll_event interest = {.events = EPOLLIN, .data.u64 = tag};
    assert(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &interest) == 0);
}

static void forget(int ep, int fd)
{
    epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
    generations[fd]++; /* events that are already fetched are now out of date */
    close(fd);
}

static int is_current(uint64_t tag)
{
    uint32_t fd = (uint32_t)tag;
    return generations[fd] == tag >> 32;
}
// ANCHOR_END: generation

int main(void)
{
    struct epoll_event ready[8];
    int a[2], b[2], c[2];
    int ep = epoll_create1(EPOLL_CLOEXEC);
    assert(0 <= ep && pipe(a) == 0 && pipe(b) == 0);

    // ANCHOR: batch
    watch(ep, a[0]);
    watch(ep, b[0]);
    assert(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
    assert(epoll_wait(ep, ready, 8, 0) == 2); /* a batch: one event for each */

    /* While the first is handled, the second connection is closed … */
    int number = b[0];
    forget(ep, b[0]);
    /* … and a new one gets the same number. */
    assert(pipe(c) == 0 && c[0] == number);
    watch(ep, c[0]);

    assert(is_current(ready[0].data.u64));
    assert(!is_current(ready[1].data.u64)); /* the second event was meant for the old one */
    // ANCHOR_END: batch

    // ANCHOR: dup
    int copy = dup(a[0]); /* or a child that inherited it */
    close(a[0]);          /* the number is gone, the open file description is not */
    assert(epoll_wait(ep, ready, 8, 0) == 1 && (int)ready[0].data.u64 == a[0]);
    assert(epoll_ctl(ep, EPOLL_CTL_DEL, a[0], NULL) == -1 && errno == EBADF);
    close(copy); /* only now is it removed */
    assert(epoll_wait(ep, ready, 8, 0) == 0);
    // ANCHOR_END: dup
    puts("a stale event in a batch, and one from a copy");
    return 0;
}
