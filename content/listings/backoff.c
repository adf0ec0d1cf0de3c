/* A thousand clients fail at the same moment and try again: at fixed times, or at random ones. */
#include <assert.h>
#include <stdio.h>

/* The server answers 10 requests in each slot of 10 ms, and refuses the others. */
enum { CLIENTS = 1000, PER_SLOT = 10, SLOTS = 400000 };

static unsigned seed = 1;

static int random_below(int n)
{
    seed = seed * 1103515245u + 12345u;
    return (int)((seed >> 8) % (unsigned)n);
}

// ANCHOR: delay
/* In slots: 1, 2, 4, 8 ... and never more than 1,000, which is 10 s. */
static int ceiling(int n_tries)
{
    return n_tries < 10 ? 1 << n_tries : 1000;
}

static int fixed(int n_tries)
{
    return ceiling(n_tries);
}

static int jitter(int n_tries)
{
    return 1 + random_below(ceiling(n_tries)); /* anything up to the ceiling */
}
// ANCHOR_END: delay

struct outcome {
    int n_requests, last_slot, busiest;
};

static struct outcome run(int (*delay)(int))
{
    static int next[CLIENTS], n_tries[CLIENTS];
    struct outcome result = {0, 0, 0};
    int n_done = 0;
    for (int i = 0; i < CLIENTS; i++) {
        n_tries[i] = 0;
        next[i] = delay(0); /* all of them have just failed in slot 0 */
    }
    for (int slot = 1; n_done < CLIENTS && slot < SLOTS; slot++) {
        int n_now = 0;
        for (int i = 0; i < CLIENTS; i++) {
            if (next[i] != slot)
                continue;
            n_now++;
            if (n_now <= PER_SLOT) {
                n_done++; /* answered */
                result.last_slot = slot;
            } else {
                n_tries[i]++;
                next[i] = slot + delay(n_tries[i]);
            }
        }
        result.n_requests += n_now;
        if (slot > 100 && n_now > result.busiest)
            result.busiest = n_now; /* after the first second */
    }
    assert(n_done == CLIENTS);
    return result;
}

int main(void)
{
    struct outcome crowd = run(fixed), spread = run(jitter);
    printf("fixed:  %6d requests, %4d s, busiest slot %d\n", crowd.n_requests, crowd.last_slot / 100, crowd.busiest);
    printf("jitter: %6d requests, %4d s, busiest slot %d\n", spread.n_requests, spread.last_slot / 100, spread.busiest);
    assert(crowd.n_requests > 5 * spread.n_requests);
    assert(crowd.last_slot > 50 * spread.last_slot);
    return 0;
}
