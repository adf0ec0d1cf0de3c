/* A channel: a bounded queue that can be closed. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

enum { SLOTS = 2 };

// ANCHOR: channel
struct channel {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* one condition, so every change wakes all */
    int ring[SLOTS], first, count;
    bool closed;
};

static void chan_send(struct channel *c, int value)
{
    pthread_mutex_lock(&c->mutex);
    while (c->count == SLOTS && !c->closed)
        pthread_cond_wait(&c->changed, &c->mutex);
    assert(!c->closed); /* Go panics here too: to send after close is a bug */
    c->ring[(c->first + c->count) % SLOTS] = value;
    c->count++;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

/* False: closed, and nothing is left. */
static bool chan_receive(struct channel *c, int *value)
{
    pthread_mutex_lock(&c->mutex);
    while (c->count == 0 && !c->closed)
        pthread_cond_wait(&c->changed, &c->mutex);
    bool some = c->count > 0; /* what was sent before the close still arrives */
    if (some) {
        *value = c->ring[c->first];
        c->first = (c->first + 1) % SLOTS;
        c->count--;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->mutex);
    return some;
}

static void chan_close(struct channel *c)
{
    pthread_mutex_lock(&c->mutex);
    assert(!c->closed);
    c->closed = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}
// ANCHOR_END: channel

static struct channel numbers = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *producer(void *unused)
{
    for (int i = 0; i < 5; i++)
        chan_send(&numbers, i);
    chan_close(&numbers);
    return unused;
}

int main(void)
{
    pthread_t thread;
    assert(pthread_create(&thread, NULL, producer, NULL) == 0);
    int value, expected = 0;
    while (chan_receive(&numbers, &value)) {
        assert(value == expected);
        printf("%d\n", value);
        expected++;
    }
    assert(expected == 5);
    pthread_join(thread, NULL);
    return 0;
}
