/* A pool that starves itself: tasks wait for tasks of the same pool, and no worker is left for these. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { WORKERS = 2, ROOM = 16 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static void (*ring[ROOM])(void);
static int first, count;

static void submit(void (*task)(void))
{
    pthread_mutex_lock(&mutex);
    assert(count < ROOM);
    ring[(first + count) % ROOM] = task;
    count++;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
}

static void *worker(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (count == 0)
            pthread_cond_wait(&not_empty, &mutex);
        void (*task)(void) = ring[first];
        first = (first + 1) % ROOM;
        count--;
        pthread_mutex_unlock(&mutex);
        if (!task)
            return unused;
        task();
    }
}

static sem_t child_done, parent_done, started, go;

// ANCHOR: tasks
static void child(void)
{
    sem_post(&child_done);
}

static void parent(void)
{
    sem_post(&started);
    sem_wait(&go); /* until all parents have a worker */
    submit(child);
    sem_wait(&child_done); /* waits, and keeps its worker */
    sem_post(&parent_done);
}
// ANCHOR_END: tasks

/* Do `n` parents come to an end within `ms`? */
static bool ends(int n, long ms)
{
    for (int i = 0; i < n; i++)
        submit(parent);
    for (int i = 0; i < n; i++)
        sem_wait(&started);
    for (int i = 0; i < n; i++)
        sem_post(&go);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += ms % 1000 * 1000000;
    deadline.tv_sec += ms / 1000 + deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    for (int i = 0; i < n; i++)
        if (sem_timedwait(&parent_done, &deadline) == -1)
            return errno != ETIMEDOUT;
    return true;
}

int main(void)
{
    pthread_t workers[WORKERS];
    sem_init(&child_done, 0, 0);
    sem_init(&parent_done, 0, 0);
    sem_init(&started, 0, 0);
    sem_init(&go, 0, 0);
    for (int i = 0; i < WORKERS; i++)
        assert(pthread_create(&workers[i], NULL, worker, NULL) == 0);
    assert(ends(WORKERS - 1, 20000)); /* one worker is left for the child */
    assert(!ends(WORKERS, 100));      /* none is left: both parents wait for ever */
    for (int i = 0; i < WORKERS; i++)
        sem_post(&child_done); /* help from outside, to end the program */
    for (int i = 0; i < WORKERS; i++)
        sem_wait(&parent_done);
    for (int i = 0; i < WORKERS; i++)
        submit(NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    puts("one parent ends, two wait for ever");
    return 0;
}
