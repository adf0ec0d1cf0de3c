/* The banker's check: can all finish, even if each asks for all it may need? */
#include <assert.h>
#include <stdbool.h>

// ANCHOR: safe
enum { N = 5, M = 3 };

static bool fits(const int need[M], const int available[M])
{
    for (int j = 0; j < M; j++)
        if (need[j] > available[j])
            return false;
    return true;
}

/* Writes a safe order, if there is one. Works on a copy of what is free. */
bool is_safe(const int available[M], int held[N][M], int need[N][M], int order[N])
{
    int work[M];
    bool done[N] = {false};
    int n_done = 0;

    for (int j = 0; j < M; j++)
        work[j] = available[j];
    for (int looked = 0, i = 0; n_done < N && looked < N; i = (i + 1) % N) {
        looked++;
        if (done[i] || !fits(need[i], work))
            continue;
        for (int j = 0; j < M; j++)
            work[j] += held[i][j]; /* it finishes and gives back */
        done[i] = true;
        order[n_done++] = i;
        looked = 0;
    }
    return n_done == N;
}
// ANCHOR_END: safe

int main(void)
{
    int held[N][M] = {{0, 1, 0}, {2, 0, 0}, {3, 0, 2}, {2, 1, 1}, {0, 0, 2}};
    int need[N][M] = {{7, 4, 3}, {1, 2, 2}, {6, 0, 0}, {0, 1, 1}, {4, 3, 1}};
    int expected[N] = {1, 3, 4, 0, 2};
    int order[N];

    assert(is_safe((int[M]){3, 3, 2}, held, need, order));
    for (int i = 0; i < N; i++)
        assert(order[i] == expected[i]);
    assert(!is_safe((int[M]){0, 0, 0}, held, need, order));
    return 0;
}
