/* Create threads, join them, and take their results. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { N_WORKERS = 4, PER_WORKER = 250 };

// ANCHOR: sum
struct part {
    int first, last; /* in */
    long sum;        /* out: read it only after the join */
};

static void *add_up(void *argument)
{
    struct part *part = argument;
    for (int i = part->first; i <= part->last; i++)
        part->sum += i;
    return part;
}

long sum_to_1000(void)
{
    pthread_t threads[N_WORKERS];
    struct part parts[N_WORKERS]; /* one each: never the loop variable's address */
    for (int i = 0; i < N_WORKERS; i++) {
        parts[i] = (struct part){i * PER_WORKER + 1, (i + 1) * PER_WORKER, 0};
        int error = pthread_create(&threads[i], NULL, add_up, &parts[i]);
        if (error != 0) { /* pthread functions return the error, they do not set errno */
            fprintf(stderr, "pthread_create: %s\n", strerror(error));
            return -1;
        }
    }
    long sum = 0;
    for (int i = 0; i < N_WORKERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        sum += ((struct part *)result)->sum;
    }
    return sum;
}
// ANCHOR_END: sum

// ANCHOR: small
/* Starts a thread with a small stack that nobody joins. */
int start_detached(void *(*body)(void *), void *argument)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    pthread_attr_setstacksize(&attributes, 64 * 1024); /* at least PTHREAD_STACK_MIN */
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    return error;
}
// ANCHOR_END: small

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int is_done;

static void *say_done(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    is_done = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    assert(sum_to_1000() == 500500);
    assert(start_detached(say_done, NULL) == 0);
    pthread_mutex_lock(&mutex);
    while (!is_done)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    puts("500500, and a detached thread is done");
    return 0;
}
