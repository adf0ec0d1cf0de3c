/* A journal in sixty lines: write ahead, commit, apply, recover, with a crash after every write. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { N_BLOCKS = 4, LOG_MAX = 8 };

struct disk {
    int home[N_BLOCKS]; /* the file system proper */
    struct {
        enum { EMPTY, BLOCK, COMMIT } kind;
        int block, value;
    } log[LOG_MAX];
};

static int writes_left; /* until the power fails */

static bool power(void) { return 0 < writes_left--; }

// ANCHOR: update
/* Moves `amount` from block 0 to block 1: two writes that must happen together. */
void transfer(struct disk *disk, int amount)
{
    int from = disk->home[0] - amount, to = disk->home[1] + amount;

    if (power()) /* the new images go into the journal first */
        disk->log[0].kind = BLOCK, disk->log[0].block = 0, disk->log[0].value = from;
    if (power())
        disk->log[1].kind = BLOCK, disk->log[1].block = 1, disk->log[1].value = to;
    if (power()) /* the commit record: from here on it has happened */
        disk->log[2].kind = COMMIT;
    if (power()) /* checkpoint: now the blocks go home */
        disk->home[0] = from;
    if (power())
        disk->home[1] = to;
    if (power()) /* and the journal is free again */
        memset(disk->log, 0, sizeof disk->log);
}
// ANCHOR_END: update

// ANCHOR: recover
/* After a crash: apply what is committed, forget the rest. May itself crash and run again. */
void recover(struct disk *disk)
{
    int end = 0;
    while (disk->log[end].kind == BLOCK)
        end++;
    if (disk->log[end].kind == COMMIT)
        for (int at = 0; at < end; at++)
            disk->home[disk->log[at].block] = disk->log[at].value;
    memset(disk->log, 0, sizeof disk->log);
}
// ANCHOR_END: recover

int main(void)
{
    for (int crash_after = 0; crash_after <= 6; crash_after++) {
        struct disk disk = {.home = {100, 20, 0, 0}};
        writes_left = crash_after;
        transfer(&disk, 30);
        recover(&disk);
        assert(disk.home[0] + disk.home[1] == 120); /* never half of it */
        assert((disk.home[0] == 70) == (3 <= crash_after)); /* decided by the commit record */
    }
    puts("old up to the third write, new from there on, never a mixture");
    return 0;
}
