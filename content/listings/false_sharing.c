/* Counters of four threads, side by side and each in a cache line of its own. */
#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>

// ANCHOR: layout
enum { LINE = 64 }; /* bytes of a cache line on x86 and most ARM */

struct packed { long counter; };               /* eight to a line */
struct padded { alignas(LINE) long counter; }; /* one to a line */

static struct packed together[4];
static struct padded apart[4];
// ANCHOR_END: layout

int main(void)
{
    assert(sizeof(struct packed) == sizeof(long));
    assert(sizeof(struct padded) == LINE);
    assert(sizeof together == 4 * sizeof(long) && sizeof apart == 4 * LINE);
    assert((char *)&apart[1] - (char *)&apart[0] == LINE);
    printf("%zu bytes packed, %zu padded\n", sizeof together, sizeof apart);
    return 0;
}
