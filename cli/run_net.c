/* cli/run_net.c - `cinit run`: the options about networks.
 *
 * The launcher runs this while it reads argv, and run_net_build() when all is read; the
 * readers are pure. Spellings are docker's and podman's where they have one. */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cli/run.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/opt.h"
#include "runtime/priv.h"

/* ---- one network ---- */

static int read_address(const char *value, uint8_t family, struct net_addr *out)
{
	if (net_addr_parse(value, false, out) < 0 || out->family != family)
		return fail_plain("%s: an IPv%c address is wanted, like %s", value,
				  family == AF_INET ? '4' : '6',
				  family == AF_INET ? "10.192.0.9" : "fd00::9");
	return 0;
}

static int read_mac(const char *value, uint8_t mac[6])
{
	if (net_mac_parse(value, mac) < 0)
		return fail_plain("%s: a hardware address is wanted, like 02:42:ac:11:00:02", value);
	return 0;
}

/* "KEY=VALUE" of --net NAME:KEY=VALUE,... ; docker's keys, podman's keys. */
static int read_net_key(struct pool *pool, struct net_want *net, const char *key, const char *value)
{
	static const char *const keys[] = { "ip", "ip6", "mac", "alias" };
	const char *near;

	if (strcmp(key, "ip") == 0)
		return read_address(value, AF_INET, &net->ip4);
	if (strcmp(key, "ip6") == 0)
		return read_address(value, AF_INET6, &net->ip6);
	if (strcmp(key, "mac") == 0 || strcmp(key, "mac-address") == 0)
		return read_mac(value, net->mac);
	if (strcmp(key, "alias") == 0) {
		POOL_PUSH(pool, net->aliases, net->naliases, value);
		return 0;
	}
	near = opt_nearest(key, keys, sizeof(keys) / sizeof(*keys));
	if (near)
		return fail_plain("unknown key \"%.32s\"; did you mean %s?", key, near);
	return fail_plain("unknown key \"%.32s\"; ip, ip6, mac and alias are known", key);
}

/* The keys behind NAME, and docker's name=NAME among them. */
static int read_net_keys(struct pool *pool, struct net_want *net, const char *rest)
{
	while (*rest) {
		size_t n = strcspn(rest, ","), k = strcspn(rest, "=");
		const char *key, *value;

		if (k >= n)
			return fail_plain("\"%.*s\": KEY=VALUE is wanted", (int)n, rest);
		key = pool_strndup(pool, rest, k);
		value = pool_strndup(pool, rest + k + 1, n - k - 1);
		if (strcmp(key, "name") == 0 && !net->name)
			net->name = value;
		else if (read_net_key(pool, net, key, value) < 0)
			return -1;
		rest += n;
		rest += *rest == ',';
	}
	return 0;
}

/* Who comes from docker or podman names what they have there. */
static const char *net_by_habit(const char *name)
{
	if (strcmp(name, "bridge") == 0)
		return "default";
	if (strcmp(name, "slirp4netns") != 0 && strcmp(name, "pasta") != 0)
		return name;
	note("--net %s: the default network takes its place, without a process in between", name);
	return "default";
}

int run_net_parse(struct pool *pool, const char *value, struct net_want *out)
{
	size_t len = strcspn(value, ":,=");
	const char *slash;

	*out = (struct net_want){ .arg = value };
	if (value[len] == '=')
		len = 0;
	else
		out->name = pool_strndup(pool, value, len);
	/* Options of the others' stacks mean nothing to ours. */
	if (!(out->name && (!strcmp(out->name, "slirp4netns") || !strcmp(out->name, "pasta"))) &&
	    read_net_keys(pool, out, value + len + (value[len] == ':' || value[len] == ',')) < 0)
		return fail_in("%s", out->arg);
	if (!out->name || !*out->name)
		return fail_plain("%s: the network's name is missing: NAME[:ip=...,alias=...]",
				  out->arg);
	out->name = net_by_habit(out->name);
	slash = strchr(out->name, '/');
	if (slash) {
		out->owner = pool_strndup(pool, out->name, (size_t)(slash - out->name));
		out->name = slash + 1;
	}
	return 0;
}

int run_read_net_name(struct run_args *a, const char *value)
{
	struct net_want net;

	if (run_net_parse(a->pool, value, &net) < 0)
		return -1;
	POOL_PUSH(a->pool, a->spec.nets, a->spec.nnets, net);
	return 0;
}

/* ---- what docker says beside --net ---- */

int run_read_ip(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_address(value, AF_INET, &a->net.ip4);
}

int run_read_ip6(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_address(value, AF_INET6, &a->net.ip6);
}

int run_read_mac_address(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_mac(value, a->net.mac);
}

int run_read_network_alias(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	POOL_PUSH(a->pool, a->net.aliases, a->net.naliases, value);
	return 0;
}

int run_read_link(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	size_t n = strcspn(value, ":");
	struct pair link = { .key = pool_strndup(a->pool, value, n) };

	link.val = value[n] ? value + n + 1 : link.key;
	POOL_PUSH(a->pool, a->spec.links, a->spec.nlinks, link);
	return 0;
}

/* ---- egress ---- */

/* "443", "8000-8010" */
static int read_ports(const char *text, uint16_t *first, uint16_t *last)
{
	char low[8];
	size_t n = strcspn(text, "-");
	uint32_t a, b;

	if (n >= sizeof(low))
		return -1;
	memcpy(low, text, n);
	low[n] = '\0';
	if (num_u32(low, &a) < 0 || num_u32(text[n] ? text + n + 1 : low, &b) < 0)
		return -1;
	if (a < 1 || b > 65535 || a > b)
		return -1;
	*first = (uint16_t)a;
	*last = (uint16_t)b;
	return 0;
}

static int read_protocol(const char *word, uint8_t *out)
{
	static const struct {
		const char *word;
		uint8_t proto;
	} known[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP } };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(word, known[i].word) == 0) {
			*out = known[i].proto;
			return 0;
		}
	}
	return -1;
}

/* Where the address ends and ":PORTS" begins: '[' ']' stand around an IPv6 address that
 * has ports behind it, a plain one has more than one ':' and none. */
static char *cut_ports(char *text)
{
	char *colon = strchr(text, ':'), *close = strchr(text, ']');

	if (text[0] == '[' && close && strchr(":/", close[1])) {
		colon = strchr(close, ':');
		if (colon)
			*colon = '\0';
		memmove(close, close + 1, strlen(close));
		memmove(text, text + 1, strlen(text));
		return colon ? colon + 1 : NULL;
	}
	if (!colon || strchr(colon + 1, ':'))
		return NULL;
	*colon = '\0';
	return colon + 1;
}

int run_egress_parse(const char *value, struct net_egress row[2])
{
	char text[96];
	char *to, *ports, *slash;
	struct net_egress e = { 0 };

	if (strlen(value) >= sizeof(text))
		goto bad;
	strcpy(text, value);
	to = strchr(text, '=');
	if (!to)
		goto bad;
	*to++ = '\0';
	if (strcmp(text, "allow") == 0)
		e.allow = true;
	else if (strcmp(text, "deny") != 0)
		goto bad;
	slash = strrchr(to, '/');
	if (slash && read_protocol(slash + 1, &e.proto) == 0)
		*slash = '\0';
	ports = cut_ports(to);
	if (ports && read_ports(ports, &e.port_first, &e.port_last) < 0)
		goto bad;
	if (strcmp(to, "all") == 0) {
		row[0] = row[1] = e;
		net_addr_parse("0.0.0.0/0", true, &row[0].to);
		net_addr_parse("::/0", true, &row[1].to);
		return 2;
	}
	if (net_addr_parse(to, true, &e.to) < 0)
		goto bad;
	row[0] = e;
	return 1;
bad:
	return fail_plain("%s: allow=CIDR[:PORT[-PORT]][/tcp] or deny=... is wanted, like "
			  "allow=10.0.0.0/8:443/tcp, allow=[fd00::]/8:443 or deny=all",
			  value);
}

int run_read_egress(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct net_egress row[2];
	int n = run_egress_parse(value, row);

	for (int i = 0; i < n; i++)
		POOL_PUSH(a->pool, a->spec.egress, a->spec.negress, row[i]);
	/* Who lists what is allowed means that nothing else is. */
	if (n > 0 && row[0].allow)
		a->spec.egress_deny = true;
	return n < 0 ? -1 : 0;
}

/* ---- rates ---- */

/* "10mbit" of "10mbit,up=...": bits as networks count them, or bytes. */
static int read_rate(const char *word, uint64_t *bytes)
{
	static const struct {
		const char *unit;
		uint64_t times, per;
	} units[] = {
		{ "bit", 1, 8 },           { "kbit", 1000, 8 },          { "mbit", 1000000, 8 },
		{ "gbit", 1000000000, 8 }, { "tbit", 1000000000000, 8 }, { "b", 1, 1 },
		{ "kb", 1000, 1 },         { "mb", 1000000, 1 },         { "gb", 1000000000, 1 },
	};
	char number[32];
	size_t n = strspn(word, "0123456789."), dot = strcspn(word, ".");
	uint64_t whole, thousandths = 0;

	if (strcmp(word, "0") == 0) {
		*bytes = 0;
		return 0;
	}
	if (n >= sizeof(number) || !n)
		return -1;
	memcpy(number, word, n);
	number[n] = '\0';
	if (dot < n) {
		/* up to three digits: "1.5gbit", "2.048mbit" */
		size_t digits = n - dot - 1;
		char *fraction = number + dot + 1;

		number[dot] = '\0';
		if (digits < 1 || digits > 3 || strchr(fraction, '.'))
			return -1;
		for (size_t i = 0; i < 3; i++)
			thousandths = thousandths * 10 +
				      (i < digits ? (uint64_t)(fraction[i] - '0') : 0);
	}
	if (num_u64(number, &whole) < 0 || whole > 1000000000)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcasecmp(word + n, units[i].unit) != 0)
			continue;
		/* 10^12 times 10^9 times 1000 needs more than 64 bits. */
		unsigned __int128 all = (unsigned __int128)(whole * 1000 + thousandths) *
					units[i].times / units[i].per / 1000;
		if (all < 1000 || all > UINT64_MAX / 2)
			return -1;
		*bytes = (uint64_t)all;
		return 0;
	}
	return -1;
}

int run_rate_parse(const char *value, struct net_rate *rate)
{
	char text[96], *next;

	if (strlen(value) >= sizeof(text))
		goto bad;
	strcpy(text, value);
	for (char *word = text; word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (strncmp(word, "up=", 3) == 0) {
			if (read_rate(word + 3, &rate->up) < 0)
				goto bad;
		} else if (strncmp(word, "down=", 5) == 0) {
			if (read_rate(word + 5, &rate->down) < 0)
				goto bad;
		} else if (read_rate(word, &rate->up) < 0) {
			goto bad;
		} else {
			rate->down = rate->up;
		}
	}
	return 0;
bad:
	return fail_plain("%s: RATE[,up=RATE][,down=RATE] is wanted, like 10mbit, 1.5gbit or 2mb "
			  "(bytes a second), at least 8kbit; 0 is no limit",
			  value);
}

int run_burst_parse(const char *value, uint32_t *burst)
{
	uint64_t bytes;

	if (num_size(value, &bytes) < 0 || bytes > UINT32_MAX)
		return fail_plain("%s: a size is wanted, like 64k", value);
	*burst = (uint32_t)bytes;
	return 0;
}

int run_read_net_rate(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return run_rate_parse(value, &a->spec.net_rate);
}

int run_read_net_burst(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return run_burst_parse(value, &a->spec.net_rate.burst);
}

int run_read_max_conns(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (num_u32(value, &a->spec.max_conns) < 0 || !a->spec.max_conns)
		return fail_plain("%s: a number from 1 up is wanted", value);
	return 0;
}

/* ---- the whole ---- */

int run_net_default(struct run_args *a)
{
	struct ns_want *ns = &a->spec.ns[NS_NET];
	static const struct net_want standard = { .name = "default", .arg = "default" };

	if (ns->asked || a->spec.nnets || priv_missing())
		return 0;
	POOL_PUSH(a->pool, a->spec.nets, a->spec.nnets, standard);
	return 0;
}

/* What was said beside --net goes to the one network that there is. */
static int give_to_the_one(struct run_args *a)
{
	static const uint8_t no_mac[6];
	struct net_want *one = a->spec.nets;
	bool mac = memcmp(a->net.mac, no_mac, sizeof(no_mac)) != 0;
	const char *option = a->net.ip4.family ? "--ip" :
			     a->net.ip6.family ? "--ip6" :
			     mac               ? "--mac-address" :
			     a->net.naliases   ? "--network-alias" :
						 NULL;

	if (!option)
		return 0;
	if (!one)
		return fail_plain("%s: the container is on no network", option);
	if (a->spec.nnets > 1)
		return fail_plain("%s: there are several networks; say it with one of them, like "
				  "--net NAME:ip=...",
				  option);
	if (a->net.ip4.family)
		one->ip4 = a->net.ip4;
	if (a->net.ip6.family)
		one->ip6 = a->net.ip6;
	if (mac)
		memcpy(one->mac, a->net.mac, sizeof(no_mac));
	for (size_t i = 0; i < a->net.naliases; i++)
		POOL_PUSH(a->pool, one->aliases, one->naliases, a->net.aliases[i]);
	return 0;
}

int run_net_build(struct run_args *a)
{
	struct spec *spec = &a->spec;

	if (spec->nnets && spec->ns[NS_NET].asked)
		return fail_plain("--net %s and --net %s exclude each other", spec->nets[0].arg,
				  spec->ns[NS_NET].mode == NS_HOST ? "host" :
				  spec->ns[NS_NET].mode == NS_JOIN ? "container:..." :
								     "none");
	if (spec->nnets)
		spec->ns[NS_NET].mode = NS_PRIVATE;
	return give_to_the_one(a);
}
