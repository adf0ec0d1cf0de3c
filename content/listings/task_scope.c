/* A scope for threads: the first error asks the others to stop, and nobody is left when the scope ends. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

// ANCHOR: scope
enum { MOST = 8 };

struct scope {
    pthread_t threads[MOST];
    int n_threads;
    atomic_int error; /* the first one; others are not news */
    atomic_bool cancelled;
};

static void scope_fail(struct scope *s, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&s->error, &none, error);
    atomic_store(&s->cancelled, true); /* asks; nobody is killed */
}

static void scope_start(struct scope *s, void *(*run)(void *), void *arg)
{
    assert(s->n_threads < MOST);
    assert(pthread_create(&s->threads[s->n_threads++], NULL, run, arg) == 0);
}

/* The only way out: when all of them have ended. */
static int scope_end(struct scope *s)
{
    for (int i = 0; i < s->n_threads; i++)
        pthread_join(s->threads[i], NULL);
    return atomic_load(&s->error);
}
// ANCHOR_END: scope

static struct scope scope;
static atomic_int n_open, n_rounds;

static void pause_ms(long ms)
{
    struct timespec t = {0, ms * 1000000};
    nanosleep(&t, NULL);
}

// ANCHOR: child
/* Would go on for ten seconds, and looks every millisecond whether it still should. */
static void *patient(void *unused)
{
    atomic_fetch_add(&n_open, 1); /* opens something */
    for (int i = 0; i < 10000 && !atomic_load(&scope.cancelled); i++) {
        pause_ms(1);
        atomic_fetch_add(&n_rounds, 1);
    }
    atomic_fetch_sub(&n_open, 1); /* and closes it, on every way out */
    return unused;
}
// ANCHOR_END: child

static void *unlucky(void *unused)
{
    pause_ms(10);
    scope_fail(&scope, 42);
    return unused;
}

int main(void)
{
    scope_start(&scope, patient, NULL);
    scope_start(&scope, unlucky, NULL);
    scope_start(&scope, patient, NULL);
    int error = scope_end(&scope);
    assert(error == 42);
    assert(atomic_load(&n_open) == 0);         /* all is closed, not only asked for */
    assert(atomic_load(&n_rounds) < 2 * 10000); /* and long before its time */
    printf("error %d after %d rounds, nobody left\n", error, atomic_load(&n_rounds));
    return 0;
}
