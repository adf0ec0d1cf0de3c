/* The clock: the hand clears accessed bits and stops at the first clear one. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

// ANCHOR: clock
enum { N_FRAMES = 3 };

struct frame {
    int page;
    bool accessed;
};

struct clock {
    struct frame frames[N_FRAMES];
    int hand;
};

/* The frame to use for a new page. The hand stops one place behind it. */
int victim(struct clock *clock)
{
    for (;;) {
        int at = clock->hand;
        struct frame *frame = &clock->frames[at];

        clock->hand = (clock->hand + 1) % N_FRAMES;
        if (!frame->accessed)
            return at;
        frame->accessed = false; /* a second chance */
    }
}
// ANCHOR_END: clock

static int faults(const int *refs, int n)
{
    struct clock clock = {.frames = {{-1, false}, {-1, false}, {-1, false}}};
    int n_faults = 0;

    for (int i = 0; i < n; i++) {
        int at = 0;
        while (at < N_FRAMES && clock.frames[at].page != refs[i])
            at++;
        if (at == N_FRAMES) {
            n_faults++;
            at = victim(&clock);
            clock.frames[at].page = refs[i];
        }
        clock.frames[at].accessed = true; /* the hardware does this */
    }
    return n_faults;
}

int main(void)
{
    const int refs[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    const int hot[] = {1, 2, 3, 4, 1, 5, 1, 6, 1, 7, 1};

    printf("%d faults\n", faults(refs, 12));
    assert(faults(refs, 12) == 9);
    assert(faults(hot, 11) < 10);
    return 0;
}
