/* runtime/ctl.h - what other commands may ask of a running container's monitor.
 *
 * The monitor listens on `NAME.sock` in the containers' directory, SEQPACKET, for
 * processes of its own user and for root. A request is one struct ctl_req, answered by
 * one struct ctl_reply, both by value; descriptors travel beside them:
 *
 *	request		descriptors		answer
 *	STATE		-			what there is; the network namespace
 *	NET_RESERVE	-			the name of an interface that is free
 *	NET_ADD		rules' socket		-
 *	NET_DROP	-			-
 *	PORT_ADD	rules' socket (if	-
 *			any), bound sockets
 *	PORT_DROP	-			-
 *	RATE		-			-
 *
 * The monitor has no privilege and makes nothing. Whoever asks has interfaces and rules
 * made by a helper of its own, sets them up inside, and then hands over what must live
 * as long as the container. A connection that ends between NET_RESERVE and NET_ADD was
 * killed in the middle: the monitor removes the interface that may have been made. When
 * NET_DROP takes the way out away, the monitor has the next network lead out.
 */
#ifndef RUNTIME_CTL_H
#define RUNTIME_CTL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"
#include "runtime/box.h"

enum ctl_type {
	CTL_STATE = 1,
	CTL_NET_RESERVE,
	CTL_NET_ADD,
	CTL_NET_DROP,
	CTL_PORT_ADD,
	CTL_PORT_DROP,
	CTL_RATE,
	CTL_TYPES
};

struct ctl_net {
	struct net_lease lease;
	char aliases[BOX_ALIASES_MAX];
};

struct ctl_port {
	struct net_port port;
	char table[NET_IFNAME_MAX]; /* of its rules, "" */
};

/* As many sockets as one message takes, and one for the rules. */
enum { CTL_PORTS_MAX = 200 };

struct ctl_req {
	uint32_t type, spare;
	union {
		struct ctl_net net;          /* NET_ADD */
		char ifname[NET_IFNAME_MAX]; /* NET_DROP */
		struct ctl_port port;        /* PORT_ADD, PORT_DROP */
		struct net_rate rate;        /* RATE */
	} u;
};

struct ctl_state {
	char name[80]; /* of the record */
	char id[16];
	struct net_rate rate;
	uint32_t max_conns;
	uint16_t egress_deny, negress;
	struct net_egress egress[NET_EGRESS_MAX];
	uint32_t nnets, nports;
	struct ctl_net net[BOX_NETS_MAX];
	struct ctl_port port[NET_PORTS_MAX];
};

struct ctl_reply {
	uint32_t type; /* as asked */
	int32_t error; /* 0, or an errno and `text` says more */
	char text[200];
	union {
		struct ctl_state state;      /* STATE */
		char ifname[NET_IFNAME_MAX]; /* NET_RESERVE */
	} u;
};

/* ---- ctl.c: the monitor's side ---- */

/* More at a time than anybody needs; the longest there makes room. */
enum { CTL_CLIENTS = 4 };

struct ctl_client {
	int sock;                      /* owned, -1 */
	char reserved[NET_IFNAME_MAX]; /* promised to it, "" */
};

struct ctl {
	int sock; /* owned, listening; -1 */
	struct ctl_client client[CTL_CLIENTS];
	size_t oldest;
};

/* The address of the socket NAME.sock in the directory DIR, as long as that is open. */
struct sockaddr_un;
void ctl_address(struct sockaddr_un *a, int dir, const char *name);
/* Listen for commands about B, before others can read of it: b->ctl. Where that fails
 * nothing but the commands is missing, which is noted. ctl_end() removes the file. */
void ctl_start(struct box *b);
void ctl_end(struct box *b);
/* For the monitor's loop: fill 1 + CTL_CLIENTS places (C may be NULL); answer what came. */
void ctl_want(const struct ctl *c, struct pollfd *p);
void ctl_move(struct box *b, const struct pollfd *p);

/* ---- live.c: the others' side ---- */

/* A running container, from outside. */
struct live {
	int sock;  /* owned */
	int netns; /* owned */
	struct ctl_state state;
};

/* Find the container WHO and ask it. -1 with fail(). */
int live_open(struct live *l, const char *who);
void live_close(struct live *l);
/* The interface that published ports lead to: the first that has rules. NULL: none. */
const struct net_lease *live_reached_by(const struct ctl_state *s);
/* Put it on the network WANT. */
int live_connect(struct live *l, const struct net_want *want);
/* Take its interface on the network NAME, or of the interface NAME, away. */
int live_disconnect(struct live *l, const char *name);
/* Publish PORT; *OUT is what it has become: its host port may have been 0. */
int live_port_add(struct live *l, struct pool *pool, const struct net_port *port,
		  struct net_port *out);
/* Give up a row of its state. */
int live_port_drop(struct live *l, const struct net_port *port);
/* Change the shaping of all its interfaces; fields that are ~0 stay as they are. */
int live_rate(struct live *l, const struct net_rate *rate);

#endif
