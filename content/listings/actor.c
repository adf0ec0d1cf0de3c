/* Actors: each has a thread, a mailbox and state that nobody else touches; one supervises another. */
#define _XOPEN_SOURCE 700
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// ANCHOR: mailbox
enum kind { INC, GET, CRASH, STOP, DOWN };

struct mailbox;

struct message {
    enum kind kind;
    struct mailbox *reply_to; /* an address: all one knows of another actor */
    long value;
    struct message *next;
};

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty;
    struct message *first, **last;
};

static void tell(struct mailbox *to, struct message message)
{
    struct message *copy = malloc(sizeof *copy); /* a copy: nothing is shared */
    assert(copy);
    *copy = message;
    copy->next = NULL;
    pthread_mutex_lock(&to->mutex);
    *to->last = copy;
    to->last = &copy->next;
    pthread_cond_signal(&to->not_empty);
    pthread_mutex_unlock(&to->mutex);
}

static struct message take(struct mailbox *own)
{
    pthread_mutex_lock(&own->mutex);
    while (!own->first)
        pthread_cond_wait(&own->not_empty, &own->mutex);
    struct message *front = own->first, message = *front;
    own->first = front->next;
    if (!own->first)
        own->last = &own->first;
    pthread_mutex_unlock(&own->mutex);
    free(front);
    return message;
}
// ANCHOR_END: mailbox

struct counter {
    struct mailbox mailbox;
    struct mailbox *supervisor;
};

// ANCHOR: counter
static void *counter(void *self)
{
    struct counter *me = self;
    long n = 0; /* private: no lock */
    for (;;) {
        struct message m = take(&me->mailbox);
        switch (m.kind) {
        case INC:
            n++;
            break;
        case GET:
            tell(m.reply_to, (struct message){.kind = GET, .value = n});
            break;
        case STOP:
            return NULL;
        default: /* something it does not understand: let it crash */
            tell(me->supervisor, (struct message){.kind = DOWN});
            return NULL;
        }
    }
}
// ANCHOR_END: counter

static void mailbox_init(struct mailbox *m)
{
    pthread_mutex_init(&m->mutex, NULL);
    pthread_cond_init(&m->not_empty, NULL);
    m->first = NULL;
    m->last = &m->first;
}

static long ask(struct mailbox *whom, struct mailbox *own)
{
    tell(whom, (struct message){.kind = GET, .reply_to = own});
    struct message answer = take(own);
    assert(answer.kind == GET);
    return answer.value;
}

int main(void)
{
    struct mailbox own;
    static struct counter child;
    mailbox_init(&own);
    mailbox_init(&child.mailbox);
    child.supervisor = &own;
    pthread_t thread;
    assert(pthread_create(&thread, NULL, counter, &child) == 0);

    for (int i = 0; i < 3; i++)
        tell(&child.mailbox, (struct message){.kind = INC});
    assert(ask(&child.mailbox, &own) == 3); /* after the three: one sender, one order */

    tell(&child.mailbox, (struct message){.kind = CRASH});
    // ANCHOR: restart
    assert(take(&own).kind == DOWN);
    pthread_join(thread, NULL);
    assert(pthread_create(&thread, NULL, counter, &child) == 0); /* fresh state, same address */
    // ANCHOR_END: restart
    tell(&child.mailbox, (struct message){.kind = INC});
    assert(ask(&child.mailbox, &own) == 1);

    tell(&child.mailbox, (struct message){.kind = STOP});
    pthread_join(thread, NULL);
    puts("3, a crash, and 1 after the restart");
    return 0;
}
