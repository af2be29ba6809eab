/* cli/port.c - `cinit port`: the published ports of a running container.
 *
 * The process that the user started runs this; runtime/live.c does it. */
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "runtime/ctl.h"

struct port_args {
	const char *format;
};

const struct opt cli_port_opts[] = {
	CLI_FORMAT_ROW(struct port_args, format),
	{ 0 },
};

static int port_add(int argc, char **argv);
static int port_rm(int argc, char **argv);

const struct command cli_port_commands[] = {
	{ .name = "ls",
	  .path = "port ls",
	  .also = "list",
	  .usage = "[OPTIONS] CONTAINER [PORT[/PROTO]]",
	  .summary = "List them, as `cinit port CONTAINER` does",
	  .rows = cli_port_opts,
	  .run = cli_port,
	  .complete = "" },
	{ .name = "add",
	  .path = "port add",
	  .usage = "CONTAINER SPEC...",
	  .summary = "Publish more: as `run -p SPEC`",
	  .rows = cli_no_opts,
	  .run = port_add,
	  .complete = "" },
	{ .name = "rm",
	  .path = "port rm",
	  .also = "remove",
	  .usage = "CONTAINER SPEC...",
	  .summary = "Give ports up; connections that stand go on",
	  .rows = cli_no_opts,
	  .run = port_rm,
	  .complete = "" },
	{ 0 },
};

static const char *proto(const struct net_port *p)
{
	return p->proto == IPPROTO_UDP ? "udp" : p->proto == IPPROTO_SCTP ? "sctp" : "tcp";
}

static char *range(char buf[16], unsigned first, unsigned count)
{
	snprintf(buf, 16, count > 1 ? "%u-%u" : "%u", first, first + count - 1);
	return buf;
}

/* docker's form: "80/tcp -> 0.0.0.0:8080". */
static void print_text(const struct net_port *p)
{
	char inside[16], outside[16], host[52];
	const char *at = "*";

	if (p->host.family)
		at = net_addr_text(host, &p->host, false);
	printf(p->host.family == AF_INET6 ? "%s/%s -> [%s]:%s\n" : "%s/%s -> %s:%s\n",
	       range(inside, p->inside_first, p->count), proto(p), at,
	       range(outside, p->host_first, p->count));
}

static void print_json(const struct net_port *p)
{
	char host[52] = "";

	if (p->host.family)
		net_addr_text(host, &p->host, false);
	printf("{\"proto\":\"%s\",\"host\":\"%s\",\"host_port\":%u,\"port\":%u,\"count\":%u}",
	       proto(p), host, p->host_first, p->inside_first, p->count);
}

static bool is_wanted(const struct net_port *p, const struct net_port *want)
{
	return !want || (p->proto == want->proto && want->inside_first >= p->inside_first &&
			 want->inside_first < p->inside_first + p->count);
}

int cli_port(int argc, char **argv)
{
	struct port_args a = { 0 };
	struct net_port port, *want = NULL;
	struct live l;
	int first, code, json, n = 0;

	if (cli_parse("port ls", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("port", a.format);
	if (json < 0)
		return cli_fail();
	if (argc - first != 1 && argc - first != 2) {
		fail_plain("port: one container is wanted, and perhaps a port inside");
		return cli_fail();
	}
	if (argc - first == 2)
		want = &port;
	if ((want && run_expose_parse(argv[first + 1], want) < 0) ||
	    live_open(&l, argv[first]) < 0) {
		fail_in("port");
		return cli_fail();
	}
	for (uint32_t i = 0; i < l.state.nports; i++) {
		if (!is_wanted(&l.state.port[i].port, want))
			continue;
		if (json) {
			putchar(n++ ? ',' : '[');
			print_json(&l.state.port[i].port);
		} else {
			n++;
			print_text(&l.state.port[i].port);
		}
	}
	live_close(&l);
	if (json)
		puts(n ? "]" : "[]");
	if (want && !n && !json) {
		fail_plain("port: %s of container %s is not published", argv[first + 1],
			   argv[first]);
		return cli_fail();
	}
	return 0;
}

static int port_add(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct net_port port, out;
	struct live l;
	int first, code, failed = 0;

	if (cli_parse("port add", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first < 2) {
		fail_plain("port add: a container and ports are wanted, like web 8080:80");
		return cli_fail();
	}
	if (live_open(&l, argv[first]) < 0) {
		fail_in("port add");
		return cli_fail();
	}
	for (int i = first + 1; i < argc && !failed; i++) {
		if (run_port_parse(argv[i], &port) < 0 ||
		    live_port_add(&l, &pool, &port, &out) < 0) {
			fail_in("port add");
			failed = cli_fail();
		} else if (!port.host_first) {
			/* What was chosen has to be told. */
			print_text(&out);
		}
	}
	live_close(&l);
	return failed;
}

/* The row that WANT names: a host port that is not said is any. */
static const struct net_port *find(const struct ctl_state *s, const struct net_port *want)
{
	for (uint32_t i = 0; i < s->nports; i++) {
		const struct net_port *p = &s->port[i].port;

		if (p->proto == want->proto && p->inside_first == want->inside_first &&
		    p->count == want->count &&
		    (!want->host_first || p->host_first == want->host_first) &&
		    (!want->host.family || net_addr_equal(&p->host, &want->host)))
			return p;
	}
	return NULL;
}

static int port_rm(int argc, char **argv)
{
	struct net_port want;
	struct live l;
	int first, code, failed = 0;

	if (cli_parse("port rm", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first < 2) {
		fail_plain("port rm: a container and ports are wanted, like web 8080:80");
		return cli_fail();
	}
	if (live_open(&l, argv[first]) < 0) {
		fail_in("port rm");
		return cli_fail();
	}
	for (int i = first + 1; i < argc && !failed; i++) {
		const struct net_port *p = NULL;

		if (run_port_parse(argv[i], &want) == 0 && !(p = find(&l.state, &want)))
			fail_plain("%s: container %s publishes no such port", argv[i], l.state.name);
		if (!p || live_port_drop(&l, p) < 0) {
			fail_in("port rm");
			failed = cli_fail();
		}
	}
	live_close(&l);
	return failed;
}
