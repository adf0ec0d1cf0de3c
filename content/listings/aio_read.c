/* POSIX AIO: the call returns at once, and the result is fetched later. */
#define _GNU_SOURCE
#include <aio.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    FILE *file = tmpfile();
    assert(file && fputs("completion", file) != EOF && fflush(file) == 0);
    static char buf[32];
    // ANCHOR: aio
    struct aiocb request;
    memset(&request, 0, sizeof request);
    request.aio_fildes = fileno(file);
    request.aio_buf = buf; /* must stay, untouched, until the end */
    request.aio_nbytes = sizeof buf;
    request.aio_offset = 0; /* always explicit: there is no "current position" */
    assert(aio_read(&request) == 0); /* accepted; not done */

    const struct aiocb *list[1] = {&request};
    while (aio_error(&request) == EINPROGRESS) /* other work would be done here */
        aio_suspend(list, 1, NULL);
    assert(aio_return(&request) == 10 && memcmp(buf, "completion", 10) == 0);
    // ANCHOR_END: aio
    puts("10 bytes, fetched by somebody else");
    return 0;
}
