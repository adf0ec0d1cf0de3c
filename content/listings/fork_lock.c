/* fork copies a lock that another thread holds, but not the thread. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held, may_release;

// ANCHOR: holder
static void *hold(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&log_lock);
    sem_post(&is_held);
    sem_wait(&may_release); /* the fork happens while we are here */
    pthread_mutex_unlock(&log_lock);
    return NULL;
}
// ANCHOR_END: holder

/* Whether a child finds the lock taken. */
static int child_finds_it_taken(void)
{
    // ANCHOR: child
    pid_t pid = fork();
    if (pid == 0) {
        /* One thread is here. The holder is not, so nobody will ever unlock. */
        int error = pthread_mutex_trylock(&log_lock); /* lock() would hang for ever */
        _exit(error == EBUSY ? 1 : 0);
    }
    // ANCHOR_END: child
    int status;
    assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

// ANCHOR: atfork
static void before_fork(void) { pthread_mutex_lock(&log_lock); }
static void after_fork(void) { pthread_mutex_unlock(&log_lock); }

/* fork then waits for the lock, and both sides open their own copy. */
int make_log_fork_safe(void)
{
    return pthread_atfork(before_fork, after_fork, after_fork);
}
// ANCHOR_END: atfork

static void *release_soon(void *unused)
{
    (void)unused;
    sem_post(&may_release);
    return NULL;
}

int main(void)
{
    alarm(5);
    sem_init(&is_held, 0, 0);
    sem_init(&may_release, 0, 0);
    pthread_t holder, helper;
    assert(pthread_create(&holder, NULL, hold, NULL) == 0);
    sem_wait(&is_held);
    assert(child_finds_it_taken() == 1);

    assert(make_log_fork_safe() == 0);
    assert(pthread_create(&helper, NULL, release_soon, NULL) == 0);
    assert(child_finds_it_taken() == 0); /* fork waited until the holder had let go */
    pthread_join(holder, NULL);
    pthread_join(helper, NULL);
    puts("taken for ever without handlers, free with them");
    return 0;
}
