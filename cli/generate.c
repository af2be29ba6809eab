/* cli/generate.c - `cinit generate`: a running container, in other programs' words.
 *
 * The process that the user started runs this; it asks the container's monitor and needs
 * no privilege: the rules are worked out anew from what they were made of. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/err.h"
#include "runtime/ctl.h"

static int generate_nft(int argc, char **argv);

const struct command cli_generate_commands[] = {
	{ .name = "nft",
	  .path = "generate nft",
	  .usage = "CONTAINER",
	  .summary = "Print a running container's rules as nft(8) writes them",
	  .rows = cli_no_opts,
	  .run = generate_nft,
	  .complete = "" },
	{ 0 },
};

static void print_rules(const struct ctl_state *s)
{
	for (uint32_t i = 0; i < s->nnets && i < BOX_NETS_MAX; i++) {
		struct net_rules r = { .lease = s->net[i].lease,
				       .max_conns = s->net[i].lease.max_conns,
				       .egress_deny = s->egress_deny,
				       .negress = s->negress };

		/* macvlan and ipvlan bypass the host, and its rules. */
		if (!r.lease.host_if[0])
			continue;
		memcpy(r.table, r.lease.host_if, sizeof(r.table));
		memcpy(r.egress, s->egress, sizeof(r.egress));
		net_rules_print(&r, stdout);
	}
}

/* Published ports lead to the first network that has rules. */
static void print_ports(const struct ctl_state *s)
{
	const struct net_lease *l = live_reached_by(s);

	for (uint32_t i = 0; l && i < s->nports && i < NET_PORTS_MAX; i++) {
		struct net_publish p = { .ip4 = l->ip4, .ip6 = l->ip6, .nports = 1 };

		if (!s->port[i].table[0])
			continue; /* the proxy serves it, without a rule */
		memcpy(p.table, s->port[i].table, sizeof(p.table));
		p.ports[0] = s->port[i].port;
		net_publish_print(&p, stdout);
	}
}

static int generate_nft(int argc, char **argv)
{
	struct live l;
	int first, code;

	if (cli_parse("generate nft", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first != 1) {
		fail_plain("generate nft: one container is wanted");
		return cli_fail();
	}
	if (live_open(&l, argv[first]) < 0) {
		fail_in("generate nft");
		return cli_fail();
	}
	print_rules(&l.state);
	print_ports(&l.state);
	live_close(&l);
	return 0;
}
