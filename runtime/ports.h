/* runtime/ports.h - published ports, on the side that has no privilege.
 *
 * Every port of -p is a socket that is bound on the host. It does three things: it keeps
 * the port for the container (the kernel refuses it to everybody else), it proves to the
 * helper that the caller may have it, and it takes the connections that no rule has turned
 * towards the container: those to 127.0.0.1 and ::1, or all of them when there is no helper.
 * These the process `cinit:ports` carries inside (runtime/proxy.c).
 *
 *	monitor					cinit:ports		helper
 *	ports_bind()
 *	ports_publish()	-------------------------------------------->	PUBLISH
 *	ports_start()	-- fork ------------->	proxy_main()
 *	ports_ready()	<- "ready" or words --
 *	ports_adopt()	-- slot + socket ---->
 *	ports_drop()	-- slot ------------->
 *	ports_end()	-- end of file ------>	ends
 *
 * The monitor keeps the sockets as well: should `cinit:ports` be killed the ports stay the
 * container's, and ports_died() starts another one.
 */
#ifndef RUNTIME_PORTS_H
#define RUNTIME_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/pool.h"
#include "net.h"

/* One bound socket; one host port. Its place in ports.sock, the slot, is its name between
 * the monitor and the proxy. */
struct port_sock {
	int fd;          /* owned; -1: the slot is free */
	uint16_t inside; /* the port inside */
	uint8_t proto;   /* IPPROTO_* */
	uint8_t family;  /* AF_INET, AF_INET6; the latter may be for both */
};

enum { PORT_SOCKS_MAX = 65536 };

/* One -p, as it was bound. */
struct port_row {
	struct net_port port;       /* host_first is never 0 */
	uint32_t slot;              /* of its first socket; the others follow */
	int rules;                  /* owned, its table of rules ends with it (net.h); -1: none */
	char table[NET_IFNAME_MAX]; /* the name of that */
};

struct ports {
	struct port_row *row; /* in the pool */
	size_t n;
	struct port_sock *sock; /* owned, room for PORT_SOCKS_MAX; NULL: nothing is published */
	size_t nsocks;          /* slots ever used */

	int netns;                /* owned, the container's; -1 before ports_start() */
	struct net_addr ip4, ip6; /* inside */
	bool standin;             /* these are not of a lease, see net_standin_up() */
	int ctl;                  /* owned, to the proxy; -1 */
	int pidfd;                /* owned, of the proxy; -1 */
	pid_t pid;                /* 0: none */
	bool ready;               /* it has said so */
	int64_t started_ns;       /* CLOCK_MONOTONIC */
};

void ports_init(struct ports *p);

/* ---- ports.c ---- */

/* Bind every port of LIST. A host port 0 is chosen by the kernel, p->row has it; "every address" becomes "every IPv4 address" where there is no IPv6. Nothing is left
 * bound on -1, and fail() says which port and who has it. */
int ports_bind(struct pool *pool, const struct net_port *list, size_t n, struct ports *p);
/* Have the helper turn what comes to other addresses than loopback towards the container
 * with the lease L, whose namespace is NETNS. Each row has rules of its own, so that one
 * can be given up alone. -1 with fail(). */
int ports_publish(struct ports *p, int netns, const struct net_lease *l);
/* Room for p->sock. -1 with fail(). */
int ports_table(struct ports *p);
/* Close the sockets. */
void ports_unbind(struct ports *p);
/* "127.0.0.1:8000-8010->80-90/tcp", for lists and messages. */
char *ports_text(char buf[96], const struct net_port *port);
bool ports_is_loopback(const struct net_addr *a);

/* ---- ports_proxy.c: the monitor's side of the proxy ---- */

/* Start the proxy for the container whose network namespace is NETNS (borrowed). L is what
 * it is reached by, NULL: it has no lease, and gets addresses that stand in for one. Does
 * nothing when no socket needs it. -1 with fail(). */
int ports_start(struct ports *p, int netns, const struct net_lease *l);
/* Wait until it serves. -1 with the words of what it could not do. */
int ports_ready(struct ports *p);
/* p->pidfd is readable: reap it, say so, start another. */
void ports_died(struct ports *p);
/* Take over what another process has bound with ports_bind() and published: PORT's sockets
 * FD[], in order, and its TABLE of rules with RULES (or -1); and have them served. FD and
 * RULES stay the caller's on -1, with fail(). */
int ports_adopt(struct ports *p, struct pool *pool, const struct net_port *port, const int *fd,
		int rules, const char *table);
/* Give up the row of p->row that equals PORT. -1 with fail_plain(): there is none. */
int ports_drop(struct ports *p, const struct net_port *port);
/* End the proxy and close everything. */
void ports_end(struct ports *p);

#endif
