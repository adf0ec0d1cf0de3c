/* A future: a slot that is filled once, that one can wait for, and that can call back. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

// ANCHOR: future
typedef void (*then_fn)(long value, void *data);

struct future {
    pthread_mutex_t mutex;
    pthread_cond_t is_done;
    bool done;
    long value;
    then_fn then; /* called once, with the value */
    void *data;
};

/* The promise's side: the value comes in. False if it was not the first. */
static bool complete(struct future *f, long value)
{
    pthread_mutex_lock(&f->mutex);
    bool first = !f->done;
    then_fn then = NULL;
    if (first) {
        f->done = true;
        f->value = value;
        then = f->then;
        pthread_cond_broadcast(&f->is_done);
    }
    pthread_mutex_unlock(&f->mutex);
    if (then)
        then(value, f->data); /* without the lock: it may call us again */
    return first;
}

/* The reader's side, waiting: false if `deadline` came first. */
static bool get_until(struct future *f, const struct timespec *deadline, long *value)
{
    pthread_mutex_lock(&f->mutex);
    int error = 0;
    while (!f->done && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&f->is_done, &f->mutex, deadline);
    bool done = f->done;
    *value = f->value;
    pthread_mutex_unlock(&f->mutex);
    return done;
}

/* The reader's side, not waiting: call me, now if the value is there already. */
static void on_done(struct future *f, then_fn then, void *data)
{
    pthread_mutex_lock(&f->mutex);
    bool done = f->done;
    if (!done) {
        f->then = then;
        f->data = data;
    }
    pthread_mutex_unlock(&f->mutex);
    if (done)
        then(f->value, data); /* it never changes again */
}
// ANCHOR_END: future

#define FUTURE {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, NULL, NULL}

// ANCHOR: map
/* map: a second future that is completed by the first one's value. */
static void complete_doubled(long value, void *second)
{
    complete(second, 2 * value);
}
// ANCHOR_END: map

static void *work(void *future)
{
    complete(future, 21);
    return NULL;
}

static struct timespec after_ms(long ms)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += ms * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

int main(void)
{
    struct future first = FUTURE, second = FUTURE, never = FUTURE;
    on_done(&first, complete_doubled, &second);
    pthread_t worker;
    assert(pthread_create(&worker, NULL, work, &first) == 0);

    long value;
    struct timespec deadline = after_ms(10000);
    assert(get_until(&second, &deadline, &value));
    assert(value == 42);
    assert(!complete(&first, 7)); /* a future has one value */

    deadline = after_ms(20);
    assert(!get_until(&never, &deadline, &value)); /* a timeout */
    pthread_join(worker, NULL);
    puts("42, and one timeout");
    return 0;
}
