/* A pool of ten connections: a semaphore counts them, a mutex guards the list. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

enum { CONNECTIONS = 10, THREADS = 16 };

// ANCHOR: pool
static sem_t free_count; /* how many connections are free */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int taken[CONNECTIONS]; /* which ones are not: guarded by guard */

static int pool_take(void)
{
    while (sem_wait(&free_count) == -1 && errno == EINTR)
        ; /* a signal handler ran: wait again */
    pthread_mutex_lock(&guard);
    int c = 0;
    while (taken[c])
        c++; /* there is one: the semaphore said so */
    taken[c] = 1;
    pthread_mutex_unlock(&guard);
    return c;
}

static void pool_give(int c)
{
    pthread_mutex_lock(&guard);
    taken[c] = 0;
    pthread_mutex_unlock(&guard);
    sem_post(&free_count);
}
// ANCHOR_END: pool

static atomic_int users[CONNECTIONS];

static void *client(void *unused)
{
    for (int i = 0; i < 200; i++) {
        int c = pool_take();
        assert(atomic_fetch_add(&users[c], 1) == 0);
        atomic_fetch_sub(&users[c], 1);
        pool_give(c);
    }
    return unused;
}

int main(void)
{
    // ANCHOR: init
    sem_init(&free_count, 0, CONNECTIONS); /* a call: it must stand in a function */
    // ANCHOR_END: init
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert(pthread_create(&threads[i], NULL, client, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int left;
    sem_getvalue(&free_count, &left);
    assert(left == CONNECTIONS);
    sem_destroy(&free_count);
    puts("no connection had two users");
    return 0;
}
