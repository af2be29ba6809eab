/* net/filter.c - what a container may not send. Runs in the helper: writes a program of
 * classic BPF and the two messages that put it on the host's end of a link.
 *
 * A filter of the link, and not of the container's nftables table: that one belongs to a
 * socket its user holds and may close. Classic BPF needs CAP_NET_ADMIN alone. It passes
 *	IPv4	from the lease's address
 *	ARP	that speaks of the lease's address and MAC
 *	IPv6	from the lease's address, the link-local address that belongs to its MAC, or,
 *		on a shared segment, :: (which is never forwarded), but nothing that only
 *		routers say: router advertisements and redirects, behind whatever headers; on
 *		a routed link neither what only routers listen to
 * on an internal network only to addresses of that network (IPv6: or of the link), and
 * nothing else: no VLAN tags, no spanning tree, no other MAC. On a network with
 * NET_F_UNLOCKED, where virtual machines inside have their own addresses, only the
 * words of routers and of bridges are dropped.
 *
 * Kernel: a load from beyond the packet's end ends a classic program with 0, which is
 * TC_ACT_OK: lengths are compared before each load that decides something.
 */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <netinet/in.h>
#include <string.h>

#include "net/rt.h"

/* BPF_ADD and BPF_K are 0 both. */
#define ADD_K (BPF_ALU | BPF_K)

enum {
	LENGTH = 200,
	ROUNDS = 2, /* who sends more extension headers than these, sends nothing */
	/* In jt and jf until the end is known. */
	TO_DROP = 255,
	TO_PASS = 254,
	/* Where things are in a frame. */
	MAC_SRC = 6,
	TYPE = 12,
	IP4_SRC = 26,
	IP4_DST = 30,
	ARP_KIND = 14,
	ARP_MAC = 22,
	ARP_IP = 28,
	ARP_END = 42,
	IP6_NEXT = 20,
	IP6_SRC = 22,
	IP6_DST = 38,
	IP6_END = 54,
	ND_TARGET = 8, /* from the start of the ICMPv6 header */
	/* ICMPv6 types */
	MLD_REPORT = 131,
	MLD_DONE = 132,
	ROUTER_SOLICIT = 133,
	ROUTER_ADVERT = 134,
	NEIGH_ADVERT = 136,
	REDIRECT = 137,
	MLD2_REPORT = 143,
};

struct prog {
	struct sock_filter f[LENGTH];
	unsigned n;
};

static unsigned put(struct prog *p, unsigned code, uint32_t k, unsigned jt, unsigned jf)
{
	if (p->n < LENGTH)
		p->f[p->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return p->n++;
}

static unsigned load(struct prog *p, unsigned size, uint32_t at)
{
	return put(p, BPF_LD | size | BPF_ABS, at, 0, 0);
}

/* A == K? Go to JT or JF: TO_*, or how many instructions to skip. */
static unsigned equal(struct prog *p, uint32_t k, unsigned jt, unsigned jf)
{
	return put(p, BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf);
}

static void drop_shorter(struct prog *p, uint32_t len)
{
	put(p, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
	put(p, BPF_JMP | BPF_JGE | BPF_K, len, 0, TO_DROP);
}

/* Drop what has less than X + LEN bytes. */
static void drop_shorter_x(struct prog *p, uint32_t len)
{
	drop_shorter(p, len);
	put(p, BPF_ALU | BPF_SUB | BPF_K, len, 0, 0);
	put(p, BPF_JMP | BPF_JGE | BPF_X, 0, 0, TO_DROP);
}

/* The jump at AT goes, if its condition does not hold, to what is written next. */
static void else_here(struct prog *p, unsigned at)
{
	if (at < LENGTH)
		p->f[at].jf = (uint8_t)(p->n - at - 1);
}

static void goto_here(struct prog *p, unsigned at)
{
	if (at < LENGTH)
		p->f[at].k = p->n - at - 1;
}

static uint32_t word(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void want_mac(struct prog *p, uint32_t at, const uint8_t mac[6])
{
	load(p, BPF_W, at);
	equal(p, word(mac), 0, TO_DROP);
	load(p, BPF_H, at + 4);
	equal(p, (uint32_t)mac[4] << 8 | mac[5], 0, TO_DROP);
}

/* Go on when the 16 bytes at AT (MODE: BPF_ABS; BPF_IND: from X on) are one of N
 * addresses, drop otherwise. */
static void want_one_of(struct prog *p, unsigned mode, uint32_t at, const uint8_t (*addr)[16],
			unsigned n)
{
	unsigned found[4], miss[4];

	for (unsigned i = 0; i < n; i++) {
		for (unsigned w = 0; w < 4; w++) {
			put(p, BPF_LD | BPF_W | mode, at + 4 * w, 0, 0);
			miss[w] = equal(p, word(addr[i] + 4 * w), 0, TO_DROP);
		}
		found[i] = put(p, BPF_JMP | BPF_JA, 0, 0, 0);
		for (unsigned w = 0; w < 4 && i + 1 < n; w++)
			else_here(p, miss[w]);
	}
	for (unsigned i = 0; i < n; i++)
		goto_here(p, found[i]);
}

/* Go on when the word at AT begins with the first BITS bits of B. */
static void want_bits(struct prog *p, uint32_t at, const uint8_t *b, unsigned bits)
{
	const uint32_t mask = bits >= 32 ? UINT32_MAX : ~(UINT32_MAX >> bits);

	load(p, BPF_W, at);
	put(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	equal(p, word(b) & mask, 0, TO_DROP);
}

/* An internal network: to its own addresses alone. */
static void want_inside4(struct prog *p, const struct net_addr *subnet)
{
	want_bits(p, IP4_DST, subnet->byte, subnet->plen);
}

static void want_inside6(struct prog *p, const struct net_addr *subnet)
{
	unsigned link, all;

	/* fe80::/10 and ff02::/16 are not forwarded anyway. */
	load(p, BPF_H, IP6_DST);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0xffc0, 0, 0);
	equal(p, 0xfe80, 0, 1);
	link = put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	load(p, BPF_H, IP6_DST);
	equal(p, 0xff02, 0, 1);
	all = put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	for (unsigned w = 0; w < 4 && w * 32 < subnet->plen; w++)
		want_bits(p, IP6_DST + 4 * w, subnet->byte + 4 * w, subnet->plen - 32 * w);
	goto_here(p, link);
	goto_here(p, all);
}

/* A is the number of the header that begins X bytes behind the IPv6 header. Find ICMPv6
 * behind up to ROUNDS others and drop what only routers say; where nobody but the host is on
 * the wire (ALONE) also what only they hear.
 * Kernel: fragments of neighbour discovery are dropped by suppress_frag_ndisc, but that
 * is a switch, so the first fragment is looked into as well. */
static void routers_words(struct prog *p, const uint8_t (*own)[16], bool alone)
{
	unsigned icmp[ROUNDS + 1], frag[ROUNDS + 1], n = 0, ext[3];

	for (int round = 0; round <= ROUNDS; round++) {
		/* "Jump over the next one", which leads to where the header is handled. */
		equal(p, IPPROTO_ICMPV6, 0, 1);
		icmp[n] = put(p, BPF_JMP | BPF_JA, 0, 0, 0);
		equal(p, IPPROTO_FRAGMENT, 0, 1);
		frag[n++] = put(p, BPF_JMP | BPF_JA, 0, 0, 0);
		ext[0] = equal(p, IPPROTO_HOPOPTS, 2, 0);
		ext[1] = equal(p, IPPROTO_ROUTING, 1, 0);
		ext[2] = equal(p, IPPROTO_DSTOPTS, 0, TO_PASS);
		if (round == ROUNDS) {
			for (int i = 0; i < 3; i++)
				if (ext[i] < LENGTH)
					p->f[ext[i]].jt = TO_DROP;
			break;
		}
		drop_shorter_x(p, IP6_END + 8);
		put(p, BPF_LD | BPF_B | BPF_IND, IP6_END, 0, 0);
		put(p, BPF_ST, 1, 0, 0);
		put(p, BPF_LD | BPF_B | BPF_IND, IP6_END + 1, 0, 0);
		put(p, ADD_K, 1, 0, 0);
		put(p, BPF_ALU | BPF_LSH | BPF_K, 3, 0, 0);
		put(p, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
		put(p, BPF_MISC | BPF_TAX, 0, 0, 0);
		put(p, BPF_LD | BPF_MEM, 1, 0, 0);
	}

	for (unsigned i = 0; i < n; i++)
		goto_here(p, frag[i]);
	drop_shorter_x(p, IP6_END + 8);
	put(p, BPF_LD | BPF_H | BPF_IND, IP6_END + 2, 0, 0);
	put(p, BPF_JMP | BPF_JSET | BPF_K, 0xfff8, TO_PASS, 0); /* not the first */
	put(p, BPF_LD | BPF_B | BPF_IND, IP6_END, 0, 0);
	equal(p, IPPROTO_HOPOPTS, TO_DROP, 0);
	equal(p, IPPROTO_ROUTING, TO_DROP, 0);
	equal(p, IPPROTO_DSTOPTS, TO_DROP, 0);
	equal(p, IPPROTO_ICMPV6, 0, TO_PASS);
	put(p, BPF_MISC | BPF_TXA, 0, 0, 0);
	put(p, ADD_K, 8, 0, 0);
	put(p, BPF_MISC | BPF_TAX, 0, 0, 0);

	for (unsigned i = 0; i < n; i++)
		goto_here(p, icmp[i]);
	drop_shorter_x(p, IP6_END + 8);
	put(p, BPF_LD | BPF_B | BPF_IND, IP6_END, 0, 0);
	equal(p, ROUTER_ADVERT, TO_DROP, 0);
	equal(p, REDIRECT, TO_DROP, 0);
	if (!own)
		return;
	/* There is no router to be found on a wire of one's own, and nobody who forwards
	 * groups. Kernel: of a packet to a group, the host compares the interface with all that
	 * have IPv6 (__find_rr_leaf()): 0.5 ms at 1,000 links for each of the four that a link
	 * begins with, and on until somebody answers. */
	if (alone) {
		equal(p, ROUTER_SOLICIT, TO_DROP, 0);
		equal(p, MLD_REPORT, TO_DROP, 0);
		equal(p, MLD_DONE, TO_DROP, 0);
		equal(p, MLD2_REPORT, TO_DROP, 0);
	}
	/* Nor may it say that others' addresses are here. */
	equal(p, NEIGH_ADVERT, 0, TO_PASS);
	drop_shorter_x(p, IP6_END + 24);
	want_one_of(p, BPF_IND, IP6_END + ND_TARGET, own, 2);
}

static void ip4_and_arp(struct prog *p, const struct net_lease *l, bool locked)
{
	const bool ip4 = l->ip4.family == AF_INET;
	unsigned other;

	other = equal(p, ETH_P_IP, 0, 0);
	if (!locked) {
		put(p, BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC, 0, 0);
	} else if (ip4) {
		drop_shorter(p, IP4_SRC + 8);
		load(p, BPF_W, IP4_SRC);
		equal(p, word(l->ip4.byte), 0, TO_DROP);
		if (l->flags & NET_F_INTERNAL)
			want_inside4(p, &l->subnet4);
		put(p, BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC, 0, 0);
	} else {
		put(p, BPF_RET | BPF_K, TC_ACT_SHOT, 0, 0);
	}
	else_here(p, other);
	other = equal(p, ETH_P_ARP, 0, 0);
	if (!locked) {
		put(p, BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC, 0, 0);
	} else if (ip4) {
		drop_shorter(p, ARP_END);
		load(p, BPF_W, ARP_KIND);
		equal(p, 1 << 16 | ETH_P_IP, 0, TO_DROP);
		load(p, BPF_H, ARP_KIND + 4);
		equal(p, 6 << 8 | 4, 0, TO_DROP);
		want_mac(p, ARP_MAC, l->mac);
		load(p, BPF_W, ARP_IP);
		equal(p, 0, TO_PASS, 0); /* "is this mine?" */
		equal(p, word(l->ip4.byte), TO_PASS, TO_DROP);
	} else {
		put(p, BPF_RET | BPF_K, TC_ACT_SHOT, 0, 0);
	}
	else_here(p, other);
}

static void ip6(struct prog *p, const struct net_lease *l, bool locked)
{
	const bool alone = l->driver == NET_ROUTED;
	const uint8_t *m = l->mac;
	const uint8_t own[3][16] = {
		[1] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4],
			m[5] },
		[2] = { 0 }, /* :: */
	};
	uint8_t addr[3][16];

	memcpy(addr, own, sizeof(own));
	memcpy(addr[0], l->ip6.byte, sizeof(addr[0]));
	if (locked && l->ip6.family != AF_INET6) {
		put(p, BPF_RET | BPF_K, TC_ACT_SHOT, 0, 0);
		return;
	}
	equal(p, ETH_P_IPV6, 0, locked ? TO_DROP : TO_PASS);
	drop_shorter(p, IP6_END);
	if (locked)
		want_one_of(p, BPF_ABS, IP6_SRC, (const uint8_t(*)[16])addr, alone ? 2 : 3);
	if (locked && (l->flags & NET_F_INTERNAL))
		want_inside6(p, &l->subnet6);
	put(p, BPF_LDX | BPF_IMM, 0, 0, 0);
	load(p, BPF_B, IP6_NEXT);
	routers_words(p, locked ? (const uint8_t(*)[16])addr : NULL, alone);
}

/* The program of L; how long it is, 0 when it is too long. */
static unsigned filter_write(struct prog *p, const struct net_lease *l)
{
	const bool locked = !(l->flags & NET_F_UNLOCKED);
	unsigned pass, drop;

	p->n = 0;
	/* Kernel: the tag has been taken out of the frame before this program sees it. */
	put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT), 0, 0);
	equal(p, 0, 0, TO_DROP);
	if (locked)
		want_mac(p, MAC_SRC, l->mac);
	load(p, BPF_H, TYPE);
	if (!locked) /* 802.3: spanning tree and its kind; LLDP, 802.1X, nested tags */
		put(p, BPF_JMP | BPF_JGE | BPF_K, ETH_P_802_3_MIN, 0, TO_DROP);
	ip4_and_arp(p, l, locked);
	ip6(p, l, locked);
	pass = put(p, BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC, 0, 0);
	drop = put(p, BPF_RET | BPF_K, TC_ACT_SHOT, 0, 0);
	if (p->n > LENGTH)
		return 0;
	for (unsigned i = 0; i < pass; i++) {
		struct sock_filter *f = &p->f[i];

		if (BPF_CLASS(f->code) != BPF_JMP || BPF_OP(f->code) == BPF_JA)
			continue;
		f->jt = (uint8_t)(f->jt == TO_PASS ? pass - i - 1 :
				  f->jt == TO_DROP ? drop - i - 1 :
						     f->jt);
		f->jf = (uint8_t)(f->jf == TO_PASS ? pass - i - 1 :
				  f->jf == TO_DROP ? drop - i - 1 :
						     f->jf);
	}
	return p->n;
}

void rt_filter(struct rt *rt, const struct net_lease *l)
{
	struct tcmsg qdisc = {
		.tcm_ifindex = (int)l->host_index,
		.tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0),
		.tcm_parent = TC_H_INGRESS,
	};
	struct tcmsg filter = {
		.tcm_ifindex = (int)l->host_index,
		.tcm_parent = TC_H_MAKE(TC_H_INGRESS, 0),
		.tcm_info = TC_H_MAKE(1u << 16, (uint32_t)htons(ETH_P_ALL)),
	};
	struct prog p;
	unsigned n = filter_write(&p, l);
	size_t opts;

	nl_msg(&rt->b, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &qdisc, sizeof(qdisc));
	nl_put_str(&rt->b, TCA_KIND, "ingress");
	nl_msg(&rt->b, RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &filter,
	       sizeof(filter));
	nl_put_str(&rt->b, TCA_KIND, "bpf");
	opts = nl_nest(&rt->b, TCA_OPTIONS);
	nl_put_u16(&rt->b, TCA_BPF_OPS_LEN, (uint16_t)n);
	nl_put(&rt->b, TCA_BPF_OPS, p.f, n * sizeof(p.f[0]));
	nl_put_u32(&rt->b, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nl_nest_end(&rt->b, opts);
}
