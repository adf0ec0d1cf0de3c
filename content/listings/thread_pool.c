/* A thread pool: workers, a bounded queue, and four answers to "the queue is full". */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 2, SLOTS = 3, TASKS = 7 };

// ANCHOR: pool
enum policy { ABORT, CALLER_RUNS, DISCARD, DISCARD_OLDEST };

struct task {
    void (*run)(int);
    int argument;
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty;
    struct task ring[SLOTS];
    int first, count;
    bool closing;
    enum policy policy;
    pthread_t workers[WORKERS];
};

static void *worker(void *arg)
{
    struct pool *p = arg;
    for (;;) {
        pthread_mutex_lock(&p->mutex);
        while (p->count == 0 && !p->closing)
            pthread_cond_wait(&p->not_empty, &p->mutex);
        if (p->count == 0) { /* closing, and the queue is empty */
            pthread_mutex_unlock(&p->mutex);
            return NULL;
        }
        struct task task = p->ring[p->first];
        p->first = (p->first + 1) % SLOTS;
        p->count--;
        pthread_mutex_unlock(&p->mutex);
        task.run(task.argument); /* without the lock */
    }
}

/* False: rejected, and the caller is told. */
static bool submit(struct pool *p, struct task task)
{
    pthread_mutex_lock(&p->mutex);
    assert(!p->closing);
    bool full = p->count == SLOTS;
    if (full && p->policy == DISCARD_OLDEST) {
        p->first = (p->first + 1) % SLOTS; /* the one that has waited longest */
        p->count--;
        full = false;
    }
    if (!full) {
        p->ring[(p->first + p->count) % SLOTS] = task;
        p->count++;
        pthread_cond_signal(&p->not_empty);
    }
    pthread_mutex_unlock(&p->mutex);
    if (full && p->policy == CALLER_RUNS)
        task.run(task.argument); /* who brings too much has to work */
    return !(full && p->policy == ABORT);
}
// ANCHOR_END: pool

static void pool_start(struct pool *p, enum policy policy)
{
    memset(p, 0, sizeof *p);
    p->policy = policy;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->not_empty, NULL);
    for (int i = 0; i < WORKERS; i++)
        assert(pthread_create(&p->workers[i], NULL, worker, p) == 0);
}

// ANCHOR: stop
/* Orderly: no new tasks, the queued ones are run, then the workers go. */
static void pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->mutex);
    p->closing = true;
    pthread_cond_broadcast(&p->not_empty);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(p->workers[i], NULL);
}
// ANCHOR_END: stop

static sem_t started, gate;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static bool ran[TASKS + 1];

static void note(int i)
{
    if (i <= WORKERS) { /* the first two keep the workers busy */
        sem_post(&started);
        sem_wait(&gate);
    }
    pthread_mutex_lock(&guard);
    ran[i] = true;
    pthread_mutex_unlock(&guard);
}

/* Seven tasks for two workers and three slots; which ones ran, as digits. */
static const char *which(enum policy policy, int *n_rejected)
{
    static char names[TASKS + 1];
    struct pool p;
    memset(ran, 0, sizeof ran);
    sem_init(&started, 0, 0);
    sem_init(&gate, 0, 0);
    pool_start(&p, policy);
    *n_rejected = 0;
    for (int i = 1; i <= TASKS; i++) {
        *n_rejected += !submit(&p, (struct task){note, i});
        if (i <= WORKERS)
            sem_wait(&started);
    }
    for (int i = 0; i < WORKERS; i++)
        sem_post(&gate);
    pool_stop(&p);
    char *end = names;
    for (int i = 1; i <= TASKS; i++)
        if (ran[i])
            *end++ = (char)('0' + i);
    *end = '\0';
    return names;
}

int main(void)
{
    int n_rejected;
    assert(strcmp(which(ABORT, &n_rejected), "12345") == 0 && n_rejected == 2);
    assert(strcmp(which(CALLER_RUNS, &n_rejected), "1234567") == 0 && n_rejected == 0);
    assert(strcmp(which(DISCARD, &n_rejected), "12345") == 0 && n_rejected == 0);
    assert(strcmp(which(DISCARD_OLDEST, &n_rejected), "12567") == 0 && n_rejected == 0);
    puts("four policies, four outcomes");
    return 0;
}
