/* tests/unit/start.c - main.c and lib/relro.c: the first moments of the program, in
 * surroundings that no shell would make. Runs the program that CINIT names. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/relro.h"
#include "lib/sys.h"
#include "tests/unit/tap.h"

static char said[4096];

/* Start CINIT with ARGV after PREPARE; what it writes to stderr is in `said`. Returns
 * its exit status as a shell would. */
static int start(char *const argv[], void (*prepare)(void))
{
	int p[2], status = -1;
	ssize_t n;
	size_t have = 0;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		char *const env[] = { NULL };

		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
		dup2(p[1], 2);
		if (prepare)
			prepare();
		execve(getenv("CINIT"), argv, env);
		_exit(99);
	}
	close(p[1]);
	while (have < sizeof(said) - 1 && (n = read(p[0], said + have, sizeof(said) - 1 - have)) > 0)
		have += (size_t)n;
	said[have] = '\0';
	close(p[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_std(void)
{
	close(0);
	close(1);
	close(2);
}

static void close_input(void)
{
	close(0);
	close(1);
}

/* A TERM that is pending when the program starts, as from an impatient parent. */
static void pend_term(void)
{
	const uint64_t term = 1ull << (SIGTERM - 1);

	sys_sigprocmask(SIG_SETMASK, &term, NULL);
	kill(getpid(), SIGTERM);
}

static void test_start(void)
{
	char *const none[] = { NULL };
	char *const empty[] = { (char *)"", NULL };
	char *const nothing[] = { (char *)"cinit", NULL };
	char *const version[] = { (char *)"cinit", (char *)"version", NULL };
	char *const wrong[] = { (char *)"cinit", (char *)"run", (char *)"/nope", NULL };

	is_int(start(none, NULL), 125, "no argv at all is refused");
	is_str(said, "cinit: started with no words at all: argc is 0\n", "in one line");
	is_int(start(empty, NULL), 125, "so is an empty name");
	is_int(start(nothing, NULL), 125, "no command is an error");
	ok(strstr(said, "Usage: cinit COMMAND"), "that shows the usage");
	is_int(start(version, close_std), 0, "closed 0, 1, 2 do no harm");
	is_int(start(wrong, close_input), 125, "an error with closed 0 and 1");
	is_str(said, "cinit: run: ROOTFS /nope: no such directory\n", "is still told");
	is_int(start(wrong, close_std), 125, "and with all closed the status says it");
	is_int(start(version, pend_term), 0, "a blocked signal stays the caller's business");
}

/* Where the program's tables of pointers are, a write must not succeed. */
static void test_relro(void)
{
	int status = 0;

	relro_protect();
	pid_t pid = fork();
	if (pid == 0) {
		struct command *c = (struct command *)(uintptr_t)cli_commands;

		signal(SIGSEGV, SIG_DFL);
		*(const char *volatile *)&c->summary = "other words";
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) || WEXITSTATUS(status) != 0, "relocated tables are read-only");
}

int main(void)
{
	if (!getenv("CINIT")) {
		skip("CINIT does not name a program");
		return done();
	}
	test_start();
	test_relro();
	return done();
}
