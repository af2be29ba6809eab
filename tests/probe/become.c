/* tests/probe/become.c - a command in another place: as somebody else, in another
 * network namespace, on a kernel that lacks something, or killed on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* probe as UID CMD...: as user and group UID, without groups or capabilities. */
int cmd_as(int argc, char **argv)
{
	unsigned id;

	if (argc < 3)
		return 99;
	id = (unsigned)number(argv[1]);
	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		die("become another user");
	exec_or_die(argv + 2);
}

/* probe netns NAME|FILE|PID CMD...: in that network namespace; a NAME is iproute2's. */
int cmd_netns(int argc, char **argv)
{
	char file[300];
	int fd;

	if (argc < 3)
		return 99;
	if (strchr(argv[1], '/'))
		snprintf(file, sizeof(file), "%s", argv[1]);
	else if (argv[1][0] >= '0' && argv[1][0] <= '9')
		snprintf(file, sizeof(file), "/proc/%s/ns/net", argv[1]);
	else
		snprintf(file, sizeof(file), "/run/netns/%s", argv[1]);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(file);
	close(fd);
	exec_or_die(argv + 2);
}

/* probe without nft CMD...: for CMD and all below it the kernel has no nftables: its
 * sockets are refused as they are where the module is missing. Needs CAP_SYS_ADMIN, or a
 * program with file capabilities would get none. */
int cmd_without(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };

	if (argc < 3 || strcmp(argv[1], "nft") != 0)
		return 99;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("filter system calls");
	exec_or_die(argv + 2);
}

/* probe await FILE WORD MS: until a line of FILE begins with WORD; 0, or 1 after MS. */
int cmd_await(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char line[4096];
	FILE *f;

	if (argc < 4)
		return 99;
	for (unsigned long ms = number(argv[3]); ms; ms--) {
		f = fopen(argv[1], "re");
		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, argv[2], strlen(argv[2])))
				return 0;
		if (f)
			fclose(f);
		nanosleep(&pause, NULL);
	}
	return 1;
}

/* ---- killed at a certain moment ---- */

enum { PROCESSES = 64 };

/* probe killer PROCESS CALL CMD...: run CMD; the PROCESS-th process that it makes
 * (0: itself) gets SIGKILL at its CALL-th stop at a system call, each call stopping
 * twice. Prints "killed NAME", or, when that moment did not come, "ended" and how many
 * stops each process had. Ends when all of them have; its status is CMD's.
 *
 * Kernel: a program with file capabilities gets them under ptrace only if the tracer
 * has CAP_SYS_PTRACE. ptrace(2). */
int cmd_killer(int argc, char **argv)
{
	unsigned long which = argc > 3 ? number(argv[1]) : 0, call = argc > 3 ? number(argv[2]) : 0;
	static pid_t known[PROCESSES];
	static unsigned long calls[PROCESSES];
	unsigned long n = 0;
	bool done = false;
	int status = 0, end = 99;
	pid_t first;

	if (argc < 4)
		return 99;
	first = fork();
	if (first == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		exec_or_die(argv + 3);
	}
	if (waitpid(first, &status, 0) != first ||
	    ptrace(PTRACE_SETOPTIONS, first, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0)
		die("trace");
	known[n++] = first;
	ptrace(PTRACE_SYSCALL, first, 0, 0);
	for (;;) {
		unsigned long i = 0;
		long sig = 0;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			break;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				end = WIFEXITED(status) ? WEXITSTATUS(status) :
							  128 + WTERMSIG(status);
			continue;
		}
		/* a new process may report itself before its parent does */
		while (i < n && known[i] != pid)
			i++;
		if (i == n && n < PROCESSES)
			known[n++] = pid;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (i < n && ++calls[i] == call && i == which && !done) {
				char file[64], name[32] = "?\n";
				FILE *f;

				snprintf(file, sizeof(file), "/proc/%d/comm", pid);
				f = fopen(file, "re");
				if (f) {
					if (!fgets(name, sizeof(name), f))
						name[0] = 0;
					fclose(f);
				}
				printf("killed %s", name);
				fflush(stdout);
				done = true;
				kill(pid, SIGKILL);
				continue;
			}
		} else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP &&
			   WSTOPSIG(status) != SIGTRAP) {
			sig = WSTOPSIG(status);
		}
		ptrace(done ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0, sig);
	}
	if (done)
		return end;
	printf("ended");
	for (unsigned long i = 0; i < n; i++)
		printf(" %lu", calls[i]);
	puts("");
	return end;
}
