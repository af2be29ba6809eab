/* image.c - what a container's stage does with the embedded init, and nothing else:
 *
 *	image [KEY=VALUE...] -- PROGRAM [ARG...]
 *
 * Keys: direct, tty, stop, wait, follow, orphans, grace (ms), mask, ignored (hexadecimal);
 * check=1 only looks at the descriptor and prints what it finds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "init.h"
#include "lib/err.h"
#include "lib/sys.h"

/* Can what FD is a copy of be changed by who finds it in /proc? */
static void check(int fd)
{
	char path[64];
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS), again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	printf("cloexec %d\n", !!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	printf("size %lld\n", fstat(fd, &st) == 0 ? (long long)st.st_size : -1LL);
	/* A sealed memfd can be opened for writing, and still not be written to. */
	printf("written %d\n", again >= 0 && pwrite(again, "x", 1, 0) == 1);
	printf("truncated %d\n", again >= 0 && ftruncate(again, 0) == 0);
	printf("grown %d\n", again >= 0 && ftruncate(again, 1 << 20) == 0);
	printf("seals %d\n", seals);
	printf("unsealed %d\n", seals >= 0 && fcntl(fd, F_ADD_SEALS, 0x20) == 0);
}

int main(int argc, char **argv)
{
	struct init_conf conf = { 0 };
	char *args[64] = { (char *)"/sbin/init" };
	const uint64_t all = ~0ull;
	int i = 1, n = 1, fd, only_check = 0;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *value = strchr(argv[i], '=');
		uint64_t number;

		if (!value)
			return 96;
		*value++ = '\0';
		number = strtoull(value, NULL, 0);
		if (strcmp(argv[i], "direct") == 0)
			conf.direct = (uint32_t)number;
		else if (strcmp(argv[i], "tty") == 0)
			conf.tty = (uint32_t)number;
		else if (strcmp(argv[i], "stop") == 0)
			conf.stop_signal = (uint32_t)number;
		else if (strcmp(argv[i], "wait") == 0)
			conf.wait_all = (uint32_t)number;
		else if (strcmp(argv[i], "follow") == 0)
			conf.follow = (uint32_t)number;
		else if (strcmp(argv[i], "orphans") == 0)
			conf.kill_orphans = (uint32_t)number;
		else if (strcmp(argv[i], "grace") == 0)
			conf.kill_grace_ns = number * 1000000;
		else if (strcmp(argv[i], "mask") == 0)
			conf.mask = number;
		else if (strcmp(argv[i], "ignored") == 0)
			conf.ignored = number;
		else if (strcmp(argv[i], "check") == 0)
			only_check = 1;
		else
			return 96;
	}
	for (; i < argc && n < 63; i++)
		args[n++] = argv[i];
	fd = init_image_open(&conf);
	if (fd < 0) {
		err_print();
		return 95;
	}
	if (only_check) {
		check(fd);
		return 0;
	}
	sys_sigprocmask(SIG_SETMASK, &all, NULL);
	sys_execveat(fd, "", args, environ, AT_EMPTY_PATH);
	perror("image");
	return 94;
}
