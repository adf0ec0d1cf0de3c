/* A mapped file and read() see the same pages. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    char name[] = "/tmp/mapped_XXXXXX";
    int file = mkstemp(name);
    assert(0 <= file);
    unlink(name);
    char text[6] = "";
    // ANCHOR: map
    ftruncate(file, 4096);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert(page != MAP_FAILED);

    memcpy(page, "hello", 5);                       /* a store, no system call */
    assert(pread(file, text, 5, 0) == 5 && strcmp(text, "hello") == 0); /* seen at once */

    pwrite(file, "J", 1, 0);
    assert(page[0] == 'J');                         /* and the other way round */

    assert(msync(page, 4096, MS_SYNC) == 0);        /* only now it must be on the disk */
    munmap(page, 4096);
    // ANCHOR_END: map
    close(file);
    puts("one page, two ways to it");
    return 0;
}
