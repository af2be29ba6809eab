/* runtime/proxy_tcp.c - TCP through the proxy process: accept on the host, connect inside,
 * then bytes both ways until both ends have closed.
 *
 * Bytes go from socket to socket by splice(2) through a pipe, so they are never copied.
 * Connections do not own pipes: one is borrowed while bytes are under way and given back
 * when it is empty, which for all but slow readers is at once. When every pipe is held up
 * by a slow reader, bytes are copied, and what the reader does not take stays in the
 * sender's socket. So a connection is two descriptors and 48 bytes, and backpressure is the
 * kernel's own: nothing is read that has no place to go.
 *
 * Both sockets are watched edge-triggered, once and for good: the kernel tells when one
 * becomes readable or writable, and `struct way` remembers. An idle connection costs no
 * wake-up, a busy one no epoll_ctl(2).
 *
 *	CONNECTING	the client waits, unread and unwatched, until the server has answered
 *	OPEN		both ways run; each ends by itself (a half-close is passed on)
 *	ENDED		closed; free again after this round of events (tcp_sweep)
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/proxy.h"

enum {
	PIPES = 32,         /* Kernel: a user has 1,024 of full size, then they shrink; pipe(7) */
	PIPES_KEPT = 2,     /* open when nothing is going on */
	USED_KEPT = 128,    /* elements of the table, likewise */
	ROUNDS = 8,         /* moves of one way before others have their turn */
	ACCEPTS = 16,       /* of one listening socket, likewise */
	MOVE_MAX = 1 << 20, /* more than a pipe ever holds */
	COPY_MAX = 16384,
	NONE = -1,
};

enum state { FREE, CONNECTING, OPEN, ENDED };

/* One way, from fd[i] to fd[!i]. */
struct way {
	uint32_t held; /* bytes in the pipe */
	int8_t pipe;   /* index, NONE */
	bool readable; /* its source may have something */
	bool writable; /* its destination may take something */
	bool eof;      /* its source has said all */
	bool closed;   /* and its destination knows */
};

struct conn {
	int fd[2]; /* owned: 0 the client's, 1 the server's */
	struct way way[2];
	int32_t next;    /* in the one list it is in: free, turn or ended */
	uint16_t inside; /* the server's port */
	uint8_t state;
	uint8_t family; /* of the client's address */
	uint8_t place;  /* where the server is looked for */
	bool waiting;   /* in the list of those whose turn comes */
	bool broken;    /* one end was reset */
};

/* A process has one proxy, so these are its own. */
static struct conn *conns;
static unsigned live, used; /* connections there are; elements that were ever used */
static int32_t free_list = NONE, ended_list = NONE, turn_first = NONE, turn_last = NONE;
static struct {
	int fd[2];
} pipes[PIPES];
static int8_t pipe_free[PIPES]; /* indices of those that are open and empty */
static unsigned npipe_free, npipes;
static char copy_buf[COPY_MAX];

int tcp_init(struct proxy *p)
{
	conns = proxy_table(p->conns_max, sizeof(*conns));
	return conns ? 0 : -1;
}

/* ---- pipes ---- */

static int8_t pipe_take(void)
{
	if (npipe_free)
		return pipe_free[--npipe_free];
	if (npipes == PIPES || pipe2(pipes[npipes].fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return NONE;
	return (int8_t)npipes++;
}

static void pipe_give(int8_t n)
{
	pipe_free[npipe_free++] = n;
}

/* One that ends with bytes in it is of no use to anybody: it is made anew. */
static void pipe_spill(int8_t n)
{
	close(pipes[n].fd[0]);
	close(pipes[n].fd[1]);
	/* If not even that is to be had, there is one less: there are others, and copy(). */
	if (pipe2(pipes[n].fd, O_CLOEXEC | O_NONBLOCK) == 0)
		pipe_give(n);
}

/* All are empty: close those that are not needed every moment. */
static void pipes_trim(void)
{
	if (npipe_free < npipes)
		return;
	while (npipes > PIPES_KEPT) {
		npipes--;
		close(pipes[npipes].fd[0]);
		close(pipes[npipes].fd[1]);
	}
	for (npipe_free = 0; npipe_free < npipes; npipe_free++)
		pipe_free[npipe_free] = (int8_t)npipe_free;
}

/* ---- a connection's life ---- */

static struct conn *conn_new(struct proxy *p)
{
	struct conn *c;

	if (free_list != NONE) {
		c = &conns[free_list];
		free_list = c->next;
	} else {
		c = &conns[used++];
	}
	*c = (struct conn){ .fd = { -1, -1 }, .next = NONE };
	c->way[0].pipe = c->way[1].pipe = NONE;
	if (++live == p->conns_max)
		proxy_pause(p, false);
	return c;
}

static void conn_end(struct conn *c)
{
	for (int i = 0; i < 2; i++) {
		struct way *w = &c->way[i];

		fd_close(&c->fd[i]);
		if (w->pipe != NONE)
			pipe_spill(w->pipe);
		w->pipe = NONE;
	}
	c->state = ENDED;
	if (c->waiting)
		return; /* tcp_turn() finds it */
	c->next = ended_list;
	ended_list = (int32_t)(c - conns);
}

/* Close so that both ends see a reset, not an end. socket(7): SO_LINGER. */
static void conn_abort(struct conn *c)
{
	const struct linger now = { .l_onoff = 1 };

	for (int i = 0; i < 2; i++)
		if (c->fd[i] >= 0)
			setsockopt(c->fd[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_end(c);
}

/* Its turn comes again after everybody else's. */
static void conn_wait(struct conn *c)
{
	int32_t n = (int32_t)(c - conns);

	if (c->waiting)
		return;
	c->waiting = true;
	c->next = NONE;
	if (turn_last == NONE)
		turn_first = n;
	else
		conns[turn_last].next = n;
	turn_last = n;
}

void tcp_sweep(struct proxy *p)
{
	bool some = ended_list != NONE;

	while (ended_list != NONE) {
		struct conn *c = &conns[ended_list];

		ended_list = c->next;
		c->state = FREE;
		c->next = free_list;
		free_list = (int32_t)(c - conns);
		live--;
	}
	/* After a rush the memory goes back, and so do the pipes. */
	if (live == 0 && used > USED_KEPT) {
		madvise(conns, used * sizeof(*conns), MADV_DONTNEED);
		free_list = NONE;
		used = 0;
		pipes_trim();
	}
	if (some)
		proxy_resume(p);
}

/* ---- moving bytes ---- */

enum moved { MORE, BLOCKED, BROKEN };

/* What a system call on one end said; FLAG is what it found out when it would block. */
static enum moved would_block(bool *flag)
{
	if (errno == EINTR)
		return MORE;
	if (errno != EAGAIN)
		return BROKEN;
	*flag = false;
	return BLOCKED;
}

static enum moved drain(struct conn *c, int i)
{
	struct way *w = &c->way[i];
	ssize_t n = splice(pipes[w->pipe].fd[0], NULL, c->fd[!i], NULL, w->held,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n <= 0)
		return would_block(&w->writable);
	w->held -= (uint32_t)n;
	if (w->held == 0) {
		pipe_give(w->pipe);
		w->pipe = NONE;
	}
	return MORE;
}

/* Without a pipe: look at what is there, send of it what is taken, and only then remove
 * that from the socket. tcp(7): MSG_TRUNC. */
static enum moved copy(struct conn *c, int i)
{
	struct way *w = &c->way[i];
	ssize_t n = recv(c->fd[i], copy_buf, sizeof(copy_buf), MSG_PEEK);

	if (n < 0)
		return would_block(&w->readable);
	if (n == 0) {
		w->eof = true;
		return MORE;
	}
	n = send(c->fd[!i], copy_buf, (size_t)n, MSG_NOSIGNAL);
	if (n < 0)
		return would_block(&w->writable);
	if (recv(c->fd[i], copy_buf, (size_t)n, MSG_TRUNC) != n)
		return BROKEN;
	return MORE;
}

static enum moved fill(struct conn *c, int i)
{
	struct way *w = &c->way[i];
	ssize_t n;

	w->pipe = pipe_take();
	if (w->pipe == NONE)
		return copy(c, i);
	n = splice(c->fd[i], NULL, pipes[w->pipe].fd[1], NULL, MOVE_MAX,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		w->held = (uint32_t)n;
		return MORE;
	}
	/* It was taken empty and is empty: EAGAIN is the socket's. */
	pipe_give(w->pipe);
	w->pipe = NONE;
	if (n < 0)
		return would_block(&w->readable);
	w->eof = true;
	return MORE;
}

static enum moved way_run(struct conn *c, int i)
{
	struct way *w = &c->way[i];

	for (int round = 0; round < ROUNDS; round++) {
		enum moved m = BLOCKED;

		if (w->held)
			m = w->writable ? drain(c, i) : BLOCKED;
		else if (w->eof && !w->closed) {
			/* ENOTCONN: it is gone already, and its own way says so. */
			shutdown(c->fd[!i], SHUT_WR);
			w->closed = true;
		} else if (!w->eof && w->readable && w->writable)
			m = fill(c, i);
		if (m != MORE)
			return m;
	}
	return MORE;
}

static void conn_run(struct conn *c)
{
	enum moved m[2] = { way_run(c, 0), way_run(c, 1) };

	if (m[0] == BROKEN || m[1] == BROKEN)
		conn_abort(c);
	else if (c->way[0].closed && c->way[1].closed)
		conn_end(c);
	else if (m[0] == MORE || m[1] == MORE)
		conn_wait(c);
	else if (c->broken)
		/* All that arrived before the reset has been passed on. */
		conn_abort(c);
}

bool tcp_turn(struct proxy *p)
{
	int32_t n = turn_first;

	(void)p;
	turn_first = turn_last = NONE;
	while (n != NONE) {
		struct conn *c = &conns[n];

		n = c->next;
		c->waiting = false;
		if (c->state == ENDED)
			conn_end(c);
		else
			conn_run(c);
	}
	return turn_first != NONE;
}

/* ---- beginning ---- */

static void conn_open(struct proxy *p, struct conn *c)
{
	const uint32_t both = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	uint64_t n = (uint64_t)(c - conns);

	c->state = OPEN;
	c->way[0].writable = c->way[1].writable = true;
	if (proxy_watch(p->epoll, c->fd[0], both, proxy_tag(PROXY_CONN, n << 1)) < 0 ||
	    proxy_watch(p->epoll, c->fd[1], both, proxy_tag(PROXY_CONN, n << 1 | 1)) < 0)
		conn_abort(c);
}

/* The next place that is worth it. A server on this machine answers while connect(2) is
 * still under way, so asking once more tells; only when its queue is full that takes
 * longer. 0 with errno: connected; 1: wait; -1 with errno. */
static int try_place(struct conn *c, const struct proxy_place *place)
{
	const int on = 1;

	c->fd[1] = proxy_socket(place, SOCK_STREAM);
	if (c->fd[1] < 0)
		return -1;
	setsockopt(c->fd[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(c->fd[1], SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(c->fd[1], &place->to.any, proxy_addr_size(&place->to)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (connect(c->fd[1], &place->to.any, proxy_addr_size(&place->to)) == 0)
		return 0;
	return errno == EALREADY ? 1 : -1;
}

static void conn_connect(struct proxy *p, struct conn *c)
{
	struct proxy_place place;

	for (; c->place < PROXY_PLACES; c->place++) {
		if (!proxy_place(p, c->family, c->place, c->inside, &place))
			continue;
		int r = try_place(c, &place);

		if (r == 0) {
			conn_open(p, c);
			return;
		}
		if (r > 0 && proxy_watch(p->epoll, c->fd[1], EPOLLOUT | EPOLLET,
					 proxy_tag(PROXY_CONN, (uint64_t)(c - conns) << 1 | 1)) == 0)
			return;
		if (!proxy_nobody_there(errno))
			break;
		fd_close(&c->fd[1]);
	}
	conn_abort(c);
}

static void conn_connected(struct proxy *p, struct conn *c)
{
	int err = 0;
	socklen_t size = sizeof(err);

	if (getsockopt(c->fd[1], SOL_SOCKET, SO_ERROR, &err, &size) == 0 && err == 0) {
		/* conn_open() watches it anew. */
		epoll_ctl(p->epoll, EPOLL_CTL_DEL, c->fd[1], NULL);
		conn_open(p, c);
		return;
	}
	if (!proxy_nobody_there(err)) {
		conn_abort(c);
		return;
	}
	fd_close(&c->fd[1]);
	c->place++;
	conn_connect(p, c);
}

void tcp_accept(struct proxy *p, size_t slot)
{
	for (int i = 0; i < ACCEPTS && live < p->conns_max; i++) {
		union proxy_addr from = { .family = 0 };
		socklen_t size = sizeof(from);
		int fd = accept4(p->ports->sock[slot].fd, &from.any, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			proxy_pause(p, true);
		/* Kernel: errors of a connection that is not wanted any more come here as
		 * well, accept(2); the rest waits in the queue and wakes us again. */
		if (fd < 0)
			return;
		struct conn *c = conn_new(p);

		c->fd[0] = fd;
		c->state = CONNECTING;
		c->inside = p->ports->sock[slot].inside;
		c->family = (uint8_t)proxy_addr_family(&from);
		conn_connect(p, c);
	}
}

void tcp_event(struct proxy *p, uint64_t which, uint32_t events)
{
	struct conn *c = &conns[which >> 1];
	int side = which & 1;

	if (c->state == CONNECTING)
		conn_connected(p, c);
	if (c->state != OPEN)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->way[side].readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->way[!side].writable = true;
	if (events & EPOLLERR)
		c->broken = true;
	conn_run(c);
}
