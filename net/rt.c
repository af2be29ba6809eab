/* net/rt.c - rtnetlink messages, each written once. Pure but for rt_talk(), rt_see(). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "net/rt.h"

void rt_init(struct rt *rt, int sock)
{
	rt->sock = sock;
	rt->words[0] = '\0';
	rt->which = 0;
	nl_init(&rt->b, rt->buf, sizeof(rt->buf));
}

int rt_talk(struct rt *rt)
{
	int err = nl_talk(rt->sock, &rt->b, rt->words, &rt->which);

	nl_init(&rt->b, rt->buf, sizeof(rt->buf));
	return err;
}

int rt_fail(const struct rt *rt, int err, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	errno = -err;
	if (rt->words[0])
		return fail("%s (%s)", what, rt->words);
	return fail("%s", what);
}

void rt_link(struct rt *rt, uint16_t type, uint16_t flags, uint32_t index, uint32_t iff)
{
	struct ifinfomsg head = {
		.ifi_index = (int)index,
		.ifi_flags = iff,
		.ifi_change = iff,
	};

	nl_msg(&rt->b, type, NLM_F_ACK | flags, &head, sizeof(head));
}

static size_t addr_len(const struct net_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

void rt_put_addr(struct rt *rt, uint16_t type, const struct net_addr *a)
{
	nl_put(&rt->b, type, a->byte, addr_len(a));
}

void rt_addr(struct rt *rt, uint32_t index, const struct net_addr *a, uint32_t flags)
{
	struct ifaddrmsg head = {
		.ifa_family = a->family,
		.ifa_prefixlen = a->plen,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = index,
	};

	nl_msg(&rt->b, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	rt_put_addr(rt, IFA_LOCAL, a);
	rt_put_addr(rt, IFA_ADDRESS, a);
	nl_put_u8(&rt->b, IFA_PROTO, RT_PROTO);
	/* cinit gives each address once, so nobody is asked whether it is in use: that takes
	 * a second. */
	if (a->family == AF_INET6)
		flags |= IFA_F_NODAD;
	if (flags)
		nl_put_u32(&rt->b, IFA_FLAGS, flags);
}

void rt_route(struct rt *rt, uint32_t index, const struct net_addr *dst, const struct net_addr *via)
{
	struct rtmsg head = {
		.rtm_family = dst->family,
		.rtm_dst_len = dst->plen,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RT_PROTO,
		.rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
		/* The gateway is at the other end of the wire, whatever our prefix is. */
		.rtm_flags = via ? RTNH_F_ONLINK : 0,
	};

	nl_msg(&rt->b, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	rt_put_addr(rt, RTA_DST, dst);
	if (via)
		rt_put_addr(rt, RTA_GATEWAY, via);
	nl_put_u32(&rt->b, RTA_OIF, index);
}

void rt_neigh(struct rt *rt, uint32_t index, const struct net_addr *a, const uint8_t mac[6])
{
	struct ndmsg head = {
		.ndm_family = a->family,
		.ndm_ifindex = (int)index,
		.ndm_state = NUD_PERMANENT,
	};

	nl_msg(&rt->b, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	rt_put_addr(rt, NDA_DST, a);
	nl_put(&rt->b, NDA_LLADDR, mac, 6);
}

void rt_conf4(struct rt *rt, uint32_t index, const struct rt_conf *conf, size_t n)
{
	size_t spec, inet, list;

	rt_link(rt, RTM_SETLINK, 0, index, 0);
	spec = nl_nest(&rt->b, IFLA_AF_SPEC);
	inet = nl_nest(&rt->b, AF_INET);
	list = nl_nest(&rt->b, IFLA_INET_CONF);
	for (size_t i = 0; i < n; i++)
		nl_put_u32(&rt->b, conf[i].id, conf[i].value);
	nl_nest_end(&rt->b, list);
	nl_nest_end(&rt->b, inet);
	nl_nest_end(&rt->b, spec);
}

void rt_no_auto6(struct rt *rt, uint32_t index)
{
	size_t spec, inet6;

	rt_link(rt, RTM_SETLINK, 0, index, 0);
	spec = nl_nest(&rt->b, IFLA_AF_SPEC);
	inet6 = nl_nest(&rt->b, AF_INET6);
	nl_put_u8(&rt->b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_nest_end(&rt->b, inet6);
	nl_nest_end(&rt->b, spec);
}

bool rt_no_ip6(int err)
{
	/* Kernel: without IPv6 nobody takes the message; where it is switched off by
	 * disable_ipv6 the answer is EACCES, for addresses and for routes. */
	return err == -EOPNOTSUPP || err == -EAFNOSUPPORT || err == -EACCES;
}

static bool has_ip6(const struct nlattr *spec)
{
	const struct nlattr *af[AF_INET6 + 1], *t[IFLA_INET6_CONF + 1];
	int32_t off;

	if (!spec || !nl_nested(spec, af, AF_INET6) || !af[AF_INET6] ||
	    !nl_nested(af[AF_INET6], t, IFLA_INET6_CONF) || !t[IFLA_INET6_CONF] ||
	    nl_len(t[IFLA_INET6_CONF]) < (DEVCONF_DISABLE_IPV6 + 1) * sizeof(off))
		return false;
	memcpy(&off, (const char *)nl_data(t[IFLA_INET6_CONF]) + DEVCONF_DISABLE_IPV6 * sizeof(off),
	       sizeof(off));
	return !off;
}

static int see(void *ctx, const struct nlmsghdr *m)
{
	const struct nlattr *t[IFLA_LINK_NETNSID + 1], *info[IFLA_INFO_KIND + 1];
	struct rt_seen *seen = ctx;

	if (m->nlmsg_type != RTM_NEWLINK ||
	    !nl_attrs(m, sizeof(struct ifinfomsg), t, IFLA_LINK_NETNSID))
		return -EPROTO;
	seen->there = true;
	seen->index = (uint32_t)((const struct ifinfomsg *)((const char *)m + NLMSG_HDRLEN))
			      ->ifi_index;
	seen->group = nl_u32(t[IFLA_GROUP], 0);
	seen->mtu = nl_u32(t[IFLA_MTU], 0);
	seen->master = nl_u32(t[IFLA_MASTER], 0);
	seen->peer_nsid = nl_s32(t[IFLA_LINK_NETNSID], -1);
	nl_str(t[IFLA_IFNAME], seen->name, sizeof(seen->name));
	seen->ip6 = has_ip6(t[IFLA_AF_SPEC]);
	nl_str(t[IFLA_IFALIAS], seen->alias, sizeof(seen->alias));
	if (t[IFLA_ADDRESS] && nl_len(t[IFLA_ADDRESS]) == sizeof(seen->mac))
		memcpy(seen->mac, nl_data(t[IFLA_ADDRESS]), sizeof(seen->mac));
	if (t[IFLA_LINKINFO] && nl_nested(t[IFLA_LINKINFO], info, IFLA_INFO_KIND))
		nl_str(info[IFLA_INFO_KIND], seen->kind, sizeof(seen->kind));
	return 0;
}

int rt_see(int sock, uint32_t index, const char *name, struct rt_seen *seen)
{
	struct ifinfomsg head = { .ifi_index = (int)index };
	struct rt rt;
	int err;

	memset(seen, 0, sizeof(*seen));
	rt_init(&rt, sock);
	nl_msg(&rt.b, RTM_GETLINK, 0, &head, sizeof(head));
	if (!index)
		nl_put_str(&rt.b, IFLA_IFNAME, name);
	/* 8: RTEXT_FILTER_SKIP_STATS; counting them walks all processors. */
	nl_put_u32(&rt.b, IFLA_EXT_MASK, 8);
	err = nl_ask(sock, &rt.b, see, seen, rt.words);
	if (err < 0 && err != -ENODEV)
		return rt_fail(&rt, err, "look at interface %s", name ? name : "");
	return 0;
}
