/* The queue of Michael and Scott. Nodes come from an array and are not reused, so nothing has to be freed. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { PUTTERS = 2, TAKERS = 2, EACH = 3000 };

// ANCHOR: queue
typedef struct node {
    _Atomic(struct node *) next;
    int value;
} node;

static node dummy;
static _Atomic(node *) head = &dummy; /* a node whose value has gone */
static _Atomic(node *) tail = &dummy; /* the last node, or the one before it */

static void enqueue(node *n)
{
    for (;;) {
        node *last = atomic_load(&tail), *after = atomic_load(&last->next);
        if (after != NULL) {
            atomic_compare_exchange_strong(&tail, &last, after); /* help, then look again */
        } else if (atomic_compare_exchange_strong(&last->next, &after, n)) {
            atomic_compare_exchange_strong(&tail, &last, n); /* or somebody has helped */
            return;
        }
    }
}

static int dequeue(int *value)
{
    for (;;) {
        node *first = atomic_load(&head), *last = atomic_load(&tail);
        node *after = atomic_load(&first->next);
        if (after == NULL)
            return 0; /* empty */
        if (first == last) {
            atomic_compare_exchange_strong(&tail, &last, after); /* tail must not fall behind */
        } else {
            *value = after->value;
            if (atomic_compare_exchange_strong(&head, &first, after))
                return 1;
        }
    }
}
// ANCHOR_END: queue

static node nodes[PUTTERS][EACH];
static atomic_int n_taken;
static atomic_long sum;

static void *putter(void *self)
{
    int me = (int)(intptr_t)self;
    for (int i = 0; i < EACH; i++) {
        nodes[me][i].value = me * EACH + i;
        enqueue(&nodes[me][i]);
    }
    return NULL;
}

static void *taker(void *unused)
{
    int last[PUTTERS] = { -1, -1 };
    while (n_taken < PUTTERS * EACH) {
        int value;
        if (!dequeue(&value)) {
            sched_yield();
            continue;
        }
        assert(last[value / EACH] < value); /* each putter's values in order */
        last[value / EACH] = value;
        n_taken++;
        sum += value;
    }
    return unused;
}

int main(void)
{
    pthread_t threads[PUTTERS + TAKERS];
    for (intptr_t i = 0; i < PUTTERS; i++)
        assert(pthread_create(&threads[i], NULL, putter, (void *)i) == 0);
    for (int i = 0; i < TAKERS; i++)
        assert(pthread_create(&threads[PUTTERS + i], NULL, taker, NULL) == 0);
    for (int i = 0; i < PUTTERS + TAKERS; i++)
        pthread_join(threads[i], NULL);
    long n = PUTTERS * EACH;
    assert(sum == n * (n - 1) / 2 && n_taken == n);
    puts("first in, first out, and every value once");
    return 0;
}
