/* What a compiler makes of an async function: a struct, and a switch that goes on where it stopped. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Stands for a socket: bytes arrive from outside. */
struct socket {
    const char *arrived;
    size_t read;
};

static bool next_byte(struct socket *s, char *byte)
{
    if (s->arrived[s->read] == '\0')
        return false; /* would block */
    *byte = s->arrived[s->read++];
    return true;
}

// ANCHOR: machine
/* async long sum_of_two_numbers(socket): reads "12 30." and returns 42 */
struct sum_task {
    int state;             /* where to go on */
    struct socket *socket; /* the argument */
    long first, number;    /* locals that live across an await */
};

enum poll { PENDING, READY };

static enum poll poll_sum(struct sum_task *t, long *result)
{
    char byte; /* dies before the next await: an ordinary local */
    switch (t->state) {
    case 0:
        t->number = 0;
        t->state = 1; /* falls through */
    case 1:           /* await the first number */
        for (;;) {
            if (!next_byte(t->socket, &byte))
                return PENDING; /* the await: give the thread back */
            if (byte == ' ')
                break;
            t->number = 10 * t->number + (byte - '0');
        }
        t->first = t->number;
        t->number = 0;
        t->state = 2; /* falls through */
    case 2:           /* await the second number */
        for (;;) {
            if (!next_byte(t->socket, &byte))
                return PENDING;
            if (byte == '.')
                break;
            t->number = 10 * t->number + (byte - '0');
        }
        *result = t->first + t->number;
        t->state = 3;
        return READY;
    default:
        assert(!"polled after it was ready");
        return PENDING;
    }
}
// ANCHOR_END: machine

int main(void)
{
    /* A thousand tasks, one thread: each is 32 bytes, none has a stack. */
    enum { TASKS = 1000 };
    static struct socket sockets[TASKS];
    static struct sum_task tasks[TASKS];
    for (int i = 0; i < TASKS; i++) {
        sockets[i].arrived = "";
        tasks[i].socket = &sockets[i];
    }
    const char *so_far[] = {"1", "12 ", "12 3", "12 30."};
    int n_polls = 0, n_ready = 0;
    long result = 0;
    for (int step = 0; step < 4; step++)
        for (int i = 0; i < TASKS; i++) {
            sockets[i].arrived = so_far[step]; /* some more has arrived */
            n_polls++;
            if (poll_sum(&tasks[i], &result) == READY) {
                assert(result == 42);
                n_ready++;
            }
        }
    assert(n_ready == TASKS && n_polls == 4 * TASKS);
    assert(sizeof tasks[0] == 32);
    printf("%d tasks of %zu bytes, %d polls\n", n_ready, sizeof tasks[0], n_polls);
    return 0;
}
