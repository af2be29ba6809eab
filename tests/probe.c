/* probe - one static program that tests run inside containers (and outside).
 *
 * It reports facts straight from the kernel, so that tests assert on facts and not
 * on the text of somebody's tools, and it does the few things that a shell cannot:
 * make a system call by name, hold a terminal, catch queued signals, swap two
 * paths in a race. It needs nothing but /proc.
 *
 *	probe json [SECTION...]	the facts as one JSON object
 *	probe flat [SECTION...]	the same, one `path.to.key=value` a line
 *	probe try NAME [ARG]	one attempt: prints "ok" or the error's name
 *	probe list DIR		everything below DIR, one line a file, sorted
 *	probe pty ...		a command under a terminal, driven by a script
 *	probe catch N		print the next N signals with their values
 *	probe serve|ask|chat|many|pull|push|flood|addr|resolve	the ends of a network
 *	probe forge|sniff ...	packets as they are on the wire
 *	probe as|netns|without|killer|emptied ... CMD...	a command elsewhere
 *	probe exit|kill|links|with-fds|sigs|queue|timeout|swap|watch|overwrite|keyring|listen|notify|argc0|sleep|forks ...
 *
 * Each sub-command stands beside a comment that says what it takes: the small ones
 * here, the others in tests/probe/.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

int probe_argc;
char **probe_argv;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	exit(99);
}

unsigned long number(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 0);

	if (!*s || *end) {
		fprintf(stderr, "probe: not a number: %s\n", s);
		exit(99);
	}
	return n;
}

const char *errno_name(int e)
{
	static const struct {
		int e;
		const char *name;
	} names[] = { { EPERM, "EPERM" },
		      { ENOENT, "ENOENT" },
		      { EIO, "EIO" },
		      { ENXIO, "ENXIO" },
		      { EBADF, "EBADF" },
		      { ECHILD, "ECHILD" },
		      { EAGAIN, "EAGAIN" },
		      { ENOMEM, "ENOMEM" },
		      { EACCES, "EACCES" },
		      { EFAULT, "EFAULT" },
		      { EBUSY, "EBUSY" },
		      { EEXIST, "EEXIST" },
		      { EXDEV, "EXDEV" },
		      { ENODEV, "ENODEV" },
		      { ENOTDIR, "ENOTDIR" },
		      { EISDIR, "EISDIR" },
		      { EINVAL, "EINVAL" },
		      { EMFILE, "EMFILE" },
		      { ENOTTY, "ENOTTY" },
		      { ETXTBSY, "ETXTBSY" },
		      { ENOSPC, "ENOSPC" },
		      { EROFS, "EROFS" },
		      { ELOOP, "ELOOP" },
		      { ENOSYS, "ENOSYS" },
		      { EOPNOTSUPP, "EOPNOTSUPP" },
		      { EAFNOSUPPORT, "EAFNOSUPPORT" },
		      { EPROTONOSUPPORT, "EPROTONOSUPPORT" },
		      { ESRCH, "ESRCH" },
		      { EOVERFLOW, "EOVERFLOW" },
		      { ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT" },
		      { ENOKEY, "ENOKEY" },
		      { EUSERS, "EUSERS" },
		      { ECONNREFUSED, "ECONNREFUSED" },
		      { ECONNRESET, "ECONNRESET" },
		      { ETIMEDOUT, "ETIMEDOUT" },
		      { EHOSTUNREACH, "EHOSTUNREACH" },
		      { ENETUNREACH, "ENETUNREACH" },
		      { EADDRINUSE, "EADDRINUSE" },
		      { EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		      { ENETDOWN, "ENETDOWN" },
		      { ENOBUFS, "ENOBUFS" } };
	static char other[16];

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].e == e)
			return names[i].name;
	snprintf(other, sizeof(other), "errno %d", e);
	return other;
}

int child_status(int pid)
{
	int st;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			die("wait");
	return st;
}

_Noreturn void exec_or_die(char **argv)
{
	if (argv[0])
		execvp(argv[0], argv);
	die(argv[0] ? argv[0] : "no command");
}

/* probe exit N */
static int cmd_exit(int argc, char **argv)
{
	return argc > 1 ? (int)number(argv[1]) : 0;
}

/* probe kill N: itself, by signal N, with the default action */
static int cmd_kill(int argc, char **argv)
{
	uint64_t none = 0;
	int sig = argc > 1 ? (int)number(argv[1]) : SIGTERM;

	signal(sig, SIG_DFL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	kill(getpid(), sig);
	return 99;
}

/* probe sleep MS */
static int cmd_sleep(int argc, char **argv)
{
	unsigned long ms = argc > 1 ? number(argv[1]) : 1000;
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
			      .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "json", cmd_facts },    { "flat", cmd_facts },      { "try", cmd_try },
	{ "list", cmd_list },     { "stat", cmd_list },       { "with-fds", cmd_with_fds },
	{ "sigs", cmd_sigs },     { "keyring", cmd_keyring }, { "listen", cmd_listen },
	{ "notify", cmd_notify }, { "argc0", cmd_argc0 },     { "timeout", cmd_timeout },
	{ "catch", cmd_catch },   { "queue", cmd_queue },     { "swap", cmd_swap },
	{ "links", cmd_links },   { "watch", cmd_watch },     { "overwrite", cmd_overwrite },
	{ "pty", cmd_pty },       { "exit", cmd_exit },       { "kill", cmd_kill },
	{ "sleep", cmd_sleep },   { "addr", cmd_addr },       { "resolve", cmd_resolve },
	{ "serve", cmd_serve },   { "ask", cmd_ask },         { "chat", cmd_chat },
	{ "many", cmd_many },     { "pull", cmd_pull },       { "push", cmd_pull },
	{ "flood", cmd_flood },   { "forge", cmd_forge },     { "sniff", cmd_sniff },
	{ "as", cmd_as },         { "netns", cmd_netns },     { "killer", cmd_killer },
	{ "await", cmd_await },   { "without", cmd_without }, { "emptied", cmd_emptied },
	{ "forks", cmd_forks },
};

int main(int argc, char **argv)
{
	probe_argc = argc;
	probe_argv = argv;
	for (size_t i = 0; argc > 1 && i < COUNT(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fputs("usage: probe COMMAND [ARG...]; the commands are:", stderr);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(stderr, " %s", commands[i].name);
	fputs("\n", stderr);
	return 99;
}
