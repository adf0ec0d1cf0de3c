/* A counter under a mutex, and a mutex that is only tried. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

// ANCHOR: counter
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter; /* guarded by mutex */

static void *add(void *unused)
{
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}
// ANCHOR_END: counter

static long skipped;

// ANCHOR: try
/* Refreshes statistics if nobody else is at it; otherwise does without. */
static void refresh(void)
{
    if (pthread_mutex_trylock(&mutex) == EBUSY) {
        skipped++;
        return;
    }
    counter = 0;
    pthread_mutex_unlock(&mutex);
}
// ANCHOR_END: try

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert(pthread_create(&threads[i], NULL, add, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert(counter == 40000);

    pthread_mutex_lock(&mutex);
    refresh(); /* held, so it is skipped */
    pthread_mutex_unlock(&mutex);
    assert(skipped == 1 && counter == 40000);
    refresh();
    assert(counter == 0);

    // ANCHOR: owner
    pthread_mutexattr_t kind;
    pthread_mutex_t checked;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &kind);
    assert(pthread_mutex_unlock(&checked) == EPERM); /* not mine */
    assert(pthread_mutex_lock(&checked) == 0);
    assert(pthread_mutex_lock(&checked) == EDEADLK); /* mine already */
    // ANCHOR_END: owner
    pthread_mutex_unlock(&checked);
    pthread_mutex_destroy(&checked);
    pthread_mutexattr_destroy(&kind);
    puts("four threads counted to 40000");
    return 0;
}
