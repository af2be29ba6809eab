/* net/nft.c - the bytes of nftables: statements of net/nft.h as one netlink batch.
 * Runs in the privileged helper; pure, the caller owns the buffer and sends it.
 *
 * Expressions, registers and their order are those that nft 1.0.6 chooses, so that what the
 * kernel has been told can be read back as text by any nft, and compared with
 * net/rules_print.c. Nothing here is newer than Linux 6.1. uapi/linux/netfilter/nf_tables.h.
 */
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/num.h"
#include "net/nft.h"

const struct nft_base_info nft_bases[NFT_BASES] = {
	[NFT_BASE_POLICY] = { "filter", "prerouting", NF_INET_PRE_ROUTING, -110 },
	[NFT_BASE_DNAT] = { "nat", "prerouting", NF_INET_PRE_ROUTING, -100 },
	[NFT_BASE_OUTPUT] = { "nat", "output", NF_INET_LOCAL_OUT, -100 },
	[NFT_BASE_INPUT] = { "nat", "input", NF_INET_LOCAL_IN, 90 },
	[NFT_BASE_POST] = { "nat", "postrouting", NF_INET_POST_ROUTING, 90 },
};

enum {
	STMT_SIZE = 420,     /* the longest: a rule's head, or a prefix of IPv6 */
	ELEM_SIZE = 28,      /* port -> port */
	ELEMS_A_NEST = 2000, /* an attribute ends at 64 KiB */
};

size_t nft_size(const struct nft_list *l)
{
	size_t size = 4096;

	for (const struct nft_stmt *s = l->st; s < l->st + l->n; s++) {
		size += STMT_SIZE;
		if (s->op == ST_PORTS)
			size += (size_t)(s->last - s->first + 1) * (ELEM_SIZE + 1);
	}
	return size;
}

/* ---- expressions ---- */

struct nft_enc {
	struct nl_batch *b;
	const char *table;
	/* Of the open rule: its nests, and what is known of its packets already. */
	size_t exprs;
	uint32_t family, proto;
};

struct expr {
	size_t elem, data;
};

static struct expr expr_begin(struct nft_enc *e, const char *name)
{
	struct expr x;

	x.elem = nl_nest(e->b, NFTA_LIST_ELEM);
	nl_put_str(e->b, NFTA_EXPR_NAME, name);
	x.data = nl_nest(e->b, NFTA_EXPR_DATA);
	return x;
}

static void expr_end(struct nft_enc *e, struct expr x)
{
	nl_nest_end(e->b, x.data);
	nl_nest_end(e->b, x.elem);
}

static void value(struct nft_enc *e, uint16_t type, const void *data, size_t len)
{
	size_t nest = nl_nest(e->b, type);

	nl_put(e->b, NFTA_DATA_VALUE, data, len);
	nl_nest_end(e->b, nest);
}

static void load_meta(struct nft_enc *e, uint32_t key)
{
	struct expr x = expr_begin(e, "meta");

	nl_put_be32(e->b, NFTA_META_KEY, key);
	nl_put_be32(e->b, NFTA_META_DREG, NFT_REG_1);
	expr_end(e, x);
}

static void load_ct(struct nft_enc *e, uint32_t key)
{
	struct expr x = expr_begin(e, "ct");

	nl_put_be32(e->b, NFTA_CT_KEY, key);
	nl_put_be32(e->b, NFTA_CT_DREG, NFT_REG_1);
	expr_end(e, x);
}

static void load_payload(struct nft_enc *e, uint32_t base, uint32_t at, uint32_t len, uint32_t reg)
{
	struct expr x = expr_begin(e, "payload");

	nl_put_be32(e->b, NFTA_PAYLOAD_DREG, reg);
	nl_put_be32(e->b, NFTA_PAYLOAD_BASE, base);
	nl_put_be32(e->b, NFTA_PAYLOAD_OFFSET, at);
	nl_put_be32(e->b, NFTA_PAYLOAD_LEN, len);
	expr_end(e, x);
}

static void mask(struct nft_enc *e, const void *bits, uint32_t len)
{
	static const uint8_t zero[16];
	struct expr x = expr_begin(e, "bitwise");

	nl_put_be32(e->b, NFTA_BITWISE_SREG, NFT_REG_1);
	nl_put_be32(e->b, NFTA_BITWISE_DREG, NFT_REG_1);
	nl_put_be32(e->b, NFTA_BITWISE_LEN, len);
	value(e, NFTA_BITWISE_MASK, bits, len);
	value(e, NFTA_BITWISE_XOR, zero, len);
	expr_end(e, x);
}

static void compare(struct nft_enc *e, uint32_t op, const void *data, size_t len)
{
	struct expr x = expr_begin(e, "cmp");

	nl_put_be32(e->b, NFTA_CMP_SREG, NFT_REG_1);
	nl_put_be32(e->b, NFTA_CMP_OP, op);
	value(e, NFTA_CMP_DATA, data, len);
	expr_end(e, x);
}

static void immediate(struct nft_enc *e, uint32_t reg, const void *data, size_t len)
{
	struct expr x = expr_begin(e, "immediate");

	nl_put_be32(e->b, NFTA_IMMEDIATE_DREG, reg);
	value(e, NFTA_IMMEDIATE_DATA, data, len);
	expr_end(e, x);
}

static void verdict(struct nft_enc *e, int32_t code, const char *chain)
{
	struct expr x = expr_begin(e, "immediate");
	size_t data, v;

	nl_put_be32(e->b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(e->b, NFTA_IMMEDIATE_DATA);
	v = nl_nest(e->b, NFTA_DATA_VERDICT);
	nl_put_be32(e->b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		nl_put_str(e->b, NFTA_VERDICT_CHAIN, chain);
	nl_nest_end(e->b, v);
	nl_nest_end(e->b, data);
	expr_end(e, x);
}

/* ---- statements of a rule ---- */

static uint32_t equal(bool not )
{
	return not ? NFT_CMP_NEQ : NFT_CMP_EQ;
}

static void meta_is(struct nft_enc *e, uint32_t key, const void *data, size_t len)
{
	load_meta(e, key);
	compare(e, NFT_CMP_EQ, data, len);
}

static void meta_num(struct nft_enc *e, uint32_t key, const struct nft_stmt *s)
{
	load_meta(e, key);
	compare(e, equal(s->not ), &s->num, sizeof(s->num));
}

static void to_ours(struct nft_enc *e, bool not )
{
	static const uint32_t group = NET_LINK_GROUP, bits = ~(uint32_t)NET_ID_MAX;

	load_meta(e, NFT_META_OIFGROUP);
	mask(e, &bits, sizeof(bits));
	compare(e, equal(not ), &group, sizeof(group));
}

static void dev_is(struct nft_enc *e, uint32_t key, const char *name)
{
	char whole[NET_IFNAME_MAX] = "";

	snprintf(whole, sizeof(whole), "%s", name);
	meta_is(e, key, whole, sizeof(whole));
}

static void family_is(struct nft_enc *e, uint32_t family)
{
	uint8_t nfproto = family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	if (e->family == family)
		return;
	e->family = family;
	meta_is(e, NFT_META_NFPROTO, &nfproto, 1);
}

static void proto_is(struct nft_enc *e, uint32_t proto)
{
	uint8_t byte = (uint8_t)proto;

	if (e->proto == proto)
		return;
	e->proto = proto;
	meta_is(e, NFT_META_L4PROTO, &byte, 1);
}

static void addr_is(struct nft_enc *e, const struct nft_stmt *s)
{
	bool ip6 = s->addr.family == AF_INET6, dest = s->op == ST_DADDR;
	uint32_t len = ip6 ? 16 : 4, used = (s->addr.plen + 7u) / 8;
	uint32_t at = ip6 ? (dest ? 24 : 8) : (dest ? 16 : 12);
	uint8_t bits[16] = { 0 };

	family_is(e, s->addr.family);
	if (!s->addr.plen) /* the family is all it says */
		return;
	if (s->addr.plen % 8) {
		memset(bits, 0xff, s->addr.plen / 8);
		bits[s->addr.plen / 8] = (uint8_t)(0xff00 >> s->addr.plen % 8);
		used = len;
	}
	load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, at, used, NFT_REG_1);
	if (s->addr.plen % 8)
		mask(e, bits, len);
	compare(e, equal(s->not ), s->addr.byte, used);
}

static void range_is(struct nft_enc *e, const void *first, const void *last, size_t len)
{
	if (!memcmp(first, last, len)) {
		compare(e, NFT_CMP_EQ, first, len);
		return;
	}
	compare(e, NFT_CMP_GTE, first, len);
	compare(e, NFT_CMP_LTE, last, len);
}

static void dport_is(struct nft_enc *e, const struct nft_stmt *s)
{
	uint16_t first = htobe16(s->first), last = htobe16(s->last);

	proto_is(e, s->num);
	load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG_1);
	range_is(e, &first, &last, 2);
}

static void nd_is(struct nft_enc *e)
{
	static const uint8_t first = 135, last = 136; /* RFC 4861 */

	family_is(e, AF_INET6);
	proto_is(e, IPPROTO_ICMPV6);
	load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
	range_is(e, &first, &last, 1);
}

static void to_host(struct nft_enc *e)
{
	static const uint32_t local = RTN_LOCAL;
	struct expr x = expr_begin(e, "fib");

	nl_put_be32(e->b, NFTA_FIB_DREG, NFT_REG_1);
	nl_put_be32(e->b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nl_put_be32(e->b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	expr_end(e, x);
	compare(e, NFT_CMP_EQ, &local, sizeof(local));
}

/* Any of BITS, or none of them. */
static void ct_bits(struct nft_enc *e, uint32_t key, uint32_t bits, bool none)
{
	static const uint32_t zero;

	load_ct(e, key);
	mask(e, &bits, sizeof(bits));
	compare(e, equal(!none), &zero, sizeof(zero));
}

static void ct_over(struct nft_enc *e, uint32_t n)
{
	struct expr x = expr_begin(e, "connlimit");

	nl_put_be32(e->b, NFTA_CONNLIMIT_COUNT, n);
	nl_put_be32(e->b, NFTA_CONNLIMIT_FLAGS, NFT_CONNLIMIT_F_INV);
	expr_end(e, x);
}

static void masquerade(struct nft_enc *e)
{
	expr_end(e, expr_begin(e, "masq"));
}

static void dnat(struct nft_enc *e, const struct nft_stmt *s)
{
	bool ip6 = s->addr.family == AF_INET6, port = true;
	struct expr x;

	immediate(e, NFT_REG_1, s->addr.byte, ip6 ? 16 : 4);
	if (s->op == ST_DNAT_PORTS) {
		load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG_2);
		x = expr_begin(e, "lookup");
		nl_put_str(e->b, NFTA_LOOKUP_SET, s->text);
		nl_put_be32(e->b, NFTA_LOOKUP_SREG, NFT_REG_2);
		nl_put_be32(e->b, NFTA_LOOKUP_DREG, NFT_REG_2);
		expr_end(e, x);
	} else if (s->first) {
		uint16_t to = htobe16(s->first);

		immediate(e, NFT_REG_2, &to, 2);
	} else {
		port = false;
	}
	x = expr_begin(e, "nat");
	nl_put_be32(e->b, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nl_put_be32(e->b, NFTA_NAT_FAMILY, ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	nl_put_be32(e->b, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	if (port)
		nl_put_be32(e->b, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	expr_end(e, x);
}

static void stmt(struct nft_enc *e, const struct nft_stmt *s)
{
	switch ((enum nft_op)s->op) {
	case ST_IIF:
		meta_num(e, NFT_META_IIF, s);
		return;
	case ST_OIF:
		meta_num(e, NFT_META_OIF, s);
		return;
	case ST_IIFNAME:
		dev_is(e, NFT_META_IIFNAME, s->text);
		return;
	case ST_OIFNAME:
		dev_is(e, NFT_META_OIFNAME, s->text);
		return;
	case ST_IIFGROUP:
		meta_num(e, NFT_META_IIFGROUP, s);
		return;
	case ST_TO_OURS:
		to_ours(e, s->not );
		return;
	case ST_FAMILY:
		family_is(e, s->num);
		return;
	case ST_SADDR:
	case ST_DADDR:
		addr_is(e, s);
		return;
	case ST_PROTO:
		proto_is(e, s->num);
		return;
	case ST_DPORT:
		dport_is(e, s);
		return;
	case ST_ND:
		nd_is(e);
		return;
	case ST_TO_HOST:
		to_host(e);
		return;
	case ST_CT_STATE:
		ct_bits(e, NFT_CT_STATE, s->num, false);
		return;
	case ST_CT_DNAT:
		ct_bits(e, NFT_CT_STATUS, IPS_DST_NAT, s->not );
		return;
	case ST_CT_OVER:
		ct_over(e, s->num);
		return;
	case ST_ACCEPT:
		verdict(e, NF_ACCEPT, NULL);
		return;
	case ST_DROP:
		verdict(e, NF_DROP, NULL);
		return;
	case ST_GOTO:
		verdict(e, NFT_GOTO, s->text);
		return;
	case ST_JUMP:
		verdict(e, NFT_JUMP, s->text);
		return;
	case ST_MASQUERADE:
		masquerade(e);
		return;
	case ST_DNAT:
	case ST_DNAT_PORTS:
		dnat(e, s);
		return;
	case ST_TABLE:
	case ST_PORTS:
	case ST_CHAIN:
	case ST_BASE:
	case ST_RULE:
		return;
	}
}

/* ---- messages ---- */

static void message(struct nft_enc *e, uint16_t type, uint16_t flags)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	nl_msg(e->b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &head, sizeof(head));
}

static void border(struct nft_enc *e, uint16_t type)
{
	struct nfgenmsg head = { .version = NFNETLINK_V0, .res_id = htobe16(NFNL_SUBSYS_NFTABLES) };

	nl_msg(e->b, type, 0, &head, sizeof(head));
}

/* The number of published ports is the table's comment: net_publish_count() adds up what
 * the kernel has, and who lists the table sees it. The form is libnftnl's: type, length,
 * value. */
static void comment(struct nft_enc *e, uint32_t ports)
{
	char text[2 + 24];
	int n = snprintf(text + 2, sizeof(text) - 2, "%u ports", ports);

	text[0] = 0; /* NFTNL_UDATA_TABLE_COMMENT */
	text[1] = (char)(n + 1);
	nl_put(e->b, NFTA_TABLE_USERDATA, text, (size_t)n + 3);
}

void nft_ask_tables(struct nl_batch *b)
{
	struct nft_enc e = { .b = b };

	message(&e, NFT_MSG_GETTABLE, NLM_F_DUMP);
}

uint32_t nft_comment_ports(const struct nlattr *userdata)
{
	char text[32];
	uint32_t n = 0;

	if (!userdata || nl_len(userdata) < 3)
		return 0;
	memset(text, 0, sizeof(text));
	memcpy(text, (const char *)nl_data(userdata) + 2,
	       nl_len(userdata) - 2 < sizeof(text) ? nl_len(userdata) - 2 : sizeof(text) - 1);
	text[strcspn(text, " ")] = '\0';
	return num_u32(text, &n) < 0 ? 0 : n;
}

static void new_table(struct nft_enc *e, const struct nft_stmt *s)
{
	/* NLM_F_EXCL: never become a guest in a table that is there. */
	message(e, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	nl_put_str(e->b, NFTA_TABLE_NAME, s->text);
	nl_put_be32(e->b, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	if (s->num)
		comment(e, s->num);
}

static void new_chain(struct nft_enc *e, const struct nft_stmt *s)
{
	const struct nft_base_info *base = &nft_bases[s->num];
	size_t hook;

	message(e, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	nl_put_str(e->b, NFTA_CHAIN_TABLE, e->table);
	nl_put_str(e->b, NFTA_CHAIN_NAME, s->text);
	if (s->op == ST_CHAIN)
		return;
	nl_put_be32(e->b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nl_put_str(e->b, NFTA_CHAIN_TYPE, base->type);
	hook = nl_nest(e->b, NFTA_CHAIN_HOOK);
	nl_put_be32(e->b, NFTA_HOOK_HOOKNUM, base->hooknum);
	nl_put_be32(e->b, NFTA_HOOK_PRIORITY, (uint32_t)base->prio);
	nl_nest_end(e->b, hook);
}

static void elements(struct nft_enc *e, const struct nft_stmt *s, uint32_t from, uint32_t n)
{
	size_t list;

	message(e, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL);
	nl_put_str(e->b, NFTA_SET_ELEM_LIST_TABLE, e->table);
	nl_put_str(e->b, NFTA_SET_ELEM_LIST_SET, s->text);
	list = nl_nest(e->b, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (uint32_t i = from; i < from + n; i++) {
		uint16_t key = htobe16((uint16_t)(s->first + i)),
			 to = htobe16((uint16_t)(s->num + i));
		size_t elem = nl_nest(e->b, NFTA_LIST_ELEM);

		value(e, NFTA_SET_ELEM_KEY, &key, 2);
		value(e, NFTA_SET_ELEM_DATA, &to, 2);
		nl_nest_end(e->b, elem);
	}
	nl_nest_end(e->b, list);
}

static void new_ports(struct nft_enc *e, const struct nft_stmt *s, uint32_t id)
{
	enum { INET_SERVICE = 13 }; /* nft's number for the type; the kernel does not look */
	uint32_t n = s->last - s->first + 1u;

	message(e, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);
	nl_put_str(e->b, NFTA_SET_TABLE, e->table);
	nl_put_str(e->b, NFTA_SET_NAME, s->text);
	nl_put_be32(e->b, NFTA_SET_FLAGS, NFT_SET_MAP);
	nl_put_be32(e->b, NFTA_SET_KEY_TYPE, INET_SERVICE);
	nl_put_be32(e->b, NFTA_SET_KEY_LEN, 2);
	nl_put_be32(e->b, NFTA_SET_DATA_TYPE, INET_SERVICE);
	nl_put_be32(e->b, NFTA_SET_DATA_LEN, 2);
	nl_put_be32(e->b, NFTA_SET_ID, id);
	for (uint32_t i = 0; i < n; i += ELEMS_A_NEST)
		elements(e, s, i, n - i < ELEMS_A_NEST ? n - i : ELEMS_A_NEST);
}

static void rule_begin(struct nft_enc *e, const char *chain, bool last)
{
	message(e, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | (last ? NLM_F_ACK : 0));
	nl_put_str(e->b, NFTA_RULE_TABLE, e->table);
	nl_put_str(e->b, NFTA_RULE_CHAIN, chain);
	e->exprs = nl_nest(e->b, NFTA_RULE_EXPRESSIONS);
	e->family = e->proto = 0;
}

/* Everything that a rule can name must be there before the first rule. */
static void objects(struct nft_enc *e, const struct nft_list *l)
{
	uint32_t maps = 0;

	for (const struct nft_stmt *s = l->st; s < l->st + l->n; s++) {
		if (s->op == ST_TABLE) {
			e->table = s->text;
			new_table(e, s);
		} else if (s->op == ST_CHAIN || s->op == ST_BASE) {
			new_chain(e, s);
		} else if (s->op == ST_PORTS) {
			new_ports(e, s, ++maps);
		}
	}
}

static void rules(struct nft_enc *e, const struct nft_list *l)
{
	const struct nft_stmt *last = l->st;
	const char *chain = "";
	bool open = false;

	for (const struct nft_stmt *s = l->st; s < l->st + l->n; s++)
		if (s->op == ST_RULE)
			last = s;
	for (const struct nft_stmt *s = l->st; s < l->st + l->n; s++) {
		if (s->op <= ST_RULE && open) {
			nl_nest_end(e->b, e->exprs);
			open = false;
		}
		if (s->op == ST_CHAIN || s->op == ST_BASE) {
			chain = s->text;
		} else if (s->op == ST_RULE) {
			rule_begin(e, chain, s == last);
			open = true;
		} else if (open) {
			stmt(e, s);
		}
	}
	if (open)
		nl_nest_end(e->b, e->exprs);
}

void nft_encode(const struct nft_list *l, struct nl_batch *b)
{
	struct nft_enc e = { .b = b, .table = "" };

	border(&e, NFNL_MSG_BATCH_BEGIN);
	objects(&e, l);
	rules(&e, l);
	border(&e, NFNL_MSG_BATCH_END);
	if (l->full)
		b->broken = true;
}
