/* init/loop.h - the state of a running init, and the parts that share it.
 *
 *	step.c	what happens next: a table of phases, the program's start and end
 *	loop.c	the wait for the next event; forwarding, reaping, parking
 *	spawn.c	starting a child
 *	left.c	who is left when the program has ended
 *	say.c	messages
 *
 * The state is one struct on the stack, in one page with the frames of the loop: the
 * only memory of its own that an idle init holds, with the page of argv's words. */
#ifndef INIT_LOOP_H
#define INIT_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/raw.h"

enum init_phase {
	INIT_DUE,   /* st->next is to be started at st->due: fork failed, or a restart */
	INIT_PRE,   /* the --pre command runs, the program has not been started */
	INIT_RUN,   /* the program runs */
	INIT_PAUSE, /* there is no program: -P */
	INIT_SEEK,  /* the program has ended; does it go on in the background? */
	INIT_LEFT,  /* the program has ended, descendants have not */
	INIT_POST,  /* the --post command runs, nothing else is left to do */
};

enum init_restart { INIT_RESTART_NO, INIT_RESTART_ON_FAILURE, INIT_RESTART_ALWAYS };

enum init_group {
	INIT_GROUP_OWN,     /* the program leads a process group: tini, catatonit */
	INIT_GROUP_SESSION, /* the program leads a session: dumb-init */
	INIT_GROUP_SAME,    /* the program stays in init's group */
};

enum init_reap {
	INIT_REAP_WAIT4, /* init collects each orphan */
	INIT_REAP_ADAPT, /* the kernel does, once orphans turn up; see loop.c */
	INIT_REAP_AUTO,  /* the kernel does, from the first */
};

enum {
	INIT_DROP = 0xff, /* in rewrite[]: the signal is not passed on */
	INIT_DELAYS = 8,
	INIT_GROUPS = 32, /* supplementary groups of --setuid */
	INIT_ORPHANS_BEFORE_AUTO = 8,
};

enum { INIT_SIGNAL_GROUP = 1 << 2 }; /* PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9 */

/* Verbosity, tini's levels. */
enum { INIT_LOG_ERROR, INIT_LOG_WARN, INIT_LOG_INFO, INIT_LOG_DEBUG };

struct init_delay {
	uint64_t ns;  /* how long */
	uint64_t due; /* 0: the signal has not come */
	int sig;      /* 0: an empty row */
};

enum init_reboot { INIT_POWEROFF, INIT_REBOOT, INIT_HALT };

struct init_state {
	/* What every wake-up looks at. */
	uint64_t take;       /* signals taken off the queue in this phase, bit n-1 = n */
	uint64_t special;    /* signals that init_special() sees before they are sent */
	uint64_t due;        /* CLOCK_MONOTONIC of the next timer event; 0: none */
	int32_t pid;         /* the program; 0: none */
	int32_t hook;        /* the --pre or --post command; 0: none */
	int32_t pidfd;       /* of the program while the kernel reaps, else -1 */
	int32_t sigfd;       /* a signalfd while the kernel reaps, else -1 */
	uint32_t orphans;    /* reaped so far */
	uint8_t phase;       /* enum init_phase */
	uint8_t reap;        /* enum init_reap */
	bool autoreap;       /* the kernel reaps now */
	bool to_group;       /* -g, dumb-init: signals go to the program's whole group */
	bool jobs;           /* the program's stops are told to the shell above us */
	bool log_reaps;      /* -w, -vv */
	bool rare;           /* code outside the hot page has run: park before waiting */
	uint8_t rewrite[64]; /* 0: as it came; INIT_DROP; else the signal to send */

	/* How the program is started. */
	char **argv, **envp;    /* argv[-1] is a slot that init may write to */
	const char *path;       /* PATH it is looked up in; NULL: unset */
	const char *pre, *post; /* --pre, --post: lines for /bin/sh, or NULL */
	char **listen_pid;      /* environment slot of "LISTEN_PID=<us>", or NULL */
	uint64_t mask;          /* its signal mask */
	uint64_t ignored;       /* its ignored signals, if set_ignored; else inherited */
	bool set_ignored;
	bool set_groups, set_gid, set_uid; /* --setuid, --setgid */
	uint32_t uid, gid, ngroups;
	uint32_t groups[INIT_GROUPS];
	uint8_t group; /* enum init_group */
	bool tty;      /* stdin is a terminal: the program gets its foreground from us */

	/* What init is asked to do besides. */
	uint8_t log;     /* INIT_LOG_* */
	bool pause;      /* -P: no program */
	bool pid1;       /* we are PID 1 of our namespace */
	bool machine;    /* ... of a machine: the end is reboot(2) */
	uint8_t reboot;  /* enum init_reboot */
	uint8_t restart; /* enum init_restart */
	bool wait_all, kill_orphans;
	bool follow;            /* a program that goes into the background is gone after */
	bool term_group;        /* dumb-init: TERM to the group when the program ends */
	uint32_t restarts_left; /* UINT32_MAX: no limit */
	uint64_t grace_ns;      /* from TERM to KILL for orphans; 0: KILL at once */
	uint64_t stop_set;      /* signals that ask the program to end */
	uint64_t remap[4];      /* exit codes that become 0: bit n of 256 */
	struct init_delay delay[INIT_DELAYS];

	/* Where it stands. */
	uint8_t next;  /* INIT_DUE: the phase that is to be entered */
	bool stopping; /* a stop signal came: nothing is started any more */
	bool started_once;
	bool reserved;         /* init's RLIMIT_SIGPENDING is one less, see init_reserve() */
	bool said_again;       /* "trying again" was said */
	int32_t code;          /* exit code so far */
	uint32_t failures;     /* ends in a row, for the back-off */
	uint32_t forks_failed; /* in a row */
	uint64_t start_at;     /* INIT_DUE: when */
	uint64_t started;      /* when the program was started, if --restart or --follow */
	uint64_t follow_until; /* once it is followed: it may fork again until then */
	uint64_t seek_at;      /* INIT_SEEK: when to look again */
	uint32_t seeks;        /* how often we have looked in vain */
	int32_t home;          /* the session that the program was started in */
	char name[16];         /* of the program when it ended, as in /proc/PID/comm */
	uint64_t deadline;     /* INIT_LEFT: when KILL follows; 0: never */
	siginfo_t held;        /* did not fit into the program's queue; si_signo 0: none */
	uint64_t retry;        /* when to send it again */
	int32_t own_group;     /* init's process group, 0 when it is of another namespace */
	char listen_text[32];
	const char *step; /* what a child could not do before exec; NULL: exec */

	/* What parking leaves alone: the words of argv and environment, which are what
	 * /proc/PID/cmdline and environ show; and, if they are to be used again, the
	 * arrays that point at them. Lowest addresses. */
	const void *words, *pointers;
	bool begun;
};

static inline uint64_t init_bit(int sig)
{
	return 1ull << (sig - 1);
}

/* Run the whole life of an init as ST says; ST is copied. Needs: all signals
 * blocked, SIGCHLD at its default. Ends the process. */
_Noreturn void init_live(const struct init_state *st);

/* ---- loop.c ---- */
/* Send SIG to the program or its group, with INFO's value if INFO carries one that
 * the kernel lets us pass on. 0 or -errno. */
long init_send(struct init_state *st, int sig, siginfo_t *info);
/* Take the status of every child that has one. */
void init_reap(struct init_state *st);

/* ---- step.c: what the loop calls when something rare happens ---- */
void init_begin(struct init_state *st);
/* The program or the hook has ended, or (st->jobs) the program has stopped. */
void init_child_event(struct init_state *st, int pid, int status);
void init_timer(struct init_state *st);                       /* st->due has come */
void init_alone(struct init_state *st);                       /* no child is left */
void init_orphan(struct init_state *st, int pid, int status); /* reaped; log it */
/* SIG has come and its bit is in st->special. True: nothing is left to do. */
bool init_special(struct init_state *st, siginfo_t *info, int sig);
/* The program's signal queue is full: SIG with INFO goes there later. */
void init_hold(struct init_state *st, const siginfo_t *info, int sig);
void init_auto_on(struct init_state *st);    /* let the kernel reap from here on */
void init_auto_ended(struct init_state *st); /* the pidfd hung up */
void init_wait_failed(struct init_state *st, long err);

/* ---- spawn.c ---- */
/* Start ARGV. Its pid; or -errno when no process could be made (EAGAIN, ENOMEM);
 * or 0 when one was made and could not become ARGV: *ERR is the errno. A hook gets
 * a group of its own, init's user, and no terminal. */
int init_spawn(struct init_state *st, char **argv, bool hook, int *err);
/* Become the program, in place of init. Returns the errno. */
int init_exec(struct init_state *st);
/* Make group TO the foreground of the terminal on stdin, if FROM is that now: whoever
 * else has it, and whoever runs in the background, is left alone. */
void init_tty_hand(int32_t from, int32_t to);
/* Say why ARGV[0] could not be executed; returns 126 or 127. */
int init_spawn_failed(const struct init_state *st, char **argv, int err);

/* ---- left.c ---- */
/* Send SIG to all that is left: every process of our pid namespace when we are
 * its PID 1, else every descendant. */
void init_left_signal(const struct init_state *st, int sig);
/* What the program is called now, into st->name; it may be a zombie. */
void init_left_name(struct init_state *st);
/* The program has ended. Its daemon's pid if there is one, else 0; INIT_ASLEEP or
 * INIT_AWAKE if a child that may become one sleeps or has had no time yet. LAST: do
 * not say that again. */
enum { INIT_ASLEEP = -1, INIT_AWAKE = -2 };
int init_left_daemon(const struct init_state *st, bool last);

/* ---- say.c ---- */
/* Write "cinit: WORDS" as one line to stderr; the words end with NULL. */
void init_say(const char *word, ...) __attribute__((sentinel));
/* Decimal text of N, in BUF. */
char *init_text(char buf[24], uint64_t n);
/* Words for errno ERR, in BUF when it is an unusual one. */
const char *init_errno(char buf[24], int err);

#endif
