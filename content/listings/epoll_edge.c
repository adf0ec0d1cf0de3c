/* The same 6 bytes under level and under edge triggering; the loop that drains. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int watch(int fd, unsigned events)
{
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event interest = {.events = events, .data.fd = fd};
    assert(0 <= ep && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &interest) == 0);
    return ep;
}

// ANCHOR: drain
/* Reads until there is nothing left; how many bytes it was, or -1 at the end of the stream. */
static long drain(int fd)
{
    char buf[4];
    long n_bytes = 0;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (0 < n)
            n_bytes += n; /* here the bytes would be used */
        else if (n == 0)
            return -1; /* the other side has closed */
        else if (errno == EINTR)
            continue;
        else if (errno == EAGAIN)
            return n_bytes; /* empty: the next edge will come */
        else
            return -1; /* a real error */
    }
}
// ANCHOR_END: drain

int main(void)
{
    struct epoll_event ready;
    char buf[4];
    int ends[2];
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    int level = watch(ends[0], EPOLLIN), edge = watch(ends[0], EPOLLIN | EPOLLET);

    // ANCHOR: edge
    assert(write(ends[1], "abcdef", 6) == 6);
    assert(epoll_wait(level, &ready, 1, 0) == 1);
    assert(epoll_wait(edge, &ready, 1, 0) == 1); /* both report the arrival */

    assert(read(ends[0], buf, 4) == 4); /* too little: "ef" is still there */
    assert(epoll_wait(level, &ready, 1, 0) == 1); /* level: it is still readable */
    assert(epoll_wait(edge, &ready, 1, 0) == 0);  /* edge: nothing has *happened* since */

    assert(write(ends[1], "gh", 2) == 2);
    assert(epoll_wait(edge, &ready, 1, 0) == 1); /* a new arrival is a new edge */
    assert(drain(ends[0]) == 4);                 /* "efgh": old and new */
    // ANCHOR_END: edge
    assert(epoll_wait(level, &ready, 1, 0) == 0);
    close(ends[1]);
    assert(epoll_wait(edge, &ready, 1, 0) == 1 && drain(ends[0]) == -1);
    puts("level: 2 reports, edge: 1 for the same 6 bytes");
    return 0;
}
