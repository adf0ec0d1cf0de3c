/* Four threads add to one counter, without and with an atomic addition. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 100000 };

// ANCHOR: race
static volatile long counter; /* volatile: every access really happens */

static void *add(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        counter++; /* load, add, store */
    return unused;
}
// ANCHOR_END: race

// ANCHOR: atomic
static atomic_long exact;

static void *add_atomic(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        atomic_fetch_add(&exact, 1); /* one indivisible step */
    return unused;
}
// ANCHOR_END: atomic

static void run(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert(pthread_create(&threads[i], NULL, body, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    run(add);
    run(add_atomic);
    assert(2 <= counter && counter <= THREADS * ROUNDS);
    assert(exact == THREADS * ROUNDS);
    printf("plain: %ld, atomic: %ld\n", counter, (long)exact);
    return 0;
}
