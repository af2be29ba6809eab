/* floor.c - the least that an honest init can be: start a program in a process
 * group of its own, forward every signal, reap every child, exit with the
 * program's code; no signal lost, no option, no message. tests/bench/init/run
 * builds it with musl, static, and measures everybody against it. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long all = ~0ul, old;
	pid_t child;

	if (argc < 2)
		return 125;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, 8);
	child = fork();
	if (child < 0)
		return 125;
	if (child == 0) {
		setpgid(0, 0);
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (;;) {
		siginfo_t info;
		int sig = (int)syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8), status;
		pid_t pid;

		if (sig != SIGCHLD) {
			if (sig > 0)
				kill(child, sig);
			continue;
		}
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
							    WEXITSTATUS(status));
	}
}
