/* Start a program without fork. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// ANCHOR: spawn
/* Starts `ls /` with its output in a file. Returns 0 or an error number. */
int list_root_into(const char *path, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path,
                                             O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char *argv[] = {"ls", "/", NULL};
    if (error == 0)
        error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
// ANCHOR_END: spawn

int main(void)
{
    const char *path = "/tmp/spawn_listing.txt";
    pid_t pid;
    assert(list_root_into(path, &pid) == 0);
    int status;
    assert(waitpid(pid, &status, 0) == pid);
    assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert(unlink(path) == 0);
    puts("ls ran with its output in a file");
    return 0;
}
