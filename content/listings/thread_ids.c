/* Two threads: what they share, and by which numbers the kernel knows them. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

// ANCHOR: ids
static int shared = 1; /* one for the whole process */

struct seen {
    pid_t pid, tid;
    uintptr_t stack; /* an address on its stack */
};

static void *look(void *into)
{
    struct seen *seen = into;
    int local = 0; /* on this thread's own stack */
    seen->pid = getpid(); /* the TGID: the same in every thread */
    seen->tid = gettid(); /* this thread's own number */
    seen->stack = (uintptr_t)&local;
    shared = 2; /* the other thread sees it */
    return NULL;
}
// ANCHOR_END: ids

int main(void)
{
    struct seen mine, other;
    pthread_t thread;
    assert(pthread_create(&thread, NULL, look, &other) == 0);
    assert(pthread_join(thread, NULL) == 0);
    assert(shared == 2);
    look(&mine);
    assert(mine.pid == other.pid);
    assert(mine.tid == mine.pid); /* the first thread's TID is the PID */
    assert(other.tid != mine.tid);
    uintptr_t low = mine.stack < other.stack ? mine.stack : other.stack;
    uintptr_t distance = mine.stack + other.stack - 2 * low;
    assert(64 * 1024 < distance);
    printf("one PID, two TIDs, two stacks %ju KiB apart\n", (uintmax_t)(distance / 1024));
    return 0;
}
