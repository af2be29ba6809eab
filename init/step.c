/* init/step.c - what happens next. The process is a running init; the loop calls
 * in here when something rare has happened.
 *
 * An init goes through phases: DUE (something is to be started, now or later),
 * PRE (the --pre command runs), RUN, SEEK (the program has ended, and it is not known
 * yet whether it goes on in the background), LEFT (descendants are waited for), POST.
 * Each phase has a row that says which signals are taken off the queue. A signal that
 * is not taken is not lost: the kernel keeps it, with its value, until a phase comes
 * that has somebody to give it to. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "init/loop.h"
#include "lib/exitcode.h"

#define ALL_SIGNALS (~0ull)
#define MS 1000000ull
/* What there is to say against it: an option of the one, of the other the default. */
#ifdef INIT_IMAGE
#define FOLLOW_NOT " (--no-follow: it is not)"
#else
#define FOLLOW_NOT ""
#endif
#define SECOND (1000 * MS)

enum {
	FORK_BACKOFF_MS = 10, /* doubled at each failure ... */
	FORK_BACKOFF_MAX_MS = 1000,
	RESTART_BACKOFF_MS = 100,
	RESTART_BACKOFF_MAX_MS = 30000,
	RESTART_GOOD_S = 10, /* a program that ran so long starts afresh */
	RETRY_MS = 5,        /* a full signal queue */
	NAME_SETTLED_S = 10,
	FOLLOW_AGAIN_S = 1, /* who goes into the background may fork twice, in this time */
	SEEKS_ASLEEP = 5,   /* looks after 1, 2, 4, 8, 16 ms, ... */
	SEEKS_AWAKE = 65,   /* ... and each 16 ms until a second is over */
};

/* ---- time ---- */

INIT_RESIDENT static void init_earlier(uint64_t *due, uint64_t other)
{
	if (other && (!*due || other < *due))
		*due = other;
}

/* The next of all the times that something is due at. */
INIT_RESIDENT static void init_set_due(struct init_state *st)
{
	st->due = 0;
	init_earlier(&st->due, st->retry);
	if (st->phase == INIT_LEFT)
		init_earlier(&st->due, st->deadline);
	if (st->phase == INIT_DUE)
		init_earlier(&st->due, st->start_at);
	if (st->phase == INIT_SEEK)
		init_earlier(&st->due, st->seek_at);
	for (int i = 0; i < INIT_DELAYS; i++)
		init_earlier(&st->due, st->delay[i].due);
}

/* FIRST milliseconds doubled N times, in nanoseconds. */
INIT_RESIDENT static uint64_t init_backoff(uint32_t n, uint32_t first, uint32_t max)
{
	uint64_t ms = n > 16 ? max : (uint64_t)first << n;

	return (ms < max ? ms : max) * MS;
}

/* ---- phases ---- */

/* Take the signals of TAKE, from here on. */
INIT_RESIDENT static void init_set_take(struct init_state *st, uint64_t take)
{
	st->take = take;
	if (st->sigfd >= 0)
		raw_call4(SYS_signalfd4, st->sigfd, &st->take, sizeof(st->take), 0);
}

INIT_RESIDENT static void init_set_phase(struct init_state *st, enum init_phase phase)
{
	uint64_t special = 0;

	st->phase = (uint8_t)phase;
	st->special = ALL_SIGNALS;
	switch (phase) {
	case INIT_DUE:
	case INIT_PRE:
	case INIT_POST:
		init_set_take(st, st->stop_set | init_bit(SIGCHLD));
		break;
	case INIT_RUN:
		init_set_take(st, ALL_SIGNALS);
		if (st->log >= INIT_LOG_DEBUG)
			break;
		for (int i = 0; i < INIT_DELAYS; i++)
			if (st->delay[i].sig)
				special |= init_bit(st->delay[i].sig);
		if (st->restart || st->follow)
			special |= st->stop_set;
		if (st->tty)
			special |= init_bit(SIGCONT);
		if (st->group == INIT_GROUP_SESSION)
			special |= init_bit(SIGTSTP) | init_bit(SIGTTIN) | init_bit(SIGTTOU);
		st->special = special;
		break;
	case INIT_SEEK:
		init_set_take(st, init_bit(SIGCHLD));
		break;
	case INIT_LEFT:
	case INIT_PAUSE:
		init_set_take(st, ALL_SIGNALS);
		break;
	}
	init_set_due(st);
}

/* After power off the kernel may take a moment; and if it refuses, PID 1 of a
 * machine must not end, or the kernel panics. */
INIT_RESIDENT _Noreturn static void init_machine_end(const struct init_state *st)
{
	static const uint32_t command[] = {
		[INIT_POWEROFF] = 0x4321fedc, /* LINUX_REBOOT_CMD_POWER_OFF */
		[INIT_REBOOT] = 0x01234567,   /* LINUX_REBOOT_CMD_RESTART */
		[INIT_HALT] = 0xcdef0123,     /* LINUX_REBOOT_CMD_HALT */
	};
	struct raw_time hour = { 3600, 0 };
	char buf[24];

	init_say("program ended with status ", init_text(buf, (uint64_t)(uint32_t)st->code), NULL);
	raw_call(SYS_sync, 0, 0, 0);
	/* reboot(2): two magic numbers, then the command. */
	raw_call(SYS_reboot, 0xfee1dead, 672274793, command[st->reboot]);
	for (;;)
		raw_call(SYS_nanosleep, &hour, NULL, 0);
}

INIT_RESIDENT _Noreturn static void init_exit(struct init_state *st)
{
	int code = st->code & 0xff;

	if (st->remap[code / 64] >> (code % 64) & 1)
		code = 0;
	if (st->machine) {
		st->code = code;
		init_machine_end(st);
	}
	for (;;)
		raw_call(SYS_exit_group, code, 0, 0);
}

/* ---- starting ---- */

INIT_RESIDENT static void init_start(struct init_state *st, enum init_phase what);

INIT_RESIDENT static void init_start_later(struct init_state *st, enum init_phase what, uint64_t ns)
{
	st->next = (uint8_t)what;
	st->start_at = raw_now() + ns;
	init_set_phase(st, INIT_DUE);
}

INIT_RESIDENT static void init_finish(struct init_state *st);

/* Kernel: all queued signals of a user count against RLIMIT_SIGPENDING, and a send
 * looks at the limit of who is to get it. Were the limits of init and program the
 * same, a sender could fill up init's queue so that nothing could be passed on, for
 * ever. So init's own is one less than the program's while the program runs. */
INIT_RESIDENT static void init_reserve(struct init_state *st, bool on)
{
	struct rlimit limit;

	if (raw_call4(SYS_prlimit64, 0, RLIMIT_SIGPENDING, NULL, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY || st->reserved == on || (on && limit.rlim_cur < 2))
		return;
	limit.rlim_cur += on ? (rlim_t)-1 : 1;
	if (raw_call4(SYS_prlimit64, 0, RLIMIT_SIGPENDING, &limit, NULL) == 0)
		st->reserved = on;
}

/* PID is the program from here on: it has gone into the background. */
INIT_RESIDENT static void init_follow(struct init_state *st, int pid)
{
	if (!st->follow_until) {
		st->follow_until = raw_now() + FOLLOW_AGAIN_S * SECOND;
		if (st->log >= INIT_LOG_WARN)
			init_say(st->name,
				 " went on in the background: its end there is waited for",
				 FOLLOW_NOT, NULL);
	}
	st->pid = pid;
	st->seeks = 0;
	init_reserve(st, true);
	init_set_phase(st, INIT_RUN);
	if (st->reap == INIT_REAP_AUTO)
		init_auto_on(st);
}

/* The program has ended with 0, and nobody had asked it to. Does it go on? True: it
 * does, or it is too early to say. Who forks twice is found at each of his ends. */
INIT_RESIDENT static bool init_seek(struct init_state *st)
{
	int pid;

	if (!st->follow || st->code != 0 || st->stopping || !st->name[0] ||
	    (st->follow_until && raw_now() >= st->follow_until))
		return false;
	pid = init_left_daemon(st, st->seeks >= SEEKS_AWAKE);
	if (pid > 0) {
		init_follow(st, pid);
		return true;
	}
	if (pid == 0 || (pid == INIT_ASLEEP && st->seeks >= SEEKS_ASLEEP))
		return false;
	st->seek_at = raw_now() + init_backoff(st->seeks++, 1, 16);
	init_set_phase(st, INIT_SEEK);
	return true;
}

INIT_RESIDENT static void init_gone(struct init_state *st);

/* A program ran, or should have, and CODE is what came of it. */
INIT_RESIDENT static void init_ended(struct init_state *st, int code)
{
	st->pid = 0;
	st->code = code;
	init_reserve(st, false);
	for (int i = 0; i < INIT_DELAYS; i++)
		st->delay[i].due = 0;
	st->held.si_signo = 0;
	st->retry = 0;
	if (!init_seek(st))
		init_gone(st);
}

/* Nothing of the program goes on. */
INIT_RESIDENT static void init_gone(struct init_state *st)
{
	char buf[24], buf2[24];
	int code = st->code;

	st->follow_until = 0;
	st->seeks = 0;
	if (st->log >= INIT_LOG_INFO)
		init_say("the program ended with status ", init_text(buf, (uint64_t)code), NULL);
	if (st->restart == INIT_RESTART_NO || st->stopping ||
	    (st->restart == INIT_RESTART_ON_FAILURE && code == 0)) {
		init_finish(st);
		return;
	}
	if (st->restarts_left == 0) {
		init_say("the program ended with status ", init_text(buf, (uint64_t)code),
			 "; no restarts are left", NULL);
		init_finish(st);
		return;
	}
	if (st->restarts_left != UINT32_MAX)
		st->restarts_left--;
	if (raw_now() - st->started >= RESTART_GOOD_S * SECOND)
		st->failures = 0;
	uint64_t wait = init_backoff(st->failures++, RESTART_BACKOFF_MS, RESTART_BACKOFF_MAX_MS);

	if (st->log >= INIT_LOG_WARN)
		init_say("the program ended with status ", init_text(buf, (uint64_t)code),
			 "; it is started again in ", init_text(buf2, wait / MS), " ms", NULL);
	init_start_later(st, INIT_RUN, wait);
}

/* The program runs as PID. */
INIT_RESIDENT static void init_started(struct init_state *st, int pid)
{
	char buf[24];

	st->pid = pid;
	st->home = st->group == INIT_GROUP_SESSION ? pid : (int32_t)raw_call(SYS_getsid, 0, 0, 0);
	st->started_once = true;
	init_reserve(st, true);
	if (st->restart || st->follow)
		st->started = raw_now();
	init_set_phase(st, INIT_RUN);
	if (st->log >= INIT_LOG_INFO)
		init_say("started ", st->argv[0], ", pid ", init_text(buf, (uint64_t)pid), NULL);
	if (st->reap == INIT_REAP_AUTO)
		init_auto_on(st);
}

INIT_RESIDENT static int init_start_hook(struct init_state *st, const char *line, int *err)
{
	/* $1 of the --post command is the exit code. argv[-1] is spawn's to use. */
	char buf[24];
	char *argv[] = { NULL,
			 (char *)"/bin/sh",
			 (char *)"-c",
			 (char *)(uintptr_t)line,
			 (char *)"cinit",
			 init_text(buf, (uint64_t)(st->code & 0xff)),
			 NULL };

	return init_spawn(st, argv + 1, true, err);
}

/* Start what belongs to phase WHAT: PRE, RUN or POST. */
INIT_RESIDENT static void init_start(struct init_state *st, enum init_phase what)
{
	const char *line = what == INIT_PRE ? st->pre : what == INIT_POST ? st->post : NULL;
	char buf[24], buf2[24];
	int err = 0, code;
	int pid = line ? init_start_hook(st, line, &err) : init_spawn(st, st->argv, false, &err);

	if (pid < 0) {
		uint64_t wait = init_backoff(st->forks_failed++, FORK_BACKOFF_MS,
					     FORK_BACKOFF_MAX_MS);

		if (!st->said_again)
			init_say("start ", line ? line : st->argv[0], ": ", init_errno(buf2, -pid),
				 "; trying again until it works", NULL);
		st->said_again = true;
		init_start_later(st, what, wait);
		return;
	}
	st->said_again = false;
	st->forks_failed = 0;
	if (pid > 0 && !line) {
		init_started(st, pid);
		return;
	}
	if (pid > 0) {
		st->hook = pid;
		init_set_phase(st, what);
		if (st->log >= INIT_LOG_INFO)
			init_say("started ", line, ", pid ", init_text(buf, (uint64_t)pid), NULL);
		return;
	}
	if (line) {
		init_say(line, ": /bin/sh: ", init_errno(buf, err), NULL);
		if (what == INIT_PRE)
			st->code = err == ENOENT ? EXIT_NOTFOUND : EXIT_NOEXEC;
		init_exit(st);
	}
	code = init_spawn_failed(st, st->argv, err);
	/* A typing error does not get better by trying. */
	if (!st->started_once)
		st->restart = INIT_RESTART_NO;
	st->started = raw_now();
	init_ended(st, code);
}

INIT_RESIDENT void init_begin(struct init_state *st)
{
	st->begun = st->rare = true;
	if (st->pause) {
		if (st->reap != INIT_REAP_WAIT4)
			raw_sigaction(SIGCHLD, (void *)1);
		init_set_phase(st, INIT_PAUSE);
	} else {
		init_start(st, st->pre ? INIT_PRE : INIT_RUN);
	}
}

/* ---- ending ---- */

/* Back to wait4(). */
INIT_RESIDENT static void init_auto_off(struct init_state *st)
{
	if (!st->autoreap)
		return;
	raw_sigaction(SIGCHLD, NULL);
	raw_call(SYS_close, st->pidfd, 0, 0);
	raw_call(SYS_close, st->sigfd, 0, 0);
	st->pidfd = st->sigfd = -1;
	st->autoreap = false;
}

INIT_RESIDENT static void init_after_left(struct init_state *st)
{
	st->deadline = 0;
	st->kill_orphans = st->wait_all = false;
	if (st->post)
		init_start(st, INIT_POST);
	else
		init_exit(st);
}

/* The program is gone for good. */
INIT_RESIDENT static void init_finish(struct init_state *st)
{
	if (!st->kill_orphans && !st->wait_all) {
		init_after_left(st);
		return;
	}
	if (st->kill_orphans) {
		if (st->grace_ns) {
			init_left_signal(st, SIGTERM);
			/* Who is stopped takes no TERM until it goes on. */
			init_left_signal(st, SIGCONT);
		}
		st->deadline = raw_now() + st->grace_ns;
	}
	init_set_phase(st, INIT_LEFT);
	init_reap(st);
}

INIT_RESIDENT void init_alone(struct init_state *st)
{
	if (st->phase == INIT_LEFT)
		init_after_left(st);
	else if (st->phase == INIT_SEEK)
		init_gone(st);
}

/* The program has stopped, by ^Z or by a read in the background. The shell that
 * started init sees only init: so init stops too, and the shell gets the terminal
 * back. When the shell continues init it has decided who is in the foreground. */
INIT_RESIDENT static void init_stopped(struct init_state *st)
{
	if (st->tty)
		init_tty_hand(st->pid, st->own_group);
	raw_call(SYS_kill, raw_call(SYS_getpid, 0, 0, 0), SIGSTOP, 0);
	/* Continued: by fg, or by bg. */
	if (st->tty)
		init_tty_hand(st->own_group, st->pid);
	raw_call(SYS_kill, -st->pid, SIGCONT, 0);
}

INIT_RESIDENT static void init_program_ended(struct init_state *st, int status)
{
	int code = exitcode_of(status);

	if (st->term_group && st->pidfd >= 0)
		raw_call4(SYS_pidfd_send_signal, st->pidfd, SIGTERM, NULL, INIT_SIGNAL_GROUP);
	else if (st->term_group)
		raw_call(SYS_kill, -st->pid, SIGTERM, 0);
	init_auto_off(st);
	if (st->tty)
		init_tty_hand(st->pid, st->own_group);
	init_ended(st, code);
}

INIT_RESIDENT static void init_hook_ended(struct init_state *st, int status)
{
	int code = exitcode_of(status);
	char buf[24];

	st->hook = 0;
	if (code && (st->phase == INIT_POST || !st->stopping))
		init_say(st->phase == INIT_PRE ? st->pre : st->post, ": ended with status ",
			 init_text(buf, (uint64_t)code),
			 st->phase == INIT_PRE ? "; the program is not started" : "", NULL);
	if (st->phase == INIT_POST)
		init_exit(st);
	if (code)
		st->code = code;
	if (code || st->stopping)
		init_exit(st);
	init_start(st, INIT_RUN);
}

INIT_RESIDENT void init_child_event(struct init_state *st, int pid, int status)
{
	if ((status & 0xff) == 0x7f) {
		if (pid == st->pid)
			init_stopped(st);
	} else if (pid == st->pid) {
		init_program_ended(st, status);
	} else {
		init_hook_ended(st, status);
	}
}

INIT_RESIDENT void init_orphan(struct init_state *st, int pid, int status)
{
	char buf[24], buf2[24];

	(void)st;
	init_say("reaped orphan ", init_text(buf, (uint64_t)pid), ", status ",
		 init_text(buf2, (unsigned)exitcode_of(status)), NULL);
}

/* ---- signals ---- */

/* Without a program, SIG asks to come to an end. */
INIT_RESIDENT static void init_stop(struct init_state *st, int sig)
{
	st->stopping = true;
	if (st->phase == INIT_DUE) {
		if (!st->started_once && st->next != INIT_POST)
			st->code = 128 + sig;
		if (st->started_once && st->next == INIT_RUN)
			init_finish(st);
		else
			init_exit(st);
		return;
	}
	if (st->phase == INIT_PRE)
		st->code = 128 + sig;
	if (st->hook > 0)
		raw_call(SYS_kill, -st->hook, sig, 0);
}

/* dumb-init's way with a terminal's stop signals: the session gets what they are
 * rewritten to (STOP), then init stops as well. */
INIT_RESIDENT static bool init_stop_session(struct init_state *st, siginfo_t *info, int sig)
{
	int to = st->rewrite[sig - 1];

	if (to != INIT_DROP)
		init_send(st, to ? to : sig, info);
	raw_call(SYS_kill, raw_call(SYS_getpid, 0, 0, 0), SIGSTOP, 0);
	return true;
}

/* Is SIG to be sent later? Then note when. One that has come already is enough. */
INIT_RESIDENT static bool init_delayed(struct init_state *st, int sig)
{
	for (int i = 0; i < INIT_DELAYS; i++) {
		struct init_delay *d = &st->delay[i];

		if (d->sig != sig)
			continue;
		if (!d->due)
			d->due = raw_now() + d->ns;
		init_set_due(st);
		return true;
	}
	return false;
}

INIT_RESIDENT bool init_special(struct init_state *st, siginfo_t *info, int sig)
{
	char buf[24];

	if (st->log >= INIT_LOG_DEBUG && !(sig == SIGCHLD && info->si_code > 0))
		init_say("signal ", init_text(buf, (uint64_t)sig), NULL);
	switch (st->phase) {
	case INIT_RUN:
		break;
	case INIT_PAUSE:
		if (sig == SIGTERM || sig == SIGINT) {
			st->code = 0;
			init_exit(st);
		}
		return true;
	case INIT_LEFT:
		if (sig != SIGCHLD)
			init_left_signal(st, sig);
		return true;
	default:
		if (sig != SIGCHLD)
			init_stop(st, sig);
		return true;
	}
	if (st->stop_set & init_bit(sig))
		st->stopping = true;
	if (st->tty && sig == SIGCONT)
		init_tty_hand(st->own_group, st->pid);
	if (st->group == INIT_GROUP_SESSION && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		return init_stop_session(st, info, sig);
	return init_delayed(st, sig);
}

/* Kernel: a queue holds RLIMIT_SIGPENDING signals that carry a value. A standard
 * signal goes without it then, which always works. Real-time ones wait in our own
 * queue, in their order, until the first of them fits. */
INIT_RESIDENT void init_hold(struct init_state *st, const siginfo_t *info, int sig)
{
	if (sig < 32) {
		init_send(st, sig, NULL);
		return;
	}
	raw_copy(&st->held, info, sizeof(st->held));
	st->held.si_signo = sig;
	init_set_take(st, init_bit(32) - 1);
	st->retry = raw_now() + RETRY_MS * MS;
	init_set_due(st);
}

INIT_RESIDENT static void init_send_held(struct init_state *st, uint64_t now)
{
	int sig = st->held.si_signo;

	if (st->phase == INIT_RUN && init_send(st, sig, &st->held) == -EAGAIN) {
		st->retry = now + RETRY_MS * MS;
		return;
	}
	st->held.si_signo = 0;
	st->retry = 0;
	init_set_phase(st, st->phase);
}

INIT_RESIDENT void init_timer(struct init_state *st)
{
	uint64_t now = raw_now();

	if (st->retry && now >= st->retry)
		init_send_held(st, now);
	for (int i = 0; i < INIT_DELAYS; i++) {
		struct init_delay *d = &st->delay[i];
		int to;

		if (!d->due || now < d->due)
			continue;
		d->due = 0;
		to = st->rewrite[d->sig - 1];
		if (st->phase == INIT_RUN && to != INIT_DROP)
			init_send(st, to ? to : d->sig, NULL);
	}
	if (st->phase == INIT_LEFT && st->deadline && now >= st->deadline) {
		/* Who is killed may leave children behind, for us to find next time. */
		init_left_signal(st, SIGKILL);
		st->deadline = now + 100 * MS;
	}
	init_set_due(st);
	if (st->phase == INIT_DUE && now >= st->start_at)
		init_start(st, st->next);
	if (st->phase == INIT_SEEK && now >= st->seek_at && !init_seek(st))
		init_gone(st);
}

/* ---- the kernel reaps ---- */

/* linux/pidfd.h of 6.15; older headers lack it. */
struct pidfd_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code; /* a wait status */
};

#define PIDFD_INFO_EXIT (1ull << 3)
#define PIDFD_GET_INFO _IOWR(0xff, 11, struct pidfd_info)

/* Kernel: that PIDFD_INFO_EXIT is there cannot be asked of a living process, which
 * has none either way; the release says it. An emulated kernel that only claims the
 * release fails at the ioctl. */
INIT_RESIDENT static bool init_kernel_tells(long pidfd)
{
	struct pidfd_info info;
	char names[6][65]; /* struct utsname: sysname, nodename, release ... */
	unsigned major = 0, minor = 0;
	const char *p = names[2];

	raw_zero(&info, sizeof(info));
	info.mask = PIDFD_INFO_EXIT;
	if (raw_call(SYS_ioctl, pidfd, PIDFD_GET_INFO, &info) < 0 ||
	    raw_call(SYS_uname, names, 0, 0) < 0)
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		major = major * 10 + (unsigned)(*p - '0');
	for (p += *p == '.'; *p >= '0' && *p <= '9'; p++)
		minor = minor * 10 + (unsigned)(*p - '0');
	return major > 6 || (major == 6 && minor >= 15);
}

INIT_RESIDENT void init_auto_on(struct init_state *st)
{
	const uint64_t all = ALL_SIGNALS;
	long pidfd, sigfd = -1;

	/* Reaped by the kernel the program leaves no name, which a daemon of it would be
	 * known by. The one it has now will do, when it has had time to become what it
	 * is to be by exec. */
	if (st->follow && st->reap == INIT_REAP_ADAPT &&
	    raw_now() - st->started < NAME_SETTLED_S * SECOND) {
		st->orphans = 0;
		return;
	}
	if (st->follow)
		init_left_name(st);
	pidfd = raw_call(SYS_pidfd_open, st->pid, 0, 0);
	if (pidfd >= 0 && init_kernel_tells(pidfd))
		sigfd = raw_call4(SYS_signalfd4, -1, &all, sizeof(all), O_CLOEXEC | O_NONBLOCK);
	if (sigfd < 0) {
		if (pidfd >= 0)
			raw_call(SYS_close, pidfd, 0, 0);
		st->reap = INIT_REAP_WAIT4;
		return;
	}
	st->pidfd = (int32_t)pidfd;
	st->sigfd = (int32_t)sigfd;
	st->autoreap = true;
	raw_sigaction(SIGCHLD, (void *)1);
	/* Who ended before that line is still a zombie: take them. The program may
	 * be one of them; the pidfd hangs up then as it would have later. */
	init_reap(st);
}

INIT_RESIDENT void init_auto_ended(struct init_state *st)
{
	struct pidfd_info info;
	long ret;
	char buf[24];

	raw_zero(&info, sizeof(info));
	info.mask = PIDFD_INFO_EXIT;
	ret = raw_call(SYS_ioctl, st->pidfd, PIDFD_GET_INFO, &info);
	if (ret < 0 || !(info.mask & PIDFD_INFO_EXIT)) {
		init_say("the kernel does not tell the program's exit status: ",
			 init_errno(buf, (int)-ret), NULL);
		info.exit_code = EXIT_CINIT << 8;
	}
	init_program_ended(st, info.exit_code);
	init_reap(st);
}

/* Only a kernel short of memory gets here. Say it once a while, and go on. */
INIT_RESIDENT void init_wait_failed(struct init_state *st, long err)
{
	struct raw_time pause = { 0, 100 * MS };
	char buf[24];

	if (!st->said_again)
		init_say("wait for a signal: ", init_errno(buf, (int)-err), "; going on", NULL);
	st->said_again = true;
	raw_call(SYS_nanosleep, &pause, NULL, 0);
}
