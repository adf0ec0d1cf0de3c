/* First come, first served: a list with a head and a tail. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

// ANCHOR: queue
struct task {
    int id;
    struct task *next;
};

struct run_queue {
    struct task *head;
    struct task **end; /* where the next task is hung in */
};

void enqueue(struct run_queue *queue, struct task *task)
{
    task->next = NULL;
    *queue->end = task;
    queue->end = &task->next;
}

struct task *pick(struct run_queue *queue)
{
    struct task *first = queue->head;
    if (first == NULL)
        return NULL; /* nobody is ready: the CPU idles */
    queue->head = first->next;
    if (queue->head == NULL)
        queue->end = &queue->head;
    return first;
}
// ANCHOR_END: queue

int main(void)
{
    struct run_queue queue = {.head = NULL};
    queue.end = &queue.head;
    struct task tasks[] = {{.id = 1}, {.id = 2}, {.id = 3}};

    assert(pick(&queue) == NULL);
    for (int i = 0; i < 3; i++)
        enqueue(&queue, &tasks[i]);
    for (int i = 0; i < 3; i++)
        assert(pick(&queue) == &tasks[i]);
    assert(pick(&queue) == NULL);
    enqueue(&queue, &tasks[2]);
    assert(pick(&queue)->id == 3);
    puts("tasks leave in the order in which they came");
    return 0;
}
