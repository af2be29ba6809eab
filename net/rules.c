/* net/rules.c - which rules a container has, and making them. Runs in the privileged
 * helper, in the host's network namespace; the socket is the caller's, who gives it away:
 * as long as anybody holds it the table is there and nobody else can change it.
 *
 * Why nearly everything is done by chains of type nat: the kernel asks them only about the
 * first packet of a connection, so a thousand containers cost established connections
 * nothing. A packet that is dropped there leaves no connection, so its next one is asked
 * about anew.
 *
 * Why so few chains and rules: Kernel: each message of a batch is looked for its table in
 * the list of all (nft_table_lookup()), and each new interface of the machine is shown to
 * all chains (nf_tables_netdev_event()). At 1,000 containers a rule costs as much as
 * making the rest of it.
 */
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net/nft.h"

enum { SEND_MAX = 2 * 1024 * 1024 };

static struct nft_stmt *add(struct nft_list *l, enum nft_op op)
{
	struct nft_stmt *s = &l->st[l->n];

	if (l->n == NFT_LIST_MAX - 1)
		l->full = true;
	else
		l->n++;
	*s = (struct nft_stmt){ .op = (uint8_t)op };
	return s;
}

static void add_num(struct nft_list *l, enum nft_op op, uint32_t num)
{
	add(l, op)->num = num;
}

static void add_text(struct nft_list *l, enum nft_op op, const char *text)
{
	add(l, op)->text = text;
}

static struct nft_stmt *add_addr(struct nft_list *l, enum nft_op op, const struct net_addr *a)
{
	struct nft_stmt *s = add(l, op);

	s->addr = *a;
	return s;
}

static struct net_addr addr_whole(const struct net_addr *a)
{
	struct net_addr whole = *a;

	whole.plen = a->family == AF_INET6 ? 128 : 32;
	return whole;
}

static struct nft_stmt *add_base(struct nft_list *l, const char *name, enum nft_base base)
{
	struct nft_stmt *s = add(l, ST_BASE);

	s->text = name;
	s->num = base;
	return s;
}

static void rule(struct nft_list *l)
{
	add(l, ST_RULE);
}

/* ---- a container on a network ---- */

struct rules_ctx {
	const struct net_lease *lease;
	const char *bridge; /* the interface that others share; NULL: it has its own */
	struct nft_list *l;
};

/* Does the packet come by the container's interface (or its bridge), or leave there? */
static void match_dev(const struct rules_ctx *c, bool in)
{
	struct nft_stmt *s;

	if (c->bridge) {
		add_text(c->l, in ? ST_IIFNAME : ST_OIFNAME, c->bridge);
		return;
	}
	s = add(c->l, in ? ST_IIF : ST_OIF);
	s->num = c->lease->host_index;
	s->text = c->lease->host_if;
}

static void end(const struct rules_ctx *c, enum nft_op how, const char *chain)
{
	/* To another container: that one's own table decides, and sees who it is. */
	if (how == ST_MASQUERADE)
		add(c->l, ST_TO_OURS)->not = true;
	add_text(c->l, how, chain);
}

/* Rules that have HOW (goto or jump CHAIN, masquerade) done with packets from (or to) the
 * container. Behind an interface of its own there is nobody else, whatever address is in
 * the packet. */
static void split(const struct rules_ctx *c, bool from, enum nft_op how, const char *chain)
{
	const struct net_addr *addrs[] = { &c->lease->ip4, &c->lease->ip6 };

	if (!c->bridge) {
		rule(c->l);
		match_dev(c, from);
		end(c, how, chain);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		struct net_addr whole = addr_whole(addrs[i]);

		if (!whole.family)
			continue;
		rule(c->l);
		match_dev(c, from);
		add_addr(c->l, from ? ST_SADDR : ST_DADDR, &whole);
		end(c, how, chain);
	}
}

/* To the container. */
static void inward(const struct rules_ctx *c)
{
	struct nft_list *l = c->l;
	struct nft_stmt *s;

	add_text(l, ST_CHAIN, "in");
	/* Back through the door it came out of, at a published port: answers would not
	 * come by here and be translated back, unless the host is who asks. */
	rule(l);
	match_dev(c, true);
	add(l, ST_CT_DNAT);
	add(l, ST_MASQUERADE);
	/* To a published port from anywhere; else from its network, which is known by the
	 * interface, and from the host, whose packets came by none. By its address the host
	 * could not be known: IPv6 forwards packets that come from outside with one of the
	 * host's own as source. */
	rule(l);
	add(l, ST_CT_DNAT)->not = true;
	s = add(l, c->lease->flags & NET_F_ISOLATE ? ST_IIF : ST_IIFGROUP);
	s->num = c->lease->flags & NET_F_ISOLATE ? 0 : net_link_group(c->lease->net_id);
	s->not = true;
	add(l, ST_DROP);
}

/* From the container, to the host or to another interface. */
static void outward(const struct rules_ctx *c, uint32_t max_conns)
{
	const struct net_addr *nets[] = { &c->lease->subnet4, &c->lease->subnet6 };
	const bool internal = c->lease->flags & NET_F_INTERNAL;
	struct nft_list *l = c->l;

	add_text(l, ST_CHAIN, "out");
	if (max_conns) {
		rule(l);
		add_num(l, ST_CT_OVER, max_conns);
		add(l, ST_DROP);
	}
	/* An address of the network that nobody has is not looked for elsewhere. And
	 * nothing is, from an internal network: the link's filter says so too, and of packets
	 * that begin no connection. */
	for (size_t i = 0; i < 2; i++) {
		if (internal ? i > 0 : !nets[i]->family)
			continue;
		rule(l);
		add(l, ST_TO_OURS)->not = true;
		if (!internal)
			add_addr(l, ST_DADDR, nets[i]);
		add(l, ST_DROP);
	}
}

static void egress_row(struct nft_list *l, const struct net_egress *e, uint8_t proto)
{
	rule(l);
	if (e->to.family)
		add_addr(l, ST_DADDR, &e->to);
	if (e->port_first || e->port_last) {
		struct nft_stmt *s = add(l, ST_DPORT);

		s->num = proto;
		s->first = e->port_first;
		s->last = e->port_last;
	} else if (proto) {
		add_num(l, ST_PROTO, proto);
	}
	add(l, e->allow ? ST_ACCEPT : ST_DROP);
}

/* What the container may reach, the host's own addresses included. Per packet, since
 * packets that belong to no connection and can begin none never meet a nat chain. */
static void egress(const struct rules_ctx *c, const struct net_rules *r)
{
	static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	struct nft_list *l = c->l;

	add_base(l, "prerouting", NFT_BASE_POLICY);
	split(c, true, ST_GOTO, "allowed");
	add_text(l, ST_CHAIN, "allowed");
	rule(l);
	add_num(l, ST_CT_STATE, NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	add(l, ST_ACCEPT);
	rule(l);
	add_num(l, ST_CT_STATE, NF_CT_STATE_INVALID_BIT);
	add(l, ST_DROP);
	/* Without these there is no next hop to send anything to. */
	rule(l);
	add(l, ST_ND);
	add(l, ST_ACCEPT);
	for (size_t i = 0; i < r->negress && i < NET_EGRESS_MAX; i++) {
		const struct net_egress *e = &r->egress[i];

		if (e->proto || !(e->port_first || e->port_last)) {
			egress_row(l, e, e->proto);
			continue;
		}
		for (size_t p = 0; p < sizeof(with_ports); p++)
			egress_row(l, e, with_ports[p]);
	}
	if (r->egress_deny) {
		rule(l);
		add(l, ST_DROP);
	}
}

void rules_list(const struct net_rules *r, char bridge[NET_IFNAME_MAX], struct nft_list *l)
{
	const struct net_lease *lease = &r->lease;
	bool shared = lease->driver == NET_BRIDGE || lease->driver == NET_VXLAN;
	struct rules_ctx c = { .lease = lease, .bridge = shared ? bridge : NULL, .l = l };

	l->n = 0;
	l->full = false;
	if (shared)
		net_bridge_name(bridge, lease->net_id);
	add_text(l, ST_TABLE, r->table);
	/* How many connections the container may have at a time: with whomever, in both
	 * families, by one counter. A connection passes one of the two hooks. Not
	 * prerouting, which would be one: Kernel: a hook takes 1,024 chains (MAX_HOOK_COUNT
	 * in net/netfilter/core.c), and published ports need that one. */
	if (r->max_conns) {
		add_base(l, "input", NFT_BASE_INPUT);
		split(&c, true, ST_GOTO, "out");
	}
	if (r->negress || r->egress_deny)
		egress(&c, r);
	add_base(l, "postrouting", NFT_BASE_POST);
	split(&c, true, ST_JUMP, "out");
	split(&c, false, ST_GOTO, "in");
	if (!(lease->flags & NET_F_INTERNAL))
		split(&c, true, ST_MASQUERADE, NULL);
	inward(&c);
	outward(&c, r->max_conns);
}

/* ---- published ports ---- */

static bool is_any(const struct net_addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->byte, zero, sizeof(zero));
}

static bool is_mapped(const struct net_port *p)
{
	return p->count > 1 && p->host_first != p->inside_first;
}

static void publish_row(struct nft_list *l, const struct net_port *p, const struct net_addr *to,
			const char *map)
{
	struct nft_stmt *s;

	rule(l);
	/* The port first: most connections are to another one, and looking an address
	 * up in the routes costs more. */
	s = add(l, ST_DPORT);
	s->num = p->proto;
	s->first = p->host_first;
	s->last = (uint16_t)(p->host_first + p->count - 1);
	if (!is_any(&p->host)) {
		struct net_addr host = addr_whole(&p->host);

		add_addr(l, ST_DADDR, &host);
	}
	/* Also with an address of its own: a socket can be bound to one that is not the
	 * host's (IP_FREEBIND), which would prove the port of a stranger. */
	add(l, ST_TO_HOST);
	s = add_addr(l, is_mapped(p) ? ST_DNAT_PORTS : ST_DNAT, to);
	s->num = p->proto;
	s->text = is_mapped(p) ? map : NULL;
	if (p->count == 1 && p->host_first != p->inside_first)
		s->first = p->inside_first;
}

/* The translations of one family, reached from both base chains. */
static void publish_family(const struct net_publish *p, const struct net_addr *to,
			   char maps[NET_PORTS_MAX][8], const char *chain, struct nft_list *l)
{
	if (!to->family)
		return;
	add_text(l, ST_CHAIN, chain);
	for (size_t i = 0; i < p->nports && i < NET_PORTS_MAX; i++) {
		const struct net_port *port = &p->ports[i];

		if (!port->host.family || port->host.family == to->family)
			publish_row(l, port, to, maps[i]);
	}
}

static void publish_base(const struct net_publish *p, const char *name, enum nft_base base,
			 struct nft_list *l)
{
	/* The loopback addresses are served by the socket that is bound to the port. */
	static const struct net_addr loop4 = { .family = AF_INET, .plen = 8, .byte = { 127 } };
	static const struct net_addr loop6 = { .family = AF_INET6,
					       .plen = 128,
					       .byte = { [15] = 1 } };

	add_base(l, name, base);
	if (p->ip4.family) {
		rule(l);
		add_addr(l, ST_DADDR, &loop4)->not = true;
		add_text(l, ST_GOTO, "to4");
	}
	if (p->ip6.family) {
		rule(l);
		add_addr(l, ST_DADDR, &loop6)->not = true;
		add_text(l, ST_GOTO, "to6");
	}
}

void rules_publish_list(const struct net_publish *p, char maps[NET_PORTS_MAX][8], struct nft_list *l)
{
	struct nft_stmt *table;

	l->n = 0;
	l->full = false;
	table = add(l, ST_TABLE);
	table->text = p->table;
	for (size_t i = 0; i < p->nports && i < NET_PORTS_MAX; i++) {
		const struct net_port *port = &p->ports[i];
		struct nft_stmt *s;

		table->num += port->count;
		snprintf(maps[i], 8, "port%zu", i);
		if (!is_mapped(port))
			continue;
		s = add(l, ST_PORTS);
		s->text = maps[i];
		s->first = port->host_first;
		s->last = (uint16_t)(port->host_first + port->count - 1);
		s->num = port->inside_first;
	}
	publish_base(p, "prerouting", NFT_BASE_DNAT, l);
	publish_base(p, "output", NFT_BASE_OUTPUT, l);
	publish_family(p, &p->ip4, maps, "to4", l);
	publish_family(p, &p->ip6, maps, "to6", l);
}

/* ---- telling the kernel ---- */

int net_rules_open(void)
{
	static const int size = SEND_MAX;
	AUTO_FD int sock = nl_open(NETLINK_NETFILTER);

	if (sock < 0) {
		if (err_errno() == EPROTONOSUPPORT)
			err_hint("this kernel has no nftables (CONFIG_NF_TABLES)");
		return -1;
	}
	/* A batch must fit into the socket's buffer, and a map of ports can be long. */
	setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd_take(&sock);
}

static int refused(const char *table, int err, const char *words, uint32_t which)
{
	/* Kernel: a table that has an owner is EPERM for everybody else, even to be told
	 * that it exists. Without the privilege the batch itself is refused. */
	if (which == NFT_SEQ_TABLE && (err == EEXIST || err == EPERM))
		return 1;
	errno = err;
	fail("make nftables table %s%s%s", table, *words ? ": " : "", words);
	if (which == NFT_SEQ_BEGIN && err == EOPNOTSUPP)
		err_hint("this kernel has no nftables (CONFIG_NF_TABLES)");
	else if (err == E2BIG)
		err_hint("the kernel takes at most 1,024 tables of this kind at a time");
	else if (err == EOPNOTSUPP || err == ENOENT)
		err_hint("this kernel's nftables lacks something that is needed: NF_TABLES_INET, "
			 "NFT_NAT, NFT_MASQ, NFT_CT, NFT_CONNLIMIT, NFT_FIB_INET");
	return -1;
}

static int make(int sock, const char *table, const struct nft_list *l)
{
	size_t size = nft_size(l);
	AUTO_FREE void *buf = malloc(size);
	struct nl_batch b;
	char words[128] = "";
	uint32_t which = 0;
	int err;

	if (!buf)
		return fail("make nftables table %s", table);
	nl_init(&b, buf, size);
	nft_encode(l, &b);
	err = nl_talk(sock, &b, words, &which);
	return err < 0 ? refused(table, -err, words, which) : 0;
}

int net_rules_apply(int sock, const struct net_rules *r)
{
	char bridge[NET_IFNAME_MAX];
	struct nft_list l;

	rules_list(r, bridge, &l);
	return make(sock, r->table, &l);
}

static int publish_check(const struct net_publish *p)
{
	uint32_t mapped = 0;

	for (size_t i = 0; i < p->nports && i < NET_PORTS_MAX; i++)
		if (is_mapped(&p->ports[i]))
			mapped += p->ports[i].count;
	if (mapped <= NET_MAPPED_MAX)
		return 0;
	fail_plain("%u ports whose number is another one inside: at most %u", mapped,
		   NET_MAPPED_MAX);
	err_hint("a range that has the same numbers inside has no limit");
	return -1;
}

int net_publish_apply(int sock, const struct net_publish *p)
{
	char maps[NET_PORTS_MAX][8];
	struct nft_list l;

	if (publish_check(p) < 0)
		return -1;
	rules_publish_list(p, maps, &l);
	return make(sock, p->table, &l);
}

struct count {
	const char *prefix;
	uint32_t ports;
};

static int count_table(void *ctx, const struct nlmsghdr *m)
{
	struct count *c = ctx;
	const struct nlattr *a[NFTA_TABLE_USERDATA + 1];
	char name[64];

	if (!nl_attrs(m, sizeof(struct nfgenmsg), a, NFTA_TABLE_USERDATA))
		return -EPROTO;
	nl_str(a[NFTA_TABLE_NAME], name, sizeof(name));
	if (!strncmp(name, c->prefix, strlen(c->prefix)))
		c->ports += nft_comment_ports(a[NFTA_TABLE_USERDATA]);
	return 0;
}

int net_publish_count(const char *prefix, uint32_t *ports)
{
	AUTO_FD int sock = nl_open(NETLINK_NETFILTER);
	struct count c = { .prefix = prefix };
	_Alignas(4) unsigned char buf[64];
	struct nl_batch b;
	int err;

	if (sock < 0)
		return fail_in("count published ports");
	nl_init(&b, buf, sizeof(buf));
	nft_ask_tables(&b);
	err = nl_ask(sock, &b, count_table, &c, NULL);
	if (err < 0) {
		errno = -err;
		return fail("count published ports");
	}
	*ports = c.ports;
	return 0;
}

void net_rules_print(const struct net_rules *r, FILE *out)
{
	char bridge[NET_IFNAME_MAX];
	struct nft_list l;

	rules_list(r, bridge, &l);
	nft_print(&l, out);
}

void net_publish_print(const struct net_publish *p, FILE *out)
{
	char maps[NET_PORTS_MAX][8];
	struct nft_list l;

	rules_publish_list(p, maps, &l);
	nft_print(&l, out);
}
