/* A system call filter: getppid fails with EPERM, everything else goes on. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

// ANCHOR: filter
/* Returns 0, or -1 where the kernel does not do it. */
int forbid_getppid(void)
{
    struct sock_filter steps[] = {
        /* load the number of the system call */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        /* if it is getppid, go on; if not, skip one step */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) /* no way back through set-user-ID programs */
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
// ANCHOR_END: filter

int main(void)
{
    assert(0 < syscall(SYS_getppid));
    if (forbid_getppid() != 0) {
        puts("this kernel has no seccomp filters");
        return 0;
    }
    assert(syscall(SYS_getppid) == -1 && errno == EPERM);
    puts("getppid is forbidden, puts is not");
    return 0;
}
#else
int main(void)
{
    puts("this listing is for Linux");
    return 0;
}
#endif
