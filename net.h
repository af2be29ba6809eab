/* net.h - the room of networks: everything that is said to the kernel about
 * interfaces, addresses, routes and rules, over netlink, and nothing by other programs.
 *
 * All structs here are plain bytes of fixed size: they travel in frames between the
 * launcher, the privileged helper and the stage, and lie in the registry of networks.
 * Numbers are in host byte order, addresses in network order.
 *
 * Who calls what, in which network namespace:
 *	helper		net_attach(), net_rules_apply() ...	the host's
 *	stage		net_loopback_up()		the container's
 *	launcher	net_inside_up()			the container's, by a socket from there
 *	launcher, cli	parsers and printers, pure
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- addresses ---- */

struct net_addr {
	uint8_t family; /* AF_INET, AF_INET6; 0: no address */
	uint8_t plen;   /* prefix length, where one is meant */
	uint8_t spare[2];
	uint8_t byte[16]; /* 4 of them for IPv4, the rest 0 */
};

/* "10.1.2.3", "fd00::1"; with PREFIX also "/24" (a plain address then is /32, /128).
 * Strict: inet_pton's forms only, host bits of a prefix must be 0. 0, or -1: the caller
 * words the error. */
int net_addr_parse(const char *text, bool prefix, struct net_addr *out);
/* Text of A in BUF, with "/N" if PREFIX; returns BUF. */
char *net_addr_text(char buf[52], const struct net_addr *a, bool prefix);
bool net_addr_equal(const struct net_addr *a, const struct net_addr *b); /* without plen */
/* Is A inside PREFIX? Do two prefixes share an address? Families differ: false. */
bool net_addr_in(const struct net_addr *a, const struct net_addr *prefix);
bool net_prefix_meet(const struct net_addr *a, const struct net_addr *b);
/* The address and port that SOCK is bound to; false: none of either family. */
bool net_addr_bound(int sock, struct net_addr *out, uint16_t *port);
/* PREFIX's base plus N, in 64 bits; false when that is not inside PREFIX. */
bool net_addr_nth(const struct net_addr *prefix, uint64_t n, struct net_addr *out);
/* "02:42:..": 6 bytes, unicast. */
int net_mac_parse(const char *text, uint8_t mac[6]);

/* ---- networks ---- */

enum net_driver {
	NET_ROUTED = 1, /* a veth a container, /32 and /128 routes, no shared segment */
	NET_BRIDGE,
	NET_VXLAN, /* a bridge whose segment reaches other hosts: static peers */
	NET_MACVLAN,
	NET_IPVLAN,
	NET_MACVTAP,
	NET_DRIVERS
};

enum net_mode { /* of macvlan and macvtap; of ipvlan */
		NET_MODE_DEFAULT,
		NET_MODE_BRIDGE,
		NET_MODE_VEPA,
		NET_MODE_PRIVATE,
		NET_MODE_PASSTHRU,
		NET_MODE_L2,
		NET_MODE_L3,
		NET_MODE_L3S,
		NET_MODES
};

enum {
	NET_NAME_MAX = 32,   /* with its '\0'; [A-Za-z0-9._-], begins with a letter or digit */
	NET_IFNAME_MAX = 16, /* with its '\0': IFNAMSIZ */
	NET_PEERS_MAX = 16,
	NET_EGRESS_MAX = 32,
	NET_PORTS_MAX = 64, /* ranges in one publication */
	/* Ports of one publication that have another number inside, where ranges are meant. */
	NET_MAPPED_MAX = 16384,
};

/* IFLA_GROUP of the host's interfaces to containers: our byte, and the network's id. */
enum { NET_LINK_GROUP = 0x41000000, NET_ID_MAX = 0xffffff };

static inline uint32_t net_link_group(uint32_t id)
{
	return NET_LINK_GROUP | id;
}

static inline bool net_group_is_ours(uint32_t group)
{
	return (group & ~(uint32_t)NET_ID_MAX) == NET_LINK_GROUP;
}

enum net_flag {
	NET_F_INTERNAL = 1, /* no way out of the network */
	NET_F_ISOLATE = 2,  /* its containers do not reach each other */
	NET_F_UNLOCKED = 4, /* bridge: ports learn addresses, for those who run VMs inside */
	NET_F_NO_IP6 = 8,
};

/* What a network is. Approved by the helper, kept in its registry. */
struct net_def {
	char name[NET_NAME_MAX];
	uint32_t owner; /* uid of who made it */
	uint32_t id;    /* of the registry, 1 to NET_ID_MAX; names host interfaces */
	uint8_t driver, mode;
	uint16_t mtu;                       /* 0: the driver's or the parent's */
	uint32_t flags;                     /* NET_F_* */
	struct net_addr subnet4, subnet6;   /* family 0: none */
	struct net_addr gateway4, gateway6; /* the first address unless said */
	char parent[NET_IFNAME_MAX];        /* macvlan, ipvlan, macvtap, vxlan */
	uint32_t vxlan_id;
	uint16_t vxlan_port; /* 0: 4789 */
	uint16_t npeers;
	struct net_addr peers[NET_PEERS_MAX];
};

/* ---- one container on one network ---- */

struct net_egress {
	uint8_t allow, proto;           /* proto 0: any; IPPROTO_TCP, UDP ... */
	uint16_t port_first, port_last; /* 0, 0: any */
	struct net_addr to;             /* a prefix */
};

struct net_rate { /* bytes a second; 0: no limit */
	uint64_t up, down;
	uint32_t burst; /* bytes; 0: chosen from the rate */
	uint32_t spare;
};

/* An interface as it was made; what the stage has to set up inside. */
struct net_lease {
	char net[NET_NAME_MAX];
	uint32_t net_id;
	uint32_t flags; /* of the network */
	uint8_t driver;
	uint8_t default_route; /* through gw4, gw6 */
	uint16_t mtu;
	char ifname[NET_IFNAME_MAX];  /* inside: "eth0" */
	char host_if[NET_IFNAME_MAX]; /* outside; "" for macvlan and ipvlan */
	uint32_t host_index;
	uint8_t mac[6], gw_mac[6]; /* gw_mac 0: ask by ARP and ND */
	struct net_addr ip4, ip6;  /* plen: what is on the link (32, 128: routed) */
	struct net_addr gw4, gw6;
	struct net_addr subnet4, subnet6;
	struct net_rate rate; /* `up` is set from inside, see net_inside_up() */
	uint32_t max_conns;   /* that its rules allow, 0: no limit */
};

/* What net_attach() may answer; everything else is -1 with fail(). NET_BOTH_TAKEN: the name and
 * every address that is taken are one link's, so that it was most likely made for the same. */
enum { NET_OK = 0, NET_IFNAME_TAKEN = 1, NET_ADDR_TAKEN = 2, NET_BOTH_TAKEN = 3 };

/* Make the interface that L describes between the calling process's namespace and
 * NETNS, and everything outside of the container that belongs to it and dies with it:
 * link, addresses, routes, neighbours, a filter against forged sources, shaping.
 * L->ifname, host_if, mac, ip4, ip6, mtu are chosen by the caller; host_index, gw* and
 * gw_mac are filled in. Nothing is left behind unless NET_OK is returned.
 * Needs: CAP_NET_ADMIN over both namespaces. */
int net_attach(const struct net_def *def, int netns, const struct net_rate *rate,
	       struct net_lease *l);
/* Change the shaping of what net_attach() made, at the host's end; 0: no limit. */
int net_rate_set(int netns, const struct net_lease *l, const struct net_rate *rate);
/* Is the interface with HOST_INDEX the outer end of one whose inner end is in NETNS? 1, 0;
 * -1 with fail(). rtnetlink(7): IFLA_LINK_NETNSID against RTM_GETNSID. */
int net_link_leads_to(uint32_t host_index, int netns);
/* Remove what net_attach() made, by L->host_index: when something after it failed. */
int net_detach(const struct net_lease *l);
/* What the kernel knows of the interface HOST_INDEX that net_attach() made, if its inner
 * end is in NETNS: host_if, host_index, driver, and of IP4 and IP6 (family 0: neither is asked
 * for) what is routed to it; of a bridge's port, both addresses that it has. 1; 0: there is
 * no such interface; -1 with fail(). */
int net_lease_read(uint32_t host_index, int netns, const struct net_addr *ip4,
		   const struct net_addr *ip6, struct net_lease *l);
/* Devices that a bridge or vxlan network has for itself, named by its id: made when they
 * are not there; net_def_undo() removes them. */
int net_def_make(const struct net_def *def);
int net_def_undo(const struct net_def *def);
/* The bridge of the network with this id: "cib" and the id in base 36. */
void net_bridge_name(char out[NET_IFNAME_MAX], uint32_t id);
void net_vxlan_name(char out[NET_IFNAME_MAX], uint32_t id); /* "cix" likewise */
/* What user UID has in slot SLOT (below 36^4). The prefix is what all names of one kind and
 * user have in common, and nobody else's: no kind begins with another one, or a user's
 * number could begin with what is left of it. */
#define NET_LINKS "ci" /* host ends of interfaces, and the tables of their rules */
#define NET_PORTS "cp" /* tables of published ports */
void net_slot_name(char out[NET_IFNAME_MAX], const char *kind, uint32_t uid, uint32_t slot);
void net_slot_prefix(char out[NET_IFNAME_MAX], const char *kind, uint32_t uid);
/* How many of the first N slots of links are in use: *USED. 0, or -1 with fail(). */
int net_slots_used(const char *kind, uint32_t uid, uint32_t n, uint32_t *used);
/* Does the host have an address or route (other than the default one) that meets PREFIX,
 * not counting cinit's own? 1 with its text in WHAT, 0; -1 with fail(). */
int net_prefix_in_use(const struct net_addr *prefix, char what[64]);
/* Is a container on DEF? 1, 0; -1 with fail(). Of networks on a parent the host does not
 * know: 0. */
int net_def_members(const struct net_def *def);

/* Let packets of the host's interfaces that lead out be forwarded to HOST_IF and back,
 * with as few switches as this kernel allows; see net/forward.c. */
int net_forward_enable(const struct net_lease *l);

/* ---- which address? net/lease.c; pure ---- */

/* A lease of DEF with everything that is not chosen. */
void net_lease_begin(const struct net_def *def, const char *ifname, struct net_lease *l);
/* The Nth addresses to try for the container WHO, from where its name leads, so that it
 * gets the same ones each time; wanted ones (family 0: any) as they are. False: there are
 * no more. */
bool net_lease_choose(const struct net_def *def, const char *who, const struct net_addr *ip4,
		      const struct net_addr *ip6, uint64_t n, struct net_lease *l);
/* The MAC that is wanted (0: any), or the one that stands for the lease's address. */
void net_lease_mac(const uint8_t wanted[6], struct net_lease *l);
uint64_t net_hash(uint64_t seed, const void *data, size_t n);

/* ---- rules: nftables tables that end with the socket they were made through ---- */

/* What net_rules_apply() makes a table from: the container's interface L on DEF's network. */
struct net_rules {
	char table[NET_IFNAME_MAX]; /* the lease's host_if */
	struct net_lease lease;
	uint32_t max_conns;   /* connections at a time; 0: no limit */
	uint16_t egress_deny; /* what no row says is denied */
	uint16_t negress;
	struct net_egress egress[NET_EGRESS_MAX];
};

/* One -p: COUNT ports from HOST_FIRST on are INSIDE_FIRST and up inside. */
struct net_port {
	uint8_t proto; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint8_t spare;
	uint16_t host_first, inside_first, count;
	struct net_addr host; /* family 0: all addresses of the host, both families */
};

struct net_publish {
	char table[NET_IFNAME_MAX];
	struct net_addr ip4, ip6; /* the container's */
	uint16_t nports;
	struct net_port ports[NET_PORTS_MAX];
};

/* An nfnetlink socket whose tables are its own (NFT_TABLE_F_OWNER): the kernel deletes
 * them when the last holder closes it. The caller owns it; -1 with fail(). */
int net_rules_open(void);
/* Make the table, whole or not at all. 1: a table of this name is there already (nobody
 * else's rules are touched); -1 with fail(). */
int net_rules_apply(int sock, const struct net_rules *r);
int net_publish_apply(int sock, const struct net_publish *p);
/* How many ports are published by all tables whose name begins with PREFIX, into *PORTS.
 * 0, or -1 with fail(). */
int net_publish_count(const char *prefix, uint32_t *ports);
/* The same in nft's own syntax: the same list of statements gives bytes and text. */
void net_rules_print(const struct net_rules *r, FILE *out);
void net_publish_print(const struct net_publish *p, FILE *out);

/* ---- is it sane at all? net/sane.c; pure, for bytes that may come from anybody ---- */

/* 1 to SIZE - 1 of [A-Za-z0-9._-], the first a letter or digit, ended within SIZE. */
bool net_name_ok(const char *s, size_t size);
bool net_ifname_ok(const char *name); /* at most NET_IFNAME_MAX; not "lo" */
/* An address of FAMILY (0: of either) with no bytes behind it; with PREFIX no bits behind
 * its prefix. */
bool net_addr_ok(const struct net_addr *a, int family, bool prefix);
/* May a container have A on a network of PREFIX? Not the prefix's own address, IPv4's
 * broadcast, or the gateway's. */
bool net_addr_host(const struct net_addr *a, const struct net_addr *prefix,
		   const struct net_addr *gateway);
/* Is the driver one whose interfaces live on another interface? */
bool net_has_parent(unsigned driver);
/* 0, or -1 with fail_plain(). Subnets that are not said are for the helper to choose. */
int net_def_check(const struct net_def *d);
int net_wanted_check(const struct net_def *d, const struct net_addr *ip4,
		     const struct net_addr *ip6, const uint8_t mac[6]);
int net_egress_check(const struct net_egress *rows, size_t n);
int net_port_check(const struct net_port *r);

/* ---- inside ---- */

/* Bring `lo` up in the calling process's network namespace. Needs CAP_NET_ADMIN
 * in the user namespace that owns it, no id maps. netdevice(7). */
int net_loopback_up(void);
/* Give `lo` addresses that stand in for those of a lease, so that what is carried inside
 * comes from somewhere, and not from 127.0.0.1; see net/standin.c. *IP6 has family 0 where
 * there is no IPv6. Needs CAP_NET_ADMIN there. Calling it again changes nothing. */
int net_standin_up(struct net_addr *ip4, struct net_addr *ip6);
/* A socket for net_inside_up_by(), in the calling process's network namespace. -1 with fail(). */
int net_inside_open(void);
/* Give the interface L->ifname its addresses and routes, in the network namespace where SOCK
 * was made. Needs CAP_NET_ADMIN there: whoever made SOCK, and the caller, who may be in
 * another namespace. */
int net_inside_up_by(int sock, const struct net_lease *l);
/* In the calling process's network namespace. */
int net_inside_up(const struct net_lease *l);
/* Only the default routes by L->ifname, which is up already; those that are there stay. */
int net_inside_default(const struct net_lease *l);
/* Limit what leaves by L->ifname to L->rate.up, as net_inside_up() did; 0: no longer. */
int net_inside_rate(const struct net_lease *l);
/* Remove interface L->ifname, from inside: its other end and routes go with it. -1 with
 * fail(), ENODEV when it is not there. */
int net_inside_down(const struct net_lease *l);

#endif
