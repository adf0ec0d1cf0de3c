/* The clock of the Completely Fair Scheduler, before Linux 6.6. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: update
enum { NICE_0_WEIGHT = 1024 };

struct entity {
    uint64_t weight;
    uint64_t vruntime_ns;
    uint64_t exec_start_ns; /* when the time was last added up */
};

/* Called at each tick, and whenever the running task changes. */
void update_current(struct entity *current, uint64_t now_ns)
{
    uint64_t ran_ns = now_ns - current->exec_start_ns;
    current->exec_start_ns = now_ns;
    current->vruntime_ns += ran_ns * NICE_0_WEIGHT / current->weight;
}

/* The kernel reads a cached leftmost node instead of searching. */
struct entity *pick(struct entity *entities, size_t n)
{
    struct entity *least = &entities[0];
    for (size_t i = 1; i < n; i++)
        if (entities[i].vruntime_ns < least->vruntime_ns)
            least = &entities[i];
    return least;
}
// ANCHOR_END: update

int main(void)
{
    /* Nice -5 and nice 0. */
    struct entity tasks[] = {{.weight = 3121}, {.weight = 1024}};
    uint64_t ran_ns[2] = {0};
    uint64_t now_ns = 0;

    for (int tick = 0; tick < 41450; tick++) {
        struct entity *current = pick(tasks, 2);
        current->exec_start_ns = now_ns;
        now_ns += 1000000;
        update_current(current, now_ns);
        ran_ns[current - tasks] += 1000000;
    }
    double ratio = (double)ran_ns[0] / (double)ran_ns[1];
    assert(3.04 < ratio && ratio < 3.06);
    printf("shares %.3f : 1, weights %.3f : 1\n", ratio, 3121.0 / 1024.0);
    return 0;
}
