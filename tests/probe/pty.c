/* tests/probe/pty.c - a terminal for a command, driven by a script. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/probe/probe.h"

static char output[1 << 20];
static size_t noutput, matched;

/* Read what the terminal says for at most MS milliseconds; false at its end. */
static bool drain(int master, int ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return true;
	n = read(master, output + noutput, sizeof(output) - 1 - noutput);
	if (n <= 0)
		return false;
	noutput += (size_t)n;
	output[noutput] = 0;
	return true;
}

static size_t unescape(const char *s, char *to)
{
	char *start = to;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] == 'x' && s[2] && s[3]) {
			char hex[3] = { s[2], s[3], 0 };

			*to++ = (char)strtol(hex, NULL, 16);
			s += 3;
		} else if (s[0] == '\\' && s[1] == 'r') {
			*to++ = '\r';
			s++;
		} else {
			*to++ = *s;
		}
	return (size_t)(to - start);
}

static bool same_modes(int slave, const struct termios *before, struct termios *now)
{
	return tcgetattr(slave, now) == 0 && now->c_lflag == before->c_lflag &&
	       now->c_iflag == before->c_iflag && now->c_oflag == before->c_oflag;
}

static bool pty_act(int master, int slave, const struct termios *before, pid_t child,
		    const char *act)
{
	struct termios now;
	const char *arg = act + 2;
	char bytes[1024];
	struct winsize w = { 0 };
	unsigned cols, rows;

	switch (act[0]) {
	case 'e': /* e:TEXT - expect, at most 20 s */
		for (int i = 0; i < 200; i++) {
			char *at = strstr(output + matched, arg);

			if (at) {
				matched = (size_t)(at - output) + strlen(arg);
				return true;
			}
			if (!drain(master, 100))
				break;
		}
		if (strstr(output + matched, arg))
			return true;
		printf("%s\nprobe-pty: never saw %s\n", output, arg);
		return false;
	case 's': /* s:TEXT - send; \r and \xNN are known */
		return write(master, bytes, unescape(arg, bytes)) >= 0;
	case 'r': /* r:COLSxROWS - resize */
		if (sscanf(arg, "%ux%u", &cols, &rows) != 2)
			return false;
		w.ws_col = (unsigned short)cols;
		w.ws_row = (unsigned short)rows;
		return ioctl(master, TIOCSWINSZ, &w) == 0;
	case 'k': /* k:SIGNAL - to the command */
		return kill(child, atoi(arg)) == 0;
	case 'm': /* m: - the modes are as they were, within 20 s */
		for (int i = 0; i < 400; i++) {
			if (same_modes(slave, before, &now))
				return true;
			drain(master, 50);
		}
		printf("%s\nprobe-pty: the modes were never restored\n", output);
		return false;
	case 'w': /* w:MS - wait */
		for (int left = atoi(arg); left > 0; left -= 50)
			if (!drain(master, 50))
				break;
		return true;
	}
	return false;
}

/* probe pty [ACTION...] -- CMD...: run CMD as the leader of a session on a new
 * terminal of 80x24, do the actions in order, wait for its end, print all it
 * said, and a last line "probe-pty: exit N, modes kept|changed". When an action
 * comes to nothing CMD is killed, which says nothing about modes: "exit 99". */
int cmd_pty(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, st, at = 1;
	struct winsize w = { .ws_col = 80, .ws_row = 24 };
	struct termios before, after;
	bool good = true;
	pid_t pid, ended = 0;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("pty");
	/* Our own descriptor of the slave: its modes can be read after CMD's end. */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(master, TIOCSWINSZ, &w) < 0 || tcgetattr(slave, &before) < 0)
		die("pty slave");
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at == argc)
		return 99;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		exec_or_die(argv + at + 1);
	}
	for (int i = 1; i < at && good; i++)
		good = pty_act(master, slave, &before, pid, argv[i]);
	/* It has 30 seconds to end by itself. */
	for (int i = 0; i < 300 && (ended = waitpid(pid, &st, WNOHANG)) == 0 && good; i++)
		drain(master, 100);
	if (ended == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &st, 0);
	}
	while (drain(master, 50) &&
	       poll(&(struct pollfd){ .fd = master, .events = POLLIN }, 1, 50) > 0)
		;
	fwrite(output, 1, noutput, stdout);
	if (!good) {
		puts("\nprobe-pty: exit 99, killed since an action came to nothing");
		return 0;
	}
	printf("\nprobe-pty: exit %d, modes ",
	       WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st));
	if (same_modes(slave, &before, &after))
		puts("kept");
	else
		printf("changed (l %o i %o o %o, were l %o i %o o %o)\n", after.c_lflag,
		       after.c_iflag, after.c_oflag, before.c_lflag, before.c_iflag,
		       before.c_oflag);
	return 0;
}
