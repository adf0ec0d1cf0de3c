/* Demand paging made visible: minor faults before and after touching memory. */
#define _DEFAULT_SOURCE
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

// ANCHOR: count
enum { N_PAGES = 256, PAGE_BYTES = 4096 };

/* Minor faults of this process so far. */
long minor_faults(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

/* Writes one byte to each page, and gives how many faults that took. */
long touch(volatile char *base)
{
    long before = minor_faults();

    for (int page = 0; page < N_PAGES; page++)
        base[page * PAGE_BYTES] = 1;
    return minor_faults() - before;
}

/* No fault in mmap, one a page at first touch, none after that. */
void watch(void)
{
    size_t length = N_PAGES * PAGE_BYTES;
    char *base = mmap(NULL, length, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert(base != MAP_FAILED);
    madvise(base, length, MADV_NOHUGEPAGE);
    printf("first touch:  %ld faults\n", touch(base)); /* 256 */
    printf("second touch: %ld faults\n", touch(base)); /* 0 */
    madvise(base, length, MADV_DONTNEED); /* forget the contents */
    printf("after that:   %ld faults\n", touch(base)); /* 256 */
    munmap(base, length);
}
// ANCHOR_END: count

int main(void)
{
    watch();
    return 0;
}
