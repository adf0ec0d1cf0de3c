/* One call, several places in memory: gather while writing, scatter while reading. */
#define _GNU_SOURCE
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    assert(pipe(ends) == 0);
    // ANCHOR: gather
    char header[4] = "LEN5", body[6] = "hello";
    struct iovec out[2] = {{header, 4}, {body, 5}};
    assert(writev(ends[1], out, 2) == 9); /* one call, no copying together first */

    char type[3] = "", length[1], text[16] = "";
    struct iovec in[3] = {{type, 3}, {length, 1}, {text, sizeof text - 1}};
    assert(readv(ends[0], in, 3) == 9); /* the first place is filled, then the second, … */
    assert(memcmp(type, "LEN", 3) == 0 && length[0] == '5' && strcmp(text, "hello") == 0);
    // ANCHOR_END: gather
    puts("9 bytes from two places into three");
    return 0;
}
