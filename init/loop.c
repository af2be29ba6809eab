/* init/loop.c - the part of init that waits. The process is PID 1 of a container,
 * of a machine, or a child like any other; it owns the state in its frame.
 *
 * One event at a time: a signal is taken off the queue (all are blocked for good,
 * so nothing can be lost between two turns), then forwarded or, SIGCHLD, answered
 * by reaping. All that happens often is in this file's page, which alone stays
 * resident; the rest is called in step.c, and sets st->rare so that the pages it
 * touched are given back before the next wait.
 *
 * Who reaps? wait4() as children end; but the more orphans, the more wake-ups.
 * Kernel: with SIGCHLD ignored the kernel reaps without a word, and since 6.15 a
 * pidfd still tells the exit status of a process reaped so (PIDFD_GET_INFO with
 * PIDFD_INFO_EXIT, once poll() says POLLHUP). That mode needs ppoll() with a
 * signalfd, which makes each forwarded signal about a tenth dearer than
 * rt_sigtimedwait(). So init starts with wait4(), as a container with one program
 * and no orphans wants it, and goes over to the other for as long as the program
 * runs when INIT_ORPHANS_BEFORE_AUTO orphans have been reaped. */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

#include "init/loop.h"

/* The section starts a page of its own; the linker names its two ends. */
__asm__(".pushsection init_hot,\"ax\",@progbits\n\t.balign 4096\n\t.popsection");

/* Kernel: rt_sigqueueinfo(2) lets nobody forge the codes of the kernel and of
 * kill(2), which are not negative, nor tkill(2)'s. Those carry no value either. */
INIT_HOT static bool init_has_value(const siginfo_t *info)
{
	return info && info->si_code < 0 && info->si_code != SI_TKILL;
}

INIT_HOT long init_send(struct init_state *st, int sig, siginfo_t *info)
{
	bool value = init_has_value(info);
	long ret;

	if (value)
		info->si_signo = sig;
	if (st->pidfd >= 0) {
		/* The kernel reaps: only the pidfd still means the program for sure. */
		ret = raw_call4(SYS_pidfd_send_signal, st->pidfd, sig, value ? info : NULL,
				st->to_group ? INIT_SIGNAL_GROUP : 0);
		if (ret == -ESRCH && st->to_group)
			ret = raw_call4(SYS_pidfd_send_signal, st->pidfd, sig, value ? info : NULL,
					0);
		return ret;
	}
	if (st->to_group && value) {
		long fd = raw_call(SYS_pidfd_open, st->pid, 0, 0);

		ret = raw_call4(SYS_pidfd_send_signal, fd, sig, info, INIT_SIGNAL_GROUP);
		if (fd >= 0)
			raw_call(SYS_close, fd, 0, 0);
		if (ret == 0 || ret == -EAGAIN)
			return ret;
	}
	if (st->to_group) {
		ret = raw_call(SYS_kill, -st->pid, sig, 0);
		/* A program may have left the group it was given. */
		if (ret != -ESRCH)
			return ret;
	}
	if (value) {
		ret = raw_call(SYS_rt_sigqueueinfo, st->pid, sig, info);
		if (ret == 0 || ret == -EAGAIN)
			return ret;
	}
	return raw_call(SYS_kill, st->pid, sig, 0);
}

/* Has the program ended with 0 and waits to be reaped? */
INIT_HOT static bool init_ends(const struct init_state *st)
{
	siginfo_t info;

	info.si_pid = 0;
	return raw_call5(SYS_waitid, P_PID, st->pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL,
			 NULL) == 0 &&
	       info.si_pid && info.si_code == CLD_EXITED && info.si_status == 0;
}

INIT_HOT void init_reap(struct init_state *st)
{
	if (st->follow && st->phase == INIT_RUN && !st->autoreap && init_ends(st)) {
		/* A zombie still has its name, and so has what it left behind. */
		st->rare = true;
		init_left_name(st);
	}
	for (;;) {
		int status = 0;
		long pid = raw_call4(SYS_wait4, -1, &status,
				     WNOHANG | __WALL | (st->jobs ? WUNTRACED : 0), NULL);

		if (pid == -ECHILD && (st->phase == INIT_LEFT || st->phase == INIT_SEEK)) {
			st->rare = true;
			init_alone(st);
		}
		if (pid <= 0)
			break;
		if (pid == st->pid || pid == st->hook) {
			st->rare = true;
			init_child_event(st, (int)pid, status);
		} else if ((status & 0xff) != 0x7f) {
			st->orphans++;
			if (st->log_reaps) {
				st->rare = true;
				init_orphan(st, (int)pid, status);
			}
		}
	}
	if (st->reap == INIT_REAP_ADAPT && st->orphans >= INIT_ORPHANS_BEFORE_AUTO &&
	    st->phase == INIT_RUN && !st->autoreap) {
		st->rare = true;
		init_auto_on(st);
	}
}

INIT_HOT static void init_signal(struct init_state *st, siginfo_t *info, int sig)
{
	int to;
	long ret;

	if (sig == SIGCHLD) {
		init_reap(st);
		/* One of kill(2) or sigqueue(3) is for the program. */
		if (info->si_code > 0 || st->phase != INIT_RUN)
			return;
	}
	if (st->special & init_bit(sig)) {
		st->rare = true;
		if (init_special(st, info, sig))
			return;
	}
	to = st->rewrite[sig - 1];
	if (to == INIT_DROP)
		return;
	ret = init_send(st, to ? to : sig, info);
	if (ret == -EAGAIN) {
		st->rare = true;
		init_hold(st, info, to ? to : sig);
	}
}

/* Wait for a signal or the program's end while the kernel reaps.
 * Returns as ppoll(2); *ENDED is set when the program is gone. */
INIT_HOT static long init_poll(const struct init_state *st, const struct raw_time *timeout,
			       bool *ended)
{
	/* No events are asked of the pidfd: POLLIN would come before the kernel has
	 * reaped the program, when its status cannot be had yet. */
	struct pollfd fds[2] = {
		{ st->sigfd, POLLIN, 0 },
		{ st->pidfd, 0, 0 },
	};
	struct raw_time left = { 0, 0 };
	long ret;

	if (timeout)
		left = *timeout;
	ret = raw_call5(SYS_ppoll, fds, 2, timeout ? &left : NULL, NULL, 8);
	*ended = ret > 0 && fds[1].revents;
	return ret;
}

/* ---- parking ---- */

/* In a build with sanitizers memory is not ours to give away (Makefile). */
#ifdef INIT_NO_PARK
#define INIT_CAN_PARK false
#else
#define INIT_CAN_PARK true
#endif

enum {
	PAGE = 4096,
	STACK_USED = 128 * 1024,
	STATE_SIZE = (sizeof(struct init_state) + 15) / 16 * 16,
	FRAMES = 768, /* the loop's, with some to spare */
};

#define PAGE_OF(p) ((uintptr_t)(p) & ~(uintptr_t)(PAGE - 1))

/* The linker's names for the first and last byte of the program and of the hot
 * section. Kernel: what lies between belongs to this program alone, mapped from
 * its file or empty at the start, so what is dropped comes back as it was in the
 * file: code as it is, data without what the program has stored there. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));
extern const char __start_init_hot[] __attribute__((visibility("hidden")));
extern const char __stop_init_hot[] __attribute__((visibility("hidden")));

INIT_HOT static void init_drop(uintptr_t from, uintptr_t to)
{
	if (from < to)
		raw_call(SYS_madvise, from, to - from, 4 /* MADV_DONTNEED */);
}

/* Are argv and the environment still to be given to somebody? */
INIT_HOT static bool init_starts_again(const struct init_state *st)
{
	return st->phase == INIT_DUE || st->phase == INIT_PRE || st->restart || st->post;
}

INIT_HOT __attribute__((noinline)) _Noreturn static void init_loop(struct init_state *st);

/* Go on in the loop with ST, whose frames go below it. */
INIT_HOT _Noreturn static void init_loop_below(struct init_state *st)
{
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2"
			 :
			 : "r"(st), "r"(init_loop), "D"(st)
			 : "memory");
	__builtin_unreachable();
}

/* When nothing is to be started any more, what the kernel has put below the words of
 * argv is of no use: if the state and the loop's frames fit there they move in, and
 * need no page of their own. */
INIT_HOT static void init_move_up(const struct init_state *st)
{
	uintptr_t words = (uintptr_t)st->words & ~(uintptr_t)15;
	struct init_state *up = (void *)(words - STATE_SIZE);

	if (!INIT_CAN_PARK || init_starts_again(st) || PAGE_OF(st) == PAGE_OF(words) ||
	    words - PAGE_OF(words) < STATE_SIZE + FRAMES)
		return;
	raw_copy(up, st, sizeof(*st));
	init_loop_below(up);
}

/* Give back all memory but this page of code, the page of the state and the loop's
 * frames, and the words of argv and environment. This page itself is never given
 * back: faulting it in again would map the 16 pages around it as well. Errors mean a
 * little more memory. */
INIT_HOT static void init_park(struct init_state *st)
{
	uintptr_t page = PAGE_OF(st);

	st->rare = false;
	if (!INIT_CAN_PARK)
		return;
	init_drop(page - STACK_USED, page);
	init_drop(page + PAGE, PAGE_OF(init_starts_again(st) ? st->pointers : st->words));
	init_drop(PAGE_OF(__ehdr_start), PAGE_OF(__start_init_hot));
	init_drop(PAGE_OF(__stop_init_hot + PAGE - 1), PAGE_OF(_end + PAGE - 1));
}

INIT_HOT static void init_loop(struct init_state *st)
{
	if (!st->begun)
		init_begin(st);
	for (;;) {
		struct raw_time time = { 0, 0 }, *timeout = NULL;
		siginfo_t info;
		long ret;

		if (st->rare) {
			init_move_up(st);
			init_park(st);
		}
		if (st->due) {
			uint64_t now = raw_now();

			if (now >= st->due) {
				st->rare = true;
				init_timer(st);
				continue;
			}
			time.sec = (int64_t)((st->due - now) / 1000000000u);
			time.nsec = (int64_t)((st->due - now) % 1000000000u);
			timeout = &time;
		}
		if (st->pidfd >= 0) {
			bool ended;

			ret = init_poll(st, timeout, &ended);
			if (ended) {
				st->rare = true;
				init_auto_ended(st);
				continue;
			}
			if (ret == 0)
				continue;
			time.sec = time.nsec = 0;
			timeout = &time;
			if (ret < 0 && ret != -EINTR) {
				st->rare = true;
				init_wait_failed(st, ret);
			}
		}
		ret = raw_call4(SYS_rt_sigtimedwait, &st->take, &info, timeout, 8);
		if (ret > 0) {
			init_signal(st, &info, (int)ret);
		} else if (ret != -EAGAIN && ret != -EINTR) {
			st->rare = true;
			init_wait_failed(st, ret);
		}
	}
}

_Static_assert(STATE_SIZE + FRAMES <= PAGE, "state and frames share a page");

/* Where the state of init_live() goes: to the end of the page below all that is in
 * use, with the loop's frames below it. */
RAW struct init_state *init_below(const void *frame)
{
	return (void *)(PAGE_OF((uintptr_t)frame - sizeof(struct init_state)) - PAGE - STATE_SIZE);
}

INIT_RESIDENT void init_live(const struct init_state *st)
{
	struct init_state copy,
		*own = INIT_CAN_PARK ? init_below(__builtin_frame_address(0)) : &copy;

	raw_copy(own, st, sizeof(*own));
	own->rare = true;
	if (!INIT_CAN_PARK)
		init_loop(own);
	init_loop_below(own);
}
