/* A file that is larger than what it takes on the disk. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    char name[] = "/tmp/sparse_XXXXXX";
    int file = mkstemp(name);
    assert(0 <= file);
    unlink(name);
    // ANCHOR: hole
    pwrite(file, "x", 1, (off_t)1 << 30); /* one byte, behind a hole of 1 GiB */

    struct stat stat;
    fstat(file, &stat);
    printf("size %lld, on the disk %lld\n", (long long)stat.st_size,
           (long long)stat.st_blocks * 512); /* size 1073741825, on the disk 4096 */

    char byte = 1;
    pread(file, &byte, 1, 12345); /* a hole reads as zeros */
    // ANCHOR_END: hole
    assert(byte == 0 && stat.st_size == (1 << 30) + 1);
    assert(stat.st_blocks * 512 < 1 << 20);
    return 0;
}
