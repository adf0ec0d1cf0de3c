/* Work stealing: each worker has a deque; the owner uses one end, thieves the other. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { WORKERS = 4, ROOM = 64, LEAF = 1 << 10 };

// ANCHOR: deque
struct range {
    long from, to; /* the task: add up the numbers from `from` to below `to` */
};

struct deque {
    pthread_mutex_t mutex; /* real ones do without it */
    struct range tasks[ROOM];
    int top, bottom; /* thieves take at top, the owner at bottom */
};

static struct deque deques[WORKERS];
static atomic_long sum, left, n_stolen;

static void push(struct deque *d, struct range task)
{
    pthread_mutex_lock(&d->mutex);
    assert(d->bottom < ROOM);
    d->tasks[d->bottom++] = task;
    pthread_mutex_unlock(&d->mutex);
}

/* The owner takes the newest: the smallest, still in its cache. */
static int pop(struct deque *d, struct range *task)
{
    pthread_mutex_lock(&d->mutex);
    int some = d->top < d->bottom;
    if (some)
        *task = d->tasks[--d->bottom];
    if (d->top == d->bottom)
        d->top = d->bottom = 0;
    pthread_mutex_unlock(&d->mutex);
    return some;
}

/* A thief takes the oldest: the largest, so that it need not come again soon. */
static int steal(struct deque *d, struct range *task)
{
    pthread_mutex_lock(&d->mutex);
    int some = d->top < d->bottom;
    if (some)
        *task = d->tasks[d->top++];
    pthread_mutex_unlock(&d->mutex);
    return some;
}
// ANCHOR_END: deque

// ANCHOR: worker
static void run(struct deque *own, struct range task)
{
    while (task.to - task.from > LEAF) { /* fork: keep one half, offer the other */
        long middle = task.from + (task.to - task.from) / 2;
        push(own, (struct range){middle, task.to});
        task.to = middle;
    }
    long part = 0;
    for (long i = task.from; i < task.to; i++)
        part += i;
    atomic_fetch_add(&sum, part);
    atomic_fetch_sub(&left, task.to - task.from);
}

static void *worker(void *arg)
{
    struct deque *own = arg;
    unsigned seed = (unsigned)(own - deques) + 1;
    struct range task;
    while (atomic_load(&left) > 0) {
        if (pop(own, &task)) {
            run(own, task);
            continue;
        }
        seed = seed * 1103515245u + 12345u; /* a victim at random */
        struct deque *victim = &deques[(seed >> 16) % WORKERS];
        if (victim != own && steal(victim, &task)) {
            atomic_fetch_add(&n_stolen, 1);
            run(own, task);
        }
    }
    return NULL;
}
// ANCHOR_END: worker

int main(void)
{
    const long n = 1 << 22;
    pthread_t threads[WORKERS];
    atomic_store(&left, n);
    for (int i = 0; i < WORKERS; i++)
        pthread_mutex_init(&deques[i].mutex, NULL);
    push(&deques[0], (struct range){0, n}); /* all the work begins in one place */
    for (int i = 0; i < WORKERS; i++)
        assert(pthread_create(&threads[i], NULL, worker, &deques[i]) == 0);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert(atomic_load(&sum) == n / 2 * (n - 1));
    printf("%ld tasks, %ld stolen\n", n / LEAF, atomic_load(&n_stolen));
    return 0;
}
