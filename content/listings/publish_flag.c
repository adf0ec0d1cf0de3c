/* Message passing: data that are not atomic, published by a flag with release and acquire. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

// ANCHOR: publish
static int data;         /* plain: the flag orders it */
static atomic_int ready;

static void *producer(void *unused)
{
    data = 42;
    atomic_store_explicit(&ready, 1, memory_order_release);
    return unused;
}

static void *consumer(void *got)
{
    while (atomic_load_explicit(&ready, memory_order_acquire) == 0)
        sched_yield();
    *(int *)got = data; /* 42, on every machine */
    return NULL;
}
// ANCHOR_END: publish

int main(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t threads[2];
        int got = 0;
        data = 0;
        ready = 0;
        assert(pthread_create(&threads[0], NULL, consumer, &got) == 0);
        assert(pthread_create(&threads[1], NULL, producer, NULL) == 0);
        for (int t = 0; t < 2; t++)
            pthread_join(threads[t], NULL);
        assert(got == 42);
    }
    puts("200 messages, none read too early");
    return 0;
}
