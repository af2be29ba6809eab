/* net/rt.h - rtnetlink messages that several files of the room need. */
#ifndef NET_RT_H
#define NET_RT_H

#include <linux/rtnetlink.h>
#include <net/if.h>

#include "lib/netlink.h"
#include "net.h"

enum {
	/* Who made a route or an address: 193 is nobody's in rt_protos. */
	RT_PROTO = 193,
	RT_BATCH = 4096,
};

/* A batch with its buffer and the words of who refused it. */
struct rt {
	int sock; /* borrowed */
	struct nl_batch b;
	char words[128];
	uint32_t which; /* message that was refused */
	_Alignas(8) unsigned char buf[RT_BATCH];
};

void rt_init(struct rt *rt, int sock);
/* nl_talk(), after which the batch is empty again. */
int rt_talk(struct rt *rt);
/* "WORDS (the kernel's own): strerror" of the negative ERR; -1. */
int rt_fail(const struct rt *rt, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Open a link message for INDEX (0: by name); attributes follow. */
void rt_link(struct rt *rt, uint16_t type, uint16_t flags, uint32_t index, uint32_t iff);
/* The attribute with A's bytes. */
void rt_put_addr(struct rt *rt, uint16_t type, const struct net_addr *a);
/* Address A (with its plen) on the interface INDEX; FLAGS: IFA_F_*. */
void rt_addr(struct rt *rt, uint32_t index, const struct net_addr *a, uint32_t flags);
/* Route to DST (with its plen) by the interface INDEX, through VIA unless that is NULL. */
void rt_route(struct rt *rt, uint32_t index, const struct net_addr *dst, const struct net_addr *via);
/* A is MAC, for good. */
void rt_neigh(struct rt *rt, uint32_t index, const struct net_addr *a, const uint8_t mac[6]);
/* Switches of IPv4's that belong to interface INDEX. */
struct rt_conf {
	uint16_t id; /* IPV4_DEVCONF_* */
	uint32_t value;
};
void rt_conf4(struct rt *rt, uint32_t index, const struct rt_conf *conf, size_t n);
/* No addresses of the kernel's own making: IN6_ADDR_GEN_MODE_NONE. */
void rt_no_auto6(struct rt *rt, uint32_t index);

/* Does ERR, an answer to something about IPv6, say that there is none? */
bool rt_no_ip6(int err);

/* What a link is. */
struct rt_seen {
	bool there;
	bool ip6; /* it has IPv6, and that is not switched off */
	uint32_t index, group, mtu, master;
	int32_t peer_nsid; /* -1: in this namespace, or none */
	uint8_t mac[6];
	char kind[16], name[NET_IFNAME_MAX], alias[128];
};
/* By INDEX, or by NAME when that is 0. 0, or -1 with fail(). */
int rt_see(int sock, uint32_t index, const char *name, struct rt_seen *seen);

/* net/filter.c: drop what L's container may not send, at the host's end. Two messages. */
void rt_filter(struct rt *rt, const struct net_lease *l);

/* net/shape.c: limit what leaves the interface INDEX; RATE is not 0. One message. */
void rt_shape(struct rt *rt, uint32_t index, uint64_t rate, uint32_t burst);

/* net/bridge.c, net/vlan.c: net_attach() for their drivers. */
int bridge_attach(int sock, const struct net_def *def, int netns, const struct net_rate *rate,
		  struct net_lease *l);
int vlan_attach(int sock, const struct net_def *def, int netns, struct net_lease *l);
/* The addresses from a port's ALIAS; false: it is no port of ours. */
bool bridge_lease_read(const char *alias, struct net_lease *l);
/* net/link.c: a veth of which the host's end is down and filtered, in no bridge. As net_attach(). */
int link_veth(struct rt *rt, int netns, struct net_lease *l);
void link_undo(struct rt *rt, uint32_t index);

#endif
