/* From a block of a file to the pointers that lead to it, as in ext2. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>

// ANCHOR: path
/* Fills `path` with the index to take at each step and returns how many steps there are:
 * 1 for a direct block, 4 for one behind the triple-indirect pointer, 0 for none. */
int path_to(uint64_t block, uint64_t n_direct, uint64_t per_block, uint64_t path[4])
{
    if (block < n_direct) {
        path[0] = block;
        return 1;
    }
    block -= n_direct;
    uint64_t reach = per_block; /* blocks behind this pointer of the inode */
    for (int level = 1; level <= 3; level++) {
        if (block < reach) {
            path[0] = n_direct + (uint64_t)level - 1;
            for (int step = level; 1 <= step; step--) {
                path[step] = block % per_block;
                block /= per_block;
            }
            return level + 1;
        }
        block -= reach;
        reach *= per_block;
    }
    return 0; /* beyond the largest file */
}
// ANCHOR_END: path

/* Bytes that the pointers reach together. */
static uint64_t largest(uint64_t n_direct, uint64_t block_bytes, uint64_t pointer_bytes)
{
    uint64_t n = block_bytes / pointer_bytes;
    return (n_direct + n + n * n + n * n * n) * block_bytes;
}

int main(void)
{
    uint64_t path[4];
    assert(path_to(11, 12, 1024, path) == 1 && path[0] == 11);
    assert(path_to(12, 12, 1024, path) == 2 && path[0] == 12 && path[1] == 0);
    assert(path_to(1035, 12, 1024, path) == 2 && path[1] == 1023);
    assert(path_to(1036, 12, 1024, path) == 3 && path[0] == 13 && path[1] == 0 && path[2] == 0);
    assert(path_to(5000, 12, 1024, path) == 3 && path[1] == 3 && path[2] == 892);
    assert(path_to(1049611, 12, 1024, path) == 3);
    assert(path_to(1049612, 12, 1024, path) == 4 && path[0] == 14);
    assert(path_to(1074791436, 12, 1024, path) == 0);
    assert(largest(12, 4096, 4) == 4402345721856);
    assert(largest(10, 1024, 4) == 17247250432);
    puts("block 5000: pointer 13, then entry 3, then entry 892");
    return 0;
}
