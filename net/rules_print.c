/* net/rules_print.c - nft's words for the statements of net/nft.h. Pure; called by the
 * command line. `nft -f` makes of them what net/nft.c says to the kernel, but for
 * the owner: a table that nft made belongs to nobody. */
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>

#include "lib/num.h"
#include "net/nft.h"

static const char *proto_text(char buf[24], uint32_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return num_text(buf, proto);
	}
}

static void print_addr(const struct nft_stmt *s, FILE *out)
{
	bool ip6 = s->addr.family == AF_INET6, whole = s->addr.plen == (ip6 ? 128 : 32);
	char buf[52];

	if (!s->addr.plen) {
		fprintf(out, "meta nfproto %s", ip6 ? "ipv6" : "ipv4");
		return;
	}
	fprintf(out, "%s %s%s %s", ip6 ? "ip6" : "ip", s->op == ST_SADDR ? "saddr" : "daddr",
		s->not ? " !=" : "", net_addr_text(buf, &s->addr, !whole));
}

static void print_ports(uint16_t first, uint16_t last, FILE *out)
{
	fprintf(out, first == last ? " %u" : " %u-%u", first, last);
}

static void print_state(uint32_t bits, FILE *out)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ NF_CT_STATE_BIT(IP_CT_ESTABLISHED), "established" },
		{ NF_CT_STATE_BIT(IP_CT_RELATED), "related" },
		{ NF_CT_STATE_INVALID_BIT, "invalid" },
	};
	const char *sep = "ct state ";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bits & names[i].bit) {
			fprintf(out, "%s%s", sep, names[i].name);
			sep = ",";
		}
}

static void print_dnat(const struct nft_stmt *s, FILE *out)
{
	bool ip6 = s->addr.family == AF_INET6;
	char addr[52], proto[24];

	net_addr_text(addr, &s->addr, false);
	fprintf(out, "dnat %s to ", ip6 ? "ip6" : "ip");
	if (s->op == ST_DNAT_PORTS)
		fprintf(out, "%s : %s dport map @%s", addr, proto_text(proto, s->num), s->text);
	else if (s->first)
		fprintf(out, ip6 ? "[%s]:%u" : "%s:%u", addr, s->first);
	else
		fputs(addr, out);
}

static void print_dev(const char *what, const struct nft_stmt *s, FILE *out)
{
	const char *not = s->not ? "!= " : "";

	if (s->text)
		fprintf(out, "%s %s\"%s\"", what, not, s->text);
	else
		fprintf(out, "%s %s%u", what, not, s->num);
}

static void print_stmt(const struct nft_stmt *s, FILE *out)
{
	char buf[24];

	switch ((enum nft_op)s->op) {
	case ST_IIF:
		print_dev("iif", s, out);
		return;
	case ST_OIF:
		print_dev("oif", s, out);
		return;
	case ST_IIFNAME:
		print_dev("iifname", s, out);
		return;
	case ST_OIFNAME:
		print_dev("oifname", s, out);
		return;
	case ST_IIFGROUP:
		fprintf(out, "iifgroup %s%u", s->not ? "!= " : "", s->num);
		return;
	case ST_TO_OURS:
		fprintf(out, "oifgroup & 0x%08x %s 0x%08x", ~(unsigned)NET_ID_MAX,
			s->not ? "!=" : "==", (unsigned)NET_LINK_GROUP);
		return;
	case ST_FAMILY:
		fprintf(out, "meta nfproto %s", s->num == AF_INET6 ? "ipv6" : "ipv4");
		return;
	case ST_SADDR:
	case ST_DADDR:
		print_addr(s, out);
		return;
	case ST_PROTO:
		fprintf(out, "meta l4proto %s", proto_text(buf, s->num));
		return;
	case ST_DPORT:
		fprintf(out, "%s dport", proto_text(buf, s->num));
		print_ports(s->first, s->last, out);
		return;
	case ST_ND:
		fputs("icmpv6 type 135-136", out);
		return;
	case ST_TO_HOST:
		fputs("fib daddr type local", out);
		return;
	case ST_CT_STATE:
		print_state(s->num, out);
		return;
	case ST_CT_DNAT:
		fputs(s->not ? "ct status & dnat == 0" : "ct status dnat", out);
		return;
	case ST_CT_OVER:
		fprintf(out, "ct count over %u", s->num);
		return;
	case ST_ACCEPT:
		fputs("accept", out);
		return;
	case ST_DROP:
		fputs("drop", out);
		return;
	case ST_GOTO:
		fprintf(out, "goto %s", s->text);
		return;
	case ST_JUMP:
		fprintf(out, "jump %s", s->text);
		return;
	case ST_MASQUERADE:
		fputs("masquerade", out);
		return;
	case ST_DNAT:
	case ST_DNAT_PORTS:
		print_dnat(s, out);
		return;
	case ST_TABLE:
	case ST_PORTS:
	case ST_CHAIN:
	case ST_BASE:
	case ST_RULE:
		return;
	}
}

static void print_map(const struct nft_stmt *s, FILE *out)
{
	fprintf(out, "\tmap %s {\n\t\ttype inet_service : inet_service\n\t\telements = {", s->text);
	for (uint32_t i = 0; i <= (uint32_t)s->last - s->first; i++)
		fprintf(out, "%s %u : %u", i ? "," : "", s->first + i, s->num + i);
	fputs(" }\n\t}\n", out);
}

static void print_base(const struct nft_stmt *s, FILE *out)
{
	const struct nft_base_info *base = &nft_bases[s->num];

	fprintf(out, "\n\t\ttype %s hook %s ", base->type, base->hook);
	fprintf(out, "priority %d; policy accept;", base->prio);
}

void nft_print(const struct nft_list *l, FILE *out)
{
	bool chain = false;

	for (const struct nft_stmt *s = l->st; s < l->st + l->n; s++) {
		if ((s->op == ST_CHAIN || s->op == ST_BASE || s->op == ST_PORTS) && chain) {
			fputs("\n\t}\n", out);
			chain = false;
		}
		if (s->op == ST_TABLE) {
			fprintf(out, "table inet %s {\n", s->text);
			if (s->num)
				fprintf(out, "\tcomment \"%u ports\"\n", s->num);
		} else if (s->op == ST_PORTS) {
			print_map(s, out);
		} else if (s->op == ST_CHAIN || s->op == ST_BASE) {
			fprintf(out, "\tchain %s {", s->text);
			if (s->op == ST_BASE)
				print_base(s, out);
			chain = true;
		} else if (s->op == ST_RULE) {
			fputs("\n\t\t", out);
		} else {
			if (s[-1].op != ST_RULE)
				fputs(" ", out);
			print_stmt(s, out);
		}
	}
	fputs(chain ? "\n\t}\n}\n" : "}\n", out);
}
