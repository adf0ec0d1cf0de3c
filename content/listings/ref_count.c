/* A reference count: relaxed to take, release to drop, and acquire for the one who frees. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_int freed;

// ANCHOR: count
typedef struct {
    atomic_int refs;
    int uses[4]; /* each thread writes its own */
} object;

static void take(object *o)
{
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
}

static void drop(object *o)
{
    if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_release) == 1) {
        atomic_thread_fence(memory_order_acquire);
        int sum = 0;
        for (int i = 0; i < 4; i++)
            sum += o->uses[i]; /* everybody's last words */
        assert(sum == 4);
        free(o);
        atomic_fetch_add(&freed, 1);
    }
}
// ANCHOR_END: count

typedef struct {
    object *o;
    int self;
} job;

static void *work(void *arg)
{
    job *j = arg;
    j->o->uses[j->self]++;
    drop(j->o);
    return NULL;
}

int main(void)
{
    enum { ROUNDS = 100 };
    for (int r = 0; r < ROUNDS; r++) {
        object *o = calloc(1, sizeof *o);
        assert(o != NULL);
        job jobs[4];
        pthread_t threads[4];
        o->refs = 1; /* mine */
        for (int i = 0; i < 4; i++) {
            take(o);
            jobs[i] = (job){ o, i };
            assert(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
        }
        drop(o);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
    assert(freed == ROUNDS);
    puts("each object freed once, after all its users");
    return 0;
}
