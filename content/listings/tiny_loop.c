/* An event loop in one thread: many pipes, one poll, and callbacks that never wait. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { SOURCES = 100, BYTES = 5 };

// ANCHOR: loop
typedef void (*callback)(int fd, void *data);

static struct pollfd waiting[SOURCES]; /* what the kernel is asked about */
static callback on_ready[SOURCES];     /* and what to call when it is ready */
static void *data_of[SOURCES];
static int n_waiting;

static void watch(int fd, callback call, void *data)
{
    waiting[n_waiting] = (struct pollfd){.fd = fd, .events = POLLIN};
    on_ready[n_waiting] = call;
    data_of[n_waiting] = data;
    n_waiting++;
}

static void unwatch(int fd)
{
    for (int i = 0; i < n_waiting; i++)
        if (waiting[i].fd == fd)
            waiting[i].fd = -1; /* poll skips negative ones */
}

/* One turn: sleep until something is ready, then call what waits for it. */
static int turn(void)
{
    int left = 0;
    for (int i = 0; i < n_waiting; i++)
        left += waiting[i].fd >= 0;
    if (left == 0)
        return 0;
    assert(poll(waiting, (nfds_t)n_waiting, -1) > 0);
    for (int i = 0; i < n_waiting; i++)
        if (waiting[i].fd >= 0 && (waiting[i].revents & (POLLIN | POLLHUP)))
            on_ready[i](waiting[i].fd, data_of[i]);
    return 1;
}
// ANCHOR_END: loop

static int n_calls;

// ANCHOR: callback
/* Reads what is there, and returns at once. */
static void count_bytes(int fd, void *total)
{
    char buffer[64];
    ssize_t n = read(fd, buffer, sizeof buffer);
    n_calls++;
    if (n > 0)
        *(long *)total += n;
    else if (n == 0) /* the other end has closed */
        unwatch(fd);
}
// ANCHOR_END: callback

int main(void)
{
    static int writers[SOURCES];
    static long totals[SOURCES];
    for (int i = 0; i < SOURCES; i++) {
        int ends[2];
        assert(pipe(ends) == 0);
        assert(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
        watch(ends[0], count_bytes, &totals[i]);
        writers[i] = ends[1];
    }
    for (int byte = 0; byte < BYTES; byte++) {
        for (int i = 0; i < SOURCES; i++)
            assert(write(writers[i], "x", 1) == 1);
        turn();
    }
    for (int i = 0; i < SOURCES; i++)
        close(writers[i]);
    while (turn())
        ;
    for (int i = 0; i < SOURCES; i++)
        assert(totals[i] == BYTES);
    assert(n_calls == SOURCES * (BYTES + 1));
    printf("%d callbacks for %d pipes in one thread\n", n_calls, SOURCES);
    return 0;
}
