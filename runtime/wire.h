/* runtime/wire.h - what launcher and stage say to each other.
 *
 * A SEQPACKET socketpair; every message is one struct wire_msg by value, fixed
 * size, no pointers, at most one descriptor beside it.
 *
 *	nursery, stage		launcher
 *	BORN + pidfd	->			(only when a nursery clones the stage)
 *	INSIDE + socket	->			(only with networks: rtnetlink, in there)
 *	NEED_NET + netns ->			(only when the namespace is new)
 *			<-	HAVE_IDS	the id maps are written
 *			<-	HAVE_NET	(only with networks or ports: they are there)
 *	HOSTS + fd	->			(only with networks: /etc/hosts, to be written)
 *	TTY + fd	->			(only with -t: the pty's master)
 *	READY		->			all is set up and dropped
 *			<-	GO		names are written, ports are served; often said
 *						before READY
 *	(exec: the socket closes; end of file means that init runs)
 *	FAILED		->			at any point instead: errno and words
 */
#ifndef RUNTIME_WIRE_H
#define RUNTIME_WIRE_H

#include <stdint.h>

enum wire_type {
	WIRE_BORN = 1,
	WIRE_HAVE_IDS,
	WIRE_INSIDE,
	WIRE_NEED_NET,
	WIRE_HAVE_NET,
	WIRE_HOSTS,
	WIRE_TTY,
	WIRE_READY,
	WIRE_GO,
	WIRE_FAILED,
	WIRE_TYPES
};

enum { WIRE_TEXT = 700, WIRE_HINT = 300 };

struct wire_msg {
	uint32_t type;
	int32_t value;     /* BORN: the pid; FAILED: errno at the bottom */
	int32_t exit_code; /* FAILED: 125, 126 or 127 */
	uint32_t spare;
	char text[WIRE_TEXT]; /* FAILED: err_text() */
	char hint[WIRE_HINT]; /* FAILED: err_hint_text() */
};

/* A connected pair, close-on-exec: pair[0] the launcher's, pair[1] the stage's. */
int wire_pair(int pair[2]);
/* Send TYPE with VALUE and, if it is not -1, the descriptor FD. -1 with fail(). */
int wire_send(int sock, enum wire_type type, int value, int fd);
/* Send FAILED with what err.h remembers. Cannot fail: nobody is left to tell. */
void wire_send_failed(int sock, int exit_code);
/* Wait for the next message. 1: *MSG is valid and FAILED words are taken over into
 * err.h; 0: the peer is gone; -1 with fail(). *FD (may be NULL) is the caller's. */
int wire_recv(int sock, struct wire_msg *msg, int *fd);
/* Wait for TYPE and nothing else. -1 with fail(). */
int wire_expect(int sock, enum wire_type type);
/* Would wire_recv() return at once? */
int wire_has_message(int sock);
/* Is the other end gone? Nothing is taken from the queue. */
int wire_peer_gone(int sock);
const char *wire_name(uint32_t type);

#endif
