/* A sender that is faster than its receiver: queue the rest, ask for EPOLLOUT, and stop asking. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 4 << 20 };

// ANCHOR: send
struct out {
    int fd;
    const char *next;
    size_t left;
    int is_armed; /* do we ask for EPOLLOUT? */
};

/* Sends what fits, and asks for EPOLLOUT exactly while something is left. */
static void flush(int ep, struct out *out)
{
    while (0 < out->left) {
        ssize_t n = send(out->fd, out->next, out->left, MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && errno == EAGAIN)
            break; /* the buffer of the socket is full */
        assert(0 < n);
        out->next += n;
        out->left -= (size_t)n;
    }
    int wants = 0 < out->left;
    if (wants != out->is_armed) {
        struct epoll_event interest = {.events = wants ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = out};
        assert(epoll_ctl(ep, EPOLL_CTL_MOD, out->fd, &interest) == 0);
        out->is_armed = wants;
    }
}
// ANCHOR_END: send

int main(void)
{
    struct epoll_event ready;
    int pair[2];
    static char sink[65536];
    char *data = calloc(1, SIZE);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    assert(data && 0 <= ep && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    struct out out = {.fd = pair[0], .next = data, .left = SIZE, .is_armed = 0};
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &out};
    assert(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &interest) == 0);

    flush(ep, &out);
    assert(0 < out.left && out.is_armed);
    assert(epoll_wait(ep, &ready, 1, 0) == 0); /* full: nothing to do, nothing is reported */
    long n_received = 0, n_wakes = 0;
    while (n_received < SIZE) {
        ssize_t n = recv(pair[1], sink, sizeof sink, 0); /* the other side reads a little */
        if (0 < n)
            n_received += n;
        if (epoll_wait(ep, &ready, 1, 0) == 1) {
            assert(ready.events == EPOLLOUT);
            n_wakes++;
            flush(ep, ready.data.ptr);
        }
    }
    assert(out.left == 0 && !out.is_armed && n_received == SIZE);

    // ANCHOR: armed
    /* All is sent. Disarmed, the loop is quiet; armed, it never sleeps again. */
    assert(epoll_wait(ep, &ready, 1, 0) == 0);
    interest.events = EPOLLIN | EPOLLOUT;
    assert(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &interest) == 0);
    for (int i = 0; i < 1000; i++)
        assert(epoll_wait(ep, &ready, 1, -1) == 1 && ready.events == EPOLLOUT);
    // ANCHOR_END: armed
    assert(0 < n_wakes);
    printf("4 MiB in %ld turns of the loop, then 1000 useless ones\n", n_wakes);
    free(data);
    return 0;
}
