/* A circuit breaker: after some failures it refuses at once, and after a while it tries one call. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

enum { FAILURES_MAX = 3, REST_MS = 1000 };

// ANCHOR: breaker
enum state { CLOSED, OPEN, HALF_OPEN };

struct breaker {
    enum state state;
    int n_failures; /* in a row */
    long opened_at;
};

/* May this call go out? */
static bool allow(struct breaker *b, long now)
{
    if (b->state == OPEN && now - b->opened_at >= REST_MS) {
        b->state = HALF_OPEN; /* this call is the test */
        return true;
    }
    return b->state == CLOSED;
}

static void report(struct breaker *b, bool worked, long now)
{
    if (worked) {
        b->state = CLOSED;
        b->n_failures = 0;
        return;
    }
    b->n_failures++;
    if (b->state == HALF_OPEN || b->n_failures == FAILURES_MAX) {
        b->state = OPEN;
        b->opened_at = now;
    }
}
// ANCHOR_END: breaker

/* A service that is down from 2 s to 5 s; a call to it then takes long and fails. */
static bool service(long now)
{
    return now < 2000 || now >= 5000;
}

int main(void)
{
    struct breaker b = {CLOSED, 0, 0};
    int n_worked = 0, n_failed = 0, n_refused = 0;
    for (long now = 0; now < 8000; now += 50) { /* a call every 50 ms */
        if (!allow(&b, now)) {
            n_refused++;
            continue;
        }
        bool worked = service(now);
        report(&b, worked, now);
        n_worked += worked;
        n_failed += !worked;
    }
    printf("%d worked, %d failed, %d refused at once\n", n_worked, n_failed, n_refused);
    assert(b.state == CLOSED);
    assert(n_worked + n_failed + n_refused == 160);
    assert(n_failed == 5); /* without a breaker: 60 */
    return 0;
}
