/* A mutex with priority inheritance. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

// ANCHOR: init
/* Returns 0, or the error number of the step that failed. */
int init_inheriting(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error != 0)
        return error;
    error = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    if (error == 0)
        error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}
// ANCHOR_END: init

static pthread_mutex_t mutex;
static long counter;

static void *work(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(void)
{
    int protocol;
    pthread_mutexattr_t fresh;
    pthread_mutexattr_init(&fresh);
    pthread_mutexattr_getprotocol(&fresh, &protocol);
    assert(protocol == PTHREAD_PRIO_NONE); /* one must ask for it */
    pthread_mutexattr_destroy(&fresh);

    assert(init_inheriting(&mutex) == 0);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert(counter == 20000);
    pthread_mutex_destroy(&mutex);
    puts("two threads counted to 20000 under an inheriting mutex");
    return 0;
}
