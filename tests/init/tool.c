/* tool.c - what the claims about init are made with: programs to run under an init,
 * and drivers that start one. tests/init/run calls it by its first word; see the
 * table at the end. Programs write what they see to a file, a line for each thing,
 * and say "ready" first. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { GOT_TERM = 40 }; /* exit code of a program that TERM has reached */

static uint64_t block_all(void)
{
	uint64_t all = ~0ull, old = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
	return old;
}

static void set_mask(uint64_t mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

static void put(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(const char *file, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int fd, n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		_exit(99);
	close(fd);
}

static void die(const char *what)
{
	perror(what);
	exit(98);
}

static int await(const char *file, const char *word);
static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		continue;
}

/* recv FILE: every signal that comes, as "SIGNAL CODE VALUE"; ends at TERM. */
static int tool_recv(int argc, char **argv)
{
	const char *file = argv[1];
	uint64_t all = ~0ull;

	(void)argc;
	block_all();
	put(file, "ready %d\n", getpid());
	for (;;) {
		siginfo_t info;
		long sig = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8);

		if (sig < 0)
			continue;
		put(file, "%ld %s %d\n", sig,
		    info.si_code == SI_QUEUE ? "queue" :
		    info.si_code == SI_USER  ? "user" :
					       "other",
		    info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
		if (sig == SIGTERM)
			return GOT_TERM;
	}
}

/* queue PID SIGNAL VALUE */
static int tool_queue(int argc, char **argv)
{
	siginfo_t info = { 0 };

	(void)argc;
	info.si_signo = atoi(argv[2]);
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = atoi(argv[3]);
	/* The system call: sigqueue(3) of some libraries refuses 32 to 34. */
	if (syscall(SYS_rt_sigqueueinfo, atoi(argv[1]), info.si_signo, &info) < 0)
		die("queue");
	return 0;
}

/* flood PID SIGNAL N: values 1 to N, as fast as the queue takes them. */
/* kill PID SIGNAL: any signal, also those that kill(1) does not know. */
static int tool_kill(int argc, char **argv)
{
	(void)argc;
	return kill(atoi(argv[1]), atoi(argv[2])) < 0 ? 1 : 0;
}

static int tool_flood(int argc, char **argv)
{
	int n = atoi(argv[3]);

	(void)argc;
	for (int i = 1; i <= n; i++) {
		union sigval value = { .sival_int = i };

		while (sigqueue(atoi(argv[1]), atoi(argv[2]), value) < 0) {
			if (errno != EAGAIN)
				die("flood");
			sched_yield();
		}
	}
	return 0;
}

/* slow FILE LIMIT: a program with a signal queue of LIMIT that looks at it late. */
static int tool_slow(int argc, char **argv)
{
	struct rlimit limit = { (rlim_t)atoi(argv[2]), (rlim_t)atoi(argv[2]) };

	block_all();
	if (setrlimit(RLIMIT_SIGPENDING, &limit) < 0)
		die("slow");
	put(argv[1], "ready %d\n", getpid());
	nap(500);
	argv[1][strlen(argv[1])] = '\0';
	return tool_recv(argc, argv);
}

/* state FILE: what a program inherits. */
static int tool_state(int argc, char **argv)
{
	uint64_t mask = block_all(), ignored = 0;
	char cwd[256] = "";
	gid_t groups[64];
	int n;

	(void)argc;
	for (int sig = 1; sig <= 64; sig++) {
		struct {
			void *handler;
			unsigned long flags;
			void *restorer;
			uint64_t mask;
		} sa;

		if (syscall(SYS_rt_sigaction, sig, NULL, &sa, 8) == 0 && sa.handler == SIG_IGN)
			ignored |= 1ull << (sig - 1);
	}
	put(argv[1], "mask %016llx\n", (unsigned long long)mask);
	put(argv[1], "ignored %016llx\n", (unsigned long long)ignored);
	put(argv[1], "cwd %s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	put(argv[1], "leads %s%s\n", getpgrp() == getpid() ? "group" : "",
	    getsid(0) == getpid() ? " session" : "");
	put(argv[1], "pid %d ppid %d\n", getpid(), getppid());
	put(argv[1], "uid %d gid %d groups", getuid(), getgid());
	n = getgroups(64, groups);
	for (int i = 0; i < n; i++)
		put(argv[1], " %d", groups[i]);
	put(argv[1], "\nfds");
	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			put(argv[1], " %d", fd);
	put(argv[1], "\n");
	return 0;
}

/* with MASK IGNORED PROGRAM...: start it with these, bit n-1 for signal n. */
static int tool_with(int argc, char **argv)
{
	uint64_t ignored = strtoull(argv[2], NULL, 16);

	(void)argc;
	for (int sig = 1; sig <= 64; sig++) {
		struct {
			const void *handler;
			unsigned long flags;
			void *restorer;
			uint64_t mask;
		} sa = { (ignored >> (sig - 1) & 1) ? (const void *)1 : NULL, 0, NULL, 0 };

		syscall(SYS_rt_sigaction, sig, &sa, NULL, 8);
	}
	set_mask(strtoull(argv[1], NULL, 16));
	execvp(argv[3], argv + 3);
	die(argv[3]);
	return 0;
}

/* orphans N MS: N children whose parents are gone, each living MS milliseconds. */
static bool make_orphan(long ms)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			nap(ms);
			_exit(0);
		}
		_exit(pid < 0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static int tool_orphans(int argc, char **argv)
{
	for (int i = atoi(argv[1]); i > 0; i--)
		if (!make_orphan(argc > 2 ? atoi(argv[2]) : 0))
			return 1;
	return 0;
}

/* zombies: how many processes of our pid namespace are dead and not reaped. */
static int tool_zombies(int argc, char **argv)
{
	int n = 0;

	(void)argc, (void)argv;
	for (int pid = 1; pid < 100000; pid++) {
		char path[64], text[512], *end;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		ssize_t len = read(fd, text, sizeof(text) - 1);

		close(fd);
		text[len > 0 ? len : 0] = '\0';
		end = strrchr(text, ')');
		n += end && end[1] && end[2] == 'Z';
	}
	printf("%d\n", n);
	return 0;
}

/* tree FILE DEPTH MODE: children of children, each in a session of its own; the
 * leaf writes which signal reached it. MODE "deaf": TERM is ignored. */
static int tool_tree(int argc, char **argv)
{
	int depth = atoi(argv[2]);
	pid_t pid;

	(void)argc;
	if (depth == 0) {
		uint64_t all = ~0ull;

		block_all();
		put(argv[1], "leaf %d\n", getpid());
		for (;;) {
			siginfo_t info;
			long sig = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8);

			put(argv[1], "leaf got %ld\n", sig);
			if (sig == SIGTERM && strcmp(argv[3], "deaf") != 0)
				return 0;
		}
	}
	pid = fork();
	if (pid == 0) {
		char next[16];

		setsid();
		snprintf(next, sizeof(next), "%d", depth - 1);
		execv("/proc/self/exe",
		      (char *[]){ argv[0], (char *)"tree", argv[1], next, argv[3], NULL });
		_exit(99);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

/* leave FILE MODE: leave a tree behind and end with 3. */
static int tool_leave(int argc, char **argv)
{
	(void)argc;
	if (fork() == 0) {
		setsid();
		execv("/proc/self/exe",
		      (char *[]){ argv[0], (char *)"tree", argv[1], (char *)"2", argv[2], NULL });
		_exit(99);
	}
	for (int i = 0; i < 200 && access(argv[1], F_OK) < 0; i++)
		nap(10);
	return 3;
}

/* A daemon's own part, in the child that its program has forked. */
static _Noreturn void be_daemon(char **argv)
{
	const char *how = argv[2];
	time_t end = time(NULL) + 2;

	/* So busy that nobody can tell what it will be. */
	while (strcmp(how, "busy") == 0 && time(NULL) < end - 1)
		continue;
	if (strcmp(how, "stay") != 0)
		setsid();
	if (strcmp(how, "twice") == 0 && fork() != 0)
		_exit(0);
	if (strcmp(how, "renamed") == 0)
		prctl(PR_SET_NAME, "another", 0, 0, 0);
	if (strcmp(how, "exec") == 0)
		execv("/proc/self/exe", (char *[]){ argv[0], (char *)"recv", argv[1], NULL });
	_exit(tool_recv(2, argv));
}

/* daemon FILE HOW: go into the background and recv there, as daemons do: once or
 * twice forked, "late" (the program waits for the daemon to be ready), "busy", with
 * "code" 3. Or not quite so: "stay" in the session, "exec" something, be "renamed";
 * or have a helper in a session of its own and end at "term". */
static int tool_daemon(int argc, char **argv)
{
	const char *how = argv[2];
	bool term = strcmp(how, "term") == 0;
	uint64_t sigterm = 1ull << (SIGTERM - 1);

	(void)argc;
	if (term)
		block_all();
	if (fork() == 0)
		be_daemon(argv);
	if (strcmp(how, "late") == 0 || term)
		await(argv[1], "ready");
	while (term && syscall(SYS_rt_sigtimedwait, &sigterm, NULL, NULL, 8) != SIGTERM)
		continue;
	return strcmp(how, "code") == 0 ? 3 : 0;
}

/* drop UID NPROC PROGRAM...: as a user that may have NPROC processes. */
static int tool_drop(int argc, char **argv)
{
	struct rlimit limit = { (rlim_t)atoi(argv[2]), 1000 };

	(void)argc;
	if (setrlimit(RLIMIT_NPROC, &limit) < 0 || setuid((uid_t)atoi(argv[1])) < 0)
		die("drop");
	execvp(argv[3], argv + 3);
	die(argv[3]);
	return 0;
}

static int status_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* early N HOW INIT...: start it N times and send TERM as soon as it is executed.
 * HOW "pid1": as PID 1 of a namespace, by a launcher that blocks signals, as a
 * container's stage does; "child": as any launcher. Prints how it ended, counted. */
static int tool_early(int argc, char **argv)
{
	int n = atoi(argv[1]), got = 0, died = 0, other = 0;
	bool pid1 = strcmp(argv[2], "pid1") == 0;

	(void)argc;
	for (int i = 0; i < n; i++) {
		int ready[2], status = 0;
		char byte;
		pid_t pid;

		if (pipe2(ready, O_CLOEXEC) < 0)
			die("pipe");
		pid = (pid_t)syscall(SYS_clone, SIGCHLD | (pid1 ? CLONE_NEWPID : 0), 0, 0, 0, 0);
		if (pid == 0) {
			if (pid1)
				block_all();
			execvp(argv[3], argv + 3);
			_exit(97);
		}
		close(ready[1]);
		/* Ends when the other end is closed, which exec does. */
		if (read(ready[0], &byte, 1) != 0)
			die("read");
		close(ready[0]);
		kill(pid, SIGTERM);
		for (int ms = 0; ms < 3000 && waitpid(pid, &status, WNOHANG) == 0; ms++)
			nap(1);
		if (kill(pid, 0) == 0 && waitpid(pid, &status, WNOHANG) == 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			other++;
		} else if (status_code(status) == GOT_TERM) {
			got++;
		} else if (status_code(status) == 128 + SIGTERM) {
			died++;
		} else {
			other++;
		}
	}
	printf("%d got it, %d died of it, %d lost it\n", got, died, other);
	return 0;
}

/* orphaned SIGNAL FILE INIT...: start INIT from a parent that dies at once. */
static int tool_orphaned(int argc, char **argv)
{
	(void)argc;
	if (fork() == 0) {
		if (fork() == 0) {
			execvp(argv[1], argv + 1);
			_exit(97);
		}
		nap(300);
		_exit(0);
	}
	wait(NULL);
	return 0;
}

/* ---- a terminal ---- */

static void claim(bool held, const char *words)
{
	printf("%s %s\n", held ? "yes" : "no", words);
	fflush(stdout);
}

/* Until FILE has a line that starts with WORD, at most 5 seconds; the number behind it. */
static int await(const char *file, const char *word)
{
	for (int ms = 0; ms < 5000; ms += 10) {
		char line[128];
		FILE *f = fopen(file, "r");
		int number = -1;

		while (f && fgets(line, sizeof(line), f))
			if (strncmp(line, word, strlen(word)) == 0)
				number = atoi(line + strlen(word));
		if (f)
			fclose(f);
		if (number >= 0)
			return number;
		nap(10);
	}
	return -1;
}

/* FD's foreground group becomes GROUP within 5 seconds. */
static bool foreground(int fd, pid_t group)
{
	for (int ms = 0; ms < 5000; ms += 10) {
		if (tcgetpgrp(fd) == group)
			return true;
		nap(10);
	}
	return false;
}

/* waitpid() for at most 5 seconds; -1: nothing happened. */
static int await_child(pid_t pid, int flags)
{
	for (int ms = 0; ms < 5000; ms += 10) {
		int status;

		if (waitpid(pid, &status, WNOHANG | flags) == pid)
			return status;
		nap(10);
	}
	return -1;
}

/* What a shell does with a job, on a terminal of our own: fd 0 is its slave. */
static void jobs(int master, const char *file, char **init)
{
	pid_t job, program;
	int status;

	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job == 0) {
		signal(SIGTTOU, SIG_IGN);
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		signal(SIGTTOU, SIG_DFL);
		close(master);
		execvp(init[0], init);
		_exit(97);
	}
	setpgid(job, job);
	program = await(file, "ready ");
	claim(program > 0 && foreground(0, program), "the program has the terminal");
	if (write(master, "\032", 1) != 1)
		die("write");
	status = await_child(job, WUNTRACED);
	claim(status != -1 && WIFSTOPPED(status), "^Z stops the program, and init for the shell");
	claim(foreground(0, job), "the terminal is taken back from a stopped program");
	tcsetpgrp(0, getpgrp());
	/* fg */
	tcsetpgrp(0, job);
	kill(-job, SIGCONT);
	claim(foreground(0, program), "fg gives the terminal to the program again");
	claim(await(file, "18 ") >= 0, "fg continues the program");
	/* ^Z, bg, and fg of what runs in the background */
	if (write(master, "\032", 1) != 1)
		die("write");
	status = await_child(job, WUNTRACED);
	claim(status != -1 && WIFSTOPPED(status), "^Z works again");
	tcsetpgrp(0, getpgrp());
	kill(-job, SIGCONT);
	nap(200);
	claim(tcgetpgrp(0) == getpgrp(), "bg does not take the terminal");
	tcsetpgrp(0, job);
	kill(-job, SIGCONT);
	claim(foreground(0, program), "fg from the background gives it the terminal");
	if (write(master, "\003", 1) != 1)
		die("write");
	claim(await(file, "2 ") >= 0, "^C reaches the program");
	kill(job, SIGTERM);
	status = await_child(job, 0);
	claim(status != -1 && status_code(status) == GOT_TERM, "the exit code is the program's");
	claim(foreground(0, job), "the terminal is given back at the end");

	/* PROGRAM & */
	tcsetpgrp(0, getpgrp());
	unlink(file);
	job = fork();
	if (job == 0) {
		setpgid(0, 0);
		close(master);
		execvp(init[0], init);
		_exit(97);
	}
	setpgid(job, job);
	program = await(file, "ready ");
	nap(100);
	claim(tcgetpgrp(0) == getpgrp(), "an init in the background does not take the terminal");
	tcsetpgrp(0, job);
	kill(-job, SIGCONT);
	claim(foreground(0, program), "fg gives it to its program");
	kill(job, SIGTERM);
	await_child(job, 0);
}

/* jobs FILE INIT...: prints "yes CLAIM" or "no CLAIM". recv's ^Z must stop it, so
 * the program is `stops`. */
static int tool_jobs(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	(void)argc;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("pty");
	if (fork() == 0) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
			die("slave");
		dup2(slave, 0);
		jobs(master, argv[1], argv + 2);
		_exit(0);
	}
	wait(NULL);
	return 0;
}

/* stops FILE: as recv, but TSTP does what it does to most programs. */
static volatile sig_atomic_t stops_got;

static void stops_handler(int sig)
{
	stops_got = sig;
}

static int tool_stops(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = stops_handler };
	sigset_t set, old;

	(void)argc;
	sigfillset(&set);
	sigdelset(&set, SIGTSTP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigaction(SIGCONT, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	put(argv[1], "ready %d\n", getpid());
	sigemptyset(&old);
	for (;;) {
		stops_got = 0;
		sigsuspend(&old);
		put(argv[1], "%d user 0\n", stops_got);
		if (stops_got == SIGTERM)
			return GOT_TERM;
	}
}

/* session FILE INIT...: INIT as the leader of a session with a terminal. */
static int tool_session(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status = 0;
	pid_t pid, program;

	(void)argc;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("pty");
	pid = fork();
	if (pid == 0) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
			die("slave");
		dup2(slave, 0);
		close(master);
		execvp(argv[2], argv + 2);
		_exit(97);
	}
	program = await(argv[1], "ready ");
	claim(program > 0 && getsid(program) == program, "the program leads a session");
	nap(200);
	claim(kill(program, 0) == 0, "HUP of the lost terminal does not reach it");
	{
		char path[64], text[512] = "", *end;
		int fd, tty = 0;

		snprintf(path, sizeof(path), "/proc/%d/stat", program);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && (end = strrchr(text, ')')))
			sscanf(end + 2, "%*c %*d %*d %*d %d", &tty);
		claim(tty != 0, "the program's session has the terminal");
	}
	if (write(master, "\003", 1) != 1)
		die("write");
	claim(await(argv[1], "2 ") >= 0, "^C reaches the program");
	kill(pid, SIGHUP);
	claim(await(argv[1], "1 ") >= 0, "a HUP that somebody sends is forwarded");
	kill(pid, SIGTERM);
	status = await_child(pid, 0);
	claim(status != -1 && status_code(status) == GOT_TERM, "the exit code is the program's");
	return 0;
}

/* ---- figures ---- */

static long smaps(pid_t pid, const char *key)
{
	char path[64], line[256];
	long kb = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = atol(line + strlen(key) + 1);
	if (f)
		fclose(f);
	return kb;
}

/* memory PID: "RSS PRIVATE_DIRTY", kB. */
static int tool_memory(int argc, char **argv)
{
	pid_t pid = atoi(argv[1]);

	(void)argc;
	printf("%ld %ld\n", smaps(pid, "Rss:"), smaps(pid, "Private_Dirty:"));
	return 0;
}

/* wakeups PID SECONDS: how often it woke up meanwhile. */
static long switches(pid_t pid)
{
	char path[64], line[256];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
			n = atol(line + 24);
	if (f)
		fclose(f);
	return n;
}

static int tool_wakeups(int argc, char **argv)
{
	pid_t pid = atoi(argv[1]);
	long before = switches(pid);

	(void)argc;
	nap(1000 * atoi(argv[2]));
	printf("%ld\n", switches(pid) - before);
	return 0;
}

static int tool_sleep(int argc, char **argv)
{
	(void)argc;
	nap(atoi(argv[1]));
	return 0;
}

/* closed PROGRAM...: without descriptors 0, 1, 2. */
static int tool_closed(int argc, char **argv)
{
	(void)argc;
	close(0);
	close(1);
	close(2);
	execvp(argv[1], argv + 1);
	return 97;
}

static const struct {
	const char *name;
	int words; /* at least, after the name */
	int (*run)(int argc, char **argv);
} tools[] = {
	{ "recv", 1, tool_recv },       { "stops", 1, tool_stops },
	{ "slow", 2, tool_slow },       { "state", 1, tool_state },
	{ "kill", 2, tool_kill },       { "queue", 3, tool_queue },
	{ "flood", 3, tool_flood },     { "with", 3, tool_with },
	{ "orphans", 1, tool_orphans }, { "zombies", 0, tool_zombies },
	{ "tree", 3, tool_tree },       { "leave", 2, tool_leave },
	{ "daemon", 2, tool_daemon },   { "drop", 3, tool_drop },
	{ "early", 3, tool_early },     { "orphaned", 1, tool_orphaned },
	{ "jobs", 2, tool_jobs },       { "session", 2, tool_session },
	{ "memory", 1, tool_memory },   { "wakeups", 2, tool_wakeups },
	{ "sleep", 1, tool_sleep },     { "closed", 1, tool_closed },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(argv[1], tools[i].name) == 0 && argc - 2 >= tools[i].words)
			return tools[i].run(argc - 1, argv + 1);
	fprintf(stderr, "tool: what?\n");
	return 96;
}
