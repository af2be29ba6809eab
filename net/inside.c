/* net/inside.c - the container's end of its networks. Runs in the launcher, over a socket that
 * the stage has made inside, or in whoever entered the container's network namespace, and
 * then owns a socket for the length of a call. */
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

static void inside_address(struct rt *rt, const struct net_lease *l, uint32_t index,
			   const struct net_addr *ip, const struct net_addr *gw)
{
	static const uint8_t unknown[6];

	if (!ip->family)
		return;
	rt_addr(rt, index, ip, 0);
	if (gw->family && memcmp(l->gw_mac, unknown, sizeof(unknown)) != 0)
		rt_neigh(rt, index, gw, l->gw_mac);
}

static void inside_routes(struct rt *rt, const struct net_lease *l, uint32_t index,
			  const struct net_addr *ip, const struct net_addr *gw,
			  const struct net_addr *subnet)
{
	struct net_addr all = { .family = ip->family };

	if (!ip->family || !gw->family)
		return;
	if (l->default_route)
		rt_route(rt, index, &all, gw);
	else if (subnet->family && ip->plen > subnet->plen)
		rt_route(rt, index, subnet, gw);
}

static int see_inner(int sock, const struct net_lease *l, struct rt_seen *seen)
{
	if (rt_see(sock, 0, l->ifname, seen) < 0)
		return -1;
	return seen->there ? 0 : fail_plain("interface %s is not there", l->ifname);
}

/* The interface goes up as late as can be (routes need it): its carrier is news for both
 * namespaces, and while the kernel's workers spread them every message waits. */
int net_inside_up_by(int sock, const struct net_lease *l)
{
	char ip4[52], ip6[52];
	struct rt_seen seen;
	struct rt rt;
	int err;

	if (see_inner(sock, l, &seen) < 0)
		return -1;
	rt_init(&rt, sock);
	if (l->rate.up)
		rt_shape(&rt, seen.index, l->rate.up, l->rate.burst);
	inside_address(&rt, l, seen.index, &l->ip4, &l->gw4);
	inside_address(&rt, l, seen.index, &l->ip6, &l->gw6);
	rt_link(&rt, RTM_SETLINK, 0, seen.index, IFF_UP);
	inside_routes(&rt, l, seen.index, &l->ip4, &l->gw4, &l->subnet4);
	inside_routes(&rt, l, seen.index, &l->ip6, &l->gw6, &l->subnet6);
	err = rt_talk(&rt);
	/* Kernel: an ipvlan is told only here that its address is another one's. */
	if (err == -EADDRINUSE)
		return rt_fail(&rt, err, "set up interface %s with %s%s%s", l->ifname,
			       net_addr_text(ip4, &l->ip4, false), l->ip6.family ? " and " : "",
			       l->ip6.family ? net_addr_text(ip6, &l->ip6, false) : "");
	if (err < 0)
		return rt_fail(&rt, err, "set up interface %s", l->ifname);
	return 0;
}

int net_inside_open(void)
{
	return nl_open(NETLINK_ROUTE);
}

int net_inside_up(const struct net_lease *l)
{
	AUTO_FD int sock = net_inside_open();

	return sock < 0 ? -1 : net_inside_up_by(sock, l);
}

int net_inside_default(const struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct net_lease way = *l;
	struct rt_seen seen;
	struct rt rt;
	int err;

	if (sock < 0 || see_inner(sock, l, &seen) < 0)
		return -1;
	way.default_route = 1;
	/* A family at a time: one that has its route already is no reason to leave the other. */
	for (int i = 0; i < 2; i++) {
		rt_init(&rt, sock);
		if (i == 0)
			inside_routes(&rt, &way, seen.index, &l->ip4, &l->gw4, &l->subnet4);
		else
			inside_routes(&rt, &way, seen.index, &l->ip6, &l->gw6, &l->subnet6);
		if (!rt.b.len)
			continue;
		err = rt_talk(&rt);
		if (err < 0 && err != -EEXIST)
			return rt_fail(&rt, err, "make %s the way out", l->ifname);
	}
	return 0;
}

int net_inside_down(const struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct rt rt;
	int err;

	if (sock < 0)
		return -1;
	rt_init(&rt, sock);
	rt_link(&rt, RTM_DELLINK, 0, 0, 0);
	nl_put_str(&rt.b, IFLA_IFNAME, l->ifname);
	err = rt_talk(&rt);
	if (err < 0)
		return rt_fail(&rt, err, "remove interface %s", l->ifname);
	return 0;
}
