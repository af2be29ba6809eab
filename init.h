/* init.h - PID 1, in three appearances of one loop (init/loop.c).
 *
 * - Dropped into an image: `cinit init [OPTIONS] -- PROGRAM`, or whenever the
 *   process is PID 1 or is called by the name of init, tini, dumb-init, catatonit.
 * - In a container of `cinit run`: the stage executes the embedded image (a tiny
 *   static ELF made of the same sources) from a sealed memfd, so that no process
 *   inside ever has the host's cinit binary as its /proc/PID/exe.
 * - On a machine: PID 1 booted by the kernel (--boot).
 */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>
#include <stdint.h>

/* What the loop has to know; fixed size, no pointers, so that it can be written
 * into the embedded image before it is sealed. Zero is the default everywhere. */
struct init_conf {
	uint64_t mask;          /* signal mask the payload gets, bit n-1 = signal n */
	uint64_t ignored;       /* signals the payload gets as ignored */
	uint32_t direct;        /* 1: execute the payload in place of init (--no-init) */
	uint32_t tty;           /* 1: stdin is the payload's controlling terminal */
	uint32_t stop_signal;   /* 0 = forward as it came; else what TERM becomes */
	uint32_t wait_all;      /* stay until every descendant is gone */
	uint32_t follow;        /* a program that goes into the background is gone after */
	uint64_t kill_grace_ns; /* orphans left when the payload ends: TERM, then
				 * KILL after this long; 0 with kill_orphans: KILL */
	uint32_t kill_orphans;
	uint32_t listen_pid; /* put LISTEN_PID=<pid of the payload> into its environment */
};

/* Block all signals, unless the first instructions of the program have done so
 * (init/entry.c). The mask of our caller is in init_caller_mask from then on. */
void init_block_signals(void);
extern uint64_t init_caller_mask __attribute__((visibility("hidden")));

/* Is this process an init, by pid or by the name it is called by? */
bool init_is_me(const char *argv0);
/* The role. Needs: all signals blocked; the program's signal MASK, bit n-1 = signal
 * n, was remembered. Returns an exit code when nothing is to be run; else never.
 * Uses no memory but the stack, and nothing that library constructors set up. */
int init_main(int argc, char **argv, char **envp, uint64_t mask);

/* For the stage: a sealed memfd that holds the init image with CONF written into
 * it; close-on-exec. -1 with fail(). To start it: sys_execveat(fd, "", argv, env,
 * AT_EMPTY_PATH) with argv = { "/sbin/init", "--", PROGRAM, ARGS..., NULL }.
 * PROGRAM is looked up in the environment's PATH by the image, relative to the
 * current directory; 126 and 127 are its exit codes then.
 * Kernel: vm.memfd_noexec=2 forbids executable memfds; then a file on a private
 * detached tmpfs serves. */
int init_image_open(const struct init_conf *conf);

#endif
