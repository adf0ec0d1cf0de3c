/* A mutex of one word on the futex system call of Linux. */
#define _GNU_SOURCE
#include <assert.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long n_calls;

// ANCHOR: mutex
/* 0: free. 1: locked, nobody sleeps. 2: locked, somebody may sleep. */
static atomic_int word;

static void futex(int what, int value)
{
    n_calls++;
    syscall(SYS_futex, &word, what, value, NULL, NULL, 0);
}

static void acquire(void)
{
    int expected = 0;
    if (atomic_compare_exchange_strong(&word, &expected, 1))
        return; /* fast path: no system call */
    while (atomic_exchange(&word, 2) != 0)
        futex(FUTEX_WAIT_PRIVATE, 2); /* sleeps only if it is still 2 */
}

static void release(void)
{
    if (atomic_exchange(&word, 0) == 2)
        futex(FUTEX_WAKE_PRIVATE, 1);
}
// ANCHOR_END: mutex

static long counter;

static void *work(void *unused)
{
    for (int i = 0; i < 20000; i++) {
        acquire();
        counter++;
        release();
    }
    return unused;
}

int main(void)
{
    work(NULL);
    assert(counter == 20000 && n_calls == 0); /* alone: the kernel is never asked */
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(counter == 80000);
    printf("%ld futex calls for 60000 contended rounds\n", (long)n_calls);
    return 0;
}
