/* init/image/start.c - the init inside a container of `cinit run`. A program of its
 * own, without a C library; cinit carries it and starts it as PID 1 from a sealed
 * memfd. All signals are blocked by then.
 *
 * The kernel enters at _start. The configuration lies in a note of this very file,
 * written before the file was sealed. argv is { "/sbin/init", "--", PROGRAM, ... }. */
#include <sys/prctl.h>

#include "init/image/image.h"
#include "init/loop.h"
#include "lib/exitcode.h"

__attribute__((section(".note.cinit"), used, aligned(8))) static const struct init_note init_note = {
	.name_size = sizeof(init_note.name),
	.desc_size = sizeof(init_note.conf),
	.type = 1,
	.name = INIT_NOTE_NAME
};

static const char *init_path(char **envp)
{
	for (; *envp; envp++) {
		const char *e = *envp;

		if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=')
			return e + 5;
	}
	return NULL;
}

/* The slot of "LISTEN_PID=...", or NULL. */
static char **init_listen_pid(char **envp)
{
	static const char name[] = "LISTEN_PID=";

	for (; *envp; envp++) {
		unsigned i = 0;

		while (name[i] && (*envp)[i] == name[i])
			i++;
		if (!name[i])
			return envp;
	}
	return NULL;
}

/* What is in the file is not what the compiler saw. */
static const struct init_conf *init_conf(void)
{
	const struct init_conf *conf = &init_note.conf;

	__asm__("" : "+r"(conf));
	return conf;
}

static void init_fill(struct init_state *st, char **argv, char **envp)
{
	const struct init_conf *conf = init_conf();

	raw_zero(st, sizeof(*st));
	st->pidfd = st->sigfd = -1;
	st->reap = INIT_REAP_ADAPT;
	st->log = INIT_LOG_WARN;
	st->pid1 = raw_call(SYS_getpid, 0, 0, 0) == 1;
	st->mask = conf->mask;
	st->ignored = conf->ignored & ~init_bit(SIGCHLD);
	st->set_ignored = true;
	st->wait_all = conf->wait_all != 0;
	st->follow = conf->follow != 0;
	st->kill_orphans = conf->kill_orphans != 0;
	st->grace_ns = conf->kill_grace_ns;
	st->tty = conf->tty != 0;
	if (st->tty)
		st->own_group = (int32_t)raw_call(SYS_getpgid, 0, 0, 0);
	st->stop_set = init_bit(SIGTERM) | init_bit(SIGINT) | init_bit(SIGQUIT);
	if (conf->stop_signal >= 1 && conf->stop_signal <= 64)
		st->rewrite[SIGTERM - 1] = (uint8_t)conf->stop_signal;
	st->argv = argv;
	st->envp = envp;
	st->path = init_path(envp);
	st->listen_pid = conf->listen_pid && !conf->direct ? init_listen_pid(envp) : NULL;
}

__attribute__((used)) _Noreturn static void init_image_main(char **stack)
{
	long argc = (long)stack[0];
	char **argv = stack + 1, **envp = argv + argc + 1;
	struct init_state st;

	init_fill(&st, argv + 2, envp);
	st.words = argv[0];
	st.pointers = stack;
	if (argc < 3) {
		init_say("init: no program is given", NULL);
		raw_call(SYS_exit_group, EXIT_CINIT, 0, 0);
	}
	if (init_conf()->direct) {
		int err = init_exec(&st);

		raw_call(SYS_exit_group, init_spawn_failed(&st, st.argv, err), 0, 0);
	}
	/* Kernel: a program executed by descriptor is called by the descriptor's
	 * number in ps. */
	raw_call(SYS_prctl, PR_SET_NAME, "init", 0);
	raw_sigaction(SIGCHLD, NULL);
	/* With --pid host or container:ID: whoever is orphaned comes to us. */
	if (!st.pid1)
		raw_call(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0);
	init_live(&st);
}

__asm__(".globl _start\n"
	".type _start, @function\n"
	"_start:\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call init_image_main\n\t"
	"ud2");
