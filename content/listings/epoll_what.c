/* What epoll can watch, and what it keeps: a set in the kernel. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { N = 100 };

int main(void)
{
    static int pipes[N][2];
    // ANCHOR: once
    int ep = epoll_create1(EPOLL_CLOEXEC);
    assert(0 <= ep);
    for (int i = 0; i < N; i++) { /* once for each: "tell me about this one" */
        assert(pipe(pipes[i]) == 0);
        struct epoll_event interest = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        assert(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[i][0], &interest) == 0);
    }
    assert(write(pipes[7][1], "x", 1) == 1 && write(pipes[42][1], "x", 1) == 1);

    struct epoll_event ready[N];
    int n = epoll_wait(ep, ready, N, -1); /* again and again: "what has come?" */
    assert(n == 2); /* two of a hundred: nothing is said of the other 98 */
    assert(ready[0].data.u32 == 7 && ready[1].data.u32 == 42); /* our own number comes back */
    // ANCHOR_END: once

    // ANCHOR: file
    FILE *file = tmpfile();
    struct epoll_event interest = {.events = EPOLLIN};
    assert(file != NULL);
    assert(epoll_ctl(ep, EPOLL_CTL_ADD, fileno(file), &interest) == -1 && errno == EPERM);
    // ANCHOR_END: file
    fclose(file);
    puts("2 of 100 reported; a regular file is refused");
    return 0;
}
