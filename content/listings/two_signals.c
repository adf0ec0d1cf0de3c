/* Beyond the end of a file: SIGBUS. Where nothing is mapped: SIGSEGV. */
#define _DEFAULT_SOURCE
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// ANCHOR: touch
/* Reads one byte in a child, and gives the signal that it died of, or 0. */
int signal_of_touching(const volatile char *address)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(*address & 0);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A file of 100 bytes, mapped as two pages of which the second is past its end. */
void two_signals(int fd)
{
    char *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);

    assert(map != MAP_FAILED);
    assert(signal_of_touching(map + 99) == 0); /* the last byte */
    assert(signal_of_touching(map + 4095) == 0); /* zeros up to the page's end */
    assert(signal_of_touching(map + 4096) == SIGBUS); /* nothing behind this page */
    munmap(map, 8192);
    assert(signal_of_touching(map) == SIGSEGV); /* no region any more */
}
// ANCHOR_END: touch

int main(void)
{
    char name[] = "/tmp/two_signals_XXXXXX";
    int fd = mkstemp(name);

    assert(0 <= fd);
    unlink(name);
    assert(ftruncate(fd, 100) == 0);
    two_signals(fd);
    puts("SIGBUS beyond the file, SIGSEGV beyond the mapping");
    return 0;
}
