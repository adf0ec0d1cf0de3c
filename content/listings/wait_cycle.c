/* A cycle of waiting processes, found by a walk in three colours. */
#include <assert.h>
#include <stdbool.h>

// ANCHOR: visit
enum { N = 5 };
enum colour { WHITE, GREY, BLACK };

static bool waits[N][N]; /* waits[p][q]: p waits for q */
static enum colour colour_of[N];

/* Whether a cycle can be reached from p. */
static bool visit(int p)
{
    colour_of[p] = GREY; /* on the path */
    for (int q = 0; q < N; q++) {
        if (!waits[p][q])
            continue;
        if (colour_of[q] == GREY)
            return true; /* back into the path */
        if (colour_of[q] == WHITE && visit(q))
            return true;
    }
    colour_of[p] = BLACK; /* all that it leads to is done */
    return false;
}

bool has_cycle(void)
{
    for (int p = 0; p < N; p++)
        colour_of[p] = WHITE;
    for (int p = 0; p < N; p++)
        if (colour_of[p] == WHITE && visit(p))
            return true;
    return false;
}
// ANCHOR_END: visit

int main(void)
{
    assert(!has_cycle());
    waits[0][1] = waits[0][2] = waits[1][3] = waits[2][3] = true;
    assert(!has_cycle()); /* two ways to 3, no way back */
    waits[3][0] = true;
    assert(has_cycle());
    waits[3][0] = false;
    waits[4][4] = true;
    assert(has_cycle()); /* one that waits for itself */
    return 0;
}
