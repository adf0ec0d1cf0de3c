/* What the page walker does: shift, mask, read, four times. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: walk
enum { PRESENT = 1, PAGE_SIZE_BIT = 1 << 7, LEVELS = 4 };
#define FRAME_MASK 0x000ffffffffff000ull /* bits 12 to 51 of an entry */

/* Reads 8 bytes of physical memory. */
uint64_t read_entry(uint64_t physical);

/* Gives the physical address, or false where the hardware raises a page fault. */
bool walk(uint64_t cr3, uint64_t address, uint64_t *physical)
{
    uint64_t table = cr3 & FRAME_MASK;

    for (int level = LEVELS; 0 < level; level--) {
        int shift = 12 + 9 * (level - 1); /* 39, 30, 21, 12 */
        uint64_t index = (address >> shift) & 511;
        uint64_t entry = read_entry(table + index * 8);
        bool is_page = level == 1 || (level < 4 && (entry & PAGE_SIZE_BIT));

        if (!(entry & PRESENT))
            return false;
        if (is_page) {
            uint64_t offset_mask = (1ull << shift) - 1;
            *physical = (entry & FRAME_MASK & ~offset_mask) | (address & offset_mask);
            return true;
        }
        table = entry & FRAME_MASK; /* the entry names the next table */
    }
    return false;
}
// ANCHOR_END: walk

static uint64_t ram[5][512]; /* five frames, numbered from 1 */

uint64_t read_entry(uint64_t physical)
{
    return ram[(physical >> 12) - 1][(physical & 4095) / 8];
}

int main(void)
{
    uint64_t physical = 0;

    ram[0][255] = 2 << 12 | PRESENT;
    ram[1][504] = 3 << 12 | PRESENT;
    ram[2][145] = 4 << 12 | PRESENT;
    ram[3][325] = 0x1a5 << 12 | PRESENT;
    assert(walk(1 << 12, 0x7ffe12345abc, &physical));
    assert(physical == 0x1a5abc);
    assert(!walk(1 << 12, 0x7ffe12346000, &physical));

    ram[2][146] = 0x1200 << 12 | PAGE_SIZE_BIT | PRESENT; /* a page of 2 MiB */
    assert(walk(1 << 12, 0x7ffe12400000 + 0x54321, &physical));
    assert(physical == 0x1200000 + 0x54321);
    puts("the walk finds small and large pages");
    return 0;
}
