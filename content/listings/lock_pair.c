/* Two locks of one kind, always taken in the order of their addresses. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stddef.h>

// ANCHOR: pair
struct account {
    pthread_mutex_t lock;
    long cents;
};

/* Whatever the direction of the transfer, the lower address comes first. */
void lock_both(struct account *a, struct account *b)
{
    if ((uintptr_t)a > (uintptr_t)b) {
        struct account *other = a;
        a = b;
        b = other;
    }
    pthread_mutex_lock(&a->lock);
    if (a != b) /* a transfer to oneself */
        pthread_mutex_lock(&b->lock);
}
// ANCHOR_END: pair

static struct account accounts[2] = {
    {PTHREAD_MUTEX_INITIALIZER, 100000},
    {PTHREAD_MUTEX_INITIALIZER, 100000},
};

static void unlock_both(struct account *a, struct account *b)
{
    pthread_mutex_unlock(&a->lock);
    if (a != b)
        pthread_mutex_unlock(&b->lock);
}

static void *transfer(void *from_first)
{
    struct account *from = from_first ? &accounts[0] : &accounts[1];
    struct account *to = from_first ? &accounts[1] : &accounts[0];

    for (int i = 0; i < 20000; i++) {
        lock_both(from, to);
        from->cents--;
        to->cents++;
        unlock_both(from, to);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[2];

    assert(pthread_create(&threads[0], NULL, transfer, &threads) == 0);
    assert(pthread_create(&threads[1], NULL, transfer, NULL) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert(accounts[0].cents == 100000 && accounts[1].cents == 100000);
    lock_both(&accounts[0], &accounts[0]);
    unlock_both(&accounts[0], &accounts[0]);
    return 0;
}
