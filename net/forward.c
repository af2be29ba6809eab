/* net/forward.c - let packets of containers through. Runs in the helper, in the host's
 * namespace, with CAP_NET_ADMIN; writes below /proc/sys/net.
 *
 * The kernel asks the interface a packet comes in by. The links themselves forward IPv4 since
 * they were made; what is left are the ways that answers come by: the interfaces a
 * default route leads to, and those with a network of their own.
 *	IPv4	conf.IFACE.forwarding of each; never the global switch, which would make a
 *		router of a machine with two networks
 *	IPv6	conf.IFACE.force_forwarding, from Linux 6.17 on. Before, there is only
 *		conf.all.forwarding.
 * Kernel: where forwarding is on, router advertisements are heard only if accept_ra is 2, so
 * it becomes 2 first wherever it is 1: the machine's own address may come from them.
 * ip-sysctl.rst.
 *
 * Nothing is switched off again: whether somebody else relies on it by now, nobody knows. An
 * interface that comes later is seen at the next container's start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netconf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

enum {
	WAYS = 64,
	FORCE_FORWARDING = 9, /* NETCONFA_FORCE_FORWARDING, of Linux 6.17 */
};

struct ways {
	uint32_t index[WAYS];
	unsigned n;
};

static void take_way(struct ways *w, uint32_t index)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->index[i] == index)
			return;
	if (index && w->n < WAYS)
		w->index[w->n++] = index;
}

static int take_route(void *ctx, const struct nlmsghdr *m)
{
	const struct nlattr *t[RTA_MULTIPATH + 1];
	const struct rtmsg *r = NLMSG_DATA(m);
	const struct rtnexthop *hop;
	struct ways *w = ctx;
	int left;

	if (m->nlmsg_type != RTM_NEWROUTE || !nl_attrs(m, sizeof(*r), t, RTA_MULTIPATH) ||
	    r->rtm_type != RTN_UNICAST)
		return 0;
	take_way(w, nl_u32(t[RTA_OIF], 0));
	/* Or several at once. rtnetlink(7) */
	hop = t[RTA_MULTIPATH] ? nl_data(t[RTA_MULTIPATH]) : NULL;
	left = hop ? (int)nl_len(t[RTA_MULTIPATH]) : 0;
	while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
		take_way(w, (uint32_t)hop->rtnh_ifindex);
		left -= RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return 0;
}

/* Where does the kernel send what is for everybody else? That is asked with addresses that
 * nobody has, on no network: what was 6to4's relay, and the first of the global ones, of
 * which none was given out.
 * Kernel: the route is wanted and not how it would be used (RTM_F_FIB_MATCH), or IPv6 goes
 * through the addresses of all interfaces for the best source: 1.2 ms at 1,000 links. */
static void default_way(struct rt *rt, uint8_t family, struct ways *w)
{
	static const uint8_t nobody[2][16] = { { 192, 88, 99, 1 }, { 0x20, [15] = 1 } };
	struct rtmsg head = {
		.rtm_family = family,
		.rtm_dst_len = family == AF_INET ? 32 : 128,
		.rtm_flags = RTM_F_FIB_MATCH,
	};

	rt_init(rt, rt->sock);
	nl_msg(&rt->b, RTM_GETROUTE, 0, &head, sizeof(head));
	nl_put(&rt->b, RTA_DST, nobody[family == AF_INET6], family == AF_INET ? 4 : 16);
	nl_ask(rt->sock, &rt->b, take_route, w, rt->words); /* none is an answer */
}

/* Interfaces with a network of their own: those routes are made by the kernel, and of the
 * many to containers none is. */
static void connected_ways(struct rt *rt, struct ways *w)
{
	struct rtmsg head = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_KERNEL,
		.rtm_type = RTN_UNICAST,
	};

	rt_init(rt, rt->sock);
	nl_msg(&rt->b, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
	nl_ask(rt->sock, &rt->b, take_route, w, rt->words);
}

static int take_conf(void *ctx, const struct nlmsghdr *m)
{
	const struct nlattr *t[FORCE_FORWARDING + 1];
	const uint16_t *which = ctx;

	if (m->nlmsg_type != RTM_NEWNETCONF ||
	    !nl_attrs(m, sizeof(struct netconfmsg), t, FORCE_FORWARDING))
		return 0;
	/* Not there: not known to this kernel. */
	return nl_s32(t[*which], 0) ? -EEXIST : 0;
}

/* Is the switch WHICH of interface INDEX on? Only costs when this is wrong. */
static bool is_on(struct rt *rt, uint8_t family, uint32_t index, uint16_t which)
{
	struct netconfmsg head = { .ncm_family = family };

	rt_init(rt, rt->sock);
	nl_msg(&rt->b, RTM_GETNETCONF, 0, &head, sizeof(head));
	nl_put_u32(&rt->b, NETCONFA_IFINDEX, index);
	return nl_ask(rt->sock, &rt->b, take_conf, &which, rt->words) == -EEXIST;
}

/* conf/NAME/WHICH of IPv4 or IPv6 := VALUE. 0, or -1 with errno. */
static int put_conf(uint8_t family, const char *name, const char *which, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv%c/conf/%s/%s",
		 family == AF_INET ? '4' : '6', name, which);
	return fd_write_file(AT_FDCWD, path, 0, value, 1);
}

static int get_conf6(const char *name, const char *which)
{
	char path[512], text[16];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, which);
	return fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) > 0 ? atoi(text) : -1;
}

/* An interface that is gone by now is as good as switched on. */
static int way_on(struct rt *rt, uint8_t family, uint32_t index)
{
	const bool four = family == AF_INET;
	const char *which = four ? "forwarding" : "force_forwarding";
	struct rt_seen seen;

	if (is_on(rt, family, index, four ? NETCONFA_FORWARDING : FORCE_FORWARDING))
		return 0;
	if (rt_see(rt->sock, index, NULL, &seen) < 0)
		return -1;
	/* Kernel: by /proc and not by netlink, which leaves large receive offload on. */
	if (seen.there && put_conf(family, seen.name, which, "1") < 0 && errno != ENOENT)
		return fail("switch on %s of %s", which, seen.name);
	return 0;
}

/* All routers' advertisements that are heard now are heard afterwards. */
static int keep_hearing(void)
{
	DIR *dir = opendir("/proc/sys/net/ipv6/conf");
	const struct dirent *e;
	int rc = 0;

	if (!dir)
		return fail("read /proc/sys/net/ipv6/conf");
	while (!rc && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "all") ||
		    !strcmp(e->d_name, "default") || !strcmp(e->d_name, "lo"))
			continue;
		if (get_conf6(e->d_name, "accept_ra") != 1 || get_conf6(e->d_name, "forwarding"))
			continue;
		if (put_conf(AF_INET6, e->d_name, "accept_ra", "2") < 0 && errno != ENOENT)
			rc = fail("keep router advertisements of %s", e->d_name);
	}
	closedir(dir);
	return rc;
}

static int all6_on(void)
{
	if (get_conf6("all", "forwarding") != 0)
		return 0; /* on, or there is no IPv6 */
	if (keep_hearing() < 0)
		return -1;
	if (put_conf(AF_INET6, "all", "forwarding", "1") < 0)
		return fail("switch on IPv6 forwarding");
	return 0;
}

/* The container's own interface. 1: this kernel has the switch, 0: not; -1 with fail(). */
static int own6_on(const char *name)
{
	if (put_conf(AF_INET6, name, "force_forwarding", "1") == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return fail("switch on force_forwarding of %s", name);
}

int net_forward_enable(const struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	const bool inside = l->flags & NET_F_INTERNAL;
	char name[NET_IFNAME_MAX];
	struct ways w = { .n = 0 };
	int own6 = 0;
	struct rt rt;

	if (sock < 0)
		return -1;
	if (l->driver != NET_ROUTED && l->driver != NET_BRIDGE && l->driver != NET_VXLAN)
		return 0; /* past the host's routing */
	memcpy(name, l->host_if, sizeof(name));
	if (l->driver != NET_ROUTED)
		net_bridge_name(name, l->net_id);
	rt_init(&rt, sock);
	if (!inside && l->ip4.family) {
		connected_ways(&rt, &w);
		default_way(&rt, AF_INET, &w);
		for (unsigned i = 0; i < w.n; i++)
			if (way_on(&rt, AF_INET, w.index[i]) < 0)
				return -1;
	}
	if (!l->ip6.family)
		return 0;
	own6 = own6_on(name);
	if (own6 <= 0)
		return own6 < 0 ? -1 : all6_on();
	if (inside)
		return 0;
	default_way(&rt, AF_INET6, &w);
	for (unsigned i = 0; i < w.n; i++)
		if (way_on(&rt, AF_INET6, w.index[i]) < 0)
			return -1;
	return 0;
}
