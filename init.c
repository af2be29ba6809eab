/* init.c - the role of PID 1, up to the point where its program starts. The process
 * is a container's PID 1, a machine's, or a child like any other; all signals are
 * blocked since its first instructions and stay so.
 *
 * Order: by what name are we called; environment; options; what only a machine
 * needs; who adopts orphans; the terminal; then init_live() (init/loop.c), from
 * which nothing returns. Nothing is allocated: what is not on the stack would stay
 * resident for years. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "cinit.h"
#include "init.h"
#include "init/opts.h"
#include "lib/err.h"
#include "lib/sys.h"

#define TINI_VERSION "0.19.0"
#define DUMB_INIT_VERSION "1.2.5"
#define CATATONIT_VERSION "0.2.1"

/* At the end of a machine, between TERM and KILL for all that is left. */
#define MACHINE_GRACE_NS 2000000000ull

static const char license[] =
	"cinit is free software under the MIT license: it may be used, copied, changed\n"
	"and passed on, with its copyright notice, and comes without any warranty.\n";

static const char *init_base_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return slash ? slash + 1 : argv0;
}

static const struct {
	char word[16];
	enum init_name name;
} init_names[] = {
	{ "init", INIT_AS_CINIT },
	{ "tini", INIT_AS_TINI },
	{ "tini-static", INIT_AS_TINI },
	{ "docker-init", INIT_AS_TINI },
	{ "dumb-init", INIT_AS_DUMB_INIT },
	{ "catatonit", INIT_AS_CATATONIT },
	{ "podman-init", INIT_AS_CATATONIT },
};

/* The row of NAME, or -1. */
static int init_name_row(const char *name)
{
	for (size_t i = 0; i < sizeof(init_names) / sizeof(init_names[0]); i++)
		if (strcmp(name, init_names[i].word) == 0)
			return (int)i;
	return -1;
}

bool init_is_me(const char *argv0)
{
	return init_name_row(init_base_name(argv0)) >= 0 || getpid() == 1;
}

static void init_print(const char *text)
{
	ssize_t n = write(STDOUT_FILENO, text, strlen(text));

	(void)n;
}

/* What programs that look for the replaced init expect to read: dockerd and podman
 * ask theirs for its version. */
static void init_print_version(enum init_name name)
{
	switch (name) {
	case INIT_AS_TINI:
		init_print("tini version " TINI_VERSION " - cinit " CINIT_VERSION "\n");
		break;
	case INIT_AS_DUMB_INIT:
		init_print("dumb-init v" DUMB_INIT_VERSION " (cinit " CINIT_VERSION ")\n");
		break;
	case INIT_AS_CATATONIT:
		init_print("tini version " CATATONIT_VERSION "_catatonit (cinit " CINIT_VERSION
			   ")\n");
		break;
	case INIT_AS_CINIT:
		init_print("cinit init version " CINIT_VERSION "\n");
		break;
	}
}

static void init_print_help(const char *name)
{
	dprintf(STDOUT_FILENO,
		"Usage: %s [OPTIONS] [--] PROGRAM [ARG...]\n\n"
		"Run PROGRAM, forward signals to it, reap orphans, exit with its code.\n",
		name);
	opt_help(init_opts, stdout);
	fflush(stdout);
	dprintf(STDOUT_FILENO, "\nEvery long option can also be given in the environment, as in\n"
			       "CINIT_WAIT_ALL=1 or CINIT_DELAY=TERM=5s,INT=1s.\n");
}

/* What the name and the options make of the state, where one asks for the other. */
static int init_settle(struct init_args *a)
{
	struct init_state *st = a->st;

	if (a->session + a->same_group + a->single_child > 1)
		return fail_plain("init: only one of --session, --same-group and --single-child "
				  "can be had");
	st->group = INIT_GROUP_OWN;
	if (a->session || (a->name == INIT_AS_DUMB_INIT && !a->single_child && !a->same_group))
		st->group = INIT_GROUP_SESSION;
	else if (a->same_group || (a->name == INIT_AS_DUMB_INIT && a->single_child))
		st->group = INIT_GROUP_SAME;
	if (st->group == INIT_GROUP_SAME && a->process_group)
		return fail_plain("init: --process-group would reach init itself "
				  "when the program has no group of its own");
	st->to_group = a->process_group || st->group == INIT_GROUP_SESSION;
	if (st->group == INIT_GROUP_SESSION) {
		/* A session without a shell cannot go on after TSTP; STOP it can be
		 * told to leave from outside. As dumb-init has it. */
		static const uint8_t stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };

		for (size_t i = 0; i < sizeof(stops); i++)
			if (!st->rewrite[stops[i] - 1])
				st->rewrite[stops[i] - 1] = SIGSTOP;
		/* It would reach a program on its way into the background. */
		st->term_group = !a->follow;
	}
	st->wait_all = a->wait_all;
	st->follow = a->follow;
	st->pause = a->pause;
	st->pre = a->pre;
	st->post = a->post;
	st->log = (uint8_t)(a->verbose < INIT_LOG_DEBUG ? a->verbose : INIT_LOG_DEBUG);
	st->log_reaps = a->warn_reap || st->log >= INIT_LOG_DEBUG;
	st->stop_set = init_bit(SIGTERM) | init_bit(SIGINT) | init_bit(SIGQUIT);
	if (st->log_reaps)
		st->reap = INIT_REAP_WAIT4;
	if (a->setuid && init_find_user(a->setuid, st) < 0)
		return fail_in("init: --setuid");
	if (a->setgid && init_find_group(a->setgid, st) < 0)
		return fail_in("init: --setgid");
	return 0;
}

/* Orphans and the parent's death. PARENT is the one that we had at first. */
static int init_family(struct init_args *a, pid_t parent)
{
	struct init_state *st = a->st;
	bool adopt = a->subreaper || a->name == INIT_AS_CATATONIT || st->wait_all || st->follow ||
		     st->kill_orphans;

	if (!st->pid1 && adopt && prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
		return fail("init: become a subreaper");
	if (!st->pid1 && !adopt && !st->pause && a->name <= INIT_AS_TINI && st->log >= INIT_LOG_WARN)
		note("not PID 1 and no subreaper: orphans go to somebody else; -s adopts them");
	if (!a->parent_death_signal)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, (long)a->parent_death_signal) < 0)
		return fail("init: ask for signal %d at the parent's death", a->parent_death_signal);
	/* It may have died before it was asked for. */
	if (getppid() != parent)
		kill(getpid(), a->parent_death_signal);
	return 0;
}

/* Give the terminal up, so that the program's session can have it. Kernel: a leader
 * that does so sends HUP and CONT to its group, that is to init; they say nothing
 * to the program, unless somebody else had sent the same before. */
static void init_leave_tty(void)
{
	const uint64_t ours = init_bit(SIGHUP) | init_bit(SIGCONT);
	const struct raw_time now = { 0, 0 };
	uint64_t before = 0, drop;
	siginfo_t info;

	if (getsid(0) != getpid()) {
		ioctl(STDIN_FILENO, TIOCNOTTY);
		return;
	}
	raw_call(SYS_rt_sigpending, &before, sizeof(before), 0);
	if (ioctl(STDIN_FILENO, TIOCNOTTY) < 0)
		return;
	drop = ours & ~before;
	while (drop && raw_call4(SYS_rt_sigtimedwait, &drop, &info, &now, sizeof(drop)) > 0)
		continue;
}

/* Is stdin a terminal? Then its foreground is handed to the program's group while
 * init's own group has it: an init in the background of a shell takes nothing. */
static void init_look_at_tty(struct init_state *st)
{
	pid_t group = 0;

	if (st->group == INIT_GROUP_SESSION) {
		init_leave_tty();
		return;
	}
	if (st->group == INIT_GROUP_SAME || ioctl(STDIN_FILENO, TIOCGPGRP, &group) < 0)
		return;
	st->tty = true;
	st->own_group = getpgrp();
	/* A PID 1 has no shell above it that could continue what has stopped. */
	st->jobs = !st->pid1;
	if (st->jobs)
		st->reap = INIT_REAP_WAIT4;
}

/* PID 1 of a machine that cannot do what it was told: a kernel panic would say less. */
_Noreturn static void init_machine_fail(void)
{
	err_print();
	for (;;) {
		sync();
		reboot(RB_POWER_OFF);
		sleep(3600);
	}
}

/* From words to a state. -1 with fail(); 1: all is done, exit with 0. */
static int init_prepare(struct init_args *a, int argc, char **argv, char **envp)
{
	struct init_state *st = a->st;
	pid_t parent = getppid();
	struct opt_parse p = { .rows = init_opts, .args = a, .command = "init" };

	if (init_read_env(a, envp) < 0 || opt_parse(&p, argc, argv) < 0)
		return -1;
	if (p.help || a->version || a->license) {
		if (p.help)
			init_print_help(init_base_name(argv[0]));
		else if (a->version)
			init_print_version(a->name);
		else
			init_print(license);
		return 1;
	}
	if (init_settle(a) < 0)
		return -1;
	st->argv = argv + p.first;
	if (!st->pause && p.first >= argc)
		return fail_plain("init: no program is given: %s [OPTIONS] [--] PROGRAM [ARG...]",
				  init_base_name(argv[0]));
	if (st->pause && p.first < argc)
		return fail_plain("init: --pause runs no program, but %s was given", st->argv[0]);
	if (st->listen_pid && strtoul(*st->listen_pid + 11, NULL, 10) != (unsigned long)getpid())
		st->listen_pid = NULL;
	if (init_family(a, parent) < 0)
		return -1;
	init_look_at_tty(st);
	return 0;
}

int init_main(int argc, char **argv, char **envp, uint64_t mask)
{
	struct init_state st = {
		.mask = mask,
		.pidfd = -1,
		.sigfd = -1,
		.reap = INIT_REAP_ADAPT,
		.log = INIT_LOG_WARN,
		.envp = envp,
		.words = argv[0],
		.pointers = argv,
	};
	struct init_args a = { .st = &st, .verbose = INIT_LOG_WARN };
	int row = init_name_row(init_base_name(argv[0])), ret;

	/* Ignored signals stay so over fork and exec, without our doing. But who
	 * ignores SIGCHLD never hears of its children's end, and neither init nor any
	 * program expects that. */
	raw_sigaction(SIGCHLD, NULL);
	st.pid1 = getpid() == 1;
	if (row >= 0) {
		a.name = init_names[row].name;
	} else if (argc > 1 && strcmp(argv[1], "init") == 0) {
		argc--;
		argv++;
	}
	if (st.pid1 && init_is_machine())
		a.boot = true;
	ret = init_prepare(&a, argc, argv, envp);
	if (a.boot && st.pid1 && ret <= 0) {
		init_boot();
		if (ret < 0)
			init_machine_fail();
		st.machine = st.kill_orphans = true;
		if (!st.grace_ns)
			st.grace_ns = MACHINE_GRACE_NS;
	}
	if (ret > 0)
		return 0;
	if (ret < 0) {
		err_print();
		return EXIT_CINIT;
	}
	init_live(&st);
}
