/* Three operations and one system call: open, read and close through io_uring. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params params;
static char *rings;               /* both rings in one mapping */
static struct io_uring_sqe *sqes; /* the requests themselves */

static uint32_t *at(uint32_t offset) { return (uint32_t *)(void *)(rings + offset); }

// ANCHOR: push
/* Writes one request into the next free place. The kernel does not see it yet. */
static struct io_uring_sqe *push(uint32_t *tail, uint8_t opcode, uint64_t name)
{
    uint32_t place = (*tail)++ & *at(params.sq_off.ring_mask);
    struct io_uring_sqe *sqe = &sqes[place];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = opcode;
    sqe->user_data = name; /* comes back with the result */
    at(params.sq_off.array)[place] = place;
    return sqe;
}
// ANCHOR_END: push

int main(void)
{
    int ring = (int)syscall(SYS_io_uring_setup, 8, &params);
    if (ring == -1) {
        assert(errno == ENOSYS || errno == EPERM || errno == EACCES || errno == ENOMEM);
        puts("this system has no io_uring, or has forbidden it");
        return 0;
    }
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    size_t size_sq = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
    size = size < size_sq ? size_sq : size;
    assert(params.features & IORING_FEAT_SINGLE_MMAP && params.cq_entries == 16);
    rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    sqes = mmap(NULL, 8 * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    assert(rings != MAP_FAILED && sqes != MAP_FAILED);

    char path[] = "/tmp/uringXXXXXX", text[16] = "";
    int file = mkstemp(path), files[1] = {-1};
    assert(0 <= file && write(file, "three in one", 12) == 12 && close(file) == 0);
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, files, 1) == -1)
        return puts("no registered files here") == EOF;

    // ANCHOR: batch
    uint32_t tail = *at(params.sq_off.tail);
    struct io_uring_sqe *to_open = push(&tail, IORING_OP_OPENAT, 1);
    to_open->fd = AT_FDCWD;
    to_open->addr = (uintptr_t)path;
    to_open->file_index = 1;           /* into place 0 of the registered files */
    to_open->flags = IOSQE_IO_LINK;    /* the next one starts when this one has succeeded */
    struct io_uring_sqe *to_read = push(&tail, IORING_OP_READ, 2);
    to_read->fd = 0;                   /* place 0: known before the file is open */
    to_read->addr = (uintptr_t)text;
    to_read->len = 12;
    to_read->flags = IOSQE_FIXED_FILE | IOSQE_IO_LINK;
    push(&tail, IORING_OP_CLOSE, 3)->file_index = 1;

    __atomic_store_n(at(params.sq_off.tail), tail, __ATOMIC_RELEASE); /* now they are there */
    long n = syscall(SYS_io_uring_enter, ring, 3, 3, IORING_ENTER_GETEVENTS, NULL, 0);
    assert(n == 3); /* one system call: three submitted, and waited for three results */
    // ANCHOR_END: batch

    // ANCHOR: reap
    uint32_t head = *at(params.cq_off.head);
    uint32_t end = __atomic_load_n(at(params.cq_off.tail), __ATOMIC_ACQUIRE);
    struct io_uring_cqe *cqes = (void *)(rings + params.cq_off.cqes);
    int results[4] = {-1, -1, -1, -1};
    for (; head != end; head++) {
        struct io_uring_cqe *cqe = &cqes[head & *at(params.cq_off.ring_mask)];
        results[cqe->user_data] = cqe->res; /* what the call would have returned, or -errno */
    }
    __atomic_store_n(at(params.cq_off.head), head, __ATOMIC_RELEASE); /* the places are free */
    // ANCHOR_END: reap
    unlink(path);
    if (results[1] == -EINVAL)
        return puts("this kernel is too old to open into a registered place") == EOF;
    assert(results[1] == 0 && results[2] == 12 && results[3] == 0);
    assert(strcmp(text, "three in one") == 0);
    puts("open, read and close with one system call");
    return 0;
}
