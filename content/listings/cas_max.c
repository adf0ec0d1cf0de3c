/* Operations that the hardware does not have, made of compare-and-swap. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: max
static atomic_int highest;

static void raise_to(int value)
{
    int seen = atomic_load_explicit(&highest, memory_order_relaxed);
    while (seen < value
           && !atomic_compare_exchange_weak_explicit(&highest, &seen, value, memory_order_relaxed,
                                                     memory_order_relaxed))
        ; /* seen holds the new value now */
}
// ANCHOR_END: max

// ANCHOR: seats
static atomic_int free_seats;

static int take_seat(void)
{
    int seen = atomic_load(&free_seats);
    do {
        if (seen == 0)
            return 0; /* sold out: nothing is changed */
    } while (!atomic_compare_exchange_weak(&free_seats, &seen, seen - 1));
    return 1;
}
// ANCHOR_END: seats

enum { THREADS = 4, EACH = 5000, SEATS = 7000 };
static atomic_int sold;

static void *work(void *self)
{
    int me = (int)(intptr_t)self;
    for (int i = 0; i < EACH; i++) {
        raise_to(i * THREADS + me);
        sold += take_seat();
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    free_seats = SEATS;
    for (intptr_t i = 0; i < THREADS; i++)
        assert(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert(highest == EACH * THREADS - 1);
    assert(sold == SEATS && free_seats == 0);
    puts("the highest was kept, no seat was sold twice");
    return 0;
}
