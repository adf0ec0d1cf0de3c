/* The arithmetic of buddies: one bit tells the two halves of a block apart. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: buddy
/* The other half of the block of 2^order frames that starts at `frame`. */
uint64_t buddy_of(uint64_t frame, unsigned order)
{
    return frame ^ (UINT64_C(1) << order);
}

/* Where the block starts that the two halves make together. */
uint64_t parent_of(uint64_t frame, unsigned order)
{
    return frame & ~(UINT64_C(1) << order);
}

/* The smallest order whose blocks hold so many frames. */
unsigned order_for(uint64_t n_frames)
{
    unsigned order = 0;

    while ((UINT64_C(1) << order) < n_frames)
        order++;
    return order;
}
// ANCHOR_END: buddy

int main(void)
{
    assert(buddy_of(12, 2) == 8 && buddy_of(8, 2) == 12);
    assert(parent_of(12, 2) == 8 && parent_of(8, 2) == 8);
    for (unsigned order = 0; order < 10; order++)
        for (uint64_t frame = 0; frame < 4096; frame += UINT64_C(1) << order)
            assert(buddy_of(buddy_of(frame, order), order) == frame);
    assert(order_for(1) == 0 && order_for(5) == 3 && order_for(8) == 3);
    puts("each block has one buddy");
    return 0;
}
