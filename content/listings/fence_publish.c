/* One release fence for several flags, one acquire fence after the look that counts. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { READERS = 3 };

// ANCHOR: fences
static int table[READERS];
static atomic_int ready[READERS];

static void publish_all(void)
{
    for (int i = 0; i < READERS; i++)
        table[i] = 100 + i;
    atomic_thread_fence(memory_order_release); /* once, for all flags below */
    for (int i = 0; i < READERS; i++)
        atomic_store_explicit(&ready[i], 1, memory_order_relaxed);
}

static int wait_for(int i)
{
    while (atomic_load_explicit(&ready[i], memory_order_relaxed) == 0)
        sched_yield();                         /* no order while we wait */
    atomic_thread_fence(memory_order_acquire); /* and order when it is there */
    return table[i];
}
// ANCHOR_END: fences

static void *reader(void *i)
{
    return (void *)(intptr_t)wait_for((int)(intptr_t)i);
}

int main(void)
{
    pthread_t threads[READERS];
    for (intptr_t i = 0; i < READERS; i++)
        assert(pthread_create(&threads[i], NULL, reader, (void *)i) == 0);
    publish_all();
    for (int i = 0; i < READERS; i++) {
        void *got;
        pthread_join(threads[i], &got);
        assert((intptr_t)got == 100 + i);
    }
    puts("three readers, one fence");
    return 0;
}
