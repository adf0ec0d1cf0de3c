/* A queue as a monitor: one mutex, two conditions, two loops. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

enum { SLOTS = 4, ITEMS = 2000 };

// ANCHOR: queue
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int ring[SLOTS], in, out, count; /* all guarded by mutex */

static void put(int item)
{
    pthread_mutex_lock(&mutex);
    while (count == SLOTS) /* while, not if */
        pthread_cond_wait(&not_full, &mutex);
    ring[in] = item;
    in = (in + 1) % SLOTS;
    count++;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
}

static int get(void)
{
    pthread_mutex_lock(&mutex);
    while (count == 0)
        pthread_cond_wait(&not_empty, &mutex);
    int item = ring[out];
    out = (out + 1) % SLOTS;
    count--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&mutex);
    return item;
}
// ANCHOR_END: queue

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
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) {
        assert(pthread_create(&threads[i], NULL, producer, NULL) == 0);
        assert(pthread_create(&threads[2 + i], NULL, consumer, &sums[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert(sums[0] + sums[1] == 2L * ITEMS * (ITEMS + 1) / 2);
    assert(count == 0);
    puts("every item arrived once");
    return 0;
}
