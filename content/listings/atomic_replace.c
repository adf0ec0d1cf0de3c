/* Replace a file so that a crash leaves the old content or the new, never a mixture. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// ANCHOR: replace
/* A write may be short or interrupted: go on until all is written. */
static int write_all(int file, const char *data, size_t size)
{
    while (0 < size) {
        ssize_t n_bytes = write(file, data, size);
        if (n_bytes < 0 && errno == EINTR)
            continue;
        if (n_bytes < 0)
            return -1;
        data += n_bytes;
        size -= (size_t)n_bytes;
    }
    return 0;
}

/* Returns 0 if the new content is durable under `name`; else -1, with errno. */
int replace(int folder, const char *name, const char *temporary, const char *data, size_t size)
{
    int file = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return -1;
    int failed = write_all(file, data, size) < 0 /* 1: the content */
                 || fsync(file) < 0;             /* 2: on the disk, before the name is */
    failed |= close(file) < 0;
    if (failed || renameat(folder, temporary, folder, name) < 0) { /* 3: in one step */
        int error = errno;
        unlinkat(folder, temporary, 0);
        errno = error;
        return -1;
    }
    return fsync(folder); /* 4: the name too */
}
// ANCHOR_END: replace

int main(void)
{
    char path[] = "/tmp/replace_XXXXXX";
    assert(mkdtemp(path) != NULL);
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    assert(0 <= folder);
    char text[16] = "";
    assert(replace(folder, "data", "data.new", "old", 3) == 0);
    assert(replace(folder, "data", "data.new", "newer", 5) == 0);
    int file = openat(folder, "data", O_RDONLY);
    assert(read(file, text, sizeof text - 1) == 5 && strcmp(text, "newer") == 0);
    assert(openat(folder, "data.new", O_RDONLY) == -1);
    assert(replace(folder, "data", "no/such", "x", 1) == -1 && errno == ENOENT);
    close(file);
    unlinkat(folder, "data", 0);
    close(folder);
    rmdir(path);
    puts("replaced, and nothing is left over");
    return 0;
}
