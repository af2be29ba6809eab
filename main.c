/* main.c - which role is this process? Nothing else.
 *
 * Before that, and before anything of the caller's is looked at, a cinit that its file
 * gave privileges becomes two processes (runtime/helper/start.c).
 *
 * PID 1, by number or by name: init/. Everything else: the command table of cli/.
 * All signals are blocked since the first instructions (init/entry.c). Only init
 * keeps them so. A command gets its mask back at once and dies of a TERM like any
 * other program, having done nothing yet; once it has something to lose (a
 * container) it takes care of its own signals. */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cinit.h"
#include "cli/cli.h"
#include "init.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/relro.h"
#include "lib/sys.h"
#include "runtime.h"
#include "runtime/priv.h"

/* A PID 1 that was told a command by its own name is no init: `docker run IMAGE
 * cinit version`. */
static bool main_is_init(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	if (argc > 1 && strcmp(slash ? slash + 1 : argv[0], "cinit") == 0 && cli_find(argv[1]))
		return strcmp(argv[1], "init") == 0;
	return init_is_me(argv[0]) || (argc > 1 && strcmp(argv[1], "init") == 0);
}

/* The first code of ours in C. An init is done before libraries have run their
 * constructors: libcap-ng's reads /proc and allocates, which would make each start
 * slower and each idle init bigger. musl tells constructors no arguments; the
 * kernel puts argc and argv right below the environment (the ABI's process
 * initialization), where the C library has left it. */
__attribute__((constructor(101))) static void main_early(void)
{
	char **envp = environ, **argv = envp - 1;
	long argc = 0;

	init_block_signals();
	priv_start();
	while ((long)argv[-1] != argc) {
		argv--;
		argc++;
	}
	if (argc > 0 && argv[0][0] && main_is_init((int)argc, argv)) {
		priv_end();
		_exit(init_main((int)argc, argv, envp, init_caller_mask));
	}
}

/* Twice what `cinit run` has been seen to use. */
enum { STACK_LEAST = 128 << 10 };

int main(int argc, char **argv)
{
	/* A caller who leaves out even the name (CVE-2021-4034) is up to something,
	 * and every argv[1] below would be an environment variable. Kernel: since 5.18
	 * such a program gets one empty word instead; execve(2). */
	if (argc < 1 || !argv[0] || !argv[0][0]) {
		fail_plain("started with no words at all: argc is 0");
		err_print();
		return EXIT_CINIT;
	}
	/* But SIGXFSZ: where files may not grow, write(2) says so, and then we. */
	const uint64_t mask = init_caller_mask | 1ull << (SIGXFSZ - 1);
	sys_sigprocmask(SIG_SETMASK, &mask, NULL);
	relro_protect();
	/* Or the next file that is opened would be somebody's stderr. */
	fd_fill_std();
	/* Less ends in the middle of something, and by a signal. */
	if (limits_enough(RLIMIT_STACK, STACK_LEAST) < 0) {
		err_print();
		return EXIT_CINIT;
	}
	int code = cli_main(argc, argv);
	priv_end();
	return code;
}
