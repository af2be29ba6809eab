/* tests/netrules/driver.c - the rules of the room of networks on their own.
 *
 * What the privileged helper does with rules, and nothing else: a value from a few words,
 * one socket, one table. The calling process needs CAP_NET_ADMIN over its network namespace.
 *
 *	driver print|hold|time rules|publish WORD...
 *	  print		as nft's text
 *	  hold		make the table, say "ready", keep it until stdin ends. "taken" and
 *			exit code 1: the table is there already; 125: one line on stderr
 *	  hold=N	the same with N tables, of the names NAME0, NAME1 ...
 *	  time=N	make N tables and print the median of what one took, in us
 *	driver dump	what the kernel has: tables, chains, maps, elements, rules, byte by
 *			byte, without what differs each time (handles, owner, counters)
 *	driver count PREFIX
 *
 * Words: table=ci1 driver=routed|bridge if=ci1 index=7 id=3 ip4=10.0.0.2 ip6=.. net4=10.0.0.0/24
 * net6=.. flags=internal,isolate max=100 default=deny allow=PREFIX[,PROTO[,FIRST[,LAST]]] deny=..
 * port=PROTO,ADDR|*,HOSTPORT,PORT[,COUNT]
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/netlink.h"
#include "lib/num.h"
#include "net.h"

static _Noreturn void die(void)
{
	err_print();
	_exit(125);
}

static _Noreturn void usage(const char *what)
{
	fail_plain("what is %s?", what);
	die();
}

/* ---- words ---- */

struct want {
	struct net_rules rules;
	struct net_publish publish;
};

static void addr(const char *text, bool prefix, struct net_addr *out)
{
	if (net_addr_parse(text, prefix, out) < 0)
		usage(text);
}

static uint32_t number(const char *text)
{
	uint32_t n;

	if (num_u32(text, &n) < 0)
		usage(text);
	return n;
}

static uint8_t proto(const char *text)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} names[] = { { "any", 0 },
		      { "tcp", IPPROTO_TCP },
		      { "udp", IPPROTO_UDP },
		      { "sctp", IPPROTO_SCTP } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].name, text))
			return names[i].proto;
	return (uint8_t)number(text);
}

/* Cut TEXT at commas; absent parts are NULL. */
static size_t parts(char *text, char *part[5])
{
	size_t n = 0;

	memset(part, 0, 5 * sizeof(*part));
	while (text && n < 5)
		part[n++] = strsep(&text, ",");
	return n;
}

static void word_row(struct want *w, bool allow, char *text)
{
	struct net_egress *e = &w->rules.egress[w->rules.negress++];
	char *p[5];

	parts(text, p);
	e->allow = allow;
	addr(p[0], true, &e->to);
	e->proto = p[1] ? proto(p[1]) : 0;
	e->port_first = p[2] ? (uint16_t)number(p[2]) : 0;
	e->port_last = p[3] ? (uint16_t)number(p[3]) : e->port_first;
}

static void word_port(struct want *w, char *text)
{
	struct net_port *port = &w->publish.ports[w->publish.nports++];
	char *p[5];

	if (parts(text, p) < 4)
		usage("port=");
	port->proto = proto(p[0]);
	if (strcmp(p[1], "*"))
		addr(p[1], false, &port->host);
	port->host_first = (uint16_t)number(p[2]);
	port->inside_first = (uint16_t)number(p[3]);
	port->count = p[4] ? (uint16_t)number(p[4]) : 1;
}

static void word(struct want *w, const char *key, char *v)
{
	struct net_lease *l = &w->rules.lease;

	if (!strcmp(key, "table")) {
		snprintf(w->rules.table, sizeof(w->rules.table), "%s", v);
		snprintf(w->publish.table, sizeof(w->publish.table), "%s", v);
	} else if (!strcmp(key, "driver")) {
		l->driver = !strcmp(v, "bridge") ? NET_BRIDGE : NET_ROUTED;
	} else if (!strcmp(key, "if")) {
		snprintf(l->host_if, sizeof(l->host_if), "%s", v);
		l->host_index = if_nametoindex(v);
	} else if (!strcmp(key, "index")) {
		l->host_index = number(v);
	} else if (!strcmp(key, "id")) {
		l->net_id = number(v);
	} else if (!strcmp(key, "ip4")) {
		addr(v, false, &l->ip4);
		w->publish.ip4 = l->ip4;
	} else if (!strcmp(key, "ip6")) {
		addr(v, false, &l->ip6);
		w->publish.ip6 = l->ip6;
	} else if (!strcmp(key, "net4")) {
		addr(v, true, &l->subnet4);
	} else if (!strcmp(key, "net6")) {
		addr(v, true, &l->subnet6);
	} else if (!strcmp(key, "flags")) {
		l->flags |= strstr(v, "internal") ? NET_F_INTERNAL : 0;
		l->flags |= strstr(v, "isolate") ? NET_F_ISOLATE : 0;
	} else if (!strcmp(key, "max")) {
		w->rules.max_conns = number(v);
	} else if (!strcmp(key, "default")) {
		w->rules.egress_deny = !strcmp(v, "deny");
	} else if (!strcmp(key, "allow") || !strcmp(key, "deny")) {
		word_row(w, *key == 'a', v);
	} else if (!strcmp(key, "port")) {
		word_port(w, v);
	} else {
		usage(key);
	}
}

static void words(struct want *w, char **argv)
{
	memset(w, 0, sizeof(*w));
	w->rules.lease.driver = NET_ROUTED;
	for (; *argv; argv++) {
		char *eq = strchr(*argv, '=');

		if (!eq)
			usage(*argv);
		*eq = '\0';
		word(w, *argv, eq + 1);
		*eq = '=';
	}
}

/* ---- what is done with it ---- */

static int apply(int sock, const struct want *w, bool publish)
{
	return publish ? net_publish_apply(sock, &w->publish) : net_rules_apply(sock, &w->rules);
}

static void name_table(struct want *w, const char *stem, uint32_t i)
{
	snprintf(w->rules.table, sizeof(w->rules.table), "%.9s%u", stem, i % 1000000);
	memcpy(w->publish.table, w->rules.table, sizeof(w->rules.table));
}

static int hold(struct want *w, bool publish, uint32_t n)
{
	char stem[sizeof(w->rules.table)];
	int r = 0;
	char c;

	memcpy(stem, w->rules.table, sizeof(stem));
	for (uint32_t i = 0; i < n && !r; i++) {
		int sock = net_rules_open(); /* stays open */

		if (n > 1)
			name_table(w, stem, i);
		if (sock < 0 || (r = apply(sock, w, publish)) < 0)
			die();
	}
	puts(r ? "taken" : "ready");
	fflush(stdout);
	while (!r && read(0, &c, 1) > 0)
		;
	return r;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int measure(struct want *w, bool publish, uint32_t n)
{
	double *took = calloc(n, sizeof(*took));

	for (uint32_t i = 0; i < n; i++) {
		double t;
		int sock;

		name_table(w, "ciT", i);
		t = now();
		sock = net_rules_open(); /* stays open */
		if (sock < 0 || apply(sock, w, publish))
			die();
		took[i] = now() - t;
	}
	printf("first %.0f", took[0]);
	printf(" last %.0f", took[n - 1]);
	qsort(took, n, sizeof(*took), by_value);
	printf(" median %.0f us\n", took[n / 2]);
	free(took);
	return 0;
}

/* ---- dump ---- */

enum kind { TABLE, CHAIN, MAP, ELEMS, RULE, HOOK, EXPRS, EXPR, BYTES };

/* Attributes that are nests. Everything else is compared, and shown, as bytes. */
static enum kind inside(enum kind k, uint16_t type)
{
	if (k == CHAIN && type == NFTA_CHAIN_HOOK)
		return HOOK;
	if (k == RULE && type == NFTA_RULE_EXPRESSIONS)
		return EXPRS;
	return k == EXPRS ? EXPR : BYTES;
}

/* What differs each time, or says nothing of packets. */
static bool varies(enum kind k, uint16_t type)
{
	static const struct {
		enum kind kind;
		uint16_t type;
	} which[] = { { TABLE, NFTA_TABLE_HANDLE }, { TABLE, NFTA_TABLE_FLAGS },
		      { TABLE, NFTA_TABLE_OWNER },  { TABLE, NFTA_TABLE_USERDATA },
		      { TABLE, NFTA_TABLE_PAD },    { CHAIN, NFTA_CHAIN_HANDLE },
		      { CHAIN, NFTA_CHAIN_PAD },    { CHAIN, NFTA_CHAIN_USERDATA },
		      { MAP, NFTA_SET_HANDLE },     { MAP, NFTA_SET_USERDATA },
		      { MAP, NFTA_SET_PAD },        { RULE, NFTA_RULE_HANDLE },
		      { RULE, NFTA_RULE_POSITION }, { RULE, NFTA_RULE_USERDATA },
		      { RULE, NFTA_RULE_PAD } };

	for (size_t i = 0; i < sizeof(which) / sizeof(*which); i++)
		if (which[i].kind == k && which[i].type == type)
			return true;
	return false;
}

static void dump_bytes(const struct nlattr *a)
{
	const unsigned char *data = nl_data(a);

	for (size_t i = 0; i < nl_len(a); i++)
		printf(" %02x", data[i]);
	if (nl_len(a) > 2 && data[0] >= 'A' && data[0] < 127)
		printf("\t%.*s", (int)nl_len(a), (const char *)data);
}

static void dump_attrs(enum kind k, const void *p, size_t len, int depth)
{
	for (const struct nlattr *a = NULL; (a = nl_next(p, len, a));) {
		uint16_t type = a->nla_type & (uint16_t)NLA_TYPE_MASK;
		enum kind in = inside(k, type);

		if (varies(k, type))
			continue;
		printf("%*s%u:", depth, "", type);
		if (in == BYTES)
			dump_bytes(a);
		puts("");
		if (in != BYTES)
			dump_attrs(in, nl_data(a), nl_len(a), depth + 1);
	}
}

/* One line each: the kernel gives them in any order. */
static void dump_elements(const struct nlmsghdr *m)
{
	const struct nlattr *list[NFTA_SET_ELEM_LIST_MAX + 1], *elem[NFTA_SET_ELEM_MAX + 1];

	if (!nl_attrs(m, sizeof(struct nfgenmsg), list, NFTA_SET_ELEM_LIST_MAX) ||
	    !list[NFTA_SET_ELEM_LIST_ELEMENTS])
		return;
	for (const struct nlattr *l = list[NFTA_SET_ELEM_LIST_ELEMENTS], *a = NULL;
	     (a = nl_next(nl_data(l), nl_len(l), a));) {
		if (!nl_nested(a, elem, NFTA_SET_ELEM_MAX))
			continue;
		printf("element");
		for (unsigned i = 0; i <= NFTA_SET_ELEM_MAX; i++)
			if (elem[i]) {
				printf(" %u:", i);
				dump_bytes(elem[i]);
			}
		puts("");
	}
}

struct dump {
	enum kind kind;
	char (*sets)[2][64];
	size_t nsets;
};

static int dump_one(void *ctx, const struct nlmsghdr *m)
{
	static const char *const names[] = { "table", "chain", "map", "elements", "rule" };
	struct dump *d = ctx;
	const struct nlattr *a[NFTA_SET_NAME + 1];
	size_t head = NLMSG_HDRLEN + sizeof(struct nfgenmsg);

	if (d->kind == ELEMS) {
		dump_elements(m);
		return 0;
	}
	if (d->kind == MAP && nl_attrs(m, sizeof(struct nfgenmsg), a, NFTA_SET_NAME)) {
		d->sets = realloc(d->sets, (d->nsets + 1) * sizeof(*d->sets));
		nl_str(a[NFTA_SET_TABLE], d->sets[d->nsets][0], 64);
		nl_str(a[NFTA_SET_NAME], d->sets[d->nsets++][1], 64);
	}
	printf("%s\n", names[d->kind]);
	dump_attrs(d->kind, (const char *)m + head, m->nlmsg_len - head, 1);
	return 0;
}

static void ask(int sock, struct dump *d, uint16_t type, const char *table, const char *set)
{
	struct nfgenmsg head = { .nfgen_family = 1 /* NFPROTO_INET */ };
	_Alignas(4) unsigned char buf[256];
	struct nl_batch b;
	char words[128];

	nl_init(&b, buf, sizeof(buf));
	nl_msg(&b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_DUMP, &head, sizeof(head));
	if (set) {
		printf("elements of %s\n", set);
		nl_put_str(&b, NFTA_SET_ELEM_LIST_TABLE, table);
		nl_put_str(&b, NFTA_SET_ELEM_LIST_SET, set);
	}
	errno = -nl_ask(sock, &b, dump_one, d, words);
	if (errno) {
		fail("dump: %s", words);
		die();
	}
}

static int dump(void)
{
	static const struct {
		enum kind kind;
		uint16_t type;
	} what[] = { { TABLE, NFT_MSG_GETTABLE },
		     { CHAIN, NFT_MSG_GETCHAIN },
		     { MAP, NFT_MSG_GETSET },
		     { RULE, NFT_MSG_GETRULE } };
	int sock = nl_open(NETLINK_NETFILTER);
	struct dump d = { .kind = TABLE };

	if (sock < 0)
		die();
	for (size_t i = 0; i < sizeof(what) / sizeof(*what); i++) {
		d.kind = what[i].kind;
		ask(sock, &d, what[i].type, NULL, NULL);
	}
	d.kind = ELEMS;
	for (size_t i = 0; i < d.nsets; i++)
		ask(sock, &d, NFT_MSG_GETSETELEM, d.sets[i][0], d.sets[i][1]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct want w;
	bool publish;
	uint32_t n = 0;

	err_set_name("driver");
	if (argc == 2 && !strcmp(argv[1], "dump"))
		return dump();
	if (argc == 3 && !strcmp(argv[1], "count")) {
		if (net_publish_count(argv[2], &n) < 0)
			die();
		printf("%u\n", n);
		return 0;
	}
	if (argc < 3)
		usage("to be done");
	publish = !strcmp(argv[2], "publish");
	words(&w, argv + 3);
	if (!strcmp(argv[1], "hold"))
		return hold(&w, publish, 1);
	if (!strncmp(argv[1], "hold=", 5))
		return hold(&w, publish, number(argv[1] + 5));
	if (!strncmp(argv[1], "time=", 5))
		return measure(&w, publish, number(argv[1] + 5));
	if (publish)
		net_publish_print(&w.publish, stdout);
	else
		net_rules_print(&w.rules, stdout);
	return 0;
}
