/* The draw of a lottery scheduler. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: draw
struct client {
    const char *name;
    uint32_t tickets;
};

/* Owner of ticket `winner`, which is less than the sum of all tickets. */
size_t owner(const struct client *clients, uint32_t winner)
{
    size_t i = 0;
    while (clients[i].tickets <= winner) {
        winner -= clients[i].tickets;
        i++;
    }
    return i;
}
// ANCHOR_END: draw

static uint64_t state = 7;

/* SplitMix64; the bias of the remainder is far below what this program checks. */
static uint32_t below(uint32_t n)
{
    state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t bits = state;
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((bits ^ (bits >> 31)) % n);
}

int main(void)
{
    const struct client clients[] = {{"A", 100}, {"B", 50}, {"C", 250}};
    assert(owner(clients, 0) == 0 && owner(clients, 99) == 0);
    assert(owner(clients, 100) == 1 && owner(clients, 149) == 1);
    assert(owner(clients, 150) == 2 && owner(clients, 399) == 2);

    enum { DRAWS = 100000 };
    uint32_t wins[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        wins[owner(clients, below(400))]++;
    for (int i = 0; i < 3; i++) {
        double share = (double)wins[i] / DRAWS;
        double due = clients[i].tickets / 400.0;
        assert(due - 0.01 < share && share < due + 0.01);
        printf("%s is due %.3f and won %.3f\n", clients[i].name, due, share);
    }
    return 0;
}
