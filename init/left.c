/* init/left.c - init deals with those who are left when the program has ended.
 *
 * PID 1 of a namespace has kill(-1), which means all the others there. Any other
 * init must never say that: it would reach every process of its user. It finds its
 * descendants in /proc, by the chain of parents, and signals each by a pidfd, so
 * that a pid that is reused meanwhile is not somebody else. */
#include <errno.h>
#include <fcntl.h>

#include "init/loop.h"

enum { CHAIN_MAX = 128, DIR_SIZE = 2048, STAT_SIZE = 512 };

struct linux_dirent64 {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* The parent of PID out of /proc/PID/stat, PROC being /proc; 0 if it is gone. */
INIT_RESIDENT static uint64_t init_parent_of(long proc, uint64_t pid)
{
	char buf[24], path[32], text[STAT_SIZE];
	char *number = init_text(buf, pid);
	size_t len = raw_len(number);
	uint64_t parent = 0;
	long fd, n;

	raw_copy(path, number, len);
	raw_copy(path + len, "/stat", 6);
	fd = raw_call4(SYS_openat, proc, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	n = raw_call(SYS_read, fd, text, sizeof(text));
	raw_call(SYS_close, fd, 0, 0);
	/* "PID (NAME) STATE PARENT ...": a name may hold spaces and brackets. */
	while (n > 0 && text[n - 1] != ')')
		n--;
	if (n == 0 || n + 4 > STAT_SIZE)
		return 0;
	for (n += 3; n < STAT_SIZE && text[n] >= '0' && text[n] <= '9'; n++)
		parent = parent * 10 + (uint64_t)(text[n] - '0');
	return parent;
}

INIT_RESIDENT static bool init_descends(long proc, uint64_t pid, uint64_t from)
{
	for (int i = 0; i < CHAIN_MAX && pid > 1; i++) {
		pid = init_parent_of(proc, pid);
		if (pid == from)
			return true;
	}
	return false;
}

INIT_RESIDENT static void init_left_one(long proc, const char *name, uint64_t self, int sig)
{
	uint64_t pid = 0;
	long fd;

	for (; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + (uint64_t)(*name - '0');
	if (*name || pid <= 1 || !init_descends(proc, pid, self))
		return;
	fd = raw_call(SYS_pidfd_open, pid, 0, 0);
	if (fd < 0) {
		/* Before Linux 5.3. */
		if (fd == -ENOSYS)
			raw_call(SYS_kill, pid, sig, 0);
		return;
	}
	/* Asked again now that the pidfd holds it: still the same process? */
	if (init_descends(proc, pid, self))
		raw_call4(SYS_pidfd_send_signal, fd, sig, NULL, 0);
	raw_call(SYS_close, fd, 0, 0);
}

INIT_RESIDENT void init_left_signal(const struct init_state *st, int sig)
{
	char entries[DIR_SIZE] __attribute__((aligned(8)));
	uint64_t self = (uint64_t)raw_call(SYS_getpid, 0, 0, 0);
	long proc, n;

	if (st->pid1) {
		raw_call(SYS_kill, -1, sig, 0);
		return;
	}
	proc = raw_call(SYS_open, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (proc < 0) {
		char buf[24];

		init_say("open /proc, to find the processes that are left: ",
			 init_errno(buf, (int)-proc), NULL);
		return;
	}
	while ((n = raw_call(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const void *)(entries + at);

			init_left_one(proc, d->name, self, sig);
			at += d->reclen;
		}
	}
	raw_call(SYS_close, proc, 0, 0);
}
