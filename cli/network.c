/* cli/network.c - `cinit network`: what makes, removes and joins networks.
 *
 * The process that the user started runs this. What a network is, is decided and kept by
 * the helper; here words become a struct net_def, and answers become words. What shows
 * networks is in cli/network_show.c. */
#include <errno.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/network.h"
#include "cli/run.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/subid.h"
#include "runtime/ctl.h"

const struct command cli_network_commands[] = {
	{ .name = "create",
	  .path = "network create",
	  .usage = "[OPTIONS] NAME",
	  .summary = "Make a network",
	  .rows = network_create_opts,
	  .run = cli_network_create,
	  .complete = "" },
	{ .name = "ls",
	  .path = "network ls",
	  .also = "list",
	  .usage = "[OPTIONS]",
	  .summary = "List your networks",
	  .rows = network_ls_opts,
	  .run = cli_network_ls },
	{ .name = "inspect",
	  .path = "network inspect",
	  .also = "show",
	  .usage = "[OPTIONS] NAME...",
	  .summary = "Say all about a network, and who is on it",
	  .rows = network_inspect_opts,
	  .run = cli_network_inspect,
	  .complete = "" },
	{ .name = "rm",
	  .path = "network rm",
	  .also = "remove",
	  .usage = "[OPTIONS] NAME...",
	  .summary = "Remove networks that no container is on",
	  .rows = network_rm_opts,
	  .run = cli_network_rm,
	  .complete = "" },
	{ .name = "prune",
	  .path = "network prune",
	  .usage = "[OPTIONS]",
	  .summary = "Remove all networks that no container is on",
	  .rows = network_rm_opts,
	  .run = cli_network_prune },
	{ .name = "connect",
	  .path = "network connect",
	  .usage = "[OPTIONS] NETWORK CONTAINER",
	  .summary = "Put a running container on a network",
	  .rows = network_connect_opts,
	  .run = cli_network_connect,
	  .complete = "" },
	{ .name = "disconnect",
	  .path = "network disconnect",
	  .usage = "[OPTIONS] NETWORK CONTAINER",
	  .summary = "Take a running container off a network",
	  .rows = network_disconnect_opts,
	  .run = cli_network_disconnect,
	  .complete = "" },
	{ 0 },
};

const char *const network_drivers[NET_DRIVERS] = {
	[NET_ROUTED] = "routed",   [NET_BRIDGE] = "bridge", [NET_VXLAN] = "vxlan",
	[NET_MACVLAN] = "macvlan", [NET_IPVLAN] = "ipvlan", [NET_MACVTAP] = "macvtap",
};

const char *const network_modes[NET_MODES] = {
	[NET_MODE_BRIDGE] = "bridge",     [NET_MODE_VEPA] = "vepa", [NET_MODE_PRIVATE] = "private",
	[NET_MODE_PASSTHRU] = "passthru", [NET_MODE_L2] = "l2",     [NET_MODE_L3] = "l3",
	[NET_MODE_L3S] = "l3s",
};

enum { PASSWD_MAX = 1 << 20 };

/* ---- asking ---- */

static int copy_name(char to[NET_NAME_MAX], const char *name)
{
	if (strlen(name) >= NET_NAME_MAX || !net_name_ok(name, NET_NAME_MAX))
		return fail_plain("\"%.64s\": a network's name has letters, digits, '_', '.' and "
				  "'-', begins with a letter or digit, and is at most %d long",
				  name, NET_NAME_MAX - 1);
	strcpy(to, name);
	return 0;
}

int network_ask(enum priv_network_verb verb, const char *name, struct net_def *def)
{
	struct priv_req req = { .type = PRIV_NETWORK };
	struct priv_reply reply;

	req.u.network.verb = verb;
	if (def)
		req.u.network.def = *def;
	if (name && copy_name(req.u.network.def.name, name) < 0)
		return -1;
	if (priv_ask(&req, NULL, 0, &reply, NULL) < 0)
		return -1;
	if (def)
		*def = reply.u.def;
	return 0;
}

int network_each(int (*fn)(void *ctx, const struct net_def *def), void *ctx)
{
	struct net_def def = { 0 };
	uint32_t last;
	int ret = 0;

	while (ret == 0) {
		last = def.id;
		if (network_ask(PRIV_NETWORK_NEXT, NULL, &def) < 0)
			return -1;
		/* The last one has none behind it, which has no id. */
		if (def.id <= last)
			return 0;
		ret = fn(ctx, &def);
	}
	return ret;
}

char *network_name(char buf[320], const struct net_def *def)
{
	char owner[SUBID_NAME_MAX];
	AUTO_FREE char *text = NULL;
	ssize_t n = -1;

	if (def->owner == getuid()) {
		snprintf(buf, 320, "%s", def->name);
		return buf;
	}
	text = malloc(PASSWD_MAX + 1);
	if (text)
		n = fd_read_file(AT_FDCWD, "/etc/passwd", text, PASSWD_MAX);
	if (n < 0 || !subid_user_name((struct slice){ text, (size_t)n }, def->owner, owner))
		snprintf(owner, sizeof(owner), "%u", def->owner);
	snprintf(buf, 320, "%s/%s", owner, def->name);
	return buf;
}

/* ---- create ---- */

struct create_args {
	struct net_def def;
	bool internal, isolate, no_ip6;
};

static int word_of(const char *const *words, size_t n, const char *what, const char *value)
{
	for (size_t i = 1; i < n; i++)
		if (words[i] && strcmp(words[i], value) == 0)
			return (int)i;
	const char *near = opt_nearest(value, words + 1, n - 1);
	if (near)
		return fail_plain("\"%.64s\" is no %s; did you mean %s?", value, what, near);
	return fail_plain("\"%.64s\" is no %s", value, what);
}

static int read_driver(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	int driver = word_of(network_drivers, NET_DRIVERS, "driver", value);

	if (driver > 0)
		a->def.driver = (uint8_t)driver;
	return driver < 0 ? -1 : 0;
}

/* Into the place of its family. */
static int put_address(struct net_addr *ip4, struct net_addr *ip6, const struct net_addr *a,
		       const char *value)
{
	struct net_addr *to = a->family == AF_INET ? ip4 : ip6;

	if (to->family)
		return fail_plain("%s: one for each of IPv4 and IPv6", value);
	*to = *a;
	return 0;
}

static int read_subnet(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	struct net_addr subnet;

	if (!strchr(value, '/') || net_addr_parse(value, true, &subnet) < 0)
		return fail_plain("%s: a range of addresses is wanted, like 10.5.0.0/24 or "
				  "fd00:5::/64",
				  value);
	return put_address(&a->def.subnet4, &a->def.subnet6, &subnet, value);
}

static int read_gateway(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	struct net_addr gateway;

	if (net_addr_parse(value, false, &gateway) < 0)
		return fail_plain("%s: an address is wanted, like 10.5.0.1 or fd00:5::1", value);
	return put_address(&a->def.gateway4, &a->def.gateway6, &gateway, value);
}

static int read_parent(void *ctx, const char *value)
{
	struct create_args *a = ctx;

	if (!*value || strlen(value) >= sizeof(a->def.parent) || strchr(value, '/'))
		return fail_plain("\"%.64s\" is no interface", value);
	strcpy(a->def.parent, value);
	return 0;
}

static int read_mtu(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	uint32_t mtu;

	if (num_u32(value, &mtu) < 0 || mtu < 68 || mtu > 65535)
		return fail_plain("%s: a number from 68 to 65535 is wanted", value);
	a->def.mtu = (uint16_t)mtu;
	return 0;
}

static int read_vxlan_id(void *ctx, const char *value)
{
	struct create_args *a = ctx;

	if (num_u32(value, &a->def.vxlan_id) < 0 || a->def.vxlan_id > 0xffffff || !a->def.vxlan_id)
		return fail_plain("%s: a number from 1 to 16777215 is wanted", value);
	return 0;
}

static int read_vxlan_port(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	uint32_t port;

	if (num_u32(value, &port) < 0 || port < 1 || port > 65535)
		return fail_plain("%s: a port from 1 to 65535 is wanted", value);
	a->def.vxlan_port = (uint16_t)port;
	return 0;
}

static int read_peer(void *ctx, const char *value)
{
	struct create_args *a = ctx;

	if (a->def.npeers == NET_PEERS_MAX)
		return fail_plain("%s: more than %d peers", value, NET_PEERS_MAX);
	if (net_addr_parse(value, false, &a->def.peers[a->def.npeers]) < 0)
		return fail_plain("%s: the address of another host is wanted", value);
	a->def.npeers++;
	return 0;
}

static int read_mode(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	int mode = word_of(network_modes, NET_MODES, "mode", value);

	if (mode > 0)
		a->def.mode = (uint8_t)mode;
	return mode < 0 ? -1 : 0;
}

static int read_isolate(void *ctx, const char *value)
{
	struct create_args *a = ctx;

	return opt_bool(value, &a->isolate);
}

/* docker's "may they talk to each other". */
static int read_icc(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	bool on;

	if (opt_bool(value, &on) < 0)
		return -1;
	a->isolate = !on;
	return 0;
}

static int read_locked(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	bool locked;

	if (opt_bool(value, &locked) < 0)
		return -1;
	a->def.flags &= ~(uint32_t)NET_F_UNLOCKED;
	a->def.flags |= locked ? 0 : NET_F_UNLOCKED;
	return 0;
}

/* "KEY=VALUE[,KEY=VALUE...]": docker's keys and podman's, ours by the options' names. */
static int read_opt(void *ctx, const char *value)
{
	static const struct {
		const char *key;
		int (*read)(void *ctx, const char *value);
	} known[] = {
		{ "mode", read_mode },
		{ "mtu", read_mtu },
		{ "parent", read_parent },
		{ "isolate", read_isolate },
		{ "locked", read_locked },
		{ "vxlan-id", read_vxlan_id },
		{ "vxlan-port", read_vxlan_port },
		{ "peer", read_peer },
		{ "macvlan_mode", read_mode },
		{ "ipvlan_mode", read_mode },
		{ "com.docker.network.driver.mtu", read_mtu },
		{ "com.docker.network.bridge.enable_icc", read_icc },
	};
	enum { OWN = 8, KNOWN = sizeof(known) / sizeof(*known) };
	const char *names[OWN], *near;
	char key[48], word[128];

	for (size_t n; *value; value += n + (value[n] == ',')) {
		size_t k = strcspn(value, "="), i = 0;

		n = strcspn(value, ",");
		if (k >= n || k >= sizeof(key) || n - k > sizeof(word))
			return fail_plain("%.*s: KEY=VALUE is wanted", (int)n, value);
		memcpy(key, value, k);
		key[k] = '\0';
		memcpy(word, value + k + 1, n - k - 1);
		word[n - k - 1] = '\0';
		while (i < KNOWN && strcmp(known[i].key, key) != 0)
			i++;
		if (i < KNOWN && known[i].read(ctx, word) < 0)
			return fail_in("%s", key);
		if (i < KNOWN)
			continue;
		for (i = 0; i < OWN; i++)
			names[i] = known[i].key;
		near = opt_nearest(key, names, OWN);
		if (near)
			return fail_plain("unknown key %s; did you mean %s?", key, near);
		return fail_plain("unknown key %s", key);
	}
	return 0;
}

static int read_ip6(void *ctx, const char *value)
{
	struct create_args *a = ctx;
	bool on;

	if (opt_bool(value, &on) < 0)
		return -1;
	a->no_ip6 = !on;
	return 0;
}

#define CALL(long_name, ch, reader, value, words, kinds)                                           \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_CALL, .read = reader, .arg = value,   \
		.help = words, .complete = kinds                                                   \
	}
#define SWITCH(long_name, reader, words)                                                           \
	{                                                                                          \
		.name = long_name, .kind = OPT_CALL_FLAG, .read = reader, .help = words            \
	}
#define FLAG(type, long_name, ch, field, words)                                                    \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_FLAG, .help = words,                  \
		.offset = offsetof(type, field)                                                    \
	}

const struct opt network_create_opts[] = {
	CALL("driver", 'd', read_driver, "DRIVER", "what it is made of (routed)",
	     "routed|bridge|vxlan|macvlan|ipvlan|macvtap"),
	CALL("subnet", 0, read_subnet, "CIDR", "its addresses; once for each of IPv4 and IPv6",
	     NULL),
	CALL("gateway", 0, read_gateway, "ADDRESS", "the way out (the first address)", NULL),
	SWITCH("ip6", read_ip6, "give IPv6 addresses as well (the default)"),
	SWITCH("ipv6", read_ip6, NULL),
	FLAG(struct create_args, "no-ip6", 0, no_ip6, "IPv4 alone"),
	CALL("parent", 0, read_parent, "INTERFACE", "of the machine, for macvlan, ipvlan, macvtap",
	     NULL),
	CALL("mtu", 0, read_mtu, "BYTES", "largest packet", NULL),
	FLAG(struct create_args, "internal", 0, internal, "without a way out"),
	FLAG(struct create_args, "isolate", 0, isolate, "its containers do not reach each other"),
	CALL("vxlan-id", 0, read_vxlan_id, "N", "number of the segment, the same on all hosts",
	     NULL),
	CALL("vxlan-port", 0, read_vxlan_port, "PORT", "UDP port between the hosts (4789)", NULL),
	CALL("peer", 0, read_peer, "ADDRESS", "another host of the segment", NULL),
	CALL("opt", 'o', read_opt, "KEY=VALUE", "mode, mtu, parent, isolate, locked ...",
	     "mode=|mtu=|parent=|isolate=|locked=|vxlan-id=|vxlan-port=|peer="),
	{ .kind = OPT_LATER,
	  .complete = "label|attachable|ingress|scope|ip-range|aux-address|ipam-driver|ipam-opt|"
		      "config-from|config-only|dns|route|disable-dns|interface-name|ignore|ipv4" },
	{ 0 },
};

/* Words of the option line that are one name, or COUNT names. -1 with fail_plain(). */
static int names_wanted(const char *command, int have, int least, int most, const char *what)
{
	if (have >= least && have <= most)
		return 0;
	return fail_plain("%s: %s %s wanted", command, what, least > 1 ? "are" : "is");
}

int cli_network_create(int argc, char **argv)
{
	struct create_args a = { .def.driver = NET_ROUTED };
	int first, code;

	if (cli_parse("network create", &a, argc, argv, &first, &code) < 0)
		return code;
	if (names_wanted("network create", argc - first, 1, 1, "the new network's name") < 0)
		return cli_fail();
	a.def.flags |= (a.internal ? NET_F_INTERNAL : 0u) | (a.isolate ? NET_F_ISOLATE : 0u) |
		       (a.no_ip6 ? NET_F_NO_IP6 : 0u);
	if (network_ask(PRIV_NETWORK_MAKE, argv[first], &a.def) < 0) {
		fail_in("network create: %s", argv[first]);
		return cli_fail();
	}
	puts(a.def.name);
	return 0;
}

/* ---- rm, prune ---- */

struct rm_args {
	bool force;
};

const struct opt network_rm_opts[] = {
	FLAG(struct rm_args, "force", 'f', force, "ask nothing; what is not there is no error"),
	{ .kind = OPT_LATER, .complete = "filter|time" },
	{ 0 },
};

/* Remove the network NAME. A container's interface goes with its namespace, which the kernel
 * takes down some moments after its last process has ended: that is waited for. */
static int remove_network(const char *name)
{
	static const struct timespec pause = { .tv_nsec = 20000000 };
	struct net_def def = { 0 };

	for (int tries = 250;; tries--) {
		if (network_ask(PRIV_NETWORK_REMOVE, name, NULL) == 0)
			return 0;
		if (err_errno() != EBUSY || !tries)
			return -1;
		err_clear();
		if (!def.id && network_ask(PRIV_NETWORK_GET, name, &def) < 0)
			return -1;
		if (network_members(def.id) != 0)
			tries = 1;
		else
			nanosleep(&pause, NULL);
	}
}

int cli_network_rm(int argc, char **argv)
{
	struct rm_args a = { 0 };
	int first, code, failed = 0;

	if (cli_parse("network rm", &a, argc, argv, &first, &code) < 0)
		return code;
	if (names_wanted("network rm", argc - first, 1, argc, "a network's name") < 0)
		return cli_fail();
	for (; first < argc; first++) {
		if (remove_network(argv[first]) == 0) {
			puts(argv[first]);
			continue;
		}
		if (a.force && err_errno() == ENOENT) {
			err_clear();
			continue;
		}
		fail_in("network rm: %s", argv[first]);
		failed = cli_fail();
	}
	return failed;
}

enum { PRUNE_MAX = 1024 };

struct prune {
	char name[PRUNE_MAX][NET_NAME_MAX];
	size_t n;
};

static int note_name(void *ctx, const struct net_def *def)
{
	struct prune *p = ctx;

	if (p->n < PRUNE_MAX && def->owner == getuid())
		memcpy(p->name[p->n++], def->name, NET_NAME_MAX);
	return 0;
}

int cli_network_prune(int argc, char **argv)
{
	static struct prune p;
	struct rm_args a = { 0 };
	int first, code, failed = 0;

	if (cli_parse("network prune", &a, argc, argv, &first, &code) < 0)
		return code;
	if (network_each(note_name, &p) < 0) {
		fail_in("network prune");
		return cli_fail();
	}
	for (size_t i = 0; i < p.n; i++) {
		if (remove_network(p.name[i]) == 0) {
			puts(p.name[i]);
		} else if (err_errno() == EBUSY || err_errno() == ENOENT) {
			err_clear(); /* somebody is on it, or was faster */
		} else {
			fail_in("network prune: %s", p.name[i]);
			failed = cli_fail();
		}
	}
	return failed;
}

/* ---- connect, disconnect ---- */

struct connect_args {
	struct run_args run; /* --ip and the like are read as `cinit run` reads them */
	bool force;
};

const struct opt network_connect_opts[] = {
	CALL("ip", 0, run_read_ip, "ADDRESS", "its IPv4 address there", NULL),
	CALL("ip6", 0, run_read_ip6, "ADDRESS", "its IPv6 address there", NULL),
	CALL("mac-address", 0, run_read_mac_address, "MAC", "its hardware address there", NULL),
	CALL("alias", 0, run_read_network_alias, "NAME", "one more name there", NULL),
	{ .kind = OPT_LATER, .complete = "link|link-local-ip|driver-opt|gw-priority" },
	{ 0 },
};

const struct opt network_disconnect_opts[] = {
	FLAG(struct connect_args, "force", 'f', force, "what is not so is no error"),
	{ 0 },
};

int cli_network_connect(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct connect_args *a = pool_alloc(&pool, sizeof(*a));
	struct spec *spec = &a->run.spec;
	struct live l;
	int first, code;

	a->run.pool = &pool;
	spec_init(spec, &pool);
	if (cli_parse("network connect", a, argc, argv, &first, &code) < 0)
		return code;
	if (names_wanted("network connect", argc - first, 2, 2, "a network and a container") < 0)
		return cli_fail();
	if (run_read_net_name(&a->run, argv[first]) < 0 || run_net_build(&a->run) < 0 ||
	    spec_check_networks(spec) < 0 || live_open(&l, argv[first + 1]) < 0) {
		fail_in("network connect");
		return cli_fail();
	}
	int failed = live_connect(&l, &spec->nets[0]);
	live_close(&l);
	if (failed) {
		fail_in("network connect");
		return cli_fail();
	}
	return 0;
}

int cli_network_disconnect(int argc, char **argv)
{
	struct connect_args a = { 0 };
	struct live l;
	int first, code;

	if (cli_parse("network disconnect", &a, argc, argv, &first, &code) < 0)
		return code;
	if (names_wanted("network disconnect", argc - first, 2, 2, "a network and a container") < 0)
		return cli_fail();
	const char *net = strcmp(argv[first], "bridge") == 0 ? "default" : argv[first];
	if (live_open(&l, argv[first + 1]) < 0) {
		fail_in("network disconnect");
		return cli_fail();
	}
	int failed = live_disconnect(&l, net);
	live_close(&l);
	if (failed && a.force && !err_errno()) {
		err_clear();
		return 0;
	}
	if (failed) {
		fail_in("network disconnect");
		return cli_fail();
	}
	return 0;
}
