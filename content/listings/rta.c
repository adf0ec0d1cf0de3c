/* Response-time analysis for fixed priorities. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

// ANCHOR: rta
struct periodic {
    long compute, period; /* the deadline is the period */
};

/* Worst response of tasks[i]; tasks stand by priority, the highest first.
 * Returns -1 if the deadline is missed. */
long worst_response(const struct periodic *tasks, size_t i)
{
    long response = tasks[i].compute;
    for (;;) {
        long next = tasks[i].compute;
        for (size_t j = 0; j < i; j++) {
            long releases = (response + tasks[j].period - 1) / tasks[j].period;
            next += releases * tasks[j].compute;
        }
        if (tasks[i].period < next)
            return -1;
        if (next == response)
            return response;
        response = next;
    }
}
// ANCHOR_END: rta

int main(void)
{
    const struct periodic under[] = {{2, 5}, {2, 10}, {3, 20}};
    const struct periodic beyond[] = {{3, 6}, {2, 8}, {2, 12}};
    const struct periodic misses[] = {{1, 4}, {2, 6}, {3, 8}};

    assert(worst_response(under, 0) == 2);
    assert(worst_response(under, 1) == 4);
    assert(worst_response(under, 2) == 9);
    assert(worst_response(beyond, 2) == 12);
    assert(worst_response(misses, 1) == 3);
    assert(worst_response(misses, 2) == -1);
    puts("worst responses 2, 4, 9; then 12, on its deadline; then a miss");
    return 0;
}
