/* net/shape.c - how fast. tbf on both ends of a link: each limits what leaves through it. The
 * host's end is the helper's; the inner end can only be reached from inside, so it is the
 * stage's or the monitor's, and whoever has CAP_NET_ADMIN inside can take it off.
 * Kernel: tbf knows a packet's length behind its segmentation, so the rate holds for what
 * is on the wire. tc-tbf(8). */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/rt.h"

enum {
	/* Kernel: a clock tick of packet schedulers is 64 ns (PSCHED_SHIFT 6). */
	TICK_NS = 64,
	BURST_MIN = 64 << 10, /* less than one aggregate is split up by tbf, which costs */
	BURST_MAX = 4 << 20,
	QUEUE_MS = 50, /* what waits longer is dropped */
	QUEUE_MIN = 128 << 10,
};

static uint32_t clamp(uint64_t v, uint32_t low, uint32_t high)
{
	return v < low ? low : v > high ? high : (uint32_t)v;
}

void rt_shape(struct rt *rt, uint32_t index, uint64_t rate, uint32_t burst)
{
	struct tcmsg head = {
		.tcm_ifindex = (int)index,
		.tcm_parent = TC_H_ROOT,
		.tcm_handle = TC_H_MAKE(1u << 16, 0),
	};
	/* 10 ms worth of bytes smooth nothing away and fill a fast line. */
	const uint32_t bytes = burst ? burst : clamp(rate / 100, BURST_MIN, BURST_MAX);
	struct tc_tbf_qopt opt = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET, .rate = clamp(rate, 1, UINT32_MAX) },
		.limit = clamp(rate / 1000 * QUEUE_MS, QUEUE_MIN, 1u << 30) + bytes,
		.buffer = clamp(bytes * 1000000000ull / rate / TICK_NS, 1, UINT32_MAX),
	};
	size_t opts;

	nl_msg(&rt->b, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	nl_put_str(&rt->b, TCA_KIND, "tbf");
	opts = nl_nest(&rt->b, TCA_OPTIONS);
	nl_put(&rt->b, TCA_TBF_PARMS, &opt, sizeof(opt));
	nl_put_u32(&rt->b, TCA_TBF_BURST, bytes);
	if (rate > UINT32_MAX)
		nl_put_u64(&rt->b, TCA_TBF_RATE64, rate);
	nl_nest_end(&rt->b, opts);
}

/* RATE 0: none. */
static int set(int sock, uint32_t index, const char *name, uint64_t rate, uint32_t burst)
{
	struct tcmsg head = { .tcm_ifindex = (int)index, .tcm_parent = TC_H_ROOT };
	struct rt rt;
	int err;

	rt_init(&rt, sock);
	if (rate)
		rt_shape(&rt, index, rate, burst);
	else
		nl_msg(&rt.b, RTM_DELQDISC, NLM_F_ACK, &head, sizeof(head));
	err = rt_talk(&rt);
	/* Kernel: there is nothing to take away from the default queue. */
	if (!rate && (err == -ENOENT || err == -EINVAL))
		return 0;
	if (err == -ENOENT)
		return fail_plain("this kernel cannot limit rates: it has no tbf");
	return err < 0 ? rt_fail(&rt, err, "limit the rate of %s", name) : 0;
}

int net_rate_set(int netns, const struct net_lease *l, const struct net_rate *rate)
{
	AUTO_FD int sock = -1;
	int leads = net_link_leads_to(l->host_index, netns);

	if (leads < 0)
		return -1;
	if (!leads)
		return fail_plain("interface %u does not lead to this container", l->host_index);
	sock = nl_open(NETLINK_ROUTE);
	if (sock < 0)
		return -1;
	return set(sock, l->host_index, l->host_if, rate->down, rate->burst);
}

int net_inside_rate(const struct net_lease *l)
{
	AUTO_FD int sock = nl_open(NETLINK_ROUTE);
	struct rt_seen seen;

	if (sock < 0 || rt_see(sock, 0, l->ifname, &seen) < 0)
		return -1;
	if (!seen.there)
		return fail_plain("interface %s is not there", l->ifname);
	return set(sock, seen.index, l->ifname, l->rate.up, l->rate.burst);
}
