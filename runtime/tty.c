/* runtime/tty.c - `cinit run -t`: two processes outside, one terminal each way.
 *
 * The front (the process that the user's shell started) forks the monitor and then
 * only waits: it holds the terminal's original mode and puts it back when the
 * monitor ends in whatever way, even by SIGKILL. The monitor makes the terminal
 * raw and moves bytes. They share a socketpair: its end tells the monitor that the
 * front is gone (then the container is ended), one byte tells the front that the
 * user typed the detach keys (then the front returns and the monitor goes on).
 *
 * Whose the terminal's mode is: a process in the background never makes it raw, but
 * stops as job control has it. When the front is killed the monitor restores the mode,
 * unless a shell has set its own by then. When the monitor stops the front does, too:
 * the front is all that the shell sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/sys.h"
#include "runtime/box.h"
#include "runtime/priv.h"
#include "runtime/tty.h"

/* ---- the monitor's side ---- */

void tty_copy_size(int master)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(master, TIOCSWINSZ, &size);
}

/* Kernel: who sets the mode from the background gets SIGTTOU, with its whole group, and
 * sets it all the same if that is blocked. So it must not be: we stop, and when the
 * shell has given us the terminal the call goes on. EIO: nobody would ever do so. */
static int set_in_foreground(const struct termios *mode)
{
	const uint64_t ttou = 1ull << (SIGTTOU - 1);
	uint64_t old = ~0ull;

	sys_sigprocmask(SIG_UNBLOCK, &ttou, &old);
	int ret = tcsetattr(STDIN_FILENO, TCSANOW, mode);
	sys_sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static void make_raw(struct tty_proxy *p)
{
	struct termios t = p->mode;

	if (!p->mode_known)
		return;
	t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	p->raw = set_in_foreground(&t) == 0 && tcgetattr(STDIN_FILENO, &p->raw_mode) == 0;
}

/* The front does this as well; whoever of the two is still there. If the front is not,
 * its shell may be at its prompt by now, in a mode of its own. */
static void make_cooked(struct tty_proxy *p)
{
	struct termios now;

	if (p->raw && tcgetattr(STDIN_FILENO, &now) == 0 && now.c_lflag == p->raw_mode.c_lflag &&
	    now.c_iflag == p->raw_mode.c_iflag && now.c_oflag == p->raw_mode.c_oflag)
		tcsetattr(STDIN_FILENO, TCSANOW, &p->mode);
	p->raw = false;
}

void tty_stop(struct tty_proxy *t)
{
	if (t->master >= 0)
		make_cooked(t);
}

void tty_continue(struct tty_proxy *t)
{
	if (t->master < 0 || !t->mode_known)
		return;
	make_raw(t);
	/* A read in the background has failed, which is not its end. */
	t->in_open = t->input;
	tty_copy_size(t->master);
}

void tty_start(struct tty_proxy *t, struct box *b)
{
	t->master = fd_take(&b->tty_master);
	if (t->master < 0)
		return;
	fcntl(t->master, F_SETFL, O_RDWR | O_NONBLOCK);
	t->in_open = t->input = b->spec->interactive;
	t->out_open = t->master_open = true;
	t->keys = b->spec->detach_keys;
	t->nkeys = b->spec->ndetach_keys;
	t->mode_known = tcgetattr(STDIN_FILENO, &t->mode) == 0;
	tty_copy_size(t->master);
	make_raw(t);
}

void tty_want(struct tty_proxy *t, struct pollfd *in, struct pollfd *out, struct pollfd *master)
{
	if (t->master < 0)
		return;
	if (t->in_open && t->master_open && !t->in.len)
		*in = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (t->out.len && t->out_open)
		*out = (struct pollfd){ STDOUT_FILENO, POLLOUT, 0 };
	short want = (short)((t->in.len ? POLLOUT : 0) | (t->out.len ? 0 : POLLIN));
	if (t->master_open && want)
		*master = (struct pollfd){ t->master, want, 0 };
}

static ssize_t fill(struct tty_buf *b, int fd)
{
	ssize_t n = read(fd, b->mem, sizeof(b->mem));

	b->off = 0;
	b->len = n > 0 ? (size_t)n : 0;
	return n;
}

static ssize_t drain(struct tty_buf *b, int fd)
{
	ssize_t n = write(fd, b->mem + b->off, b->len);

	if (n > 0) {
		b->off += (size_t)n;
		b->len -= (size_t)n;
	}
	return n;
}

static bool gone(ssize_t n)
{
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Look for the detach sequence in what was typed. Keys that may begin it are held
 * back until it is complete (they are swallowed) or broken (they are sent). */
static bool scan_keys(struct tty_proxy *t)
{
	char kept[TTY_BUF];
	size_t n = 0;

	if (!t->nkeys)
		return false;
	for (size_t i = 0; i < t->in.len; i++) {
		char c = t->in.mem[i];

		if (c == t->keys[t->matched]) {
			if (++t->matched == t->nkeys)
				return true;
			continue;
		}
		for (size_t k = 0; k < t->matched && n < sizeof(kept); k++)
			kept[n++] = t->keys[k];
		t->matched = c == t->keys[0];
		if (!t->matched && n < sizeof(kept))
			kept[n++] = c;
	}
	memcpy(t->in.mem, kept, n);
	t->in.len = n;
	return false;
}

enum tty_event tty_move(struct tty_proxy *t, const struct pollfd *in, const struct pollfd *out,
			const struct pollfd *master)
{
	if (t->master < 0)
		return TTY_NOTHING;
	if (master->revents & POLLOUT && gone(drain(&t->in, t->master)))
		t->master_open = false;
	/* Kernel: a pty's master reads EIO when the last slave is closed. */
	if (master->revents & (POLLIN | POLLHUP | POLLERR) && !t->out.len &&
	    gone(fill(&t->out, t->master)))
		t->master_open = false;
	if (out->revents && gone(drain(&t->out, STDOUT_FILENO))) {
		t->out_open = false;
		t->out.len = 0;
	}
	if (!t->out_open)
		t->out.len = 0;
	if (in->revents) {
		if (gone(fill(&t->in, STDIN_FILENO)))
			t->in_open = false;
		else if (scan_keys(t))
			return TTY_DETACH;
	}
	return TTY_NOTHING;
}

void tty_detach(struct tty_proxy *t, int front)
{
	AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	make_cooked(t);
	setsid();
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	/* Told last: when the front returns the terminal may go away at once, and its
	 * SIGHUP must not find us in the foreground any more. */
	if (front >= 0 && write(front, "d", 1) < 0)
		note("tell the front: %s", strerror(errno));
	t->in_open = t->out_open = t->mode_known = false;
	t->in.len = t->out.len = 0;
	t->nkeys = 0;
}

void tty_end(struct tty_proxy *t)
{
	if (t->master < 0)
		return;
	if (t->out_open && t->out.len)
		fd_write_all(STDOUT_FILENO, t->out.mem + t->out.off, t->out.len);
	while (t->out_open && t->master_open && fill(&t->out, t->master) > 0)
		fd_write_all(STDOUT_FILENO, t->out.mem, t->out.len);
	make_cooked(t);
	fd_close(&t->master);
}

/* ---- the front's side ---- */

struct front {
	pid_t monitor;
	int sock;    /* owned */
	int signals; /* owned */
	struct termios mode;
};

/* The monitor is in the same process group, so what the terminal sends it gets
 * itself; only what was sent to this process alone is passed on. */
static void front_signal(const struct front *f)
{
	struct signalfd_siginfo s;

	if (read(f->signals, &s, sizeof(s)) != (ssize_t)sizeof(s) || s.ssi_signo == SIGCHLD)
		return;
	if (s.ssi_code == SI_USER || s.ssi_code == SI_QUEUE || s.ssi_code == SI_TKILL)
		kill(f->monitor, (int)s.ssi_signo);
}

/* The monitor has stopped, by whatever. Stop as well, with the terminal as the shell
 * gave it to us; then we go on together. */
static void front_stop(const struct front *f)
{
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, &f->mode);
	kill(getpid(), SIGSTOP);
	kill(f->monitor, SIGCONT);
}

/* The monitor exits with the container's status, and dies of no signal by itself. */
static int front_code(int status)
{
	if (!WIFSIGNALED(status))
		return exitcode_of(status);
	fail_plain("the monitor was killed by signal %d, and the container with it",
		   WTERMSIG(status));
	return exitcode_of(status);
}

/* Wait for the monitor's end; its exit code, or 0 when it was told to detach. */
static int front_wait(const struct front *f)
{
	for (;;) {
		struct pollfd p[2] = { { f->signals, POLLIN, 0 }, { f->sock, POLLIN, 0 } };
		int status;
		char byte;
		pid_t pid;

		/* The helper, if there was one, is a child of this process, too. */
		while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
			if (pid != f->monitor)
				continue;
			if (!WIFSTOPPED(status))
				return front_code(status);
			front_stop(f);
		}
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents)
			front_signal(f);
		if (p[1].revents & POLLIN && recv(f->sock, &byte, 1, MSG_DONTWAIT) == 1)
			return 0;
		if (p[1].revents & POLLHUP && !(p[1].revents & POLLIN)) {
			while (waitpid(f->monitor, &status, 0) < 0)
				;
			return front_code(status);
		}
	}
}

int tty_run(struct box *b, int (*body)(struct box *b, int front))
{
	struct front f;
	int pair[2];
	const uint64_t all = ~0ull;

	if (tcgetattr(STDIN_FILENO, &f.mode) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fail("prepare the terminal");
		err_print();
		return EXIT_CINIT;
	}
	/* Started in the background: stop here, before anything runs. */
	set_in_foreground(&f.mode);
	f.monitor = fork();
	if (f.monitor == 0) {
		close(pair[0]);
		_exit(body(b, pair[1]));
	}
	close(pair[1]);
	if (f.monitor < 0) {
		fail("fork");
		err_print();
		close(pair[0]);
		return EXIT_CINIT;
	}
	priv_forget();
	prctl(PR_SET_NAME, "cinit:front", 0, 0, 0);
	f.sock = pair[0];
	f.signals = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC);
	int code = front_wait(&f);
	/* What is still on its way to a slow terminal is worth a moment, not the mode. */
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &f.mode) < 0)
		tcsetattr(STDIN_FILENO, TCSANOW, &f.mode);
	if (*err_text())
		err_print();
	fd_close(&f.sock);
	fd_close(&f.signals);
	return code;
}
