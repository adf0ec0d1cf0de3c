/* Round robin: the tick marks, the way out of the interrupt switches. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

// ANCHOR: tick
enum { QUANTUM_TICKS = 2, TASKS_MAX = 8 };

struct cpu {
    int ready[TASKS_MAX]; /* a ring of task ids */
    int first, n_ready;
    int running;
    int ticks_left; /* of the running task's quantum */
    bool need_resched;
};

/* Called by the timer interrupt, with interrupts off. */
void tick(struct cpu *cpu)
{
    if (0 < cpu->ticks_left)
        cpu->ticks_left--;
    if (cpu->ticks_left == 0)
        cpu->need_resched = true; /* mark only: the switch comes later */
}

/* Called on the way back to user mode. */
void return_to_user(struct cpu *cpu)
{
    if (!cpu->need_resched)
        return;
    cpu->need_resched = false;
    int tail = (cpu->first + cpu->n_ready) % TASKS_MAX;
    cpu->ready[tail] = cpu->running; /* to the tail, */
    cpu->running = cpu->ready[cpu->first]; /* and the head runs */
    cpu->first = (cpu->first + 1) % TASKS_MAX;
    cpu->ticks_left = QUANTUM_TICKS;
}
// ANCHOR_END: tick

int main(void)
{
    struct cpu cpu = {.ready = {2, 3}, .n_ready = 2, .running = 1, .ticks_left = QUANTUM_TICKS};
    const int expected[] = {1, 1, 2, 2, 3, 3, 1, 1, 2, 2};

    for (int now = 0; now < 10; now++) {
        assert(cpu.running == expected[now]);
        tick(&cpu);
        return_to_user(&cpu);
    }
    cpu.n_ready = 0; /* alone, a task follows itself */
    cpu.first = 0;
    cpu.running = 7;
    for (int now = 0; now < 5; now++) {
        tick(&cpu);
        return_to_user(&cpu);
        assert(cpu.running == 7);
    }
    puts("every task has its turn of two ticks");
    return 0;
}
