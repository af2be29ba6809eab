/* net/inuse.c - does the host know a network already, and is anybody on it? Runs in the
 * helper, when a network is made or removed: dumps of everything, which are not for every
 * join. */
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

struct hunt {
	const struct net_addr *prefix;
	bool leases; /* look for cinit's own routes, and for nothing but them */
	struct net_addr found;
};

static bool read_addr(const struct nlattr *a, uint8_t family, uint8_t plen, struct net_addr *out)
{
	const size_t len = family == AF_INET ? 4 : 16;

	*out = (struct net_addr){ .family = family, .plen = plen };
	if (!a || nl_len(a) != len)
		return false;
	memcpy(out->byte, nl_data(a), len);
	return true;
}

static int judge(void *ctx, const struct nlmsghdr *m)
{
	const void *head = (const char *)m + NLMSG_HDRLEN;
	const struct nlattr *t[RTA_TABLE + 1];
	const struct ifaddrmsg *ia = head;
	const struct rtmsg *r = head;
	struct hunt *h = ctx;
	struct net_addr a;
	bool got = false;

	if (m->nlmsg_type == RTM_NEWROUTE && nl_attrs(m, sizeof(*r), t, RTA_TABLE)) {
		/* The default route holds every address and owns none; addresses of the
		 * host's own come below. */
		if (!r->rtm_dst_len || (r->rtm_protocol == RT_PROTO) != h->leases ||
		    r->rtm_table == RT_TABLE_LOCAL)
			return 0;
		got = read_addr(t[RTA_DST], r->rtm_family, r->rtm_dst_len, &a);
	} else if (m->nlmsg_type == RTM_NEWADDR && nl_attrs(m, sizeof(*ia), t, RTA_TABLE)) {
		const struct nlattr *proto = t[IFA_PROTO];

		if (proto && nl_len(proto) == 1 && *(const uint8_t *)nl_data(proto) == RT_PROTO)
			return 0;
		/* IPv4 names the other end IFA_ADDRESS, and the prefix is of that. */
		got = read_addr(t[IFA_ADDRESS], ia->ifa_family, ia->ifa_prefixlen, &a);
	}
	if (!got || !net_prefix_meet(&a, h->prefix))
		return 0;
	h->found = a;
	return -EEXIST;
}

/* Everything of one family and kind. 1, 0, or -1 with fail(). */
static int hunt(struct rt *rt, uint16_t type, const void *head, size_t len, struct hunt *h)
{
	int err;

	/* What changed while it was read is read again. */
	for (int i = 0; i < 5; i++) {
		rt_init(rt, rt->sock);
		nl_msg(&rt->b, type, NLM_F_DUMP, head, len);
		err = nl_ask(rt->sock, &rt->b, judge, h, rt->words);
		if (err == -EEXIST)
			return 1;
		if (err != -EINTR)
			break;
	}
	if (err < 0 && !rt_no_ip6(err))
		return rt_fail(rt, err, "list the host's addresses and routes");
	return 0;
}

int net_prefix_in_use(const struct net_addr *prefix, char what[64])
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct ifaddrmsg addrs = { .ifa_family = prefix->family };
	struct rtmsg routes = { .rtm_family = prefix->family };
	struct hunt h = { .prefix = prefix };
	const char *kind = "address";
	char text[52];
	struct rt rt;
	int rc;

	if (sock < 0)
		return -1;
	rt_init(&rt, sock);
	rc = hunt(&rt, RTM_GETADDR, &addrs, sizeof(addrs), &h);
	if (!rc) {
		kind = "route";
		rc = hunt(&rt, RTM_GETROUTE, &routes, sizeof(routes), &h);
	}
	if (rc > 0)
		snprintf(what, 64, "%s %s", kind, net_addr_text(text, &h.found, true));
	return rc;
}

static int member(void *ctx, const struct nlmsghdr *m)
{
	(void)ctx;
	return m->nlmsg_type == RTM_NEWLINK ? -EEXIST : 0;
}

/* Containers on the bridge of network ID: its ports, of which a vxlan device is no veth. */
static int bridge_members(struct rt *rt, uint32_t id)
{
	struct ifinfomsg head = { .ifi_index = 0 };
	char name[NET_IFNAME_MAX];
	struct rt_seen bridge;
	int err = -EINTR;

	net_bridge_name(name, id);
	if (rt_see(rt->sock, 0, name, &bridge) < 0)
		return -1;
	for (int i = 0; i < 5 && bridge.there && err == -EINTR; i++) {
		rt_init(rt, rt->sock);
		nl_msg(&rt->b, RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
		nl_put_u32(&rt->b, IFLA_EXT_MASK, 8); /* RTEXT_FILTER_SKIP_STATS */
		nl_put_u32(&rt->b, IFLA_MASTER, bridge.index);
		size_t info = nl_nest(&rt->b, IFLA_LINKINFO);
		nl_put_str(&rt->b, IFLA_INFO_KIND, "veth");
		nl_nest_end(&rt->b, info);
		err = nl_ask(rt->sock, &rt->b, member, NULL, rt->words);
	}
	if (!bridge.there || err >= 0)
		return 0;
	return err == -EEXIST ? 1 : rt_fail(rt, err, "list the ports of %s", name);
}

int net_def_members(const struct net_def *def)
{
	struct rtmsg head = { .rtm_family = AF_INET };
	struct hunt h = { .prefix = &def->subnet4, .leases = true };
	struct rt rt;
	int rc = 0;

	/* Kernel: what lives on a parent is seen by the namespace that it is in alone. */
	if (net_has_parent(def->driver))
		return 0;
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	if (sock < 0)
		return -1;
	rt_init(&rt, sock);
	if (def->driver != NET_ROUTED)
		return bridge_members(&rt, def->id);
	if (def->subnet4.family)
		rc = hunt(&rt, RTM_GETROUTE, &head, sizeof(head), &h);
	if (rc == 0 && def->subnet6.family) {
		head.rtm_family = AF_INET6;
		h.prefix = &def->subnet6;
		rc = hunt(&rt, RTM_GETROUTE, &head, sizeof(head), &h);
	}
	return rc;
}

int net_slots_used(const char *kind, uint32_t uid, uint32_t n, uint32_t *used)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	char name[NET_IFNAME_MAX];
	struct rt_seen seen;

	*used = 0;
	if (sock < 0)
		return -1;
	for (uint32_t slot = 0; slot < n; slot++) {
		net_slot_name(name, kind, uid, slot);
		if (rt_see(sock, 0, name, &seen) < 0)
			return -1;
		*used += seen.there;
	}
	return 0;
}
