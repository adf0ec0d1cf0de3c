/* The two rings of io_uring in miniature, with a thread in the place of the kernel. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

enum { N_SQ = 4, N_CQ = 8, N_REQUESTS = 1000 };

// ANCHOR: ring
/* One writer, one reader. Both counters only grow; the place is the counter modulo the size. */
struct ring {
    atomic_uint head; /* moved by who takes out */
    atomic_uint tail; /* moved by who puts in */
    unsigned size;    /* a power of two */
    int entries[N_CQ];
};

static int put(struct ring *ring, int entry)
{
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    unsigned head = atomic_load_explicit(&ring->head, memory_order_acquire);
    if (tail - head == ring->size)
        return 0; /* full */
    ring->entries[tail & (ring->size - 1)] = entry;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release); /* only now is it there */
    return 1;
}

static int take(struct ring *ring, int *entry)
{
    unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (head == tail)
        return 0; /* empty */
    *entry = ring->entries[head & (ring->size - 1)];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release); /* the place is free */
    return 1;
}
// ANCHOR_END: ring

/* The counters start just below their largest value: they run over, and nothing happens. */
static struct ring sq = {.head = -3u, .tail = -3u, .size = N_SQ};
static struct ring cq = {.head = -5u, .tail = -5u, .size = N_CQ};

static void *kernel(void *nothing)
{
    (void)nothing;
    for (int i = 0, request; i < N_REQUESTS; i++) {
        while (!take(&sq, &request))
            sched_yield(); /* this is what a polling kernel thread does */
        while (!put(&cq, request * 2)) /* "the work": the result is twice the number */
            sched_yield();
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    assert(pthread_create(&thread, NULL, kernel, NULL) == 0);
    int n_sent = 0, n_done = 0, result;
    // ANCHOR: use
    while (n_done < N_REQUESTS) {
        while (n_sent < N_REQUESTS && put(&sq, n_sent))
            n_sent++; /* fill up: a batch, without one system call */
        while (take(&cq, &result))
            assert(result == 2 * n_done++); /* here in order; the real one promises none */
        sched_yield();
    }
    // ANCHOR_END: use
    pthread_join(thread, NULL);
    printf("%d requests through a ring of %d\n", n_done, N_SQ);
    return 0;
}
