/* Two fibers in one thread: no data race, and still a lost update, because one yields too early. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <stdio.h>
#include <ucontext.h>

enum { FIBERS = 2, STACK = 64 * 1024 };

// ANCHOR: fibers
static ucontext_t scheduler, fibers[FIBERS];
static char stacks[FIBERS][STACK];
static int current, finished[FIBERS];

/* Give the thread back; go on when the scheduler comes round again. */
static void yield(void)
{
    swapcontext(&fibers[current], &scheduler);
}

/* Round robin until all have returned. */
static void run_all(void)
{
    for (int left = FIBERS; left > 0;) {
        left = 0;
        for (current = 0; current < FIBERS; current++)
            if (!finished[current]) {
                swapcontext(&scheduler, &fibers[current]);
                left += !finished[current];
            }
    }
}
// ANCHOR_END: fibers

// ANCHOR: deposit
static long balance;

static void deposit_slowly(long amount)
{
    long before = balance;
    yield(); /* such as a call to a server */
    balance = before + amount;
}

static void deposit(long amount)
{
    yield();
    balance = balance + amount; /* no yield between read and write: nobody comes between */
}
// ANCHOR_END: deposit

static void (*how)(long);

static void fiber(void)
{
    how(100);
    finished[current] = 1;
}

static long run(void (*with)(long))
{
    balance = 0;
    how = with;
    for (int i = 0; i < FIBERS; i++) {
        finished[i] = 0;
        assert(getcontext(&fibers[i]) == 0);
        fibers[i].uc_stack.ss_sp = stacks[i];
        fibers[i].uc_stack.ss_size = STACK;
        fibers[i].uc_link = &scheduler; /* where to go when it returns */
        makecontext(&fibers[i], fiber, 0);
    }
    run_all();
    return balance;
}

int main(void)
{
    assert(run(deposit_slowly) == 100); /* 200 would be right */
    assert(run(deposit) == 200);
    puts("100 with a yield in between, 200 without");
    return 0;
}
