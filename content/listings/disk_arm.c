/* How far the arm travels: one queue, six orders, and the best of all 40,320. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 8, LAST = 199, HEAD = 53 };

static const int queue[N] = {98, 183, 37, 122, 14, 124, 65, 67};

/* Cylinders crossed on the way from HEAD over these stops. */
static int travel(const int *stops, int n)
{
    int at = HEAD, sum = 0;
    for (int i = 0; i < n; i++) {
        sum += abs(stops[i] - at);
        at = stops[i];
    }
    return sum;
}

// ANCHOR: sstf
/* Always the nearest request that is still open. */
static int sstf(void)
{
    bool done[N] = {false};
    int at = HEAD, sum = 0;
    for (int served = 0; served < N; served++) {
        int nearest = -1;
        for (int i = 0; i < N; i++)
            if (!done[i] && (nearest < 0 || abs(queue[i] - at) < abs(queue[nearest] - at)))
                nearest = i;
        sum += abs(queue[nearest] - at);
        at = queue[nearest];
        done[nearest] = true;
    }
    return sum;
}
// ANCHOR_END: sstf

static int by_cylinder(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* The least travel over all orders of the stops from `from` on. */
static int best(int *stops, int from)
{
    if (from == N)
        return travel(stops, N);
    int least = 1 << 30;
    for (int i = from; i < N; i++) {
        int swap = stops[from];
        stops[from] = stops[i];
        stops[i] = swap;
        int sum = best(stops, from + 1);
        least = sum < least ? sum : least;
        stops[i] = stops[from];
        stops[from] = swap;
    }
    return least;
}

int main(void)
{
    int sorted[N], stops[N + 2], n = 0, below = 0;
    for (int i = 0; i < N; i++)
        sorted[i] = queue[i];
    qsort(sorted, N, sizeof sorted[0], by_cylinder);
    while (sorted[below] < HEAD)
        below++;

    assert(travel(queue, N) == 640); /* first come, first served */
    assert(sstf() == 236);

    for (int i = below - 1; 0 <= i; i--) /* down … */
        stops[n++] = sorted[i];
    int down = n;
    for (int i = below; i < N; i++) /* … and up again */
        stops[n++] = sorted[i];
    assert(travel(stops, n) == 208); /* LOOK */

    n = down;
    stops[n++] = 0;
    for (int i = below; i < N; i++)
        stops[n++] = sorted[i];
    assert(travel(stops, n) == 236); /* SCAN: down to the edge */

    n = down;
    stops[n++] = 0;
    stops[n++] = LAST;
    for (int i = N - 1; below <= i; i--)
        stops[n++] = sorted[i];
    assert(travel(stops, n) == 386); /* C-SCAN, the way back counted */

    n = down;
    for (int i = N - 1; below <= i; i--)
        stops[n++] = sorted[i];
    assert(travel(stops, n) == 326); /* C-LOOK, the jump counted */

    int order[N];
    for (int i = 0; i < N; i++)
        order[i] = queue[i];
    assert(best(order, 0) == 208); /* no order is shorter */
    puts("FCFS 640, SSTF 236, SCAN 236, C-SCAN 386, LOOK 208, C-LOOK 326; the least is 208");
    return 0;
}
