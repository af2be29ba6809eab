/* runtime/proxy.h - what the files of the proxy process share: proxy.c (its life and its
 * loop), proxy_tcp.c, proxy_udp.c.
 *
 * One process, one thread, one epoll instance. Sockets that clients come to are the host's,
 * made before the process entered the container's network namespace; every socket that it
 * makes itself is inside. Nothing is allocated after the start: tables are mapped once, in
 * full, and cost memory only where they have been used.
 */
#ifndef RUNTIME_PROXY_H
#define RUNTIME_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "runtime/ports.h"

/* What the monitor says, with one descriptor beside ADD; and the proxy's one answer. */
enum proxy_verb { PROXY_READY = 1, PROXY_FAILED, PROXY_ADD, PROXY_DROP };

struct proxy_msg {
	uint32_t verb;
	uint32_t slot;
	struct port_sock sock; /* ADD; its fd means nothing */
	char text[300];        /* FAILED: err_text() */
};

/* What woke epoll: the lowest bits of its data say what kind of thing, the rest which. */
enum proxy_kind {
	PROXY_CTL,    /* the monitor */
	PROXY_ACCEPT, /* the epoll instance of listening sockets */
	PROXY_CONN,   /* index << 1 | side: a connection's client or server */
	PROXY_UDP,    /* slot: datagrams of clients */
	PROXY_FLOW,   /* index: datagrams of the server */
	PROXY_KINDS
};
static inline uint64_t proxy_tag(enum proxy_kind kind, uint64_t which)
{
	return which << 3 | kind;
}

union proxy_addr {
	sa_family_t family;
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
static inline socklen_t proxy_addr_size(const union proxy_addr *a)
{
	return a->family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}
/* AF_INET also for ::ffff:1.2.3.4 */
int proxy_addr_family(const union proxy_addr *a);

struct proxy {
	int epoll;           /* everything else is in it */
	int listening;       /* epoll instance of the listening sockets */
	int ctl;             /* borrowed, to the monitor */
	bool paused;         /* `listening` is not in `epoll`: no room for more */
	int64_t retry_ns;    /* CLOCK_MONOTONIC: try accept() again then; 0: no */
	struct ports *ports; /* borrowed: addresses and the sockets of clients */
	unsigned conns_max, flows_max;
};

/* Where inside a server may be listening. Tried in this order until one does: the address
 * of the container, first of the client's family; then loopback. Programs give what comes
 * from loopback more trust than the world (CVE-2021-20199), so even there a client comes
 * from the container's own address. */
enum { PROXY_PLACES = 4 };
struct proxy_place {
	union proxy_addr to, from; /* from.family 0: what the kernel takes */
};
/* The N-th for a client of FAMILY; false: there is no such place, take the next. */
bool proxy_place(const struct proxy *p, int family, unsigned n, uint16_t port,
		 struct proxy_place *out);
/* A socket of TYPE that is bound as PLACE says; -1 with errno. */
int proxy_socket(const struct proxy_place *place, int type);
/* Was that "nobody listens here", so that the next place is worth a try? */
bool proxy_nobody_there(int err);

/* A table of N elements of SIZE bytes, all zero; NULL with fail(). */
void *proxy_table(size_t n, size_t size);
/* Watch FD for EVENTS. -1 with errno. */
int proxy_watch(int epoll, int fd, uint32_t events, uint64_t tag);

/* ---- proxy.c ---- */
/* The process's life. Needs: all namespaces entered, all privilege gone, descriptors only
 * those of PORTS and its ctl. Ends when the other end of ctl is closed. */
_Noreturn void proxy_main(struct ports *ports);
/* The end of a process that could not become the proxy: err.h's words go to the monitor. */
_Noreturn void proxy_failed(const struct ports *ports);
/* Accept no more for now; until a connection ends, or for a while if NO_DESCRIPTORS. */
void proxy_pause(struct proxy *p, bool no_descriptors);
void proxy_resume(struct proxy *p);

/* ---- proxy_tcp.c ---- */
int tcp_init(struct proxy *p);
void tcp_accept(struct proxy *p, size_t slot);
void tcp_event(struct proxy *p, uint64_t which, uint32_t events);
/* A round for those who have more to move; true: some still have. */
bool tcp_turn(struct proxy *p);
/* After a round of events: what has ended may be used again. */
void tcp_sweep(struct proxy *p);

/* ---- proxy_udp.c ---- */
int udp_init(struct proxy *p);
/* Serve the socket in SLOT, which has just come. -1 with fail(). */
int udp_open(struct proxy *p, size_t slot);
void udp_from_client(struct proxy *p, size_t slot);
void udp_from_server(struct proxy *p, uint64_t which);
/* SLOT's socket is about to be closed: its clients are forgotten. */
void udp_forget(struct proxy *p, size_t slot);
/* Forget who has been silent for too long. How long until the next is, in ms; -1: never. */
int udp_expire(struct proxy *p);

#endif
