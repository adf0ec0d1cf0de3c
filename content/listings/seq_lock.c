/* A sequence lock for one writer and any number of readers. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

// ANCHOR: seqlock
static atomic_uint sequence;  /* odd: a change is under way */
static atomic_int seconds, copy;

static void write_both(int value)
{
    unsigned s = atomic_load_explicit(&sequence, memory_order_relaxed);
    atomic_store_explicit(&sequence, s + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&seconds, value, memory_order_relaxed);
    atomic_store_explicit(&copy, value, memory_order_relaxed);
    atomic_store_explicit(&sequence, s + 2, memory_order_release);
}

static void read_both(int *a, int *b)
{
    unsigned before, after;
    do {
        before = atomic_load_explicit(&sequence, memory_order_acquire);
        *a = atomic_load_explicit(&seconds, memory_order_relaxed);
        *b = atomic_load_explicit(&copy, memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        after = atomic_load_explicit(&sequence, memory_order_relaxed);
    } while (before % 2 == 1 || before != after);
}
// ANCHOR_END: seqlock

static atomic_int done;

static void *reader(void *unused)
{
    while (!done) {
        int a, b;
        read_both(&a, &b);
        assert(a == b);
        sched_yield();
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert(pthread_create(&threads[i], NULL, reader, NULL) == 0);
    for (int i = 1; i <= 20000; i++)
        write_both(i);
    done = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert(sequence == 40000);
    puts("no reader kept half a change");
    return 0;
}
