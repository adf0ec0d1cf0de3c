/* A pointer that is replaced all the time, and readers that guard what they read with a hazard pointer. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int value, copy; /* always equal */
} config;

enum { READERS = 2, UPDATES = 3000, RETIRED_MAX = 2 * READERS };

// ANCHOR: reader
static _Atomic(config *) current;
static _Atomic(config *) hazard[READERS]; /* one slot for each reader */

static config *protect(int self)
{
    config *p = atomic_load(&current);
    for (;;) {
        atomic_store(&hazard[self], p); /* seq_cst: before the second look */
        config *again = atomic_load(&current);
        if (again == p)
            return p; /* still there after the announcement */
        p = again;
    }
}

static void unprotect(int self)
{
    atomic_store_explicit(&hazard[self], NULL, memory_order_release);
}
// ANCHOR_END: reader

// ANCHOR: retire
static config *retired[RETIRED_MAX];
static int n_retired, n_freed;

static void scan(void)
{
    int kept = 0;
    for (int i = 0; i < n_retired; i++) {
        int used = 0;
        for (int r = 0; r < READERS; r++)
            used |= atomic_load(&hazard[r]) == retired[i];
        if (used) {
            retired[kept++] = retired[i]; /* at most one for each slot */
        } else {
            free(retired[i]);
            n_freed++;
        }
    }
    n_retired = kept;
}

static void replace(config *next)
{
    retired[n_retired++] = atomic_exchange(&current, next); /* unlink, then look */
    if (n_retired == RETIRED_MAX)
        scan();
    assert(n_retired < RETIRED_MAX); /* there is room for the next one */
}
// ANCHOR_END: retire

static atomic_int done;

static void *reader(void *self)
{
    int me = (int)(intptr_t)self;
    while (!atomic_load_explicit(&done, memory_order_relaxed)) {
        config *p = protect(me);
        assert(p->value == p->copy);
        unprotect(me);
        sched_yield();
    }
    return NULL;
}

static config *new_config(int value)
{
    config *c = malloc(sizeof *c);
    assert(c != NULL);
    *c = (config){ value, value };
    return c;
}

int main(void)
{
    pthread_t threads[READERS];
    current = new_config(0);
    for (intptr_t i = 0; i < READERS; i++)
        assert(pthread_create(&threads[i], NULL, reader, (void *)i) == 0);
    for (int i = 1; i <= UPDATES; i++)
        replace(new_config(i));
    atomic_store(&done, 1);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    scan();
    assert(n_retired == 0 && n_freed == UPDATES);
    free(current);
    puts("every old version freed, none too early");
    return 0;
}
