/* runtime/ports.c - binding published ports on the host.
 *
 * The monitor runs this before anything of the container is made, so that a port which
 * cannot be had is one line and nothing to undo; `cinit port add` runs it for a container
 * that is there. One socket holds one port: for every address it is an IPv6 socket that
 * takes IPv4 as well, since two would make ranges of 10,000 ports hit the limit of open
 * files that many machines have.
 *
 * No SO_REUSEPORT: nobody is to share the port, and the helper refuses such a proof.
 * SO_REUSEADDR for TCP alone, where it means no more than that connections of yesterday's
 * container, still in TIME_WAIT, are no reason to refuse (socket(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <yyjson.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime.h"
#include "runtime/ports.h"
#include "runtime/priv.h"

enum {
	SPARE_FDS = 64, /* what else a monitor may have open */
	QUEUE = 4096,   /* connections that wait; the machine may allow less */
	TRIES = 64,     /* at a row of ports that are all free */
};

void ports_init(struct ports *p)
{
	memset(p, 0, sizeof(*p));
	p->netns = p->ctl = p->pidfd = -1;
}

/* ---- words ---- */

bool ports_is_loopback(const struct net_addr *a)
{
	static const struct net_addr one = { .family = AF_INET6, .byte = { [15] = 1 } };

	return a->family == AF_INET ? a->byte[0] == 127 : net_addr_equal(a, &one);
}

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : proto == IPPROTO_SCTP ? "sctp" : "tcp";
}

static char *range_text(char buf[16], unsigned first, unsigned count)
{
	if (first == 0)
		strcpy(buf, "any");
	else if (count > 1)
		snprintf(buf, 16, "%u-%u", first, first + count - 1);
	else
		snprintf(buf, 16, "%u", first);
	return buf;
}

/* "127.0.0.1:", "[::1]:", or "". */
static char *host_text(char buf[56], const struct net_addr *a)
{
	char addr[52];

	buf[0] = '\0';
	if (a->family)
		snprintf(buf, 56,
			 a->family == AF_INET6 ? "[%s]:" : "%s:", net_addr_text(addr, a, false));
	return buf;
}

char *ports_text(char buf[96], const struct net_port *port)
{
	char host[56], outside[16], inside[16];

	snprintf(buf, 96, "%s%s->%s/%s", host_text(host, &port->host),
		 range_text(outside, port->host_first, port->count),
		 range_text(inside, port->inside_first, port->count), proto_name(port->proto));
	return buf;
}

/* ---- whose port it is ---- */

struct search {
	const struct net_port *port;
	unsigned number;
	char owner[80];
};

static bool is_any(const struct net_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->byte, zero, sizeof(zero)) == 0;
}

/* Does who has HOST (as a record says it) hold it against A? */
static bool same_place(const char *host, const struct net_addr *a)
{
	struct net_addr theirs;

	if (!*host || !a->family || net_addr_parse(host, false, &theirs) < 0)
		return true;
	return theirs.family == a->family &&
	       (is_any(&theirs) || is_any(a) || net_addr_equal(&theirs, a));
}

static int look_at_record(void *ctx, const char *name, yyjson_val *record)
{
	struct search *s = ctx;
	yyjson_val *row;
	size_t i, n;

	yyjson_arr_foreach(yyjson_obj_get(record, "ports"), i, n, row)
	{
		const char *proto = yyjson_get_str(yyjson_obj_get(row, "proto"));
		const char *host = yyjson_get_str(yyjson_obj_get(row, "host"));
		uint64_t first = yyjson_get_uint(yyjson_obj_get(row, "host_port"));
		uint64_t count = yyjson_get_uint(yyjson_obj_get(row, "count"));

		if (proto && host && strcmp(proto, proto_name(s->port->proto)) == 0 &&
		    s->number >= first && s->number - first < count &&
		    same_place(host, &s->port->host)) {
			snprintf(s->owner, sizeof(s->owner), "%s", name);
			return 1;
		}
	}
	return 0;
}

/* "by container web", if that is the caller's own. */
static int fail_in_use(const struct net_port *port, unsigned number, const char *host)
{
	struct search s = { .port = port, .number = number };

	if (record_each(look_at_record, &s) > 0)
		return fail_plain("port %s%u/%s is in use by container %s", host, number,
				  proto_name(port->proto), s.owner);
	err_clear();
	return fail_plain("port %s%u/%s is in use on this machine", host, number,
			  proto_name(port->proto));
}

/* Why PORT could not be bound at NUMBER, from errno. Returns -1. */
static int fail_bind(const struct net_port *port, unsigned number)
{
	char host[56], text[24];
	const char *proto = proto_name(port->proto);
	int err = errno;

	host_text(host, &port->host);
	if (err == EADDRINUSE)
		return fail_in_use(port, number, host);
	if (err == EADDRNOTAVAIL && port->host.family) {
		host[strlen(host) - 1] = '\0';
		return fail_plain("no interface of this machine has the address %s", host);
	}
	if (err == EPROTONOSUPPORT || err == ESOCKTNOSUPPORT)
		return fail_plain("port %s%u/%s: this kernel has no %s", host, number, proto, proto);
	if (err == EAFNOSUPPORT)
		return fail_plain("port %s%u/%s: this kernel has no IPv%c", host, number, proto,
				  port->host.family == AF_INET ? '4' : '6');
	if (err == EACCES) {
		ssize_t n = fd_read_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start",
					 text, sizeof(text) - 1);
		char *end = n > 0 ? strchr(text, '\n') : NULL;

		if (end)
			*end = '\0';
		fail_plain("port %s%u/%s: ports below %s are root's on this machine", host, number,
			   proto, n > 0 ? text : "1024");
		err_hint("sysctl net.ipv4.ip_unprivileged_port_start=%u would allow it", number);
		return -1;
	}
	errno = err;
	return fail("bind port %s%u/%s", host, number, proto);
}

/* ---- sockets ---- */

/* A socket for PORT at NUMBER (0: any). -1 with errno. */
static int open_bound(const struct net_port *port, unsigned number)
{
	const int on = 1, only6 = port->host.family == AF_INET6;
	const bool udp = port->proto == IPPROTO_UDP, tcp = port->proto == IPPROTO_TCP;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	int family = port->host.family ? port->host.family : AF_INET6;
	AUTO_FD int fd = socket(family,
				(udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
				port->proto);

	if (fd < 0)
		return -1;
	memset(&a, 0, sizeof(a));
	if (family == AF_INET) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons((uint16_t)number);
		memcpy(&a.v4.sin_addr, port->host.byte, sizeof(a.v4.sin_addr));
	} else {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons((uint16_t)number);
		memcpy(&a.v6.sin6_addr, port->host.byte, sizeof(a.v6.sin6_addr));
		/* Said always: net.ipv6.bindv6only is the machine's business. */
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6)) < 0)
			return -1;
	}
	if (tcp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	if (bind(fd, &a.any, family == AF_INET ? sizeof(a.v4) : sizeof(a.v6)) < 0)
		return -1;
	if (!tcp)
		return fd_take(&fd);
	/* Both are inherited by what accept(2) returns. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0 || listen(fd, QUEUE) < 0)
		return -1;
	return fd_take(&fd);
}

static void close_row(struct ports *p, const struct port_row *row)
{
	for (unsigned i = 0; i < row->port.count; i++)
		fd_close(&p->sock[row->slot + i].fd);
}

/* Bind ROW, whose host port is known or 0, at p->nsocks and up. -1 with errno, and where
 * in *NUMBER. */
static int bind_row(struct ports *p, struct port_row *row, unsigned *number)
{
	struct net_port *port = &row->port;

	for (unsigned i = 0; i < port->count; i++) {
		struct port_sock *s = &p->sock[row->slot + i];

		*number = port->host_first ? port->host_first + i : 0;
		s->fd = open_bound(port, *number);
		s->inside = (uint16_t)(port->inside_first + i);
		s->proto = port->proto;
		s->family = port->host.family ? port->host.family : AF_INET6;
		if (s->fd < 0)
			return -1;
		struct net_addr bound;

		if (!port->host_first && !net_addr_bound(s->fd, &bound, &port->host_first))
			return -1;
		/* The kernel's choice was too near to the end for all of them. */
		if (port->host_first + port->count - 1 > 65535) {
			errno = EADDRINUSE;
			return -1;
		}
	}
	return 0;
}

/* A range that the kernel is to choose: its choice for the first port, and what follows if
 * that is free. */
static int bind_somewhere(struct ports *p, struct port_row *row)
{
	unsigned number = 0;

	for (int i = 0; i < TRIES; i++) {
		row->port.host_first = 0;
		if (bind_row(p, row, &number) == 0)
			return 0;
		int err = errno;

		close_row(p, row);
		errno = err;
		if (errno != EADDRINUSE)
			return fail_bind(&row->port, number);
	}
	return fail_plain("there are no %u free ports in a row for -p %u-%u", row->port.count,
			  row->port.inside_first, row->port.inside_first + row->port.count - 1u);
}

static int bind_there(struct ports *p, struct port_row *row)
{
	unsigned number = 0;

	return bind_row(p, row, &number) < 0 ? fail_bind(&row->port, number) : 0;
}

/* As many descriptors as LIST needs. */
static int make_room(const struct net_port *list, size_t n)
{
	struct rlimit limit;
	rlim_t want = SPARE_FDS;

	for (size_t i = 0; i < n; i++)
		want += list[i].count;
	if (want - SPARE_FDS > PORT_SOCKS_MAX)
		return fail_plain("%llu ports are too many to publish",
				  (unsigned long long)(want - SPARE_FDS));
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("read the limit of open files");
	if (limit.rlim_cur >= want)
		return 0;
	if (limit.rlim_max < want) {
		fail_plain("%llu ports are more than this process may have open",
			   (unsigned long long)(want - SPARE_FDS));
		err_hint("each takes a descriptor, and the hard limit (ulimit -Hn) is %llu",
			 (unsigned long long)limit.rlim_max);
		return -1;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("raise the limit of open files");
	return 0;
}

static bool have_ipv6(void)
{
	AUTO_FD int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 || errno != EAFNOSUPPORT;
}

int ports_table(struct ports *p)
{
	void *table = mmap(NULL, PORT_SOCKS_MAX * sizeof(*p->sock), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (table == MAP_FAILED)
		return fail("map a table of ports");
	p->sock = table;
	return 0;
}

int ports_bind(struct pool *pool, const struct net_port *list, size_t n, struct ports *p)
{
	bool any6 = have_ipv6();

	if (n == 0)
		return 0;
	if (make_room(list, n) < 0 || ports_table(p) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct port_row row = {
			.port = list[i],
			.slot = (uint32_t)p->nsocks,
			.rules = -1,
		};

		if (!row.port.host.family && !any6)
			row.port.host = (struct net_addr){ .family = AF_INET, .plen = 32 };
		for (unsigned k = 0; k < row.port.count; k++)
			p->sock[row.slot + k].fd = -1;
		p->nsocks += row.port.count;
		if ((row.port.host_first ? bind_there(p, &row) : bind_somewhere(p, &row)) < 0) {
			ports_unbind(p);
			return -1;
		}
		POOL_PUSH(pool, p->row, p->n, row);
	}
	return 0;
}

/* ---- rules ---- */

/* The sockets of ROW are the proof that its ports are the caller's: as many frames as it
 * takes, the last one is answered with the rules. */
static int publish_row(struct ports *p, struct port_row *row, int netns, const struct net_lease *l)
{
	struct priv_req req = {
		.type = PRIV_PUBLISH,
		.u.publish = {
			.host_index = l->host_index,
			.ip4 = l->ip4,
			.ip6 = l->ip6,
			.nports = 1,
			.ports = { row->port },
		},
	};
	struct priv_publish *b = &req.u.publish;
	int fd[1 + PRIV_PROOFS] = { netns };
	struct priv_reply reply;
	unsigned done = 0;

	/* A lease's address has the prefix of its link, a publication's has none. */
	b->ip4.plen = b->ip4.family ? 32 : 0;
	b->ip6.plen = b->ip6.family ? 128 : 0;
	do {
		unsigned n = row->port.count - done;

		if (n > PRIV_PROOFS)
			n = PRIV_PROOFS;
		for (unsigned i = 0; i < n; i++)
			fd[1 + i] = p->sock[row->slot + done + i].fd;
		b->first_proof = (uint16_t)done;
		b->nproofs = (uint16_t)n;
		done += n;
		b->more = done < row->port.count;
		if (priv_ask(&req, fd, 1 + n, &reply, &row->rules) < 0)
			return -1;
	} while (b->more);
	memcpy(row->table, reply.u.table, sizeof(row->table));
	return 0;
}

int ports_publish(struct ports *p, int netns, const struct net_lease *l)
{
	char text[96];

	for (size_t i = 0; i < p->n; i++) {
		struct port_row *row = &p->row[i];

		if (ports_is_loopback(&row->port.host))
			continue;
		if (publish_row(p, row, netns, l) < 0)
			return fail_in("publish %s", ports_text(text, &row->port));
	}
	return 0;
}

void ports_unbind(struct ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		fd_close(&p->row[i].rules);
	for (size_t i = 0; i < p->nsocks; i++)
		fd_close(&p->sock[i].fd);
	if (p->sock)
		munmap(p->sock, PORT_SOCKS_MAX * sizeof(*p->sock));
	p->sock = NULL;
	p->nsocks = p->n = 0;
}
