/* Three stages with queues between: with a bound the quick one waits, without it the queue grows. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { ITEMS = 200, ROOM = ITEMS };

// ANCHOR: queue
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int items[ROOM], in, out;
    int bound; /* how many may wait here */
    int most;  /* how many ever did */
};

static void put(struct queue *q, int item)
{
    pthread_mutex_lock(&q->mutex);
    while (q->in - q->out == q->bound) /* back-pressure is this line */
        pthread_cond_wait(&q->changed, &q->mutex);
    q->items[q->in++] = item;
    if (q->in - q->out > q->most)
        q->most = q->in - q->out;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->mutex);
}
// ANCHOR_END: queue

static int get(struct queue *q)
{
    pthread_mutex_lock(&q->mutex);
    while (q->in == q->out)
        pthread_cond_wait(&q->changed, &q->mutex);
    int item = q->items[q->out++];
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->mutex);
    return item;
}

static struct queue raw, parsed;

static void *parse(void *unused)
{
    for (int i = 0; i < ITEMS; i++)
        put(&parsed, 2 * get(&raw));
    return unused;
}

static void *store(void *sum)
{
    struct timespec slow = {0, 200000}; /* 0.2 ms for each item: the slow stage */
    for (int i = 0; i < ITEMS; i++) {
        *(long *)sum += get(&parsed);
        nanosleep(&slow, NULL);
    }
    return NULL;
}

/* The longest queues of a run with this bound. */
static void run(int bound, int most[2])
{
    struct queue empty = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0, bound, 0};
    raw = parsed = empty;
    long sum = 0;
    pthread_t stages[2];
    assert(pthread_create(&stages[0], NULL, parse, NULL) == 0);
    assert(pthread_create(&stages[1], NULL, store, &sum) == 0);
    for (int i = 0; i < ITEMS; i++)
        put(&raw, i); /* the source is as quick as it is allowed to be */
    for (int i = 0; i < 2; i++)
        pthread_join(stages[i], NULL);
    assert(sum == (long)ITEMS * (ITEMS - 1));
    most[0] = raw.most;
    most[1] = parsed.most;
}

int main(void)
{
    int most[2];
    run(4, most);
    assert(most[0] <= 4 && most[1] <= 4);
    printf("bound 4: at most %d and %d waited\n", most[0], most[1]);
    run(ROOM, most);
    assert(most[0] + most[1] > 2 * 4); /* mostly nearly all of them */
    printf("no bound: at most %d and %d waited\n", most[0], most[1]);
    return 0;
}
