/* One variable, as many copies as there are threads. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

// ANCHOR: tls
static _Thread_local int calls = 10; /* each thread starts with its own 10 */

static void *count(void *into)
{
    calls++; /* no lock: nobody else has this copy */
    *(int **)into = &calls;
    return NULL;
}
// ANCHOR_END: tls

static void *fail(void *unused)
{
    (void)unused;
    assert(close(-1) == -1 && errno == EBADF); /* this thread's errno */
    return NULL;
}

int main(void)
{
    int *mine, *other;
    pthread_t thread;
    count(&mine);
    assert(calls == 11);
    assert(pthread_create(&thread, NULL, count, &other) == 0);
    pthread_join(thread, NULL);
    assert(mine != other && calls == 11);

    errno = 0;
    assert(pthread_create(&thread, NULL, fail, NULL) == 0);
    pthread_join(thread, NULL);
    assert(errno == 0); /* the other thread's error did not touch ours */

#if defined(__x86_64__) && defined(__linux__)
    // ANCHOR: fs
    uintptr_t base; /* the thread control block starts with its own address */
    __asm__("movq %%fs:0, %0" : "=r"(base));
    long offset = (long)((uintptr_t)&calls - base); /* negative: below the block */
    // ANCHOR_END: fs
    assert(offset < 0);
    printf("calls is at fs:%ld\n", offset);
#endif
    puts("two copies, and two errnos");
    return 0;
}
