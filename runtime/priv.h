/* runtime/priv.h - what the launcher may ask of the privileged helper.
 *
 * The helper is forked before any word of the user is read (runtime/priv_start.c), and
 * takes whoever asks for an attacker: every request is judged anew from what the kernel
 * says about the caller and about the descriptors that come with it. A frame is one
 * SEQPACKET message of exactly the size that belongs to its type; descriptors are counted.
 *
 *	request		descriptors			answer
 *	MAP_IDS		pidfd of a child in a new	-
 *			user namespace
 *	NETWORK		-				the definition as it was approved
 *	NET_JOIN	netns				lease; rules' socket
 *	PUBLISH		netns, bound sockets		rules' socket
 *	NET_RATE	netns				-
 *	CGROUP		-				-; the launcher has been moved
 *
 * MAP_IDS and CGROUP come first or not at all: with the first other request the helper leaves
 * the caller's uid for good. There is no request to take anything back: closing the rules'
 * socket removes rules and ports, the owner of the netns removes interfaces from inside.
 */
#ifndef RUNTIME_PRIV_H
#define RUNTIME_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cinit.h"
#include "net.h"

enum priv_type {
	PRIV_MAP_IDS = 1,
	PRIV_NETWORK,
	PRIV_NET_JOIN,
	PRIV_PUBLISH,
	PRIV_NET_RATE,
	PRIV_CGROUP,
	PRIV_TYPES
};

enum priv_network_verb {
	PRIV_NETWORK_MAKE = 1, /* as `def` says; subnets that are not given are chosen */
	PRIV_NETWORK_GET,      /* by name; the default network is made when it is missing */
	PRIV_NETWORK_NEXT,     /* the next one after def.id that the caller may use, for
				* `ls`; its id is 0: there are no more */
	PRIV_NETWORK_REMOVE,   /* refused while a container is on it */
};

struct priv_map_ids {
	struct idmaps uids, gids;
	uint32_t setgroups_deny;
};

struct priv_network {
	uint32_t verb;
	struct net_def def;
};

enum { PRIV_WHO_MAX = 72 };

struct priv_net_join {
	char net[NET_NAME_MAX];
	char owner[NET_NAME_MAX]; /* user whose network it is; "": the caller's own */
	char who[PRIV_WHO_MAX];   /* the container's name or id: its address depends on it */
	char ifname[NET_IFNAME_MAX];
	struct net_addr ip4, ip6; /* wanted; family 0: any */
	uint8_t mac[6];           /* wanted; 0: any */
	uint8_t spare[2];
	struct net_rate rate;
	uint32_t max_conns; /* 0: the policy's */
	uint16_t egress_deny, negress;
	struct net_egress egress[NET_EGRESS_MAX];
};

/* One frame proves at most PRIV_PROOFS ports: a range takes several, of which the last has
 * `more` 0 and is answered with the socket. Each descriptor behind the netns is a socket
 * that is bound to the next port of the frame's ranges, in order. */
enum { PRIV_PROOFS = 200 };

struct priv_publish {
	uint32_t host_index; /* the lease's */
	uint32_t more;
	struct net_addr ip4, ip6;
	uint16_t nports, nproofs;
	uint16_t first_proof; /* how many ports earlier frames have proved */
	uint16_t spare;
	struct net_port ports[NET_PORTS_MAX];
};

struct priv_net_rate {
	struct net_lease lease;
	struct net_rate rate;
};

/* Move the launcher to where its user may make cgroups: /sys/fs/cgroup/cinit/UID/own. */
struct priv_cgroup {
	uint32_t verb; /* 1 */
};

struct priv_req {
	uint32_t type;
	uint32_t size; /* of the part of `u` that belongs to the type */
	union {
		struct priv_map_ids map_ids;
		struct priv_network network;
		struct priv_net_join net_join;
		struct priv_publish publish;
		struct priv_net_rate net_rate;
		struct priv_cgroup cgroup;
	} u;
};

enum { PRIV_TEXT = 300 };

struct priv_reply {
	uint32_t type; /* as asked */
	int32_t error; /* 0; else an errno, and `text` says what was refused */
	char text[PRIV_TEXT], hint[PRIV_TEXT];
	union {
		struct net_def def;
		struct net_lease lease;
		char table[NET_IFNAME_MAX]; /* PUBLISH, the last frame: where the rules are */
	} u;
};

/* ---- the client's side: runtime/ask.c ---- */

/* Why there is no helper, in words for the user, or NULL: there is one. As root one is
 * forked at the first call. */
const char *priv_missing(void);
/* Does it still write id maps, and make cgroups? Not after its first request of another kind. */
bool priv_maps(void);
/* Ask, wait, and take over the answer's words. *REPLY (may be NULL) is valid on 0; *FD
 * (may be NULL) is the caller's, -1 when none came. NFDS descriptors go along, at most
 * 1 + PRIV_PROOFS. -1 with fail(). */
int priv_ask(const struct priv_req *req, const int *fds, size_t nfds, struct priv_reply *reply,
	     int *fd);
/* The helper is of no more use: it ends, and is reaped. Also what main() calls at the end. */
void priv_end(void);

/* In a child that is to live longer than the helper, or to be somebody else: give up its
 * copy of the connection. */
void priv_forget(void);

/* ---- before everything: runtime/priv_start.c ---- */

/* First call of every process of cinit. With AT_SECURE: forks the helper, drops every
 * privilege in the caller for good and reads back that they are gone (the process ends
 * with EXIT_CINIT if not). Otherwise nothing. Must not: look at argv, environment, files. */
void priv_start(void);

#endif
