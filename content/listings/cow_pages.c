/* What copy-on-write costs: the first write to each page after fork. */
#define _GNU_SOURCE
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_PAGES = 1000 };

static long minor_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

int main(void)
{
    long page_bytes = sysconf(_SC_PAGESIZE);
    size_t size = (size_t)(N_PAGES * page_bytes);
    char *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(data != MAP_FAILED);
    madvise(data, size, MADV_NOHUGEPAGE); /* 4 KiB pages, so that they can be counted */
    // ANCHOR: touch
    for (int page = 0; page < N_PAGES; page++)
        data[page * page_bytes] = 1; /* all pages are there before the fork */

    pid_t pid = fork();
    if (pid == 0) {
        long before = minor_faults();
        for (int page = 0; page < N_PAGES; page++)
            data[page * page_bytes] = 2; /* each first write faults and copies 4 KiB */
        long copied = minor_faults() - before;

        before = minor_faults();
        for (int page = 0; page < N_PAGES; page++)
            data[page * page_bytes] = 3; /* the copies are private: no fault */
        long again = minor_faults() - before;
        _exit(N_PAGES <= copied && again < 10 ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert(data[0] == 1); /* the parent never sees the child's writes */
    // ANCHOR_END: touch
    puts("one fault for each page, and none for the second round");
    return 0;
}
