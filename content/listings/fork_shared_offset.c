/* After fork, parent and child share the place in an open file, but not the memory. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char name[] = "/tmp/offset_XXXXXX";
    int file = mkstemp(name);
    assert(0 <= file);
    unlink(name);
    // ANCHOR: share
    int number = 1;
    pid_t pid = fork();
    if (pid == 0) {
        number = 2;                                         /* in the child's own copy */
        _exit(write(file, "child", 5) == 5 ? 0 : 1);        /* moves the shared offset */
    }
    waitpid(pid, NULL, 0);
    off_t offset = lseek(file, 0, SEEK_CUR);
    printf("number %d, offset %d\n", number, (int)offset); /* number 1, offset 5 */
    // ANCHOR_END: share
    assert(number == 1 && offset == 5);
    return 0;
}
