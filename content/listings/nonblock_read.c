/* One empty pipe, and what a read of it can answer: wait, EAGAIN, or EINTR. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void on_alarm(int number) { (void)number; }

// ANCHOR: again
/* read, called again if a signal handler got in between */
static ssize_t read_again(int fd, void *buf, size_t size)
{
    ssize_t n;
    do
        n = read(fd, buf, size);
    while (n == -1 && errno == EINTR);
    return n;
}
// ANCHOR_END: again

int main(void)
{
    char byte;
    int ends[2];
    assert(pipe(ends) == 0);

    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART */
    assert(sigaction(SIGALRM, &action, NULL) == 0);
    /* Again and again, so that no alarm can come too early to be noticed. */
    struct itimerval soon = {.it_value = {0, 10000}, .it_interval = {0, 10000}};

    // ANCHOR: answers
    setitimer(ITIMER_REAL, &soon, NULL); /* a signal every 10 ms */
    assert(read(ends[0], &byte, 1) == -1 && errno == EINTR); /* it slept, and was interrupted */

    int flags = fcntl(ends[0], F_GETFL);
    fcntl(ends[0], F_SETFL, flags | O_NONBLOCK);
    assert(read(ends[0], &byte, 1) == -1 && errno == EAGAIN); /* it did not sleep at all */

    int other = dup(ends[0]); /* the flag belongs to the open file description: */
    assert(fcntl(other, F_GETFL) & O_NONBLOCK); /* every copy of the descriptor has it */
    // ANCHOR_END: answers

    struct itimerval never = {.it_value = {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    assert(write(ends[1], "x", 1) == 1);
    assert(read_again(ends[0], &byte, 1) == 1 && byte == 'x');
    puts("EINTR while asleep, EAGAIN instead of sleeping, then one byte");
    return 0;
}
