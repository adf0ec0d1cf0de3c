/* Three spinlocks with C11 atomics. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

/* A hint that this is a spin loop. Here it also lets others run, since a test machine may have one CPU. */
static void pause_cpu(void)
{
    sched_yield();
}

// ANCHOR: tas
typedef struct { atomic_int taken; } tas_lock;

void tas_acquire(tas_lock *l)
{
    while (atomic_exchange_explicit(&l->taken, 1, memory_order_acquire) == 1)
        pause_cpu();
}

void tas_release(tas_lock *l)
{
    atomic_store_explicit(&l->taken, 0, memory_order_release);
}
// ANCHOR_END: tas

// ANCHOR: ttas
void ttas_acquire(tas_lock *l)
{
    for (;;) {
        while (atomic_load_explicit(&l->taken, memory_order_relaxed) == 1)
            pause_cpu(); /* look without writing */
        if (atomic_exchange_explicit(&l->taken, 1, memory_order_acquire) == 0)
            return;
    }
}
// ANCHOR_END: ttas

// ANCHOR: ticket
typedef struct { atomic_uint next, serving; } ticket_lock;

void ticket_acquire(ticket_lock *l)
{
    unsigned mine = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&l->serving, memory_order_acquire) != mine)
        pause_cpu();
}

void ticket_release(ticket_lock *l)
{
    unsigned now = atomic_load_explicit(&l->serving, memory_order_relaxed);
    atomic_store_explicit(&l->serving, now + 1, memory_order_release);
}
// ANCHOR_END: ticket

enum { ROUNDS = 2000 };
static tas_lock tas, ttas;
static ticket_lock ticket;
static long by_tas, by_ttas, by_ticket;

static void *work(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        tas_acquire(&tas);
        by_tas++;
        tas_release(&tas);
        ttas_acquire(&ttas);
        by_ttas++;
        tas_release(&ttas);
        ticket_acquire(&ticket);
        by_ticket++;
        ticket_release(&ticket);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(by_tas == 3 * ROUNDS && by_ttas == 3 * ROUNDS && by_ticket == 3 * ROUNDS);
    puts("three locks, no addition lost");
    return 0;
}
