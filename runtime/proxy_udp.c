/* runtime/proxy_udp.c - UDP through the proxy process: a socket inside for each client.
 *
 * A client is who sends from one address and port to one address and port of the host. Its
 * datagrams go out of a socket of its own that is connected to the server, so what comes
 * back on that socket is for this client; it is sent from the host's socket, and from the
 * address that the client had written to (several addresses may lead here, and a client
 * takes an answer from no other).
 *
 * Nobody says goodbye in UDP: a client is forgotten after two minutes of silence, as
 * conntrack does it, or earlier if there are too many and it has been silent for longest.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/proxy.h"

enum {
	NONE = -1,
	BUCKETS = 1024,       /* a power of two */
	DATAGRAMS = 32,       /* of one socket before others have their turn */
	DATAGRAM_MAX = 65536, /* more than there can be */
	USED_KEPT = 64,       /* elements of the table that stay when nobody is there */
};
#define SILENCE_NS (INT64_C(120) * 1000000000)

/* Whose datagram: compared as bytes, so there is no hole in it, and what is not used is
 * 0. Addresses and port in network order. */
struct key {
	uint8_t client[16], local[16]; /* `local` is the host's, that it was sent to */
	uint32_t ifindex;              /* of link-local ones */
	uint32_t slot;                 /* of the host's socket */
	uint16_t port;                 /* the client's */
	uint16_t family;               /* of the host's socket: AF_INET, 4 bytes are used */
};
_Static_assert(sizeof(struct key) == 44, "no hole");

struct flow {
	struct key key;
	int64_t last_ns;      /* when either of them has said something */
	int32_t older, newer; /* all flows by last_ns; `newer` also links the free ones */
	int32_t next_in_bucket;
	int fd;        /* owned, inside; -1: free */
	bool answered; /* the server is where it is looked for */
	uint8_t place;
};

static struct flow *flows;
static unsigned live, used;
static int32_t free_list = NONE, oldest = NONE, newest = NONE;
static int32_t bucket[BUCKETS]; /* index + 1, so that 0 is none */
static char datagram[DATAGRAM_MAX];

int udp_init(struct proxy *p)
{
	flows = proxy_table(p->flows_max, sizeof(*flows));
	return flows ? 0 : -1;
}

/* ---- the table ---- */

static int32_t *bucket_of(const struct key *key)
{
	const unsigned char *byte = (const unsigned char *)key;
	uint32_t h = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < sizeof(*key); i++)
		h = (h ^ byte[i]) * 16777619;
	return &bucket[(h ^ h >> 16) & (BUCKETS - 1)];
}

static struct flow *flow_find(const struct key *key)
{
	for (int32_t n = *bucket_of(key) - 1; n != NONE; n = flows[n].next_in_bucket)
		if (memcmp(&flows[n].key, key, sizeof(*key)) == 0)
			return &flows[n];
	return NULL;
}

static void unlink_age(const struct flow *f)
{
	*(f->older == NONE ? &oldest : &flows[f->older].newer) = f->newer;
	*(f->newer == NONE ? &newest : &flows[f->newer].older) = f->older;
}

static void link_newest(struct flow *f)
{
	int32_t n = (int32_t)(f - flows);

	f->older = newest;
	f->newer = NONE;
	*(newest == NONE ? &oldest : &flows[newest].newer) = n;
	newest = n;
}

static void flow_touch(struct flow *f)
{
	f->last_ns = clock_ns();
	unlink_age(f);
	link_newest(f);
}

/* Events of this round that are still to come find fd -1, or the fd of a newer flow,
 * which then has nothing to read. */
static void flow_end(struct flow *f)
{
	int32_t n = (int32_t)(f - flows), *at = bucket_of(&f->key);

	if (*at == n + 1) {
		*at = f->next_in_bucket + 1;
	} else {
		int32_t before = *at - 1;

		while (flows[before].next_in_bucket != n)
			before = flows[before].next_in_bucket;
		flows[before].next_in_bucket = f->next_in_bucket;
	}
	unlink_age(f);
	fd_close(&f->fd);
	f->newer = free_list;
	free_list = n;
	if (--live == 0 && used > USED_KEPT) {
		madvise(flows, used * sizeof(*flows), MADV_DONTNEED);
		free_list = NONE;
		used = 0;
	}
}

static struct flow *flow_new(struct proxy *p, const struct key *key)
{
	int32_t *at = bucket_of(key);
	struct flow *f;

	if (live == p->flows_max)
		flow_end(&flows[oldest]);
	if (free_list != NONE) {
		f = &flows[free_list];
		free_list = f->newer;
	} else {
		f = &flows[used++];
	}
	*f = (struct flow){ .key = *key, .fd = -1, .next_in_bucket = *at - 1 };
	*at = (int32_t)(f - flows) + 1;
	live++;
	f->last_ns = clock_ns();
	link_newest(f);
	return f;
}

/* ---- addresses ---- */

static void read_client(const union proxy_addr *from, struct key *key)
{
	key->family = from->family;
	if (from->family == AF_INET) {
		key->port = from->v4.sin_port;
		memcpy(key->client, &from->v4.sin_addr, sizeof(from->v4.sin_addr));
	} else {
		key->port = from->v6.sin6_port;
		memcpy(key->client, &from->v6.sin6_addr, sizeof(from->v6.sin6_addr));
	}
}

static void client_of(const struct key *key, union proxy_addr *to)
{
	memset(to, 0, sizeof(*to));
	to->family = key->family;
	if (key->family == AF_INET) {
		to->v4.sin_port = key->port;
		memcpy(&to->v4.sin_addr, key->client, sizeof(to->v4.sin_addr));
	} else {
		to->v6.sin6_port = key->port;
		to->v6.sin6_scope_id = key->ifindex;
		memcpy(&to->v6.sin6_addr, key->client, sizeof(to->v6.sin6_addr));
	}
}

static int family_of(const struct key *key)
{
	union proxy_addr client;

	client_of(key, &client);
	return proxy_addr_family(&client);
}

/* The address that a datagram was sent to, from the one thing that the kernel says
 * beside it. */
static void read_local(struct msghdr *m, struct key *key)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct in6_pktinfo v6;
	struct in_pktinfo v4;

	if (!c)
		return;
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&v6, CMSG_DATA(c), sizeof(v6));
		memcpy(key->local, &v6.ipi6_addr, sizeof(v6.ipi6_addr));
		if (IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr))
			key->ifindex = v6.ipi6_ifindex;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&v4, CMSG_DATA(c), sizeof(v4));
		memcpy(key->local, &v4.ipi_spec_dst, sizeof(v4.ipi_spec_dst));
	}
}

/* ---- towards the server ---- */

/* Connect F's socket to the next place that is worth it, from F->place on. */
static int flow_connect(struct proxy *p, struct flow *f)
{
	struct proxy_place place;
	uint16_t port = p->ports->sock[f->key.slot].inside;

	for (; f->place < PROXY_PLACES; f->place++) {
		if (!proxy_place(p, family_of(&f->key), f->place, port, &place))
			continue;
		fd_close(&f->fd);
		f->fd = proxy_socket(&place, SOCK_DGRAM);
		if (f->fd >= 0 && connect(f->fd, &place.to.any, proxy_addr_size(&place.to)) == 0 &&
		    proxy_watch(p->epoll, f->fd, EPOLLIN,
				proxy_tag(PROXY_FLOW, (uint64_t)(f - flows))) == 0)
			return 0;
		if (!proxy_nobody_there(errno))
			return -1;
	}
	return -1;
}

/* Is nobody listening there? The answer to a datagram that was sent to this machine is
 * here when send(2) returns; udp(7): errors are pending on the socket. */
static bool refused(const struct flow *f)
{
	int err = 0;
	socklen_t size = sizeof(err);

	return getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &err, &size) == 0 && proxy_nobody_there(err);
}

static void flow_send(struct proxy *p, struct flow *f, size_t n)
{
	while (f->fd >= 0 || flow_connect(p, f) == 0) {
		/* A full queue drops, as everywhere in UDP. An error that was pending
		 * is the last datagram's: once more for this one. */
		if (send(f->fd, datagram, n, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED &&
		    f->answered)
			send(f->fd, datagram, n, MSG_NOSIGNAL);
		if (f->answered || !refused(f))
			return;
		f->place++;
		fd_close(&f->fd);
	}
	/* Nowhere. Who comes again is looked up from the beginning: servers start late. */
	flow_end(f);
}

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

void udp_from_client(struct proxy *p, size_t slot)
{
	for (int i = 0; i < DATAGRAMS; i++) {
		struct key key;
		union proxy_addr from = { .family = 0 };
		union control c;
		struct iovec iov = { datagram, sizeof(datagram) };
		struct msghdr m = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = c.buf,
			.msg_controllen = sizeof(c.buf),
		};

		memset(&key, 0, sizeof(key));
		ssize_t n = recvmsg(p->ports->sock[slot].fd, &m, 0);
		/* ICMP errors of earlier answers come here too. */
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			continue;
		key.slot = (uint32_t)slot;
		read_client(&from, &key);
		read_local(&m, &key);
		struct flow *f = flow_find(&key);

		if (f)
			flow_touch(f);
		else
			f = flow_new(p, &key);
		flow_send(p, f, (size_t)n);
	}
}

/* ---- back to the client ---- */

static void answer(struct proxy *p, const struct flow *f, size_t n)
{
	union control c;
	struct iovec iov = { datagram, n };
	union proxy_addr to;
	struct msghdr m = {
		.msg_name = &to,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.buf,
	};
	struct cmsghdr *head = &c.align;

	client_of(&f->key, &to);
	m.msg_namelen = proxy_addr_size(&to);
	memset(&c, 0, sizeof(c));
	if (to.family == AF_INET) {
		struct in_pktinfo info = { .ipi_ifindex = 0 };

		memcpy(&info.ipi_spec_dst, f->key.local, sizeof(info.ipi_spec_dst));
		head->cmsg_level = IPPROTO_IP;
		head->cmsg_type = IP_PKTINFO;
		head->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(head), &info, sizeof(info));
		m.msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = f->key.ifindex };

		memcpy(&info.ipi6_addr, f->key.local, sizeof(info.ipi6_addr));
		head->cmsg_level = IPPROTO_IPV6;
		head->cmsg_type = IPV6_PKTINFO;
		head->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(head), &info, sizeof(info));
		m.msg_controllen = CMSG_SPACE(sizeof(info));
	}
	sendmsg(p->ports->sock[f->key.slot].fd, &m, MSG_NOSIGNAL);
}

void udp_from_server(struct proxy *p, uint64_t which)
{
	struct flow *f = &flows[which];
	bool heard = false;

	for (int i = 0; i < DATAGRAMS && f->fd >= 0; i++) {
		ssize_t n = recv(f->fd, datagram, sizeof(datagram), 0);

		if (n < 0 && errno == ECONNREFUSED && !f->answered) {
			/* It came late; the next datagram goes to the next place. */
			f->place++;
			fd_close(&f->fd);
			return;
		}
		if (n < 0)
			break;
		f->answered = heard = true;
		answer(p, f, (size_t)n);
	}
	if (heard)
		flow_touch(f);
}

/* ---- life ---- */

int udp_open(struct proxy *p, size_t slot)
{
	const struct port_sock *s = &p->ports->sock[slot];
	const int on = 1;

	if ((s->family == AF_INET6 &&
	     setsockopt(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0) ||
	    (s->family == AF_INET &&
	     setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0) ||
	    proxy_watch(p->epoll, s->fd, EPOLLIN, proxy_tag(PROXY_UDP, slot)) < 0)
		return fail("serve a UDP port");
	return 0;
}

void udp_forget(struct proxy *p, size_t slot)
{
	int32_t next;

	(void)p;
	for (int32_t n = oldest; n != NONE; n = next) {
		next = flows[n].newer;
		if (flows[n].key.slot == slot)
			flow_end(&flows[n]);
	}
}

int udp_expire(struct proxy *p)
{
	int64_t left = 0;

	(void)p;
	while (oldest != NONE) {
		left = flows[oldest].last_ns + SILENCE_NS - clock_ns();
		if (left > 0)
			return (int)(left / 1000000) + 1;
		flow_end(&flows[oldest]);
	}
	return -1;
}
