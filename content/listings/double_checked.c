/* Double-checked locking that is right, and the two calls that do it for you. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int value;
} thing;

static int n_made; /* under the lock */

static thing *make(void)
{
    thing *t = malloc(sizeof *t);
    assert(t != NULL);
    t->value = 42;
    n_made++;
    return t;
}

// ANCHOR: checked
static _Atomic(thing *) shared;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static thing *get(void)
{
    thing *t = atomic_load_explicit(&shared, memory_order_acquire); /* first look */
    if (t == NULL) {
        pthread_mutex_lock(&mutex);
        t = atomic_load_explicit(&shared, memory_order_relaxed); /* second look */
        if (t == NULL) {
            t = make();
            atomic_store_explicit(&shared, t, memory_order_release);
        }
        pthread_mutex_unlock(&mutex);
    }
    return t;
}
// ANCHOR_END: checked

// ANCHOR: once
static pthread_once_t control = PTHREAD_ONCE_INIT;
static thing *made_once;

static void make_once(void)
{
    made_once = make();
}

static thing *get_once(void)
{
    pthread_once(&control, make_once);
    return made_once;
}
// ANCHOR_END: once

static void *use(void *unused)
{
    assert(get()->value == 42);
    assert(get_once()->value == 42);
    return unused;
}

int main(void)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert(pthread_create(&threads[i], NULL, use, NULL) == 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert(n_made == 2);
    free(get());
    free(get_once());
    puts("one of each was made");
    return 0;
}
