/* runtime/tty.h - the terminal between the user and a container with -t. */
#ifndef RUNTIME_TTY_H
#define RUNTIME_TTY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct box;

enum { TTY_BUF = 8192 };
enum tty_event { TTY_NOTHING, TTY_DETACH };

struct tty_buf {
	char mem[TTY_BUF];
	size_t off, len;
};

/* The monitor's side: bytes between its own terminal and the pty's master. */
struct tty_proxy {
	int master;       /* owned, nonblocking; -1: no terminal, all calls do nothing */
	bool in_open;     /* standard input has not ended */
	bool out_open;    /* somebody may still read standard output */
	bool master_open; /* the container's side has not hung up */
	const char *keys; /* borrowed, detach sequence; NULL: none */
	size_t nkeys, matched;
	bool input;      /* -i: what is typed goes to the container */
	bool mode_known; /* MODE is that of the terminal before it was made raw */
	bool raw;        /* we have made it so, to RAW_MODE */
	struct termios mode, raw_mode;
	struct tty_buf in, out; /* towards the container, towards the user */
};

/* Make the user's terminal raw, size the container's, take b->tty_master over. */
void tty_start(struct tty_proxy *t, struct box *b);
/* Say which events are of interest now. Must be called before every poll(). */
void tty_want(struct tty_proxy *t, struct pollfd *in, struct pollfd *out, struct pollfd *master);
/* Move what can be moved without blocking. */
enum tty_event tty_move(struct tty_proxy *t, const struct pollfd *in, const struct pollfd *out,
			const struct pollfd *master);
/* Give the pty behind MASTER the size of the user's terminal. */
void tty_copy_size(int master);
/* The monitor is about to stop, and has been continued. */
void tty_stop(struct tty_proxy *t);
void tty_continue(struct tty_proxy *t);
/* Let go of the user's terminal; what the container writes is dropped from now. */
void tty_detach(struct tty_proxy *t, int front);
/* Show what the container wrote last, then close. */
void tty_end(struct tty_proxy *t);

/* Run BODY(b, front) in a child, and stand before the terminal meanwhile: pass
 * signals on, and put the terminal's mode back however the child ends. */
int tty_run(struct box *b, int (*body)(struct box *b, int front));

#endif
