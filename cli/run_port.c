/* cli/run_port.c - `cinit run`: -p, -P and --expose, from words to rows of ports.
 *
 * The launcher runs this while it reads argv; `cinit port add` reads its words here too.
 * Pure: nothing is bound, nobody is asked. Arithmetic is in 32 bits on numbers that were
 * read as at most 65535. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/run.h"
#include "lib/err.h"
#include "lib/num.h"

#define WANTED "[HOSTIP:][HOSTPORT[-END]:]PORT[-END][/tcp|udp|sctp] is wanted, like 8080:80"

enum { WORD_MAX = 200 };

/* "80" or "80-90": *COUNT ports from *FIRST. 0 only alone, and only if ZERO. The words of
 * an error name the whole value, ARG. */
static int read_range(const char *arg, const char *text, bool zero, uint32_t *first, uint32_t *count)
{
	char copy[WORD_MAX + 1];
	uint32_t last;

	snprintf(copy, sizeof(copy), "%s", text);
	char *dash = strchr(copy, '-');
	if (dash)
		*dash++ = '\0';
	if (num_u32(copy, first) < 0 || *first > 65535)
		return fail_plain("%s: \"%s\" is no port: a number up to 65535", arg, copy);
	last = *first;
	if (dash && (num_u32(dash, &last) < 0 || last > 65535))
		return fail_plain("%s: \"%s\" is no port: a number up to 65535", arg, dash);
	if (*first == 0 && (!zero || dash))
		return fail_plain("%s: there is no port 0", arg);
	if (last < *first)
		return fail_plain("%s: the range %s runs backwards", arg, text);
	*count = last - *first + 1;
	return 0;
}

/* Cut "/tcp" off TEXT. */
static int read_proto(const char *arg, char *text, uint8_t *proto)
{
	char *slash = strchr(text, '/');

	*proto = IPPROTO_TCP;
	if (!slash)
		return 0;
	*slash++ = '\0';
	if (strcasecmp(slash, "udp") == 0)
		*proto = IPPROTO_UDP;
	else if (strcasecmp(slash, "sctp") == 0)
		*proto = IPPROTO_SCTP;
	else if (strcasecmp(slash, "tcp") != 0)
		return fail_plain("%s: protocol \"%s\" is none of tcp, udp, sctp", arg, slash);
	return 0;
}

/* Cut "1.2.3.4:" or "[::1]:" off the beginning of *TEXT, if it is there. */
static int read_host(const char *arg, char **text, struct net_addr *host)
{
	char *begin = *text, *first = strchr(begin, ':'), *last = strrchr(begin, ':'), *end = first;
	bool bracket = *begin == '[';

	if (bracket) {
		begin++;
		end = strstr(begin, "]:");
		if (!end)
			return fail_plain("%s: \"]:\" is missing behind the address", arg);
		*end++ = '\0';
	} else if (first == last) {
		return 0; /* one colon or none: no address */
	} else if (strchr(first + 1, ':') != last) {
		return fail_plain("%s: an IPv6 address stands in brackets, like [::1]:8080:80", arg);
	}
	*end = '\0';
	*text = end + 1;
	if (net_addr_parse(begin, false, host) < 0 || (host->family == AF_INET6) != bracket)
		return fail_plain("%s: \"%s\" is no IP%s address", arg, begin, bracket ? "v6" : "");
	return 0;
}

int run_port_parse(const char *arg, struct net_port *out)
{
	char copy[WORD_MAX + 1], *text = copy;
	uint32_t host = 0, hosts = 0, inside, insides;

	memset(out, 0, sizeof(*out));
	if (strlen(arg) > WORD_MAX || !*arg)
		return fail_plain("\"%.20s\": " WANTED, arg);
	strcpy(copy, arg);
	if (read_proto(arg, text, &out->proto) < 0 || read_host(arg, &text, &out->host) < 0)
		return -1;
	char *colon = strchr(text, ':');
	if (colon)
		*colon++ = '\0';
	if (colon && strchr(colon, ':'))
		return fail_plain("%s: " WANTED, arg);
	if (read_range(arg, colon ? colon : text, false, &inside, &insides) < 0 ||
	    (colon && *text && read_range(arg, text, true, &host, &hosts) < 0))
		return -1;
	if (host && hosts != insides)
		return fail_plain("%s: %u of the host's ports for %u inside: ranges are equally long",
				  arg, hosts, insides);
	if (host != inside && insides > NET_MAPPED_MAX)
		return fail_plain("%s: %u ports that have another number inside; at most %d, but any "
				  "number of those that have the same",
				  arg, insides, NET_MAPPED_MAX);
	out->host_first = (uint16_t)host;
	out->inside_first = (uint16_t)inside;
	out->count = (uint16_t)insides;
	return 0;
}

int run_expose_parse(const char *arg, struct net_port *out)
{
	char copy[WORD_MAX + 1];
	uint32_t inside, insides;

	memset(out, 0, sizeof(*out));
	if (strlen(arg) > WORD_MAX || !*arg)
		return fail_plain("\"%.20s\": PORT[-END][/tcp|udp|sctp] is wanted, like 80", arg);
	strcpy(copy, arg);
	if (read_proto(arg, copy, &out->proto) < 0 ||
	    read_range(arg, copy, false, &inside, &insides) < 0)
		return -1;
	out->inside_first = (uint16_t)inside;
	out->count = (uint16_t)insides;
	return 0;
}

/* ---- one with another ---- */

static bool meet(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return a < b + nb && b < a + na;
}

static bool is_any(const struct net_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->byte, zero, sizeof(zero)) == 0;
}

/* Do A and B want the same port of the same address? */
static bool collide(const struct net_port *a, const struct net_port *b)
{
	if (a->proto != b->proto || !a->host_first || !b->host_first ||
	    !meet(a->host_first, a->count, b->host_first, b->count))
		return false;
	if (!a->host.family || !b->host.family)
		return true;
	return a->host.family == b->host.family &&
	       (is_any(&a->host) || is_any(&b->host) || net_addr_equal(&a->host, &b->host));
}

int run_read_publish(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct net_port port;
	size_t n = a->spec.nports;

	if (run_port_parse(value, &port) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (collide(&a->spec.ports[i], &port))
			return fail_plain("%s and %s want the same port of the host", a->publish[i],
					  value);
	POOL_PUSH(a->pool, a->publish, n, value);
	POOL_PUSH(a->pool, a->spec.ports, a->spec.nports, port);
	return 0;
}

int run_read_expose(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct net_port port;

	if (run_expose_parse(value, &port) < 0)
		return -1;
	POOL_PUSH(a->pool, a->spec.exposed, a->spec.nexposed, port);
	return 0;
}

/* Is every port of PORT published by a row of A's already? */
static bool published(const struct run_args *a, const struct net_port *port)
{
	for (size_t i = 0; i < a->spec.nports; i++) {
		const struct net_port *row = &a->spec.ports[i];

		if (row->proto == port->proto && row->inside_first <= port->inside_first &&
		    row->inside_first + row->count >= port->inside_first + port->count)
			return true;
	}
	return false;
}

int run_ports_build(struct run_args *a)
{
	struct spec *spec = &a->spec;

	if (a->publish_all && !a->spec.nexposed)
		note("-P publishes what --expose names, and it names nothing");
	for (size_t i = 0; a->publish_all && i < a->spec.nexposed; i++)
		if (!published(a, &a->spec.exposed[i]))
			POOL_PUSH(a->pool, spec->ports, spec->nports, a->spec.exposed[i]);
	if (spec->nports > NET_PORTS_MAX)
		return fail_plain(
			"--publish: %zu times; more than %d need ranges, like 8000-8099:80-179",
			spec->nports, NET_PORTS_MAX);
	if (spec->nports && spec->ns[NS_NET].mode == NS_JOIN)
		return fail_plain("--publish: the container whose network it joins publishes ports");
	/* As docker has it: a warning, and nothing else. */
	if (spec->nports && spec->ns[NS_NET].mode == NS_HOST) {
		note("--publish means nothing with --net host: its ports are the machine's");
		spec->nports = 0;
	}
	return 0;
}
