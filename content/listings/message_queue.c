/* A POSIX message queue: whole messages, the most important first. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    char name[64];
    snprintf(name, sizeof name, "/queue-%d", (int)getpid());
    // ANCHOR: queue
    struct mq_attr attributes = {.mq_maxmsg = 8, .mq_msgsize = 64};
    mqd_t queue = mq_open(name, O_CREAT | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1)
        return errno == ENOSYS || errno == EACCES ? 0 : 1; /* not in every container */

    mq_send(queue, "later", 6, 1);
    mq_send(queue, "now", 4, 9); /* 9 goes before 1 */
    mq_send(queue, "much later", 11, 1); /* equal: first come, first served */

    char text[64];
    unsigned priority;
    ssize_t n_bytes = mq_receive(queue, text, sizeof text, &priority);
    printf("%s, %zd bytes, priority %u\n", text, n_bytes, priority); /* now, 4 bytes, priority 9 */
    mq_unlink(name);
    // ANCHOR_END: queue
    assert(n_bytes == 4 && priority == 9);
    assert(mq_receive(queue, text, sizeof text, &priority) == 6 && strcmp(text, "later") == 0);
    mq_close(queue);
    return 0;
}
