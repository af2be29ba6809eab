/* cli/network_show.c - `cinit network ls` and `inspect`: what there is.
 *
 * The process that the user started runs this. Definitions come from the helper, who is on
 * a network from the records of the caller's containers. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/cli.h"
#include "cli/network.h"
#include "lib/err.h"
#include "runtime.h"

/* ---- one network as JSON ---- */

static void put_address(const char *key, const struct net_addr *a, bool prefix)
{
	char text[52];

	if (a->family)
		printf(",\"%s\":\"%s\"", key, net_addr_text(text, a, prefix));
}

static void put_def(const struct net_def *def)
{
	char text[52], name[320];

	printf("\"name\":\"%s\",\"owner\":%u,\"id\":%u,\"driver\":\"%s\"", network_name(name, def),
	       def->owner, def->id,
	       def->driver < NET_DRIVERS ? network_drivers[def->driver] : "unknown");
	if (def->mode > 0 && def->mode < NET_MODES)
		printf(",\"mode\":\"%s\"", network_modes[def->mode]);
	put_address("subnet", &def->subnet4, true);
	put_address("gateway", &def->gateway4, false);
	put_address("subnet6", &def->subnet6, true);
	put_address("gateway6", &def->gateway6, false);
	if (def->parent[0]) {
		fputs(",\"parent\":", stdout);
		cli_put_json(stdout, def->parent);
	}
	if (def->mtu)
		printf(",\"mtu\":%u", def->mtu);
	if (def->driver == NET_VXLAN) {
		printf(",\"vxlan_id\":%u,\"vxlan_port\":%u,\"peers\":[", def->vxlan_id,
		       def->vxlan_port ? def->vxlan_port : 4789u);
		for (unsigned i = 0; i < def->npeers && i < NET_PEERS_MAX; i++)
			printf("%s\"%s\"", i ? "," : "", net_addr_text(text, &def->peers[i], false));
		putchar(']');
	}
	printf(",\"internal\":%s,\"isolate\":%s,\"locked\":%s",
	       def->flags & NET_F_INTERNAL ? "true" : "false",
	       def->flags & NET_F_ISOLATE ? "true" : "false",
	       def->flags & NET_F_UNLOCKED ? "false" : "true");
}

/* ---- ls ---- */

enum { LS_MAX = 4096 };

struct ls_args {
	bool quiet, no_trunc;
	const char *format;
};

struct list {
	struct net_def *def; /* owned */
	size_t n;
};

const struct opt network_ls_opts[] = {
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPT_FLAG,
	  .help = "the names alone",
	  .offset = offsetof(struct ls_args, quiet) },
	CLI_FORMAT_ROW(struct ls_args, format),
	{ .name = "no-trunc", .kind = OPT_FLAG, .offset = offsetof(struct ls_args, no_trunc) },
	{ .kind = OPT_LATER, .complete = "filter|f|n|noheading" },
	{ 0 },
};

static const char *address(char text[52], const struct net_addr *a)
{
	return a->family ? net_addr_text(text, a, true) : "-";
}

static int collect(void *ctx, const struct net_def *def)
{
	struct list *list = ctx;

	if (list->n == LS_MAX)
		return 1;
	list->def[list->n++] = *def;
	return 0;
}

/* One's own first, then by name. */
static int by_name(const void *a, const void *b)
{
	const struct net_def *x = a, *y = b;
	int mine = (y->owner == getuid()) - (x->owner == getuid());

	if (mine)
		return mine;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void show_table(const struct list *list)
{
	char ip4[52], ip6[52], name[320];

	printf("%-20s %-8s %-18s %s\n", "NAME", "DRIVER", "SUBNET", "SUBNET6");
	for (size_t i = 0; i < list->n; i++) {
		const struct net_def *def = &list->def[i];

		printf("%-20s %-8s %-18s %s\n", network_name(name, def),
		       def->driver < NET_DRIVERS ? network_drivers[def->driver] : "?",
		       address(ip4, &def->subnet4), address(ip6, &def->subnet6));
	}
}

static void show_list(const struct list *list, bool json)
{
	char name[320];

	if (json)
		putchar('[');
	for (size_t i = 0; i < list->n; i++) {
		if (!json) {
			puts(network_name(name, &list->def[i]));
			continue;
		}
		fputs(i ? ",{" : "{", stdout);
		put_def(&list->def[i]);
		putchar('}');
	}
	if (json)
		puts("]");
}

int cli_network_ls(int argc, char **argv)
{
	struct ls_args a = { 0 };
	struct list list = { 0 };
	int first, code, json;

	if (cli_parse("network ls", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("network ls", a.format);
	list.def = json < 0 ? NULL : calloc(LS_MAX, sizeof(*list.def));
	if (!list.def || network_each(collect, &list) < 0) {
		if (json >= 0)
			fail_in("network ls");
		free(list.def);
		return cli_fail();
	}
	qsort(list.def, list.n, sizeof(*list.def), by_name);
	if (json || a.quiet)
		show_list(&list, json);
	else
		show_table(&list);
	free(list.def);
	return 0;
}

/* ---- inspect ---- */

struct inspect_args {
	bool verbose; /* podman's: all is said anyway */
	const char *format;
	const struct net_def *def; /* the one in hand */
	bool json;
	size_t n;
};

const struct opt network_inspect_opts[] = {
	CLI_FORMAT_ROW(struct inspect_args, format),
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPT_FLAG,
	  .offset = offsetof(struct inspect_args, verbose) },
	{ 0 },
};

static const char *str(yyjson_val *o, const char *key)
{
	const char *s = yyjson_get_str(yyjson_obj_get(o, key));

	return s ? s : "";
}

static void show_member(struct inspect_args *a, const char *name, yyjson_val *net)
{
	static const char *const keys[] = { "ip", "ip6", "mac", "interface", "host_interface" };

	if (!a->json) {
		printf("%s%-20s %-18s %-28s %s\n", a->n++ ? "            " : "containers  ", name,
		       str(net, "ip"), str(net, "ip6"), str(net, "interface"));
		return;
	}
	fputs(a->n++ ? ",{\"name\":" : "{\"name\":", stdout);
	cli_put_json(stdout, name);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!*str(net, keys[i]))
			continue;
		printf(",\"%s\":", keys[i]);
		cli_put_json(stdout, str(net, keys[i]));
	}
	putchar('}');
}

static int show_members(void *ctx, const char *name, yyjson_val *record)
{
	struct inspect_args *a = ctx;
	yyjson_val *net;
	size_t i, max;

	yyjson_arr_foreach(yyjson_obj_get(record, "networks"), i, max,
			   net) if (yyjson_get_uint(yyjson_obj_get(net, "network_id")) ==
				    a->def->id) show_member(a, name, net);
	return 0;
}

static int is_member(void *ctx, const char *name, yyjson_val *record)
{
	const uint32_t *id = ctx;
	yyjson_val *net;
	size_t i, max;

	(void)name;
	yyjson_arr_foreach(yyjson_obj_get(record, "networks"), i, max, net)
	{
		if (yyjson_get_uint(yyjson_obj_get(net, "network_id")) == *id)
			return 1;
	}
	return 0;
}

int network_members(uint32_t id)
{
	return record_each(is_member, &id);
}

static void show_line(const char *key, const struct net_addr *a, bool prefix)
{
	char text[52];

	if (a->family)
		printf("%-11s %s\n", key, net_addr_text(text, a, prefix));
}

static void show_def(const struct net_def *def)
{
	char text[52], name[320];

	printf("%-11s %s\n", "name", network_name(name, def));
	printf("%-11s %s", "driver",
	       def->driver < NET_DRIVERS ? network_drivers[def->driver] : "unknown");
	if (def->mode > 0 && def->mode < NET_MODES)
		printf(", mode %s", network_modes[def->mode]);
	putchar('\n');
	show_line("subnet", &def->subnet4, true);
	show_line("gateway", &def->gateway4, false);
	show_line("subnet6", &def->subnet6, true);
	show_line("gateway6", &def->gateway6, false);
	if (def->parent[0])
		printf("%-11s %s\n", "parent", def->parent);
	if (def->mtu)
		printf("%-11s %u\n", "mtu", def->mtu);
	if (def->driver == NET_VXLAN)
		printf("%-11s id %u, port %u\n", "vxlan", def->vxlan_id,
		       def->vxlan_port ? def->vxlan_port : 4789u);
	for (unsigned i = 0; i < def->npeers && i < NET_PEERS_MAX; i++)
		printf("%-11s %s\n", i ? "" : "peers", net_addr_text(text, &def->peers[i], false));
	if (def->flags & (NET_F_INTERNAL | NET_F_ISOLATE | NET_F_UNLOCKED))
		printf("%-11s%s%s%s\n", "flags", def->flags & NET_F_INTERNAL ? " internal" : "",
		       def->flags & NET_F_ISOLATE ? " isolate" : "",
		       def->flags & NET_F_UNLOCKED ? " unlocked" : "");
}

struct search {
	const char *name; /* "OWNER/NAME" */
	struct net_def *def;
};

static int is_it(void *ctx, const struct net_def *def)
{
	struct search *s = ctx;
	char name[320];

	if (strcmp(network_name(name, def), s->name) != 0)
		return 0;
	*s->def = *def;
	return 1;
}

static int find(const char *name, struct net_def *def)
{
	struct search s = { name, def };
	int found;

	memset(def, 0, sizeof(*def));
	if (!strchr(name, '/'))
		return network_ask(PRIV_NETWORK_GET, name, def);
	found = network_each(is_it, &s);
	return found < 0 ? -1 : found ? 0 : fail_plain("there is no such network");
}

static int inspect(struct inspect_args *a, const struct net_def *def)
{
	a->def = def;
	a->n = 0;
	if (!a->json) {
		show_def(def);
		return record_each(show_members, a);
	}
	putchar('{');
	put_def(def);
	fputs(",\"containers\":[", stdout);
	int ret = record_each(show_members, a);
	fputs("]}", stdout);
	return ret;
}

int cli_network_inspect(int argc, char **argv)
{
	struct inspect_args a = { 0 };
	struct net_def def[64];
	int first, code, json, n = 0;

	if (cli_parse("network inspect", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("network inspect", a.format);
	if (json < 0)
		return cli_fail();
	if (first == argc || argc - first > 64) {
		fail_plain("network inspect: a network's name is wanted");
		return cli_fail();
	}
	/* First all is asked, so that an error leaves no half of an answer. */
	for (; first < argc; first++, n++) {
		if (find(argv[first], &def[n]) < 0) {
			fail_in("network inspect: %s", argv[first]);
			return cli_fail();
		}
	}
	a.json = json;
	for (int i = 0; i < n; i++) {
		if (json)
			putchar(i ? ',' : '[');
		else if (i)
			putchar('\n');
		if (inspect(&a, &def[i]) < 0) {
			fail_in("network inspect");
			return cli_fail();
		}
	}
	if (json)
		puts("]");
	return 0;
}
