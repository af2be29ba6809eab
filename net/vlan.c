/* net/vlan.c - interfaces of a container that live on one of the host's: macvlan, macvtap,
 * ipvlan. Runs in the helper, in the host's namespace, with CAP_NET_ADMIN.
 *
 * They go past the host's routing and its rules, so a policy has to allow each parent. The
 * interface is made in the container's namespace at once and ends with it. A macvlan is up
 * from the start.
 * Kernel: only then does it say that another one on the same parent has the same MAC
 * (EADDRINUSE), and the MAC is computed from the address: that makes the address a lease.
 * ipvlan has no MAC of its own; there the kernel refuses the address itself, inside.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "net/rt.h"

static const struct {
	const char *name;
	uint32_t value;
} macvlan_modes[NET_MODES] = {
	[NET_MODE_DEFAULT] = { "bridge", MACVLAN_MODE_BRIDGE },
	[NET_MODE_BRIDGE] = { "bridge", MACVLAN_MODE_BRIDGE },
	[NET_MODE_VEPA] = { "vepa", MACVLAN_MODE_VEPA },
	[NET_MODE_PRIVATE] = { "private", MACVLAN_MODE_PRIVATE },
	[NET_MODE_PASSTHRU] = { "passthru", MACVLAN_MODE_PASSTHRU },
}, ipvlan_modes[NET_MODES] = {
	[NET_MODE_DEFAULT] = { "l2", IPVLAN_MODE_L2 },
	[NET_MODE_L2] = { "l2", IPVLAN_MODE_L2 },
	[NET_MODE_L3] = { "l3", IPVLAN_MODE_L3 },
	[NET_MODE_L3S] = { "l3s", IPVLAN_MODE_L3S },
};

static const char *kind_of(uint8_t driver)
{
	return driver == NET_MACVLAN ? "macvlan" : driver == NET_MACVTAP ? "macvtap" : "ipvlan";
}

static void kind_message(struct rt *rt, const struct net_def *def)
{
	const bool apart = def->flags & NET_F_ISOLATE;
	uint32_t mode;
	size_t info, data;

	info = nl_nest(&rt->b, IFLA_LINKINFO);
	nl_put_str(&rt->b, IFLA_INFO_KIND, kind_of(def->driver));
	data = nl_nest(&rt->b, IFLA_INFO_DATA);
	if (def->driver == NET_IPVLAN) {
		nl_put_u16(&rt->b, IFLA_IPVLAN_MODE, (uint16_t)ipvlan_modes[def->mode].value);
		if (apart)
			nl_put_u16(&rt->b, IFLA_IPVLAN_FLAGS, IPVLAN_F_PRIVATE);
	} else {
		mode = macvlan_modes[def->mode].value;
		if (apart && mode == MACVLAN_MODE_BRIDGE)
			mode = MACVLAN_MODE_PRIVATE;
		nl_put_u32(&rt->b, IFLA_MACVLAN_MODE, mode);
	}
	nl_nest_end(&rt->b, data);
	nl_nest_end(&rt->b, info);
}

static void vlan_message(struct rt *rt, const struct net_def *def, uint32_t parent, int netns,
			 const struct net_lease *l)
{
	const bool own_mac = def->driver != NET_IPVLAN && def->mode != NET_MODE_PASSTHRU;

	rt_link(rt, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, own_mac ? IFF_UP : 0);
	nl_put_str(&rt->b, IFLA_IFNAME, l->ifname);
	nl_put_u32(&rt->b, IFLA_LINK, parent);
	nl_put_u32(&rt->b, IFLA_NET_NS_FD, (uint32_t)netns);
	if (l->mtu)
		nl_put_u32(&rt->b, IFLA_MTU, l->mtu);
	if (own_mac)
		nl_put(&rt->b, IFLA_ADDRESS, l->mac, 6);
	kind_message(rt, def);
}

static void gateway(const struct net_addr *said, const struct net_addr *subnet,
		    const struct net_addr *ip, struct net_addr *gw)
{
	*gw = (struct net_addr){ .family = 0 };
	if (!ip->family)
		return;
	if (said->family)
		*gw = *said;
	else if (subnet->family)
		net_addr_nth(subnet, 1, gw);
	gw->plen = subnet->plen;
}

int vlan_attach(int sock, const struct net_def *def, int netns, struct net_lease *l)
{
	const char *kind = kind_of(def->driver);
	const bool ip = def->driver == NET_IPVLAN;
	struct rt_seen parent;
	struct rt rt;
	int err;

	if (def->mode >= NET_MODES || !(ip ? ipvlan_modes : macvlan_modes)[def->mode].name)
		return fail_plain("%s has no such mode", kind);
	if (rt_see(sock, 0, def->parent, &parent) < 0)
		return -1;
	if (!parent.there)
		return fail_plain("parent interface %s is not there", def->parent);
	l->ip4.plen = def->subnet4.plen;
	l->ip6.plen = def->subnet6.plen;
	gateway(&def->gateway4, &def->subnet4, &l->ip4, &l->gw4);
	gateway(&def->gateway6, &def->subnet6, &l->ip6, &l->gw6);
	memset(l->host_if, 0, sizeof(l->host_if));
	memset(l->gw_mac, 0, sizeof(l->gw_mac));
	l->host_index = 0;
	if (ip || def->mode == NET_MODE_PASSTHRU)
		memcpy(l->mac, parent.mac, sizeof(l->mac));
	rt_init(&rt, sock);
	vlan_message(&rt, def, parent.index, netns, l);
	err = rt_talk(&rt);
	if (err == -EADDRINUSE)
		return NET_ADDR_TAKEN;
	if (err == -EOPNOTSUPP)
		return fail_plain("this kernel has no %s interfaces", kind);
	if (err == -EEXIST)
		return fail_plain("the container has an interface %s already", l->ifname);
	if (err < 0)
		return rt_fail(&rt, err, "make a %s on %s", kind, def->parent);
	if (!l->mtu)
		l->mtu = (uint16_t)(parent.mtu > UINT16_MAX ? UINT16_MAX : parent.mtu);
	return NET_OK;
}
