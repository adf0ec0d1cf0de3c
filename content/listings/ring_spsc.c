/* A ring for one producer and one consumer: each index has one writer. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

// ANCHOR: ring
enum { N = 8 }; /* a power of 2, so that the indices may wrap */

static int slots[N];                  /* plain: the indices order them */
static _Alignas(64) atomic_uint head; /* written by the producer only */
static _Alignas(64) atomic_uint tail; /* written by the consumer only */

static int put(int value)
{
    unsigned h = atomic_load_explicit(&head, memory_order_relaxed);
    if (h - atomic_load_explicit(&tail, memory_order_acquire) == N)
        return 0; /* full */
    slots[h % N] = value;
    atomic_store_explicit(&head, h + 1, memory_order_release);
    return 1;
}

static int get(int *value)
{
    unsigned t = atomic_load_explicit(&tail, memory_order_relaxed);
    if (atomic_load_explicit(&head, memory_order_acquire) == t)
        return 0; /* empty */
    *value = slots[t % N];
    atomic_store_explicit(&tail, t + 1, memory_order_release);
    return 1;
}
// ANCHOR_END: ring

enum { COUNT = 50000 };

static void *producer(void *unused)
{
    for (int i = 0; i < COUNT; i++)
        while (!put(i))
            sched_yield();
    return unused;
}

int main(void)
{
    pthread_t thread;
    assert(pthread_create(&thread, NULL, producer, NULL) == 0);
    for (int i = 0; i < COUNT; i++) {
        int value;
        while (!get(&value))
            sched_yield();
        assert(value == i);
    }
    pthread_join(thread, NULL);
    puts("all came, in order");
    return 0;
}
