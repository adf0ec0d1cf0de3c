/* Treiber's stack with a tag: nodes live in an array, the head is an index and a count in one word. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { NODES = 8, NONE = 0xFFFFFFFF };

// ANCHOR: stack
static struct {
    atomic_uint next; /* an index; atomic, for a late reader may still look */
    int owner;
} nodes[NODES];

static _Atomic uint64_t head = NONE; /* tag in the upper half, index in the lower */

static uint64_t with_tag(uint64_t old, uint32_t index)
{
    return ((old >> 32) + 1) << 32 | index; /* every change counts */
}

static uint32_t pop(void)
{
    uint64_t old = atomic_load_explicit(&head, memory_order_acquire);
    while ((uint32_t)old != NONE) {
        uint32_t next = atomic_load_explicit(&nodes[(uint32_t)old].next, memory_order_relaxed);
        if (atomic_compare_exchange_weak_explicit(&head, &old, with_tag(old, next),
                                                  memory_order_acquire, memory_order_acquire))
            return (uint32_t)old;
    }
    return NONE;
}

static void push(uint32_t index)
{
    uint64_t old = atomic_load_explicit(&head, memory_order_relaxed);
    do
        atomic_store_explicit(&nodes[index].next, (uint32_t)old, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&head, &old, with_tag(old, index),
                                                  memory_order_release, memory_order_relaxed));
}
// ANCHOR_END: stack

enum { THREADS = 4, ROUNDS = 5000 };

static void *work(void *self)
{
    int me = (int)(intptr_t)self;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t mine = pop();
        if (mine == NONE)
            continue;
        assert(nodes[mine].owner == 0); /* nobody else has it */
        nodes[mine].owner = me;
        assert(nodes[mine].owner == me);
        nodes[mine].owner = 0;
        push(mine);
    }
    return NULL;
}

int main(void)
{
    for (uint32_t i = 0; i < NODES; i++)
        push(i);
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        assert(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int left = 0;
    while (pop() != NONE)
        left++;
    assert(left == NODES);
    puts("no node lost, none twice");
    return 0;
}
