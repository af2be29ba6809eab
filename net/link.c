/* net/link.c - the wire between a container and its host. Runs in the helper, in the host's
 * namespace, with CAP_NET_ADMIN; owns one socket for the length of a call.
 *
 * A routed link is a veth, of which the host's end is a point-to-point link without any
 * neighbours to find: the gateway's address, a host route to the container's and its MAC
 * are all that there is, and all of it goes when either end does. Two names in the kernel
 * are taken exclusively: the interface's, which is the caller's quota, and the host
 * routes, which are the leases. So there is no list of leases that could be wrong.
 *
 * Order: look whether name and addresses are free, since giving an interface back takes
 * 20 ms; make it; filter; then up, so that not one packet comes in unfiltered.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/net_namespace.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

/* The host's end of every routed link: they are different wires, so one will do, and
 * a MAC that is set is left alone by udev. */
static const uint8_t gateway_mac[6] = { 0x02, 0xc1, 0x47, 0, 0, 1 };

/* What is there and must not be. */
struct taken {
	uint32_t link; /* the interface of that name; 0: free */
	uint32_t way;  /* the one that an address is routed to, and which is the same ... */
	bool ways;     /* ... for all that are taken */
};

static int found(void *ctx, const struct nlmsghdr *m)
{
	const void *head = (const char *)m + NLMSG_HDRLEN;
	const struct nlattr *t[RTA_OIF + 1];
	const struct ifinfomsg *link = head;
	const struct rtmsg *r = head;
	struct taken *taken = ctx;
	uint32_t way;

	if (m->nlmsg_type == RTM_NEWLINK && m->nlmsg_len >= NLMSG_HDRLEN + sizeof(*link))
		taken->link = (uint32_t)link->ifi_index;
	if (m->nlmsg_type != RTM_NEWROUTE || !nl_attrs(m, sizeof(*r), t, RTA_OIF) ||
	    r->rtm_dst_len != (r->rtm_family == AF_INET ? 32 : 128))
		return 0;
	way = nl_u32(t[RTA_OIF], 0);
	/* A route without an interface, which blackholes have, is taken as well. */
	taken->ways = way && (!taken->way || (taken->ways && way == taken->way));
	taken->way = way ? way : UINT32_MAX;
	return 0;
}

static void ask_route(struct rt *rt, const struct net_addr *a)
{
	struct rtmsg head = {
		.rtm_family = a->family,
		.rtm_dst_len = a->family == AF_INET ? 32 : 128,
		.rtm_flags = RTM_F_FIB_MATCH,
	};

	if (!a->family)
		return;
	nl_msg(&rt->b, RTM_GETROUTE, 0, &head, sizeof(head));
	rt_put_addr(rt, RTA_DST, a);
}

/* NET_IFNAME_TAKEN, NET_ADDR_TAKEN, NET_BOTH_TAKEN; or NET_OK: they were free a moment ago. */
static int look(struct rt *rt, const struct net_lease *l, bool routes)
{
	struct ifinfomsg head = { .ifi_index = 0 };
	struct taken taken = { 0 };

	nl_msg(&rt->b, RTM_GETLINK, 0, &head, sizeof(head));
	nl_put_str(&rt->b, IFLA_IFNAME, l->host_if);
	nl_put_u32(&rt->b, IFLA_EXT_MASK, 8); /* RTEXT_FILTER_SKIP_STATS */
	if (routes) {
		ask_route(rt, &l->ip4);
		ask_route(rt, &l->ip6);
		ask_route(rt, &l->gw6);
	}
	/* What is not there is answered by errors, and those are the good answers. */
	nl_ask(rt->sock, &rt->b, found, &taken, rt->words);
	rt_init(rt, rt->sock);
	if (taken.link && taken.ways && taken.way == taken.link)
		return NET_BOTH_TAKEN;
	return taken.link ? NET_IFNAME_TAKEN : taken.way ? NET_ADDR_TAKEN : NET_OK;
}

static void veth_end(struct rt *rt, const char *name, const uint8_t mac[6], uint32_t mtu)
{
	nl_put_str(&rt->b, IFLA_IFNAME, name);
	nl_put(&rt->b, IFLA_ADDRESS, mac, 6);
	if (mtu)
		nl_put_u32(&rt->b, IFLA_MTU, mtu);
	/* As many as there are processors otherwise, each with its directory in sysfs; a
	 * veth has no queue that would profit. */
	nl_put_u32(&rt->b, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(&rt->b, IFLA_NUM_RX_QUEUES, 1);
}

static void veth_message(struct rt *rt, int netns, const struct net_lease *l)
{
	const uint32_t n = l->host_index;
	/* Of a bridge's port: different ones, and each of them set as well. */
	const uint8_t port_mac[6] = {
		0x06, 0xc2, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n
	};
	const bool routed = l->driver == NET_ROUTED;
	struct ifinfomsg inner = { .ifi_index = 0 };
	size_t info, data, peer;

	rt_link(rt, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, l->host_index, 0);
	veth_end(rt, l->host_if, routed ? gateway_mac : port_mac, l->mtu);
	nl_put_u32(&rt->b, IFLA_GROUP, net_link_group(l->net_id));
	info = nl_nest(&rt->b, IFLA_LINKINFO);
	nl_put_str(&rt->b, IFLA_INFO_KIND, "veth");
	data = nl_nest(&rt->b, IFLA_INFO_DATA);
	peer = nl_nest(&rt->b, VETH_INFO_PEER);
	nl_put_raw(&rt->b, &inner, sizeof(inner));
	veth_end(rt, l->ifname, l->mac, l->mtu);
	nl_put_u32(&rt->b, IFLA_NET_NS_FD, (uint32_t)netns);
	nl_nest_end(&rt->b, peer);
	nl_nest_end(&rt->b, data);
	nl_nest_end(&rt->b, info);
}

int link_veth(struct rt *rt, int netns, struct net_lease *l)
{
	const bool routed = l->driver == NET_ROUTED;
	int err = -EEXIST, taken;

	for (int i = 0; i < 3 && err == -EEXIST; i++) {
		taken = look(rt, l, routed);
		if (taken != NET_OK)
			return taken;
		/* The number is chosen here, so that the next messages need not ask for it.
		 * Kernel: one that is taken is answered by EEXIST, as both names are. */
		if (getrandom(&l->host_index, sizeof(l->host_index), 0) < 0)
			return fail("get a random number");
		l->host_index = (l->host_index & 0x3fffffff) | 0x40000000;
		veth_message(rt, netns, l);
		err = rt_talk(rt);
	}
	if (err == -EEXIST)
		return fail_plain("the container has an interface %s already", l->ifname);
	if (err == -EOPNOTSUPP)
		return fail_plain("this kernel has no veth interfaces");
	if (err < 0)
		return rt_fail(rt, err, "make interface %s", l->host_if);
	return NET_OK;
}

void link_undo(struct rt *rt, uint32_t index)
{
	rt_init(rt, rt->sock);
	rt_link(rt, RTM_DELLINK, 0, index, 0);
	rt_talk(rt);
}

/* Everything of IPv4, and what the link must not do before it is up. */
static int routed_up(struct rt *rt, const struct net_lease *l, const struct net_rate *rate)
{
	static const struct rt_conf conf[] = {
		{ IPV4_DEVCONF_FORWARDING, 1 },          { IPV4_DEVCONF_RP_FILTER, 1 },
		{ IPV4_DEVCONF_ACCEPT_REDIRECTS, 0 },    { IPV4_DEVCONF_SEND_REDIRECTS, 0 },
		{ IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0 }, { IPV4_DEVCONF_ROUTE_LOCALNET, 0 },
	};
	uint32_t lease = 0;
	int err;

	/* Its answer does not matter: without IPv6 there is nothing to switch off. All that
	 * is changed on a link comes before it is up.
	 * Kernel: a change to one that is up but has no carrier yet walks all IPv6 routes
	 * (rt6_sync_down_dev()), 1 ms at 1,000 links. */
	rt_no_auto6(rt, l->host_index);
	rt_talk(rt);
	rt_filter(rt, l);
	rt_conf4(rt, l->host_index, conf, sizeof(conf) / sizeof(*conf));
	if (rate && rate->down)
		rt_shape(rt, l->host_index, rate->down, rate->burst);
	rt_link(rt, RTM_SETLINK, 0, l->host_index, IFF_UP);
	if (l->ip4.family) {
		if (l->gw4.family)
			rt_addr(rt, l->host_index, &l->gw4, IFA_F_NOPREFIXROUTE);
		rt_route(rt, l->host_index, &l->ip4, NULL);
		lease = rt->b.seq;
		rt_neigh(rt, l->host_index, &l->ip4, l->mac);
	}
	err = rt_talk(rt);
	if (err == -EEXIST && rt->which == lease)
		return NET_ADDR_TAKEN;
	if (err < 0)
		return rt_fail(rt, err, "set up interface %s", l->host_if);
	return NET_OK;
}

/* A machine without IPv6 gives a lease without. */
static int routed_ip6(struct rt *rt, struct net_lease *l)
{
	uint32_t lease;
	int err;

	if (!l->ip6.family)
		return NET_OK;
	if (l->gw6.family)
		rt_addr(rt, l->host_index, &l->gw6, IFA_F_NOPREFIXROUTE);
	rt_route(rt, l->host_index, &l->ip6, NULL);
	lease = rt->b.seq;
	rt_neigh(rt, l->host_index, &l->ip6, l->mac);
	err = rt_talk(rt);
	if (err == -EEXIST && rt->which == lease)
		return NET_ADDR_TAKEN;
	if (err < 0 && !rt_no_ip6(err))
		return rt_fail(rt, err, "give interface %s its IPv6 address", l->host_if);
	if (err < 0)
		l->ip6.family = l->gw6.family = 0;
	return NET_OK;
}

/* IPv4: the network's gateway, by default its first address, the same for all. IPv6: an
 * address that no other link has: the lease's, in the other half of the network.
 * Kernel: addresses that many interfaces share are in one list of IPv6's, which each new one
 * walks (ipv6_get_ifaddr()): 0.3 ms at 1,000 links. For IPv4 it is a tenth of that. */
static void choose_gateways(const struct net_def *def, struct net_lease *l)
{
	const unsigned half = def->subnet6.plen;

	l->gw4 = (struct net_addr){ .family = 0 };
	l->gw6 = (struct net_addr){ .family = 0 };
	if (l->ip4.family && def->gateway4.family)
		l->gw4 = def->gateway4;
	else if (l->ip4.family)
		net_addr_nth(&def->subnet4, 1, &l->gw4);
	if (l->gw4.family)
		l->gw4.plen = 32;
	if (!l->ip6.family || half >= 128)
		return;
	l->gw6 = l->ip6;
	l->gw6.byte[half / 8] ^= (uint8_t)(0x80 >> half % 8);
}

static int routed_attach(int sock, const struct net_def *def, int netns,
			 const struct net_rate *rate, struct net_lease *l)
{
	struct rt rt;
	int answer;

	rt_init(&rt, sock);
	l->ip4.plen = 32;
	l->ip6.plen = 128;
	if (!l->mtu)
		l->mtu = 1500; /* a veth's own */
	memcpy(l->gw_mac, gateway_mac, sizeof(l->gw_mac));
	choose_gateways(def, l);
	answer = link_veth(&rt, netns, l);
	if (answer != NET_OK)
		return answer;
	answer = routed_up(&rt, l, rate);
	if (answer == NET_OK)
		answer = routed_ip6(&rt, l);
	if (answer != NET_OK)
		link_undo(&rt, l->host_index);
	return answer;
}

int net_attach(const struct net_def *def, int netns, const struct net_rate *rate,
	       struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);

	if (sock < 0)
		return -1;
	memcpy(l->net, def->name, sizeof(l->net));
	l->net_id = def->id;
	l->flags = def->flags;
	l->driver = def->driver;
	l->subnet4 = def->subnet4;
	l->subnet6 = def->subnet6;
	switch (def->driver) {
	case NET_ROUTED:
		return routed_attach(sock, def, netns, rate, l);
	case NET_BRIDGE:
	case NET_VXLAN:
		return bridge_attach(sock, def, netns, rate, l);
	case NET_MACVLAN:
	case NET_IPVLAN:
	case NET_MACVTAP:
		return vlan_attach(sock, def, netns, l);
	default:
		return fail_plain("driver %u is none", def->driver);
	}
}

static int take_nsid(void *ctx, const struct nlmsghdr *m)
{
	const struct nlattr *t[NETNSA_NSID + 1];

	if (!nl_attrs(m, sizeof(struct rtgenmsg), t, NETNSA_NSID))
		return -EPROTO;
	*(int32_t *)ctx = nl_s32(t[NETNSA_NSID], -1);
	return 0;
}

/* The host's end INDEX, if it is ours and its other end is in NETNS. 1, 0, or -1 with fail(). */
static int see_ours(int sock, uint32_t index, int netns, struct rt_seen *seen)
{
	struct rtgenmsg head = { .rtgen_family = AF_UNSPEC };
	int32_t nsid = -1;
	struct rt rt;
	int err;

	if (!index)
		return 0;
	if (rt_see(sock, index, NULL, seen) < 0)
		return -1;
	/* Others' veths are none of ours, even when they lead there. */
	if (!seen->there || !net_group_is_ours(seen->group) || strcmp(seen->kind, "veth") != 0 ||
	    seen->peer_nsid < 0)
		return 0;
	rt_init(&rt, sock);
	nl_msg(&rt.b, RTM_GETNSID, 0, &head, sizeof(head));
	nl_put_u32(&rt.b, NETNSA_FD, (uint32_t)netns);
	err = nl_ask(sock, &rt.b, take_nsid, &nsid, rt.words);
	if (err < 0)
		return rt_fail(&rt, err, "look up a network namespace");
	return nsid == seen->peer_nsid;
}

int net_link_leads_to(uint32_t host_index, int netns)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct rt_seen seen;

	return sock < 0 ? -1 : see_ours(sock, host_index, netns, &seen);
}

/* A host route of ours: a lease. */
static int take_lease(void *ctx, const struct nlmsghdr *m)
{
	const struct rtmsg *r = (const void *)((const char *)m + NLMSG_HDRLEN);
	const struct nlattr *t[RTA_OIF + 1];
	struct net_lease *l = ctx;
	struct net_addr *to;
	size_t len;

	if (m->nlmsg_type != RTM_NEWROUTE || !nl_attrs(m, sizeof(*r), t, RTA_OIF))
		return 0;
	to = r->rtm_family == AF_INET ? &l->ip4 : &l->ip6;
	len = r->rtm_family == AF_INET ? 4 : 16;
	if (r->rtm_protocol != RT_PROTO || r->rtm_dst_len != len * 8 ||
	    nl_u32(t[RTA_OIF], 0) != l->host_index || !t[RTA_DST] || nl_len(t[RTA_DST]) != len)
		return 0;
	*to = (struct net_addr){ .family = r->rtm_family, .plen = r->rtm_dst_len };
	memcpy(to->byte, nl_data(t[RTA_DST]), len);
	return 0;
}

int net_lease_read(uint32_t host_index, int netns, const struct net_addr *ip4,
		   const struct net_addr *ip6, struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct rt_seen seen;
	struct rt rt;
	int rc = sock < 0 ? -1 : see_ours(sock, host_index, netns, &seen);

	if (rc <= 0)
		return rc;
	*l = (struct net_lease){ .host_index = host_index, .driver = NET_ROUTED };
	memcpy(l->host_if, seen.name, sizeof(l->host_if));
	if (bridge_lease_read(seen.alias, l)) {
		l->driver = NET_BRIDGE;
		return 1;
	}
	rt_init(&rt, sock);
	ask_route(&rt, ip4);
	ask_route(&rt, ip6);
	/* That there is none is an answer, and so is that nothing was asked. */
	nl_ask(sock, &rt.b, take_lease, l, rt.words);
	return 1;
}

int net_detach(const struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct rt rt;
	int err;

	if (sock < 0)
		return -1;
	if (!l->host_index) /* it lives in the container alone, and ends there */
		return 0;
	rt_init(&rt, sock);
	rt_link(&rt, RTM_DELLINK, 0, l->host_index, 0);
	err = rt_talk(&rt);
	return err < 0 && err != -ENODEV ? rt_fail(&rt, err, "remove interface %s", l->host_if) : 0;
}
