/* tests/helper/sweep.c - kills the helper at each of its system calls in turn.
 *
 *	sweep UID GID CHECK PROGRAM [ARG...]
 *
 * As root: PROGRAM is started as UID and traced by root, so that its file gives it
 * capabilities all the same. Its first child is the helper; it gets SIGKILL at the Nth
 * stop for a system call, for N from 1 until it ends by itself. After each run CHECK (a
 * shell command) says what is left; the first that fails ends the sweep. Prints how many
 * times the helper was killed. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(uid_t uid, gid_t gid, char **argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(126);
	raise(SIGSTOP);
	execv(argv[0], argv);
	_exit(127);
}

/* True: the helper was killed at its Nth stop. */
static bool run(uid_t uid, gid_t gid, char **argv, long n)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
	pid_t first = start(uid, gid, argv), helper = 0, pid;
	bool killed = false;
	int status;
	long stops = 0;

	waitpid(first, &status, WUNTRACED);
	if (ptrace(PTRACE_SEIZE, first, 0, options) < 0)
		perror("sweep: seize");
	kill(first, SIGCONT);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!WIFSTOPPED(status))
			continue;
		unsigned long born;
		if (!helper && pid == first && status >> 16 &&
		    ptrace(PTRACE_GETEVENTMSG, pid, 0, &born) == 0)
			helper = (pid_t)born;
		if (pid == helper && sig == (SIGTRAP | 0x80) && ++stops == n) {
			kill(pid, SIGKILL);
			killed = true;
			continue;
		}
		/* Stops of ptrace's own: groups, events, a new child's first. */
		if (sig == (SIGTRAP | 0x80) || sig == SIGTRAP || status >> 16 || sig == SIGSTOP)
			sig = 0;
		ptrace(pid == helper ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, (long)sig);
	}
	return killed;
}

int main(int argc, char **argv)
{
	long n = 0;

	if (argc < 5)
		return 2;
	while (run((uid_t)atol(argv[1]), (gid_t)atol(argv[2]), argv + 4, ++n)) {
		if (system(argv[3]) == 0)
			continue;
		printf("something was left by a helper that was killed at stop %ld\n", n);
		return 1;
	}
	printf("%ld\n", n - 1);
	return 0;
}
