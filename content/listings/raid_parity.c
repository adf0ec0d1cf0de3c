/* Parity: any one of the blocks can be computed from the others. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { N_DATA = 3, SIZE = 4 };

// ANCHOR: parity
/* The exclusive or of `n` blocks. */
void parity(const uint8_t blocks[][SIZE], int n, uint8_t out[SIZE])
{
    memset(out, 0, SIZE);
    for (int i = 0; i < n; i++)
        for (int byte = 0; byte < SIZE; byte++)
            out[byte] ^= blocks[i][byte];
}

/* A small write: the new parity needs the old data and the old parity, not the other disks. */
void update(uint8_t parity[SIZE], const uint8_t before[SIZE], const uint8_t after[SIZE])
{
    for (int byte = 0; byte < SIZE; byte++)
        parity[byte] ^= before[byte] ^ after[byte];
}
// ANCHOR_END: parity

int main(void)
{
    uint8_t stripe[N_DATA + 1][SIZE] = {"abcd", "efgh", "ijkl"};
    parity((const uint8_t(*)[SIZE])stripe, N_DATA, stripe[N_DATA]);

    uint8_t left[N_DATA][SIZE], found[SIZE]; /* disk 1 has failed: the others are left */
    memcpy(left[0], stripe[0], SIZE);
    memcpy(left[1], stripe[2], SIZE);
    memcpy(left[2], stripe[N_DATA], SIZE);
    parity((const uint8_t(*)[SIZE])left, N_DATA, found);
    assert(memcmp(found, "efgh", SIZE) == 0);

    uint8_t expected[SIZE];
    update(stripe[N_DATA], stripe[0], (const uint8_t *)"ABCD");
    memcpy(stripe[0], "ABCD", SIZE);
    parity((const uint8_t(*)[SIZE])stripe, N_DATA, expected);
    assert(memcmp(stripe[N_DATA], expected, SIZE) == 0);
    puts("disk 1 was efgh");
    return 0;
}
