/* Producers and consumers around a ring of four slots: two counts and a guard. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

enum { SLOTS = 4, ITEMS = 2000 };

// ANCHOR: buffer
static sem_t empty, full; /* empty slots, full slots: SLOTS together */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int ring[SLOTS], in, out;

static void put(int item)
{
    sem_wait(&empty); /* first a slot … */
    pthread_mutex_lock(&guard); /* … then the guard */
    ring[in] = item;
    in = (in + 1) % SLOTS;
    pthread_mutex_unlock(&guard);
    sem_post(&full);
}

static int get(void)
{
    sem_wait(&full);
    pthread_mutex_lock(&guard);
    int item = ring[out];
    out = (out + 1) % SLOTS;
    pthread_mutex_unlock(&guard);
    sem_post(&empty);
    return item;
}
// ANCHOR_END: buffer

static long sums[2];

static void *producer(void *unused)
{
    for (int i = 1; i <= ITEMS; i++)
        put(i);
    return unused;
}

static void *consumer(void *sum)
{
    for (int i = 0; i < ITEMS; i++)
        *(long *)sum += get();
    return NULL;
}

int main(void)
{
    sem_init(&empty, 0, SLOTS);
    sem_init(&full, 0, 0);
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) {
        assert(pthread_create(&threads[i], NULL, producer, NULL) == 0);
        assert(pthread_create(&threads[2 + i], NULL, consumer, &sums[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert(sums[0] + sums[1] == 2L * ITEMS * (ITEMS + 1) / 2);
    puts("every item arrived once");
    return 0;
}
