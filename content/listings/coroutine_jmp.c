/* A cooperative switch with setjmp and longjmp; makecontext makes the second stack. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

// ANCHOR: jump
static jmp_buf here, there;
static char order[16];

/* Save where we are, and go where the other one was saved. */
static void yield_to(jmp_buf from, jmp_buf to)
{
    if (_setjmp(from) == 0) /* 0: saved just now; 1: somebody has come back */
        _longjmp(to, 1);
}

static void second(void)
{
    for (int i = 0; i < 3; i++) {
        strcat(order, "b");
        yield_to(there, here);
    }
}
// ANCHOR_END: jump

int main(void)
{
    static char stack[64 * 1024];
    static ucontext_t main_context, context;
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = sizeof stack;
    context.uc_link = &main_context;
    makecontext(&context, second, 0);

    strcat(order, "a");
    if (_setjmp(here) == 0)
        swapcontext(&main_context, &context); /* the first time: onto the new stack */
    for (volatile int i = 0; i < 2; i++) {
        strcat(order, "a");
        yield_to(here, there);
    }
    assert(strcmp(order, "ababab") == 0);
    puts(order);
    return 0;
}
