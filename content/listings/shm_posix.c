/* Shared memory between two processes, with a semaphore inside it. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ANCHOR: map
struct box {
    sem_t is_full;
    int value;
};

/* Maps the shared object with this name; with O_CREAT in `flags`, makes it first. */
struct box *map_box(const char *name, int flags)
{
    int fd = shm_open(name, O_RDWR | flags, 0600);
    if (fd < 0)
        return NULL;
    struct box *box = NULL;
    if (!(flags & O_CREAT) || ftruncate(fd, sizeof *box) == 0)
        box = mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd); /* the mapping stays */
    return box == MAP_FAILED ? NULL : box;
}
// ANCHOR_END: map

int main(void)
{
    char name[64];
    snprintf(name, sizeof name, "/box-%d", (int)getpid());
    // ANCHOR: use
    struct box *box = map_box(name, O_CREAT | O_EXCL);
    assert(box != NULL);
    sem_init(&box->is_full, 1, 0); /* 1: shared between processes */

    if (fork() == 0) {
        struct box *same = map_box(name, 0); /* another address, the same memory */
        same->value = 42;
        sem_post(&same->is_full);
        _exit(0);
    }
    sem_wait(&box->is_full); /* without it we might read too early */
    printf("%d\n", box->value); /* 42 */
    // ANCHOR_END: use
    assert(box->value == 42);
    wait(NULL);
    assert(shm_unlink(name) == 0); /* or the object outlives us all */
    return 0;
}
