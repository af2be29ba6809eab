/* init/spawn.c - init starts a child: the program, or a --pre or --post command.
 *
 * The child borrows init's memory until it executes the program (CLONE_VM and
 * CLONE_VFORK), so no page table is copied, what went wrong is simply written
 * down for init to read, and when init goes on the child has its process group
 * and its terminal: a signal that comes early cannot miss it. Steps of the child:
 * group or session, terminal, ids, environment, ignored signals, and last the
 * signal mask, so that a signal sent meanwhile finds the program or nobody. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "init/loop.h"
#include "lib/exitcode.h"

enum {
	CHILD_STACK = 16384,
	PATH_SIZE = 4096 + 256, /* PATH_MAX, a directory of PATH before it */
	HEAD_SIZE = 128,
};

#ifdef INIT_IMAGE
#define NOT_FOUND "not found in the container"
#else
#define NOT_FOUND "not found"
#endif

static const char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct init_child {
	struct init_state *st;
	char **argv;
	bool hook;
	int err; /* written by the child */
};

/* ---- exec ---- */

/* Is the file at PATH text, so that a shell can make something of it? */
INIT_RESIDENT static bool init_is_text(const char *path)
{
	char head[HEAD_SIZE];
	long fd = raw_call(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
	long n = fd < 0 ? fd : raw_call(SYS_read, fd, head, sizeof(head));

	if (fd >= 0)
		raw_call(SYS_close, fd, 0, 0);
	for (long i = 0; i < n; i++)
		if (!head[i])
			return false;
	return n >= 0;
}

/* execve(2); a script without #! is a script for sh (POSIX, execvp). Returns errno. */
INIT_RESIDENT static int init_exec_file(const char *path, char **argv, char **envp)
{
	int err = (int)-raw_call(SYS_execve, path, argv, envp);

	if (err == ENOEXEC && init_is_text(path)) {
		char *before = argv[-1], *first = argv[0];

		argv[-1] = (char *)"/bin/sh";
		argv[0] = (char *)(uintptr_t)path;
		raw_call(SYS_execve, argv[-1], argv - 1, envp);
		argv[-1] = before;
		argv[0] = first;
	}
	return err;
}

INIT_RESIDENT static bool init_is_dir(const char *path)
{
	long fd = raw_call(SYS_open, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd >= 0)
		raw_call(SYS_close, fd, 0, 0);
	return fd >= 0;
}

INIT_RESIDENT static bool init_has_slash(const char *name)
{
	for (; *name; name++)
		if (*name == '/')
			return true;
	return false;
}

/* Look ARGV[0] up in PATH and execute it. Returns errno: ENOENT if no directory has
 * it, EACCES if one has and it must not be executed. */
INIT_RESIDENT static int init_exec_path(const char *path, char **argv, char **envp)
{
	char file[PATH_SIZE];
	size_t len = raw_len(argv[0]);
	int ret = ENOENT;

	if (len == 0)
		return ENOENT;
	if (init_has_slash(argv[0]))
		return init_exec_file(argv[0], argv, envp);
	if (len > 255)
		return ENAMETOOLONG;
	for (const char *dir = path ? path : DEFAULT_PATH;;) {
		size_t n = 0;
		int err;

		while (dir[n] && dir[n] != ':')
			n++;
		if (n + 1 + len < sizeof(file)) {
			raw_copy(file, dir, n);
			file[n] = '/';
			/* An empty element is the current directory. */
			raw_copy(file + n + (n > 0), argv[0], len + 1);
			err = init_exec_file(file, argv, envp);
			if (err == EACCES && !init_is_dir(file))
				ret = EACCES;
			else if (err != EACCES && err != ENOENT && err != ENOTDIR &&
				 err != ESTALE && err != ENODEV && err != ETIMEDOUT &&
				 err != ELOOP && err != ENAMETOOLONG)
				return err;
		}
		if (!dir[n])
			return ret;
		dir += n + 1;
	}
}

/* ---- the child ---- */

INIT_RESIDENT void init_tty_hand(int32_t from, int32_t to)
{
	int32_t now = -1;

	if (raw_call(SYS_ioctl, 0, TIOCGPGRP, &now) == 0 && now == from)
		raw_call(SYS_ioctl, 0, TIOCSPGRP, &to);
}

/* Kernel: setuid() and the like change one thread; that is all there is here, since
 * the child shares memory with init and nothing else. */
INIT_RESIDENT static int init_set_ids(struct init_state *st)
{
	long ret = 0;

	st->step = "set the program's groups";
	if (st->set_groups)
		ret = raw_call(SYS_setgroups, st->ngroups, st->groups, 0);
	if (ret == 0 && st->set_gid) {
		st->step = "set the program's group id";
		ret = raw_call(SYS_setresgid, st->gid, st->gid, st->gid);
	}
	if (ret == 0 && st->set_uid) {
		st->step = "set the program's user id";
		ret = raw_call(SYS_setresuid, st->uid, st->uid, st->uid);
	}
	if (ret == 0)
		st->step = NULL;
	return (int)-ret;
}

/* Sockets of a LISTEN_FDS service are meant for init's child; sd_listen_fds(3)
 * compares LISTEN_PID with its own pid. */
INIT_RESIDENT static void init_set_listen_pid(struct init_state *st, int pid)
{
	char buf[24], *text = init_text(buf, (uint64_t)pid);

	raw_copy(st->listen_text, "LISTEN_PID=", 11);
	raw_copy(st->listen_text + 11, text, raw_len(text) + 1);
	*st->listen_pid = st->listen_text;
}

INIT_RESIDENT static void init_set_ignored(uint64_t ignored)
{
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			raw_sigaction(sig, (void *)(ignored >> (sig - 1) & 1));
}

INIT_RESIDENT static int init_child_steps(const struct init_child *c)
{
	struct init_state *st = c->st;
	int32_t pid = (int32_t)raw_call(SYS_getpid, 0, 0, 0);
	int err;

	if (c->hook || st->group == INIT_GROUP_OWN)
		raw_call(SYS_setpgid, 0, 0, 0);
	else if (st->group == INIT_GROUP_SESSION && raw_call(SYS_setsid, 0, 0, 0) >= 0)
		raw_call(SYS_ioctl, 0, TIOCSCTTY, 0);
	if (!c->hook && st->tty)
		init_tty_hand(st->own_group, pid);
	if (!c->hook && st->listen_pid)
		init_set_listen_pid(st, pid);
	if (!c->hook && (st->set_groups || st->set_gid || st->set_uid)) {
		err = init_set_ids(st);
		if (err)
			return err;
	}
	if (st->set_ignored)
		init_set_ignored(st->ignored);
	raw_call4(SYS_rt_sigprocmask, SIG_SETMASK, &st->mask, NULL, sizeof(st->mask));
	return init_exec_path(c->hook ? NULL : st->path, c->argv, st->envp);
}

INIT_RESIDENT static void init_child_run(struct init_child *c)
{
	c->err = init_child_steps(c);
	for (;;)
		raw_call(SYS_exit_group, EXIT_NOTFOUND, 0, 0);
}

/* clone(2) with a stack of the child's own, so that neither the compiler nor the
 * child can disturb the frames of init, which sleeps meanwhile. */
INIT_RESIDENT static long init_vfork(char *stack_top, struct init_child *c)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void (*run)(struct init_child *) __asm__("r12") = init_child_run;
	register struct init_child *arg __asm__("r13") = c;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(CLONE_VM | CLONE_VFORK | SIGCHLD), "S"(stack_top),
			   "d"(0), "r"(r10), "r"(r8), "r"(run), "r"(arg)
			 : "rcx", "r11", "memory");
	return ret;
}

INIT_RESIDENT int init_spawn(struct init_state *st, char **argv, bool hook, int *err)
{
	char stack[CHILD_STACK] __attribute__((aligned(16)));
	struct init_child c = { st, argv, hook, 0 };
	char *before = argv[-1], *first = argv[0];
	long pid;

	st->step = NULL;
	pid = init_vfork(stack + sizeof(stack), &c);
	if (pid < 0)
		return (int)pid;
	argv[-1] = before;
	argv[0] = first;
	if (!c.err)
		return (int)pid;
	raw_call4(SYS_wait4, pid, NULL, __WALL, NULL);
	*err = c.err;
	return 0;
}

INIT_RESIDENT int init_exec(struct init_state *st)
{
	if (st->set_ignored)
		init_set_ignored(st->ignored);
	raw_call4(SYS_rt_sigprocmask, SIG_SETMASK, &st->mask, NULL, sizeof(st->mask));
	return init_exec_path(st->path, st->argv, st->envp);
}

INIT_RESIDENT int init_spawn_failed(const struct init_state *st, char **argv, int err)
{
	char buf[24];
	const char *name = argv[0];

	if (st->step) {
		init_say(st->step, ": ", init_errno(buf, err), NULL);
		return EXIT_CINIT;
	}
	if (err != ENOENT && err != ENOTDIR) {
		init_say(name, ": cannot be executed: ", init_errno(buf, err), NULL);
		return EXIT_NOEXEC;
	}
	if (!name[0])
		init_say("the program's name is empty", NULL);
	else if (!init_has_slash(name))
		init_say(name, ": " NOT_FOUND " (PATH=", st->path ? st->path : DEFAULT_PATH, ")",
			 NULL);
	else if (raw_call(SYS_access, name, 0, 0) == 0)
		init_say(name, ": its interpreter is " NOT_FOUND, NULL);
	else
		init_say(name, ": " NOT_FOUND, NULL);
	return EXIT_NOTFOUND;
}
