/* A file in memory: one mapping shared, one private. */
#define _DEFAULT_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// ANCHOR: map
/* Maps all of an open file, or gives NULL. The pages come when they are touched. */
char *map_file(int fd, size_t length, int flags)
{
    void *base = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (base == MAP_FAILED)
        return NULL;
    madvise(base, length, MADV_RANDOM); /* a hint: do not read ahead */
    return base;
}
// ANCHOR_END: map

// ANCHOR: stride
/* Flips one byte of every page, and gives how many. */
size_t flip_each_page(char *map, size_t length)
{
    size_t n_flipped = 0;

    for (size_t at = 0; at < length; at += 4096) {
        map[at] = (char)~map[at]; /* read the page in, and make it dirty */
        n_flipped++;
    }
    return n_flipped;
}
// ANCHOR_END: stride

int main(void)
{
    enum { N_PAGES = 64 };
    const size_t length = N_PAGES * 4096;
    char name[] = "/tmp/map_file_XXXXXX";
    char byte = 0;
    int fd = mkstemp(name);

    assert(0 <= fd);
    unlink(name); /* the file lives as long as it is open or mapped */
    assert(ftruncate(fd, (off_t)length) == 0);
    char *shared = map_file(fd, length, MAP_SHARED);
    char *private = map_file(fd, length, MAP_PRIVATE);
    assert(shared != NULL && private != NULL);

    shared[0] = 1;
    assert(private[0] == 1); /* not written yet: still the cached page */
    private[0] = 2;
    shared[0] = 3;
    assert(private[0] == 2); /* its own copy now */
    assert(pread(fd, &byte, 1, 0) == 1 && byte == 3);

    assert(flip_each_page(shared, length) == N_PAGES);
    assert(pread(fd, &byte, 1, 4096) == 1 && byte == (char)~0);
    puts("shared writes reach the file, private ones do not");
    return 0;
}
