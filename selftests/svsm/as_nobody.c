// SPDX-License-Identifier: MIT
/*
 * as_nobody read FILE | write FILE TEXT | unload MODULE
 *
 * Tries that as a user without privileges. Exit status 0: it was refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY	65534

static int refused(const char *what, long result)
{
	if (result >= 0) {
		printf("# %s: allowed\n", what);
		return 1;
	}
	if (errno == EPERM || errno == EACCES)
		return 0;
	printf("# %s: %s\n", what, strerror(errno));
	return 1;
}

static long try_file(const char *path, const char *text)
{
	char byte;
	int fd = open(path, text ? O_WRONLY : O_RDONLY);

	if (fd < 0)
		return -1;
	return text ? write(fd, text, strlen(text)) : read(fd, &byte, 1);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)) {
		perror("# as_nobody");
		return 2;
	}
	if (!strcmp(argv[1], "read"))
		return refused(argv[2], try_file(argv[2], NULL));
	if (!strcmp(argv[1], "write") && argc == 4)
		return refused(argv[2], try_file(argv[2], argv[3]));
	if (!strcmp(argv[1], "unload"))
		return refused(argv[2], syscall(SYS_delete_module, argv[2],
						O_NONBLOCK));
	return 2;
}
