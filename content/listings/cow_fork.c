/* Copy on write after fork: reads are free, each first write copies one page. */
#define _DEFAULT_SOURCE
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long minor_faults(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

// ANCHOR: cow
enum { N_PAGES = 256, PAGE_BYTES = 4096 };

/* In the child: reads all pages, writes to half of them, counts the faults of both. */
void child(volatile char *base)
{
    long start = minor_faults();
    for (int page = 0; page < N_PAGES; page++)
        assert(base[page * PAGE_BYTES] == 1);
    long read_faults = minor_faults() - start; /* 0: the entries were copied */

    start = minor_faults();
    for (int page = 0; page < N_PAGES / 2; page++)
        base[page * PAGE_BYTES] = 2;
    long write_faults = minor_faults() - start; /* 128: one copy each */

    printf("reads: %ld faults, writes: %ld faults\n", read_faults, write_faults);
}

/* In the parent: all its pages are as they were. */
void parent(const volatile char *base)
{
    for (int page = 0; page < N_PAGES; page++)
        assert(base[page * PAGE_BYTES] == 1);
}
// ANCHOR_END: cow

int main(void)
{
    size_t length = N_PAGES * PAGE_BYTES;
    char *base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert(base != MAP_FAILED);
    madvise(base, length, MADV_NOHUGEPAGE);
    for (int page = 0; page < N_PAGES; page++)
        base[page * PAGE_BYTES] = 1;

    pid_t pid = fork();
    if (pid == 0) {
        child(base);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    parent(base);
    return 0;
}
