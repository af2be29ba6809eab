/* net/bridge.c - networks with a segment of their own. Runs in the helper, in the host's
 * namespace, with CAP_NET_ADMIN; owns one socket for the length of a call.
 *
 * The bridge belongs to the network: it is made with it or at the first join, and goes with
 * `network rm`. It has the gateway's addresses; the routes to its subnets are cinit's own, so
 * that they can be told from others'. A vxlan network is such a bridge with one more port,
 * behind which are other hosts.
 *
 * A container's port is shut: it learns nothing, floods no unknown address into the
 * container, is locked to the one MAC of a static entry (unless the network is unlocked),
 * isolated from other ports if the network says so, and filtered as a routed link is. The
 * lease of an address is an entry of the forwarding table, made exclusively, for a MAC that
 * is computed from the address; the kernel drops a port's entries with the port.
 *
 * Kernel: a bridge has at most 1,023 ports, and each makes the next one dearer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

enum {
	VXLAN_OVER4 = 50, /* bytes around a frame: IPv4, UDP, VXLAN, Ethernet */
	VXLAN_OVER6 = 70,
	VXLAN_PORT = 4789,
};

static void bridge_mac(uint8_t mac[6], uint32_t id)
{
	const uint8_t m[6] = {
		0x06,       0xc1, (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
		(uint8_t)id
	};

	memcpy(mac, m, sizeof(m));
}

/* The entry that stands for A: for IPv4 it is the MAC a container has unless it asked for
 * another one. */
static void lease_mac(uint8_t mac[6], const struct net_addr *a)
{
	mac[0] = a->family == AF_INET ? 0x02 : 0x06;
	mac[1] = 0x42;
	memcpy(mac + 2, a->byte + (a->family == AF_INET ? 0 : 12), 4);
}

static void gateway(const struct net_addr *said, const struct net_addr *subnet, bool wanted,
		    struct net_addr *gw)
{
	*gw = (struct net_addr){ .family = 0 };
	if (!wanted || !subnet->family)
		return;
	if (said->family)
		*gw = *said;
	else
		net_addr_nth(subnet, 1, gw);
	gw->plen = subnet->plen;
}

/* ---- the network's own devices ---- */

static void bridge_message(struct rt *rt, const struct net_def *def, const char *name)
{
	uint8_t mac[6];
	size_t info, data;

	bridge_mac(mac, def->id);
	rt_link(rt, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nl_put_str(&rt->b, IFLA_IFNAME, name);
	nl_put(&rt->b, IFLA_ADDRESS, mac, sizeof(mac));
	nl_put_u32(&rt->b, IFLA_GROUP, net_link_group(def->id));
	if (def->mtu)
		nl_put_u32(&rt->b, IFLA_MTU, def->mtu);
	info = nl_nest(&rt->b, IFLA_LINKINFO);
	nl_put_str(&rt->b, IFLA_INFO_KIND, "bridge");
	data = nl_nest(&rt->b, IFLA_INFO_DATA);
	nl_put_u32(&rt->b, IFLA_BR_STP_STATE, 0);
	nl_put_u32(&rt->b, IFLA_BR_FORWARD_DELAY, 0);
	/* Snooping would need a querier, and nobody here is one. */
	nl_put_u8(&rt->b, IFLA_BR_MCAST_SNOOPING, 0);
	nl_nest_end(&rt->b, data);
	nl_nest_end(&rt->b, info);
}

/* How a port of the bridge BRIDGE behaves; the vxlan's is the one with others behind it. */
static void port_message(struct rt *rt, uint32_t index, uint32_t flags, bool outside)
{
	const bool unlocked = flags & NET_F_UNLOCKED;
	struct ifinfomsg head = { .ifi_family = AF_BRIDGE, .ifi_index = (int)index };
	size_t info;

	nl_msg(&rt->b, RTM_SETLINK, NLM_F_ACK, &head, sizeof(head));
	info = nl_nest(&rt->b, IFLA_PROTINFO);
	nl_put_u8(&rt->b, IFLA_BRPORT_LEARNING, unlocked && !outside);
	nl_put_u8(&rt->b, IFLA_BRPORT_UNICAST_FLOOD, unlocked || outside);
	nl_put_u8(&rt->b, IFLA_BRPORT_LOCKED, !unlocked && !outside);
	nl_put_u8(&rt->b, IFLA_BRPORT_GUARD, 1);
	nl_put_u8(&rt->b, IFLA_BRPORT_ISOLATED, (flags & NET_F_ISOLATE) != 0);
	nl_nest_end(&rt->b, info);
}

static void master_message(struct rt *rt, uint32_t index, uint32_t bridge)
{
	rt_link(rt, RTM_SETLINK, 0, index, 0);
	nl_put_u32(&rt->b, IFLA_MASTER, bridge);
}

static void gateway_message(struct rt *rt, uint32_t index, const struct net_addr *gw,
			    const struct net_addr *subnet)
{
	if (!gw->family)
		return;
	rt_addr(rt, index, gw, IFA_F_NOPREFIXROUTE);
	rt_route(rt, index, subnet, NULL);
}

static int bridge_fill(struct rt *rt, const struct net_def *def, const char *name, uint32_t index)
{
	static const struct rt_conf conf[] = {
		{ IPV4_DEVCONF_FORWARDING, 1 },          { IPV4_DEVCONF_RP_FILTER, 1 },
		{ IPV4_DEVCONF_ACCEPT_REDIRECTS, 0 },    { IPV4_DEVCONF_SEND_REDIRECTS, 0 },
		{ IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0 }, { IPV4_DEVCONF_ROUTE_LOCALNET, 0 },
	};
	/* Kernel: for packets that it forwards it asks for a neighbour from a link-local
	 * address or not at all. ndisc_solicit() of net/ipv6/ndisc.c */
	static const struct net_addr local = { .family = AF_INET6,
					       .plen = 64,
					       .byte = { 0xfe, 0x80, [15] = 1 } };
	struct net_addr gw4, gw6;
	char path[96];
	int err;

	gateway(&def->gateway4, &def->subnet4, true, &gw4);
	gateway(&def->gateway6, &def->subnet6, !(def->flags & NET_F_NO_IP6), &gw6);
	rt_no_auto6(rt, index);
	rt_talk(rt); /* there may be no IPv6 */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	fd_write_file(AT_FDCWD, path, 0, "0", 1); /* ports are filtered; this is for a lost filter */
	rt_conf4(rt, index, conf, sizeof(conf) / sizeof(*conf));
	rt_link(rt, RTM_SETLINK, 0, index, IFF_UP);
	gateway_message(rt, index, &gw4, &def->subnet4);
	err = rt_talk(rt);
	if (err < 0)
		return rt_fail(rt, err, "set up bridge %s", name);
	if (!gw6.family)
		return 0;
	rt_addr(rt, index, &local, IFA_F_NOPREFIXROUTE);
	gateway_message(rt, index, &gw6, &def->subnet6);
	err = rt_talk(rt);
	return err < 0 && !rt_no_ip6(err) ?
		       rt_fail(rt, err, "give bridge %s its IPv6 address", name) :
		       0;
}

static void remove_named(struct rt *rt, const char *name)
{
	rt_init(rt, rt->sock);
	rt_link(rt, RTM_DELLINK, 0, 0, 0);
	nl_put_str(&rt->b, IFLA_IFNAME, name);
	rt_talk(rt);
}

/* The device of that NAME and KIND, made by MAKE if it is not there. 1: made, 0: there was one;
 * -1 with fail(). */
static int device(struct rt *rt, const struct net_def *def, const char *name, const char *kind,
		  void (*make)(struct rt *rt, const struct net_def *def, const char *name),
		  struct rt_seen *seen)
{
	int made = 0, err;

	if (rt_see(rt->sock, 0, name, seen) < 0)
		return -1;
	if (!seen->there) {
		rt_init(rt, rt->sock);
		make(rt, def, name);
		err = rt_talk(rt);
		if (err == -EOPNOTSUPP)
			return fail_plain("this kernel has no %s interfaces", kind);
		if (err < 0 && err != -EEXIST)
			return rt_fail(rt, err, "make interface %s", name);
		made = !err;
		if (rt_see(rt->sock, 0, name, seen) < 0)
			return -1;
	}
	if (!seen->there || seen->group != net_link_group(def->id) || strcmp(seen->kind, kind) != 0)
		return fail_plain("interface %s is somebody else's", name);
	return made;
}

/* ---- vxlan ---- */

static bool over6(const struct net_def *def)
{
	return def->npeers && def->peers[0].family == AF_INET6;
}

/* def->mtu and parent are as bridge_make() has resolved them. */
static void vxlan_message(struct rt *rt, const struct net_def *def, const char *name)
{
	static const uint8_t any[16];
	struct rt_seen parent = { .there = false };
	uint8_t mac[6];
	size_t info, data;

	if (def->parent[0] && rt_see(rt->sock, 0, def->parent, &parent) < 0)
		parent.there = false;
	bridge_mac(mac, def->id);
	mac[0] ^= 8; /* another one than the bridge's */
	rt_link(rt, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nl_put_str(&rt->b, IFLA_IFNAME, name);
	nl_put(&rt->b, IFLA_ADDRESS, mac, sizeof(mac));
	nl_put_u32(&rt->b, IFLA_GROUP, net_link_group(def->id));
	nl_put_u32(&rt->b, IFLA_MTU, def->mtu);
	info = nl_nest(&rt->b, IFLA_LINKINFO);
	nl_put_str(&rt->b, IFLA_INFO_KIND, "vxlan");
	data = nl_nest(&rt->b, IFLA_INFO_DATA);
	nl_put_u32(&rt->b, IFLA_VXLAN_ID, def->vxlan_id);
	nl_put_be16(&rt->b, IFLA_VXLAN_PORT, def->vxlan_port ? def->vxlan_port : VXLAN_PORT);
	/* Which of the peers has an address is learned from what they send. */
	nl_put_u8(&rt->b, IFLA_VXLAN_LEARNING, 1);
	if (parent.there)
		nl_put_u32(&rt->b, IFLA_VXLAN_LINK, parent.index);
	if (over6(def)) /* Kernel: any address of the family, to say which one it is */
		nl_put(&rt->b, IFLA_VXLAN_LOCAL6, any, sizeof(any));
	nl_nest_end(&rt->b, data);
	nl_nest_end(&rt->b, info);
}

/* What has no known place goes to each peer, and nowhere else: no multicast group. */
static void peer_message(struct rt *rt, uint32_t index, const struct net_addr *peer)
{
	static const uint8_t all[6];
	struct ndmsg head = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)index,
		.ndm_state = NUD_NOARP | NUD_PERMANENT,
		.ndm_flags = NTF_SELF,
	};

	nl_msg(&rt->b, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, &head, sizeof(head));
	nl_put(&rt->b, NDA_LLADDR, all, sizeof(all));
	rt_put_addr(rt, NDA_DST, peer);
}

static int vxlan_make(struct rt *rt, const struct net_def *def, uint32_t bridge)
{
	struct net_lease port = { .flags = NET_F_UNLOCKED };
	char name[NET_IFNAME_MAX];
	struct rt_seen seen;
	int err;

	net_vxlan_name(name, def->id);
	err = device(rt, def, name, "vxlan", vxlan_message, &seen);
	if (err <= 0)
		return err;
	rt_init(rt, rt->sock);
	rt_no_auto6(rt, seen.index);
	rt_talk(rt);
	/* No words of routers from there either. */
	port.host_index = seen.index;
	rt_filter(rt, &port);
	master_message(rt, seen.index, bridge);
	port_message(rt, seen.index, def->flags & NET_F_ISOLATE, true);
	for (unsigned i = 0; i < def->npeers && i < NET_PEERS_MAX; i++)
		peer_message(rt, seen.index, &def->peers[i]);
	rt_link(rt, RTM_SETLINK, 0, seen.index, IFF_UP);
	err = rt_talk(rt);
	return err < 0 ? rt_fail(rt, err, "set up interface %s", name) : 0;
}

/* The parent's, or the usual one, less what vxlan needs. */
static int vxlan_mtu(int sock, struct net_def *def)
{
	const uint16_t around = over6(def) ? VXLAN_OVER6 : VXLAN_OVER4;
	struct rt_seen parent = { .mtu = 1500 };

	for (unsigned i = 1; i < def->npeers && i < NET_PEERS_MAX; i++)
		if (def->peers[i].family != def->peers[0].family)
			return fail_plain("peers are all IPv4 or all IPv6");
	if (def->parent[0]) {
		if (rt_see(sock, 0, def->parent, &parent) < 0)
			return -1;
		if (!parent.there)
			return fail_plain("parent interface %s is not there", def->parent);
	}
	if (!def->mtu)
		def->mtu = (uint16_t)((parent.mtu > 9000 ? 9000 : parent.mtu) - around);
	return 0;
}

static int bridge_make(int sock, const struct net_def *asked, struct rt_seen *seen)
{
	struct net_def def = *asked;
	char name[NET_IFNAME_MAX];
	int made, err = 0;
	struct rt rt;

	rt_init(&rt, sock);
	net_bridge_name(name, def.id);
	if (def.driver == NET_VXLAN && vxlan_mtu(sock, &def) < 0)
		return -1;
	made = device(&rt, &def, name, "bridge", bridge_message, seen);
	if (made < 0)
		return -1;
	rt_init(&rt, sock);
	if (made)
		err = bridge_fill(&rt, &def, name, seen->index);
	if (!err && def.driver == NET_VXLAN)
		err = vxlan_make(&rt, &def, seen->index);
	if (err < 0 && made)
		net_def_undo(&def);
	return err;
}

int net_def_make(const struct net_def *def)
{
	AUTO_FD int sock = -1;
	struct rt_seen seen;

	if (def->driver != NET_BRIDGE && def->driver != NET_VXLAN)
		return 0;
	sock = nl_open(NETLINK_ROUTE);
	return sock < 0 ? -1 : bridge_make(sock, def, &seen);
}

int net_def_undo(const struct net_def *def)
{
	AUTO_FD int sock = -1;
	char name[NET_IFNAME_MAX];
	struct rt_seen seen;
	struct rt rt;

	if (def->driver != NET_BRIDGE && def->driver != NET_VXLAN)
		return 0;
	sock = nl_open(NETLINK_ROUTE);
	if (sock < 0)
		return -1;
	rt_init(&rt, sock);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			net_vxlan_name(name, def->id);
		else
			net_bridge_name(name, def->id);
		if (rt_see(sock, 0, name, &seen) < 0)
			return -1;
		if (seen.there && seen.group == net_link_group(def->id))
			remove_named(&rt, name);
	}
	return 0;
}

/* ---- a container's port ---- */

static int take_entry(void *ctx, const struct nlmsghdr *m)
{
	if (m->nlmsg_type == RTM_NEWNEIGH)
		*(bool *)ctx = true;
	return 0;
}

static void ask_entry(struct rt *rt, uint32_t bridge, const uint8_t mac[6])
{
	struct ndmsg head = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)bridge,
		.ndm_flags = NTF_SELF,
	};

	nl_msg(&rt->b, RTM_GETNEIGH, 0, &head, sizeof(head));
	nl_put(&rt->b, NDA_LLADDR, mac, 6);
}

static void put_entry(struct rt *rt, uint32_t port, const uint8_t mac[6])
{
	struct ndmsg head = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)port,
		.ndm_state = NUD_NOARP, /* static */
		.ndm_flags = NTF_MASTER,
	};

	nl_msg(&rt->b, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	nl_put(&rt->b, NDA_LLADDR, mac, 6);
}

/* The entries that are L's leases: for its addresses, and for its own MAC. */
static unsigned leases(const struct net_lease *l, uint8_t mac[3][6])
{
	unsigned n = 0;

	if (l->ip4.family)
		lease_mac(mac[n++], &l->ip4);
	if (l->ip6.family)
		lease_mac(mac[n++], &l->ip6);
	if (!n || memcmp(mac[0], l->mac, 6) != 0)
		memcpy(mac[n++], l->mac, 6);
	return n;
}

static bool is_free(struct rt *rt, const struct net_lease *l, uint32_t bridge)
{
	uint8_t mac[3][6];
	unsigned n = leases(l, mac);
	bool taken = false;

	rt_init(rt, rt->sock);
	for (unsigned i = 0; i < n; i++)
		ask_entry(rt, bridge, mac[i]);
	/* An entry that is not there is an error, and a good answer. */
	nl_ask(rt->sock, &rt->b, take_entry, &taken, rt->words);
	rt_init(rt, rt->sock);
	return !taken;
}

/* Kernel: an interface's alias is the one place where it can be noted whose addresses these
 * are: a bridge has no routes to its containers. See bridge_lease_read(). */
static void note_lease(struct rt *rt, const struct net_lease *l)
{
	char ip4[52], ip6[52], text[128];

	snprintf(text, sizeof(text), "cinit %s %s", net_addr_text(ip4, &l->ip4, false),
		 net_addr_text(ip6, &l->ip6, false));
	rt_link(rt, RTM_SETLINK, 0, l->host_index, 0);
	nl_put_str(&rt->b, IFLA_IFALIAS, text);
}

static int port_up(struct rt *rt, const struct net_rate *rate, const struct net_lease *l,
		   uint32_t bridge)
{
	uint8_t mac[3][6];
	unsigned n = leases(l, mac);
	uint32_t first, last, join;
	int err;

	rt_no_auto6(rt, l->host_index);
	rt_talk(rt);
	rt_filter(rt, l);
	note_lease(rt, l);
	if (rate && rate->down)
		rt_shape(rt, l->host_index, rate->down, rate->burst);
	master_message(rt, l->host_index, bridge);
	join = rt->b.seq;
	port_message(rt, l->host_index, l->flags, false);
	first = rt->b.seq + 1;
	for (unsigned i = 0; i < n; i++)
		put_entry(rt, l->host_index, mac[i]);
	last = rt->b.seq;
	rt_link(rt, RTM_SETLINK, 0, l->host_index, IFF_UP);
	err = rt_talk(rt);
	if (err == -EEXIST && rt->which >= first && rt->which <= last)
		return NET_ADDR_TAKEN;
	if (err == -EXFULL && rt->which == join)
		return fail_plain("the network is full: a bridge has 1,023 ports");
	return err < 0 ? rt_fail(rt, err, "set up interface %s", l->host_if) : NET_OK;
}

int bridge_attach(int sock, const struct net_def *def, int netns, const struct net_rate *rate,
		  struct net_lease *l)
{
	struct rt_seen bridge;
	struct rt rt;
	int answer;

	if (bridge_make(sock, def, &bridge) < 0)
		return -1;
	rt_init(&rt, sock);
	if (!bridge.ip6)
		l->ip6.family = 0;
	l->ip4.plen = def->subnet4.plen;
	l->ip6.plen = def->subnet6.plen;
	if (!l->mtu || l->mtu > bridge.mtu)
		l->mtu = (uint16_t)(bridge.mtu > UINT16_MAX ? UINT16_MAX : bridge.mtu);
	gateway(&def->gateway4, &def->subnet4, l->ip4.family, &l->gw4);
	gateway(&def->gateway6, &def->subnet6, l->ip6.family, &l->gw6);
	if (!is_free(&rt, l, bridge.index))
		return NET_ADDR_TAKEN;
	memset(l->gw_mac, 0, sizeof(l->gw_mac));
	answer = link_veth(&rt, netns, l);
	if (answer != NET_OK)
		return answer;
	bridge_mac(l->gw_mac, def->id);
	answer = port_up(&rt, rate, l, bridge.index);
	if (answer != NET_OK)
		link_undo(&rt, l->host_index);
	return answer;
}

bool bridge_lease_read(const char *alias, struct net_lease *l)
{
	char text[128], *ip4, *ip6;

	if (strncmp(alias, "cinit ", 6) != 0 || strlen(alias) >= sizeof(text))
		return false;
	strcpy(text, alias);
	ip4 = text + 6;
	ip6 = strchr(ip4, ' ');
	if (!ip6)
		return false;
	*ip6++ = '\0';
	net_addr_parse(ip4, false, &l->ip4); /* "-": none */
	net_addr_parse(ip6, false, &l->ip6);
	return true;
}
