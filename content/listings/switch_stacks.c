/* A context switch in fifteen instructions: two flows of control in one thread, each with its own stack. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
// ANCHOR: switch
/* void switch_stacks(void **save, void *load): rdi and rsi hold the two arguments. */
void switch_stacks(void **save, void *load);
__asm__(".text\n"
        ".globl switch_stacks\n"
        "switch_stacks:\n"
        "    pushq %rbp\n" /* save what the caller expects to find again */
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n" /* remember the old stack … */
        "    movq %rsi, %rsp\n"   /* … and stand on the new one */
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"); /* to the address on top of the new stack */
// ANCHOR_END: switch

static void *main_stack, *other_stack;
static int n_turns;

static void other(void)
{
    for (;;) {
        n_turns++;
        switch_stacks(&other_stack, main_stack);
    }
}

// ANCHOR: start
/* Makes a stack look as if `entry` had been interrupted just before its first instruction. */
static void *prepare(char *stack, size_t size, void (*entry)(void))
{
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15; /* as the ABI wants it */
    void **sp = (void **)top;
    *--sp = NULL;                    /* where `entry` would return to: it never does */
    *--sp = (void *)(uintptr_t)entry; /* what `ret` will pop */
    for (int i = 0; i < 6; i++)
        *--sp = NULL;                /* rbp, rbx, r12 to r15 */
    return sp;
}
// ANCHOR_END: start

int main(void)
{
    size_t size = 64 * 1024;
    char *stack = malloc(size);
    assert(stack != NULL);
    other_stack = prepare(stack, size, other);
    for (int i = 1; i <= 3; i++) {
        switch_stacks(&main_stack, other_stack);
        assert(n_turns == i);
    }
    free(stack);
    puts("three turns on another stack");
    return 0;
}
#else
int main(void)
{
    puts("this listing is for x86-64");
    return 0;
}
#endif
