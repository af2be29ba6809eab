/* tests/probe/start.c - starting things in an unusual state, and signals. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* probe with-fds N PATH CMD...: descriptors 3 to 2+N on PATH, not close-on-exec. */
int cmd_with_fds(int argc, char **argv)
{
	if (argc < 4)
		return 99;
	for (int n = 0; n < (int)number(argv[1]); n++) {
		int fd = open(argv[2], O_RDONLY);

		if (fd != n + 3 && (dup2(fd, n + 3) < 0 || close(fd) < 0))
			die(argv[2]);
	}
	exec_or_die(argv + 3);
}

/* probe sigs BLOCKED IGNORED CMD...: comma-separated numbers, or "-". */
int cmd_sigs(int argc, char **argv)
{
	uint64_t mask = 0;
	char *save = NULL;

	if (argc < 4)
		return 99;
	for (char *w = strtok_r(argv[1], ",-", &save); w; w = strtok_r(NULL, ",-", &save))
		mask |= 1ull << (number(w) - 1);
	/* the raw call, as libc keeps some signals for itself */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	for (char *w = strtok_r(argv[2], ",-", &save); w; w = strtok_r(NULL, ",-", &save))
		signal((int)number(w), SIG_IGN);
	exec_or_die(argv + 3);
}

/* probe keyring CMD...: in a new session keyring that has the key "probe-secret". */
int cmd_keyring(int argc, char **argv)
{
	if (argc < 2 || syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "probe-secret", "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		die("keyring");
	exec_or_die(argv + 1);
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s", path) >= (int)sizeof(a.sun_path))
		errno = ENAMETOOLONG, die(path);
	return a;
}

/* probe listen SOCKET CMD...: be the service manager of CMD: make the datagram
 * socket, name it in NOTIFY_SOCKET, print the first message that comes. */
int cmd_listen(int argc, char **argv)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;
	char text[256];
	ssize_t n;

	if (argc < 3)
		return 99;
	a = unix_address(argv[1]);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(argv[1], 0666) < 0)
		die(argv[1]);
	setenv("NOTIFY_SOCKET", argv[1], 1);
	if (fork() == 0)
		exec_or_die(argv + 2);
	alarm(20);
	n = recv(fd, text, sizeof(text) - 1, 0);
	printf("%.*s\n", n < 0 ? 0 : (int)n, text);
	wait(NULL);
	return 0;
}

/* probe notify TEXT: say TEXT to the service manager. */
int cmd_notify(int argc, char **argv)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a;

	if (argc < 2 || !path)
		return 99;
	a = unix_address(path);
	if (sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(path);
	return 0;
}

/* probe argc0 PROGRAM: execute it with no argument at all, not even its name. */
int cmd_argc0(int argc, char **argv)
{
	char *none[] = { NULL };

	if (argc > 1)
		execve(argv[1], none, environ);
	die("argc0");
}

static volatile pid_t timed_child;

static void on_alarm(int sig)
{
	(void)sig;
	kill(timed_child, SIGKILL);
	timed_child = -1;
}

/* probe timeout SECONDS CMD...: like timeout(1), but in the caller's process group
 * and without a sign to the command: after SECONDS it is killed, and 124 is said. */
int cmd_timeout(int argc, char **argv)
{
	pid_t pid;
	int st;

	if (argc < 3)
		return 99;
	pid = fork();
	if (pid == 0)
		exec_or_die(argv + 2);
	timed_child = pid;
	signal(SIGALRM, on_alarm);
	alarm((unsigned)number(argv[1]));
	st = child_status(pid);
	if (timed_child < 0) {
		fprintf(stderr, "probe: timeout after %s s: %s\n", argv[1], argv[2]);
		return 124;
	}
	return WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
}

/* probe catch N: all signals blocked, then print N of them: "NUMBER VALUE", the
 * value that sigqueue(3) sent or "-". The line "ready" comes first. */
int cmd_catch(int argc, char **argv)
{
	uint64_t all = ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	puts("ready");
	fflush(stdout);
	for (unsigned long n = number(argc > 1 ? argv[1] : "1"); n; n--) {
		siginfo_t i;
		long sig = syscall(SYS_rt_sigtimedwait, &all, &i, NULL, sizeof(all));

		if (sig < 0)
			die("sigtimedwait");
		if (i.si_code == SI_QUEUE)
			printf("%ld %d\n", sig, i.si_value.sival_int);
		else
			printf("%ld -\n", sig);
		fflush(stdout);
	}
	return 0;
}

/* probe queue PID SIGNAL VALUE */
int cmd_queue(int argc, char **argv)
{
	union sigval v;

	if (argc < 4)
		return 99;
	v.sival_int = (int)number(argv[3]);
	if (sigqueue((pid_t)number(argv[1]), (int)number(argv[2]), v) < 0)
		die("sigqueue");
	return 0;
}

static int sleeper(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

/* probe forks N: N children that sleep for ever; says "up" when all of them are there. They
 * are processes, with signals and files of their own, but share the memory: in an emulated
 * machine page tables would take most of the time. */
int cmd_forks(int argc, char **argv)
{
	unsigned long n = argc > 1 ? number(argv[1]) : 1;

	while (n--) {
		char *stack = malloc(1024);

		if (!stack || clone(sleeper, stack + 1024, CLONE_VM | SIGCHLD, NULL) < 0)
			die("clone");
	}
	puts("up");
	fflush(stdout);
	for (;;)
		pause();
}

/* Has the cgroup of the file cgroup.events, FD, no process? One that is gone has none. */
static bool is_empty(int fd)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return n <= 0 || strstr(text, "populated 0");
}

/* probe emptied DIR CMD...: how many ms there are from the start of CMD until no process is
 * left in the cgroup DIR. It must have one before. */
int cmd_emptied(int argc, char **argv)
{
	struct timespec a, b;
	char path[512];

	if (argc < 3)
		return 99;
	snprintf(path, sizeof(path), "%s/cgroup.events", argv[1]);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || is_empty(fd))
		die(path);
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		exec_or_die(argv + 2);
	while (!is_empty(fd)) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };

		if (poll(&p, 1, 120000) == 0)
			errno = ETIMEDOUT, die(path);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld\n", (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000);
	return 0;
}
