/* From a file to a socket, and from a file to a file, without a buffer of our own. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 30000 };

// ANCHOR: socket
/* Sends a whole file into a socket; 0, or -1 with errno. */
static int send_all(int to, int from, off_t size)
{
    off_t offset = 0; /* moved on by the kernel */
    while (offset < size) {
        ssize_t n = sendfile(to, from, &offset, (size_t)(size - offset));
        if (n == 0)
            return errno = EIO, -1; /* the file has become shorter */
        if (n == -1 && errno != EINTR)
            return -1; /* EAGAIN too, if the socket does not block */
    }
    return 0;
}
// ANCHOR_END: socket

// ANCHOR: file
/* Copies a whole file into another; some file systems only share the blocks. */
static int copy_all(int to, int from, off_t size)
{
    loff_t offset_from = 0, offset_to = 0;
    while (offset_from < size) {
        ssize_t n = copy_file_range(from, &offset_from, to, &offset_to, (size_t)(size - offset_from), 0);
        if (n <= 0)
            return -1; /* the caller falls back to read and write */
    }
    return 0;
}
// ANCHOR_END: file

int main(void)
{
    static char data[SIZE], got[SIZE];
    for (int i = 0; i < SIZE; i++)
        data[i] = (char)(i % 251);
    FILE *file = tmpfile(), *other = tmpfile();
    assert(file && other && fwrite(data, 1, SIZE, file) == SIZE && fflush(file) == 0);
    int pair[2];
    assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);

    /* Little enough for the buffer of the socket, so one thread can do both sides. */
    assert(send_all(pair[0], fileno(file), SIZE) == 0);
    for (size_t n_got = 0; n_got < SIZE;) {
        ssize_t n = recv(pair[1], got + n_got, SIZE - n_got, 0);
        assert(0 < n);
        n_got += (size_t)n;
    }
    assert(memcmp(data, got, SIZE) == 0);

    if (copy_all(fileno(other), fileno(file), SIZE) == 0) {
        memset(got, 0, SIZE);
        assert(pread(fileno(other), got, SIZE, 0) == SIZE && memcmp(data, got, SIZE) == 0);
        puts("sent and copied");
    } else {
        puts("sent; this system copies no ranges");
    }
    return 0;
}
