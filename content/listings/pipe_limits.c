/* The four things that a pipe does besides carrying bytes. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    static char kilobyte[1024];
    char byte;
    // ANCHOR: limits
    int ends[2]; /* ends[0] is for reading, ends[1] for writing */
    pipe2(ends, O_NONBLOCK);
    assert(read(ends[0], &byte, 1) == -1 && errno == EAGAIN); /* empty: a reader would block */

    int n_bytes = 0;
    while (write(ends[1], kilobyte, sizeof kilobyte) == sizeof kilobyte)
        n_bytes += 1024;
    assert(errno == EAGAIN && n_bytes == 65536); /* full: a writer would block */
    int capacity = fcntl(ends[1], F_SETPIPE_SZ, 1 << 20); /* up to 1 MiB without privilege */

    close(ends[1]); /* the last writer is gone */
    for (int i = 0; i < 64; i++)
        read(ends[0], kilobyte, sizeof kilobyte); /* what was written can still be read */
    assert(read(ends[0], &byte, 1) == 0); /* then comes the end of the file */

    pipe2(ends, 0);
    close(ends[0]); /* the last reader is gone */
    signal(SIGPIPE, SIG_IGN); /* or the write would kill us */
    assert(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    // ANCHOR_END: limits
    assert(capacity == 1 << 20 || capacity == -1);
    assert(512 <= PIPE_BUF);
    printf("65536 bytes, then EAGAIN; end of file; EPIPE; PIPE_BUF is %d\n", PIPE_BUF);
    return 0;
}
