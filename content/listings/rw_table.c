/* A table that many read and few change, under a read-write lock. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

// ANCHOR: table
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int low, high; /* always equal, guarded by lock */

static int look_up(void)
{
    pthread_rwlock_rdlock(&lock); /* beside other readers */
    int same = low == high;
    pthread_rwlock_unlock(&lock);
    return same;
}

static void change(int value)
{
    pthread_rwlock_wrlock(&lock); /* alone */
    low = value;
    high = value;
    pthread_rwlock_unlock(&lock);
}
// ANCHOR_END: table

static void *reader(void *unused)
{
    for (int i = 0; i < 5000; i++)
        assert(look_up());
    return unused;
}

static void *writer(void *unused)
{
    for (int i = 0; i < 500; i++)
        change(i);
    return unused;
}

int main(void)
{
    // ANCHOR: modes
    assert(pthread_rwlock_rdlock(&lock) == 0);
    assert(pthread_rwlock_tryrdlock(&lock) == 0);     /* a second reader gets in */
    assert(pthread_rwlock_trywrlock(&lock) == EBUSY); /* a writer does not */
    // ANCHOR_END: modes
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_unlock(&lock);
    pthread_t threads[4];
    for (int i = 0; i < 3; i++)
        assert(pthread_create(&threads[i], NULL, reader, NULL) == 0);
    assert(pthread_create(&threads[3], NULL, writer, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    puts("no reader saw half a change");
    return 0;
}
