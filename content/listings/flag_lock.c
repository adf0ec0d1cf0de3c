/* The smallest right spinlock: one exchange with acquire, one store with release. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

// ANCHOR: lock
static atomic_int lock_word; /* 0 free, 1 taken */

static void lock(atomic_int *l)
{
    while (atomic_exchange_explicit(l, 1, memory_order_acquire) == 1)
        sched_yield();
}

static void unlock(atomic_int *l)
{
    atomic_store_explicit(l, 0, memory_order_release);
}
// ANCHOR_END: lock

enum { ROUNDS = 20000 };
static long counter; /* plain: the lock orders it */

static void *work(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        lock(&lock_word);
        counter++;
        unlock(&lock_word);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(counter == 3L * ROUNDS);
    puts("no addition lost");
    return 0;
}
