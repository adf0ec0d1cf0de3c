/* The store-buffering test on this machine: it counts outcomes. Without fences any of the four may come
   or not come; with them, C11 forbids the one in which both read 0. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { CELLS = 20000 };

// ANCHOR: test
static struct cell {
    _Alignas(64) atomic_int x; /* each in a cache line of its own */
    _Alignas(64) atomic_int y;
    int r1, r2;
} cells[CELLS];

static void side(struct cell *c, int is_b, int fenced)
{
    atomic_int *mine = is_b ? &c->y : &c->x;
    atomic_int *other = is_b ? &c->x : &c->y;
    int *result = is_b ? &c->r2 : &c->r1;

    atomic_store_explicit(mine, 1, memory_order_relaxed);
    if (fenced)
        atomic_thread_fence(memory_order_seq_cst);
    *result = atomic_load_explicit(other, memory_order_relaxed);
}
// ANCHOR_END: test

static int fenced;
static atomic_int arrived;

static void *work(void *is_b)
{
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < 2)
        sched_yield();
    for (int i = 0; i < CELLS; i++)
        side(&cells[i], (int)(intptr_t)is_b, fenced);
    return NULL;
}

static void run(int seen[4])
{
    pthread_t threads[2];
    arrived = 0;
    for (int i = 0; i < CELLS; i++) {
        cells[i].x = 0;
        cells[i].y = 0;
    }
    for (intptr_t i = 0; i < 2; i++)
        assert(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CELLS; i++)
        seen[2 * cells[i].r1 + cells[i].r2]++;
}

int main(void)
{
    for (fenced = 0; fenced <= 1; fenced++) {
        int seen[4] = { 0 };
        for (int i = 0; i < 5; i++)
            run(seen);
        printf("%s  0,0: %d  0,1: %d  1,0: %d  1,1: %d\n", fenced ? "fences   " : "no fences",
               seen[0], seen[1], seen[2], seen[3]);
        assert(seen[0] + seen[1] + seen[2] + seen[3] == 5 * CELLS);
        assert(!fenced || seen[0] == 0);
    }
    return 0;
}
