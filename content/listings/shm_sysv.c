/* The older interface for shared memory: System V. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    // ANCHOR: sysv
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600); /* a number, not a name */
    int *shared = shmat(id, NULL, 0);
    shmctl(id, IPC_RMID, NULL); /* gone when the last one detaches */

    if (fork() == 0) { /* the child inherits the mapping */
        shared[0] = 42;
        shmdt(shared);
        _exit(0);
    }
    wait(NULL); /* the child has ended: its write is done */
    printf("%d\n", shared[0]); /* 42 */
    shmdt(shared);
    // ANCHOR_END: sysv
    assert(0 <= id);
    return 0;
}
