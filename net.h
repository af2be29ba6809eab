/* net.h - the room of networks: everything that is said to the kernel about
 * interfaces, addresses, routes and rules, over netlink, and nothing by other programs.
 *
 * All structs here are plain bytes of fixed size: they travel in frames between the
 * launcher, the privileged helper and the stage, and lie in the registry of networks.
 * Numbers are in host byte order, addresses in network order.
 *
 * Who calls what, in which network namespace:
 *	helper		net_attach(), net_rules_apply() ...	the host's
 *	stage		net_loopback_up(), net_inside_up()	the container's
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
};

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
	uint32_t id;    /* of the registry, from 1; names host interfaces */
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
};

/* The order of what NET_ATTACH may answer; everything else is -1 with fail(). */
enum { NET_OK = 0, NET_IFNAME_TAKEN = 1, NET_ADDR_TAKEN = 2 };

/* Make the interface that L describes between the calling process's namespace and
 * NETNS, and everything outside of the container that belongs to it and dies with it:
 * link, addresses, routes, neighbours, a filter against forged sources, shaping.
 * L->ifname, host_if, mac, ip4, ip6, mtu are chosen by the caller; host_index, gw* and
 * gw_mac are filled in. Nothing is left behind unless NET_OK is returned.
 * Needs: CAP_NET_ADMIN over both namespaces. */
int net_attach(const struct net_def *def, int netns, const struct net_rate *rate,
	       struct net_lease *l);
/* Change the shaping of what net_attach() made. */
int net_rate_set(int netns, const struct net_lease *l, const struct net_rate *rate);
/* Is the interface with HOST_INDEX the outer end of one whose inner end is in NETNS? 1, 0;
 * -1 with fail(). rtnetlink(7): IFLA_LINK_NETNSID against RTM_GETNSID. */
int net_link_leads_to(uint32_t host_index, int netns);
/* Devices that a bridge or vxlan network has for itself, named by its id: made when they
 * are not there; net_def_undo() removes them. */
int net_def_make(const struct net_def *def);
int net_def_undo(const struct net_def *def);
/* Does the host have an address or route (other than the default one) that meets PREFIX,
 * not counting cinit's own? 1 with its text in WHAT, 0; -1 with fail(). */
int net_prefix_in_use(const struct net_addr *prefix, char what[64]);

/* Let packets of the host's interfaces that lead out be forwarded to HOST_IF and back,
 * with as few switches as this kernel allows; see net/forward.c. */
int net_forward_enable(const struct net_lease *l);

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
/* The same in nft's own syntax: the same list of statements gives bytes and text. */
void net_rules_print(const struct net_rules *r, FILE *out);
void net_publish_print(const struct net_publish *p, FILE *out);

/* ---- inside ---- */

/* Bring `lo` up in the calling process's network namespace. Needs CAP_NET_ADMIN
 * in the user namespace that owns it, no id maps. netdevice(7). */
int net_loopback_up(void);
/* Give the interface L->ifname its addresses and routes, in the calling process's
 * network namespace. Needs CAP_NET_ADMIN there. */
int net_inside_up(const struct net_lease *l);
/* Remove interface L->ifname, from inside: its other end and routes go with it. */
int net_inside_down(const struct net_lease *l);

#endif
