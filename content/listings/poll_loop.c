/* One thread, three pipes, one call to wait for all of them. */
#define _GNU_SOURCE
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { N = 3 };
static int pipes[N][2];

static void *writer(void *nothing)
{
    (void)nothing;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k <= i; k++)
            assert(write(pipes[i][1], "x", 1) == 1);
        close(pipes[i][1]);
    }
    return NULL;
}

int main(void)
{
    int n_bytes[N] = {0};
    pthread_t thread;
    for (int i = 0; i < N; i++)
        assert(pipe(pipes[i]) == 0);
    assert(pthread_create(&thread, NULL, writer, NULL) == 0);

    // ANCHOR: loop
    struct pollfd watched[N];
    for (int i = 0; i < N; i++)
        watched[i] = (struct pollfd){.fd = pipes[i][0], .events = POLLIN};
    int n_open = N;
    while (0 < n_open) {
        int n_ready = poll(watched, N, -1); /* the kernel reads all N entries, every time */
        assert(0 < n_ready);
        for (int i = 0; i < N; i++) { /* and so do we, to find which */
            if (watched[i].revents & (POLLIN | POLLHUP | POLLERR)) {
                char buf[64];
                ssize_t n = read(watched[i].fd, buf, sizeof buf);
                assert(0 <= n);
                n_bytes[i] += (int)n;
                if (n == 0) { /* end of file: forget this one */
                    close(watched[i].fd);
                    watched[i].fd = -1; /* poll passes over negative numbers */
                    n_open--;
                }
            }
        }
    }
    // ANCHOR_END: loop
    pthread_join(thread, NULL);
    assert(n_bytes[0] == 1 && n_bytes[1] == 2 && n_bytes[2] == 3);
    puts("1, 2 and 3 bytes, by one thread");
    return 0;
}
