/* runtime/names.c - containers of one network know each other by name.
 *
 * The launcher runs this before the payload is started, the monitor as long as it
 * lives. There is no resolver and no daemon: every container has its own /etc/hosts,
 * which the stage opened for writing and its monitor keeps right. What it says comes
 * from two files in the containers' directory:
 *
 *	.names	one row of fixed size for each address of each container; changed under
 *		flock(), a row in one write, read without a lock
 *	.bell	a FIFO that nobody reads: whoever has changed a row writes a byte, which
 *		wakes each monitor's epoll once (EPOLLET)
 *
 * A monitor that is killed takes nothing back. So each one holds a pidfd of the monitor
 * whose row is next below its own (the lowest one: of the highest): a ring.
 *
 * Invariant: once everybody has answered the last bell, every monitor that has a row is
 * watched by exactly one other that has one, if there are two. Because
 *
 *  - a row appears, changes or goes only under the lock, and a bell follows;
 *  - to answer it is to read all rows and to watch the one below one's own, so two who
 *    have read the same rows watch in the same ring;
 *  - whoever cannot watch because its neighbour is dead takes that one's rows away,
 *    which is a change, so another bell: it ends when all rows are of the living;
 *  - whoever was killed between its row and its bell is found at the next bell, and
 *    until then nobody has heard of it.
 *
 * Why no inotify: a user has 128 instances of it (fs.inotify.max_user_instances), all
 * programs together. A FIFO has no such limit, and nobody wakes up while nothing changes:
 * Kernel: pipe_release() wakes everybody when only readers are left, or only writers, so
 * who listens is both.
 *
 * With N containers a change makes N monitors write N lines. So that a burst of starts
 * stays cheap, each waits N milliseconds from the first ring on; who has just started
 * sees all the others at once.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "runtime/box.h"

enum {
	ROW_MAGIC = 0x316e6963, /* "cin1": another layout is another number */
	ROWS_MAX = 1 << 16,
	DELAY_MAX_MS = 1000,
};

static const char table_file[] = ".names", bell_file[] = ".bell";

struct row {
	uint32_t magic; /* 0: nobody's */
	int32_t monitor;
	uint32_t net; /* id of the network */
	struct net_addr ip4, ip6;
	char name[80];  /* of the container's record */
	char more[124]; /* other names, spaces between */
};
static_assert(sizeof(struct row) == 256, "rows lie side by side, whole in a page");

/* All rows at one moment. */
struct table {
	struct row *row; /* owned */
	size_t n;
};

static int table_read(int fd, struct table *t)
{
	struct stat st;

	*t = (struct table){ .row = NULL };
	if (fstat(fd, &st) < 0)
		return -1;
	size_t n = (size_t)st.st_size / sizeof(*t->row);
	if (n > ROWS_MAX)
		n = ROWS_MAX;
	t->row = malloc((n + 1) * sizeof(*t->row));
	ssize_t got = t->row ? pread(fd, t->row, n * sizeof(*t->row), 0) : -1;
	if (got < 0) {
		free(t->row);
		t->row = NULL;
		return -1;
	}
	t->n = (size_t)got / sizeof(*t->row);
	for (size_t i = 0; i < t->n; i++) {
		struct row *r = &t->row[i];

		r->name[sizeof(r->name) - 1] = r->more[sizeof(r->more) - 1] = '\0';
		if (r->magic != ROW_MAGIC)
			r->magic = 0;
	}
	return 0;
}

static int row_write(int fd, size_t slot, const struct row *r)
{
	ssize_t n = pwrite(fd, r, sizeof(*r), (off_t)(slot * sizeof(*r)));

	return n == (ssize_t)sizeof(*r) ? 0 : -1;
}

/* Nobody holds the lock for longer than some writes take; one that was stopped in
 * the middle of them must not stop everybody else. */
static int table_lock(int fd)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int patience = 500; flock(fd, LOCK_EX | LOCK_NB) < 0; patience--) {
		if (errno != EWOULDBLOCK || !patience)
			return -1;
		nanosleep(&moment, NULL);
	}
	return 0;
}

static int open_bell(int dir)
{
	return openat(dir, bell_file, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

static void ring(int dir)
{
	AUTO_FD int fd = open_bell(dir);
	char old[4096];

	/* 65,536 rings later it is full. Kernel: the first byte in an empty pipe wakes as any
	 * other does; who has not looked yet finds that one. */
	while (fd >= 0 && write(fd, "", 1) < 0 && errno == EAGAIN)
		while (read(fd, old, sizeof(old)) > 0)
			;
}

/* ---- rows of one container ---- */

/* Lock the table, read it into T, and make the rows of NAME (of any monitor, or of PID
 * alone if it is not 0) nobody's. Returns how many there were; -1. The lock stays. */
static int forget_locked(int fd, struct table *t, const char *name, pid_t pid)
{
	static const struct row nobody;
	size_t used = 0;
	int n = 0;

	if (table_lock(fd) < 0 || table_read(fd, t) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		struct row *r = &t->row[i];

		if (r->magic && strcmp(r->name, name) == 0 && (!pid || r->monitor == pid)) {
			if (row_write(fd, i, &nobody) < 0)
				return -1;
			*r = nobody;
			n++;
		}
		if (r->magic)
			used = i + 1;
	}
	/* The time that everybody waits goes by its length. */
	if (used < t->n && ftruncate(fd, (off_t)(used * sizeof(*t->row))) == 0)
		t->n = used;
	return n;
}

static void look_in(struct box *b, int64_t ms)
{
	b->names.due_ns = clock_ns() + ms * 1000000;
}

/* A monitor that is dead and could not take its container's names back, nor its files.
 * False: the table could not be changed; another look is due. */
static bool bury(struct box *b, const char *name, pid_t pid)
{
	struct table t = { 0 };

	record_bury(b->record.dir, name);
	int n = forget_locked(b->names.table, &t, name, pid);
	if (n > 0)
		ring(b->record.dir);
	if (n < 0)
		look_in(b, DELAY_MAX_MS);
	flock(b->names.table, LOCK_UN);
	free(t.row);
	return n >= 0;
}

/* Put as many of ALIASES into ROW->more as there is room for, behind what is there;
 * returns what is left over. */
static const char *fill_more(struct row *r, const char *aliases)
{
	size_t used = strlen(r->more);

	while (*aliases) {
		size_t n = strcspn(aliases, " ");

		if (used + n + 2 > sizeof(r->more))
			break;
		if (used)
			r->more[used++] = ' ';
		memcpy(r->more + used, aliases, n);
		used += n;
		r->more[used] = '\0';
		aliases += n;
		aliases += *aliases == ' ';
	}
	return aliases;
}

static size_t free_slot(const struct table *t, size_t from)
{
	while (from < t->n && t->row[from].magic)
		from++;
	return from;
}

static int enter_rows(const struct box *b, struct table *t)
{
	size_t slot = 0;

	for (size_t i = 0; i < b->nnets; i++) {
		const struct box_net *net = &b->net[i];
		const char *aliases = net->aliases;
		struct row r = { .magic = ROW_MAGIC,
				 .monitor = getpid(),
				 .net = net->lease.net_id,
				 .ip4 = net->lease.ip4,
				 .ip6 = net->lease.ip6 };

		snprintf(r.name, sizeof(r.name), "%s", b->record.name);
		if (b->spec->name)
			snprintf(r.more, sizeof(r.more), "%s", b->spec->id);
		do {
			aliases = fill_more(&r, aliases);
			slot = free_slot(t, slot);
			if (slot >= ROWS_MAX || row_write(b->names.table, slot, &r) < 0)
				return -1;
			slot++;
			r.more[0] = '\0';
		} while (*aliases);
	}
	return 0;
}

/* ---- the text ---- */

struct text {
	char *s; /* owned */
	size_t n, room;
	bool short_of_memory;
};

static void add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->n + n + 1 > t->room) {
		size_t room = (t->n + n + 1) * 2 + 4096;
		char *bigger = realloc(t->s, room);

		t->short_of_memory |= !bigger;
		if (!bigger)
			return;
		t->s = bigger;
		t->room = room;
	}
	memcpy(t->s + t->n, s, n + 1);
	t->n += n;
}

/* "ADDRESS<tab>NAME MORE...\n" */
static void add_line(struct text *t, const struct net_addr *a, const char *first,
		     const char *second, const char *third)
{
	const char *const word[] = { first, second, third };
	char address[52];
	bool begun = false;

	if (!a->family)
		return;
	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++) {
		if (!word[i] || !*word[i])
			continue;
		add(t, begun ? " " : net_addr_text(address, a, false));
		add(t, begun ? "" : "\t");
		add(t, word[i]);
		begun = true;
	}
	if (begun)
		add(t, "\n");
}

static void add_both(struct text *t, const struct net_addr *ip4, const struct net_addr *ip6,
		     const char *first, const char *second, const char *third)
{
	add_line(t, ip4, first, second, third);
	add_line(t, ip6, first, second, third);
}

/* Such an address means nothing without the interface. */
static bool is_link_local(const struct net_addr *a)
{
	return a->family == AF_INET6 && a->byte[0] == 0xfe && (a->byte[1] & 0xc0) == 0x80;
}

/* The host as the container's networks reach it: the first gateway of the host's own. */
static void add_gateway(struct text *t, const struct box *b)
{
	static const struct net_addr nothing;
	const struct spec *spec = b->spec;

	for (size_t i = 0; i < b->nnets; i++) {
		const struct net_lease *l = &b->net[i].lease;
		const struct net_addr *gw6 = is_link_local(&l->gw6) ? &nothing : &l->gw6;

		if (l->driver != NET_ROUTED && l->driver != NET_BRIDGE && l->driver != NET_VXLAN)
			continue;
		add_both(t, &l->gw4, gw6, "host.cinit.internal", NULL, NULL);
		for (size_t k = 0; k < spec->nadd_hosts; k++)
			if (strcmp(spec->add_hosts[k].val, "host-gateway") == 0)
				add_both(t, &l->gw4, gw6, spec->add_hosts[k].key, NULL, NULL);
		return;
	}
}

static const char *link_to(const struct spec *spec, const struct row *r, size_t *from)
{
	for (; *from < spec->nlinks; (*from)++)
		if (strcmp(spec->links[*from].key, r->name) == 0)
			return spec->links[(*from)++].val;
	return NULL;
}

/* Does the container live on network NET? Where it shares another one's network, that
 * one's rows say so. */
static bool is_on(const struct box *b, const struct table *t, uint32_t net)
{
	for (size_t i = 0; i < b->nnets; i++)
		if (b->net[i].lease.net_id == net)
			return true;
	if (!b->names.joined_to[0])
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (t->row[i].magic && t->row[i].net == net &&
		    strcmp(t->row[i].name, b->names.joined_to) == 0)
			return true;
	return false;
}

static void put_text(struct text *out, const struct box *b, const struct table *t)
{
	const struct spec *spec = b->spec;
	uint32_t last = 0;
	bool on = false;

	add(out, b->names.base);
	for (size_t i = 0; i < b->nnets; i++) {
		const struct net_lease *l = &b->net[i].lease;
		const char *id = spec->name ? spec->id : NULL;
		const char *host = spec->ns[NS_UTS].mode == NS_PRIVATE ? spec->hostname : NULL;

		if (host &&
		    (strcmp(host, spec->id) == 0 || (spec->name && !strcmp(host, spec->name))))
			host = NULL;
		add_both(out, &l->ip4, &l->ip6, host, b->record.name, id);
		if (b->net[i].aliases[0])
			add_both(out, &l->ip4, &l->ip6, b->net[i].aliases, NULL, NULL);
	}
	add_gateway(out, b);
	for (size_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];
		const char *alias;
		size_t k = 0;

		if (!r->magic || strcmp(r->name, b->record.name) == 0)
			continue;
		if (r->net != last)
			on = is_on(b, t, r->net);
		last = r->net;
		if (!on)
			continue;
		while ((alias = link_to(spec, r, &k)))
			add_both(out, &r->ip4, &r->ip6, alias, NULL, NULL);
		add_both(out, &r->ip4, &r->ip6, r->name, r->more, NULL);
	}
}

/* In place: the container's programs hold this very file mounted. Who reads while it
 * gets shorter sees empty lines at its end. */
static void write_text(struct box *b, struct text *t)
{
	size_t n = t->n;

	while (t->n < b->names.size && !t->short_of_memory)
		add(t, "\n");
	if (t->short_of_memory || pwrite(b->hosts, t->s, t->n, 0) != (ssize_t)t->n)
		return;
	/* Also what a program inside has put behind it. */
	if (ftruncate(b->hosts, (off_t)n) == 0)
		b->names.size = n;
}

/* ---- whom to look after ---- */

static const struct row *neighbour(const struct table *t)
{
	const struct row *below = NULL, *highest = NULL;
	bool seen_own = false;

	for (size_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];

		if (!r->magic)
			continue;
		if (r->monitor == getpid()) {
			seen_own = true;
			continue;
		}
		if (!seen_own)
			below = r;
		highest = r;
	}
	/* Whoever has no row of its own leaves it to the others. */
	return !seen_own ? NULL : below ? below : highest;
}

/* False: it was dead, and T is out of date. */
static bool look_after(struct box *b, const struct table *t)
{
	struct names *s = &b->names;
	const struct row *r = neighbour(t);

	if (r && s->peer >= 0 && r->monitor == s->peer_pid)
		return true;
	fd_close(&s->peer);
	s->peer_pid = 0;
	if (!r)
		return true;
	/* First the pidfd, then the question: its number may be somebody else's by now. */
	s->peer = sys_pidfd_open(r->monitor, 0);
	if (!record_alive(b->record.dir, r->name)) {
		fd_close(&s->peer);
		return !bury(b, r->name, r->monitor);
	}
	/* It may be about to write its row anew, or we have too many files open. */
	if (s->peer < 0) {
		look_in(b, DELAY_MAX_MS);
		return true;
	}
	s->peer_pid = r->monitor;
	snprintf(s->peer_name, sizeof(s->peer_name), "%s", r->name);
	return true;
}

/* ---- what others call ---- */

static void listen_to_bell(struct names *s, int dir)
{
	struct epoll_event ring = { .events = EPOLLIN | EPOLLET };

	if (s->bell >= 0 || s->table < 0)
		return;
	s->fifo = open_bell(dir);
	s->bell = s->fifo < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (s->bell < 0 || epoll_ctl(s->bell, EPOLL_CTL_ADD, s->fifo, &ring) < 0) {
		note("names of containers: listen: %s", strerror(errno));
		fd_close(&s->bell);
		fd_close(&s->fifo);
	}
}

/* Before the table is read: what is rung from here on is news. */
static void bell_heard(const struct names *s)
{
	struct epoll_event ring;

	if (s->bell >= 0)
		epoll_wait(s->bell, &ring, 1, 0);
}

/* Whom nobody can know by a name needs no row: a thousand of them start as quickly as one.
 * They know the others all the same. */
static bool has_names(const struct box *b)
{
	for (size_t i = 0; i < b->nnets; i++)
		if (b->spec->name || b->net[i].aliases[0])
			return true;
	return false;
}

void names_enter(struct box *b)
{
	struct names *s = &b->names;
	const bool known = s->entered || has_names(b);
	struct table t = { 0 };

	if (!b->nnets && !s->joined_to[0])
		return;
	if (!s->base)
		s->base = fs_hosts_text(b->pool, b->spec, NULL);
	if (s->table < 0)
		s->table = openat(b->record.dir, table_file,
				  O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->bell < 0 && mkfifoat(b->record.dir, bell_file, 0600) < 0 && errno != EEXIST)
		note("names of containers: make a fifo: %s", strerror(errno));
	if (s->table < 0 || (known && (forget_locked(s->table, &t, b->record.name, 0) < 0 ||
				       enter_rows(b, &t) < 0)))
		note("names of containers: %s", strerror(errno));
	flock(s->table, LOCK_UN);
	free(t.row);
	if (known)
		ring(b->record.dir);
	s->entered = known;
	/* Behind our own ring. What others rang before it is read in a moment. */
	listen_to_bell(s, b->record.dir);
	if (s->table >= 0)
		look_in(b, 0);
}

void names_forget(int dir, const char *name)
{
	struct table t = { 0 };
	AUTO_FD int fd = openat(dir, table_file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && forget_locked(fd, &t, name, 0) > 0)
		ring(dir);
	free(t.row);
}

void names_write(struct box *b)
{
	struct names *s = &b->names;
	struct table t;
	struct text text = { 0 };

	s->due_ns = 0;
	bell_heard(s);
	if (s->table < 0 || table_read(s->table, &t) < 0)
		return;
	while (!look_after(b, &t)) {
		free(t.row);
		if (table_read(s->table, &t) < 0)
			return;
	}
	if (b->hosts >= 0) {
		put_text(&text, b, &t);
		write_text(b, &text);
	}
	free(text.s);
	free(t.row);
}

void names_leave(struct box *b)
{
	struct names *s = &b->names;
	struct table t = { 0 };

	if (s->entered && forget_locked(s->table, &t, b->record.name, getpid()) > 0)
		ring(b->record.dir);
	free(t.row);
	fd_close(&s->table);
	fd_close(&s->bell);
	fd_close(&s->fifo);
	fd_close(&s->peer);
}

void names_want(const struct box *b, struct pollfd *bell, struct pollfd *peer)
{
	/* A ring has been heard: more of them say nothing new until it is answered. */
	*bell = (struct pollfd){ b->names.due_ns ? -1 : b->names.bell, POLLIN, 0 };
	*peer = (struct pollfd){ b->names.peer, POLLIN, 0 };
}

int64_t names_due(const struct box *b)
{
	return b->names.due_ns;
}

void names_move(struct box *b, const struct pollfd *bell, const struct pollfd *peer, int64_t now)
{
	struct names *s = &b->names;
	struct stat st;

	if (s->table < 0)
		return;
	if (bell->revents) {
		int64_t ms = fstat(s->table, &st) == 0 ? st.st_size / (off_t)sizeof(struct row) : 0;

		s->due_ns = now + (ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS) * 1000000;
	}
	/* The next one below may be dead as well. */
	if (peer->revents) {
		fd_close(&s->peer);
		s->due_ns = now;
	}
	if (s->due_ns && now >= s->due_ns)
		names_write(b);
}
