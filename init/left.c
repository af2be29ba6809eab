/* init/left.c - init deals with those who are left when the program has ended.
 *
 * PID 1 of a namespace has kill(-1), which means all the others there. Any other
 * init must never say that: it would reach every process of its user. It finds its
 * descendants in /proc, by the chain of parents, and signals each by a pidfd, so
 * that a pid that is reused meanwhile is not somebody else.
 *
 * Which of those who are left is the program itself, gone into the background? A
 * process that was forked from it and has executed nothing since (PF_FORKNOEXEC, and
 * the program's name, which fork hands on), was left to us as a child, and has gone
 * into a session of its own: daemon(3), and whoever does the same by hand. A shell's
 * background jobs stay in the session; what a program starts by exec, an agent or a
 * build server, is another program. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "init/loop.h"

enum { CHAIN_MAX = 128, DIR_SIZE = 2048, STAT_SIZE = 512 };

enum { FORKED_NO_EXEC = 0x40 }; /* PF_FORKNOEXEC of linux/sched.h, since Linux 2.6 */

struct linux_dirent64 {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* The beginning of /proc/PID/stat, proc_pid_stat(5). */
struct init_proc {
	char name[16];
	char state;
	uint64_t parent, session, flags;
};

/* The number at *AT of TEXT, without its sign, and past the space behind it. */
INIT_RESIDENT static uint64_t init_stat_number(const char *text, size_t n, size_t *at)
{
	uint64_t number = 0;

	for (; *at < n && text[*at] != ' '; ++*at)
		if (text[*at] >= '0' && text[*at] <= '9')
			number = number * 10 + (uint64_t)(text[*at] - '0');
	++*at;
	return number;
}

/* 0; -ENOENT or -ESRCH: it is gone; another -errno: it cannot be seen. */
INIT_RESIDENT static long init_read_stat(long proc, uint64_t pid, struct init_proc *p)
{
	char buf[24], path[32], text[STAT_SIZE];
	char *number = init_text(buf, pid);
	size_t len = raw_len(number), open = 0, at, size;
	long fd, n;

	raw_copy(path, number, len);
	raw_copy(path + len, "/stat", 6);
	fd = raw_call4(SYS_openat, proc, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	n = raw_call(SYS_read, fd, text, sizeof(text));
	raw_call(SYS_close, fd, 0, 0);
	if (n <= 0)
		return n ? n : -ESRCH;
	/* "PID (NAME) STATE PARENT GROUP SESSION TTY TPGID FLAGS ...": a name may hold
	 * spaces and brackets, and is at most 15 bytes. */
	size = (size_t)n;
	at = size;
	while (at > 0 && text[at - 1] != ')')
		at--;
	while (open < at && text[open] != '(')
		open++;
	if (at < open + 2 || at + 4 > size)
		return -EIO;
	raw_zero(p, sizeof(*p));
	len = at - open - 2;
	raw_copy(p->name, text + open + 1, len < sizeof(p->name) ? len : sizeof(p->name) - 1);
	p->state = text[at + 1];
	at += 3;
	p->parent = init_stat_number(text, size, &at);
	init_stat_number(text, size, &at);
	p->session = init_stat_number(text, size, &at);
	init_stat_number(text, size, &at);
	init_stat_number(text, size, &at);
	p->flags = init_stat_number(text, size, &at);
	return 0;
}

/* The parent of PID; 0 if it is gone. */
INIT_RESIDENT static uint64_t init_parent_of(long proc, uint64_t pid)
{
	struct init_proc p;

	return init_read_stat(proc, pid, &p) == 0 ? p.parent : 0;
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

INIT_RESIDENT static long init_open_proc(void)
{
	return raw_call(SYS_open, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/* The pid that a name in /proc is; 0: another file. */
INIT_RESIDENT static uint64_t init_pid_of(const char *name)
{
	uint64_t pid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + (uint64_t)(*name - '0');
	return *name ? 0 : pid;
}

INIT_RESIDENT static void init_left_one(long proc, uint64_t pid, uint64_t self, int sig)
{
	long fd;

	if (pid <= 1 || !init_descends(proc, pid, self))
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
	proc = init_open_proc();
	if (proc < 0) {
		char buf[24];

		init_say("open /proc, to find the processes that are left: ",
			 init_errno(buf, (int)-proc), NULL);
		return;
	}
	while ((n = raw_call(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const void *)(entries + at);

			init_left_one(proc, init_pid_of(d->name), self, sig);
			at += d->reclen;
		}
	}
	raw_call(SYS_close, proc, 0, 0);
}

/* ---- the program in the background ---- */

INIT_RESIDENT void init_left_name(struct init_state *st)
{
	struct init_proc p;
	long proc = init_open_proc();

	if (proc < 0)
		return;
	if (init_read_stat(proc, (uint64_t)(uint32_t)st->pid, &p) == 0)
		raw_copy(st->name, p.name, sizeof(st->name));
	raw_call(SYS_close, proc, 0, 0);
}

INIT_RESIDENT static bool init_same_name(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

/* Is the process of P, by the answers of init_left_daemon()? 0: not at all; 1: yes. Who
 * is awake has just been born, or waits for the disk: it may still make a session of its
 * own, or execute a program; LAST: it has had the time. Who has ended may have forked the
 * daemon since /proc was read: another look tells. */
INIT_RESIDENT static int init_is_daemon(const struct init_state *st, const struct init_proc *p,
					uint64_t self, bool last)
{
	bool ended = p->state == 'Z' || p->state == 'X';
	bool awake = p->state == 'R' || p->state == 'D';

	if (p->parent != self || !(p->flags & FORKED_NO_EXEC) || !init_same_name(p->name, st->name))
		return 0;
	if ((awake || ended) && !last)
		return INIT_AWAKE;
	if (ended)
		return 0;
	return p->session != (uint64_t)(uint32_t)st->home ? 1 : INIT_ASLEEP;
}

/* The first one that leads its session, or else the first. */
INIT_RESIDENT int init_left_daemon(const struct init_state *st, bool last)
{
	char entries[DIR_SIZE] __attribute__((aligned(8)));
	uint64_t self = (uint64_t)raw_call(SYS_getpid, 0, 0, 0);
	int found = 0;
	long proc, n;

	/* The common case: there is nobody. */
	if (raw_call5(SYS_waitid, 0 /* P_ALL */, 0, NULL, WEXITED | WNOHANG | WNOWAIT | __WALL,
		      NULL) == -ECHILD)
		return 0;
	proc = init_open_proc();
	if (proc < 0)
		return 0;
	while ((n = raw_call(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const void *)(entries + at);
			uint64_t pid = init_pid_of(d->name);
			struct init_proc p;
			long read;
			int is;

			at += d->reclen;
			if (!pid)
				continue;
			read = init_read_stat(proc, pid, &p);
			if (read == 0)
				is = init_is_daemon(st, &p, self, last);
			else
				is = !last && (read == -ENOENT || read == -ESRCH) ? INIT_AWAKE : 0;
			if (is > 0 && p.session == pid) {
				raw_call(SYS_close, proc, 0, 0);
				return (int)pid;
			}
			if (is > 0 && found <= 0)
				found = (int)pid;
			else if (is < found && found <= 0)
				found = is;
		}
	}
	raw_call(SYS_close, proc, 0, 0);
	return found;
}
