/* runtime/monitor.c - the monitor: watches one container to its end.
 *
 * In the foreground it is the launcher itself (with -t a child of the process that
 * stands before the terminal, see tty.c). It owns the pidfd, the record and the
 * pty's master; all signals are blocked and arrive by signalfd. One loop waits for:
 *
 *	a signal	passed on to the container's init, value included
 *	the pidfd	init has ended: its status is the exit code
 *	the front	the process before the terminal is gone: the container ends
 *	the terminal	bytes in both directions, window size, detach keys
 *	the bell	containers have come or gone: names.c
 *	the proxy	has died: another one is started, ports_proxy.c
 *	commands	connect, update ...: ctl.c
 *
 * Nothing here may end the monitor but the end of the container.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/sys.h"
#include "runtime/box.h"
#include "runtime/ctl.h"
#include "runtime/tty.h"

struct monitor {
	struct box *box; /* borrowed */
	int signals;     /* owned, signalfd */
	int front;       /* borrowed, -1 without a terminal or when detached */
	struct tty_proxy tty;
	int64_t kill_at_ns; /* CLOCK_MONOTONIC; 0: no deadline */
};

/* Pass SIG on, with its value if it was queued with one. Kernel: a siginfo may
 * only be made up with a code below 0, and SI_TKILL never (pidfd_send_signal(2)). */
static void forward(const struct monitor *m, int sig, const struct signalfd_siginfo *from)
{
	siginfo_t info;

	if (from && from->ssi_code < 0 && from->ssi_code != SI_TKILL) {
		memset(&info, 0, sizeof(info));
		info.si_signo = sig;
		info.si_code = from->ssi_code;
		info.si_pid = (pid_t)from->ssi_pid;
		info.si_uid = from->ssi_uid;
		info.si_value.sival_ptr = (void *)(uintptr_t)from->ssi_ptr;
		if (sys_pidfd_send_signal(m->box->pidfd, sig, &info) == 0 || errno == ESRCH)
			return;
	}
	if (sys_pidfd_send_signal(m->box->pidfd, sig, NULL) < 0 && errno != ESRCH)
		note("pass signal %d on: %s", sig, strerror(errno));
}

/* A job-control stop from the shell: the container stops, then so do we, and when
 * the shell continues us we continue it (SIGCONT comes in as a signal). */
static void stop_with(struct monitor *m, int sig)
{
	forward(m, sig, NULL);
	tty_stop(&m->tty);
	kill(getpid(), SIGSTOP);
}

static void on_signal(struct monitor *m)
{
	const struct spec *spec = m->box->spec;
	struct signalfd_siginfo s;

	if (read(m->signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	switch (s.ssi_signo) {
	case SIGCHLD:
		break;
	case SIGPIPE:
		if (s.ssi_pid != (uint32_t)getpid())
			forward(m, SIGPIPE, &s);
		break;
	case SIGXFSZ:
		/* A file of ours would have grown too long: write(2) has said so. */
		if (s.ssi_code != SI_KERNEL)
			forward(m, SIGXFSZ, &s);
		break;
	case SIGWINCH:
		if (m->tty.master >= 0)
			tty_copy_size(m->tty.master);
		else
			forward(m, SIGWINCH, &s);
		break;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		stop_with(m, (int)s.ssi_signo);
		break;
	case SIGCONT:
		tty_continue(&m->tty);
		forward(m, SIGCONT, &s);
		break;
	case SIGTERM:
		forward(m, spec->stop_signal, spec->stop_signal == SIGTERM ? &s : NULL);
		if (spec->stop_timeout_set && !m->kill_at_ns)
			m->kill_at_ns = clock_ns() + (int64_t)spec->stop_timeout * 1000000000;
		break;
	default:
		forward(m, (int)s.ssi_signo, &s);
	}
}

static void kill_when_due(struct monitor *m)
{
	if (!m->kill_at_ns || clock_ns() < m->kill_at_ns)
		return;
	sys_pidfd_send_signal(m->box->pidfd, SIGKILL, NULL);
	m->kill_at_ns = 0;
}

/* The wait's length in *T, or NULL for as long as it takes. */
static struct timespec *until_due(const struct monitor *m, struct timespec *t)
{
	int64_t due = names_due(m->box), left;

	if (!due || (m->kill_at_ns && m->kill_at_ns < due))
		due = m->kill_at_ns;
	if (!due)
		return NULL;
	left = due - clock_ns();
	if (left < 0)
		left = 0;
	t->tv_sec = left / 1000000000;
	t->tv_nsec = left % 1000000000;
	return t;
}

static int reap(struct monitor *m)
{
	int status;

	while (waitpid(m->box->pid, &status, __WALL) < 0) {
		if (errno != EINTR) {
			fail("wait for the container");
			err_print();
			return EXIT_CINIT;
		}
	}
	m->box->pid = 0;
	return exitcode_of(status);
}

static int watch(struct monitor *m)
{
	enum {
		SIGNALS,
		INIT,
		FRONT,
		IN,
		OUT,
		MASTER,
		BELL,
		PEER,
		PROXY,
		CTL,
		N = CTL + 1 + CTL_CLIENTS
	};
	struct timespec t;

	for (;;) {
		struct pollfd p[N] = {
			[SIGNALS] = { m->signals, POLLIN, 0 },
			[INIT] = { m->box->pidfd, POLLIN, 0 },
			[FRONT] = { m->front, 0, 0 },
			[IN] = { -1, 0, 0 },
			[OUT] = { -1, 0, 0 },
			[MASTER] = { -1, 0, 0 },
			[PROXY] = { m->box->ports.pidfd, POLLIN, 0 },
		};

		tty_want(&m->tty, &p[IN], &p[OUT], &p[MASTER]);
		names_want(m->box, &p[BELL], &p[PEER]);
		ctl_want(m->box->ctl, &p[CTL]);
		if (ppoll(p, N, until_due(m, &t), NULL) < 0 && errno != EINTR) {
			note("poll: %s", strerror(errno));
			continue;
		}
		kill_when_due(m);
		if (p[SIGNALS].revents)
			on_signal(m);
		if (p[FRONT].revents & (POLLHUP | POLLERR)) {
			sys_pidfd_send_signal(m->box->pidfd, SIGKILL, NULL);
			m->front = -1;
		}
		if (tty_move(&m->tty, &p[IN], &p[OUT], &p[MASTER]) == TTY_DETACH) {
			tty_detach(&m->tty, m->front);
			m->front = -1;
		}
		names_move(m->box, &p[BELL], &p[PEER], clock_ns());
		ctl_move(m->box, &p[CTL]);
		if (p[PROXY].revents)
			ports_died(&m->box->ports);
		if (p[INIT].revents)
			return reap(m);
	}
}

int monitor_run(struct box *b, int front)
{
	struct monitor m = { .box = b, .front = front };
	sigset_t all;

	prctl(PR_SET_NAME, "cinit:monitor", 0, 0, 0);
	/* Every bit, also those that sigfillset() leaves out. */
	memset(&all, 0xff, sizeof(all));
	m.signals = (int)syscall(SYS_signalfd4, -1, &all, 8, SFD_CLOEXEC | SFD_NONBLOCK);
	if (m.signals < 0) {
		fail("make a signalfd");
		err_print();
		sys_pidfd_send_signal(b->pidfd, SIGKILL, NULL);
		return reap(&m), EXIT_CINIT;
	}
	tty_start(&m.tty, b);
	int code = watch(&m);
	tty_end(&m.tty);
	fd_close(&m.signals);
	return code;
}
