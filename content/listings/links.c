/* Names, links, and a file that lives on without a name. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nlink_t links_of(int file)
{
    struct stat stat;
    assert(fstat(file, &stat) == 0);
    return stat.st_nlink;
}

int main(void)
{
    char folder[] = "/tmp/links_XXXXXX";
    assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
    char text[8] = "";
    // ANCHOR: links
    int file = open("a", O_CREAT | O_RDWR, 0600);
    write(file, "hello", 5);

    link("a", "hard");   /* a second name for the same inode */
    symlink("a", "soft"); /* another inode, whose content is the text "a" */
    assert(links_of(file) == 2);

    rename("a", "b");
    assert(access("hard", F_OK) == 0); /* still leads to the inode */
    assert(access("soft", F_OK) == -1 && errno == ENOENT); /* leads to the name, which is gone */

    mkdir("folder", 0700);
    assert(link("folder", "again") == -1 && errno == EPERM); /* not even root */

    unlink("b");
    unlink("hard");
    assert(links_of(file) == 0); /* no name is left, but we have it open */
    assert(pread(file, text, 5, 0) == 5 && strcmp(text, "hello") == 0);
    close(file); /* now the inode and its blocks are free */
    // ANCHOR_END: links
    unlink("soft");
    rmdir("folder");
    assert(chdir("/") == 0 && rmdir(folder) == 0);
    puts("two names, then none, and the file was still there");
    return 0;
}
