/* A lock-free stack: anybody pushes, and whoever pops takes the whole list at once. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

// ANCHOR: stack
typedef struct node {
    struct node *next;
    int value;
} node;

static _Atomic(node *) head;

static void push(node *n)
{
    n->next = atomic_load_explicit(&head, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&head, &n->next, n, memory_order_release,
                                                  memory_order_relaxed))
        ; /* n->next is the new head now: try again */
}

static node *take_all(void)
{
    return atomic_exchange_explicit(&head, NULL, memory_order_acquire);
}
// ANCHOR_END: stack

enum { PUSHERS = 3, EACH = 2000 };

static void *pusher(void *unused)
{
    for (int i = 1; i <= EACH; i++) {
        node *n = malloc(sizeof *n);
        assert(n != NULL);
        n->value = i;
        push(n);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[PUSHERS];
    for (int i = 0; i < PUSHERS; i++)
        assert(pthread_create(&threads[i], NULL, pusher, NULL) == 0);
    long count = 0, sum = 0;
    while (count < PUSHERS * EACH) {
        node *n = take_all();
        if (n == NULL)
            sched_yield();
        while (n != NULL) {
            node *next = n->next;
            count++;
            sum += n->value;
            free(n); /* nobody else has it */
            n = next;
        }
    }
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(threads[i], NULL);
    assert(sum == PUSHERS * (long)EACH * (EACH + 1) / 2 && atomic_load(&head) == NULL);
    puts("every node came out once");
    return 0;
}
