/* Peterson's lock for two threads, with sequentially consistent atomics. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: peterson
static atomic_int flag[2], turn; /* plain int would be a bug */

static void acquire(int self)
{
    int other = 1 - self;
    atomic_store(&flag[self], 1); /* I want */
    atomic_store(&turn, other);   /* after you */
    while (atomic_load(&flag[other]) && atomic_load(&turn) == other)
        sched_yield();
}

static void release(int self)
{
    atomic_store(&flag[self], 0);
}
// ANCHOR_END: peterson

enum { ROUNDS = 5000 };
static long counter;

static void *work(void *self)
{
    for (int i = 0; i < ROUNDS; i++) {
        acquire((int)(intptr_t)self);
        counter++;
        release((int)(intptr_t)self);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    for (intptr_t i = 0; i < 2; i++)
        assert(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert(counter == 2 * ROUNDS);
    puts("two threads, no addition lost");
    return 0;
}
