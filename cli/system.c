/* cli/system.c - `cinit system`: what cinit keeps on this machine.
 *
 * The process that the user started runs this. `gc` looks for what a collector would have
 * to collect. There should be nothing: interfaces, rules and ports end with what they
 * belong to, and records of dead containers are removed by the next start. */
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/cli.h"
#include "lib/err.h"
#include "net.h"
#include "runtime.h"

struct gc_args {
	const char *format;
};

static const struct opt gc_opts[] = {
	CLI_FORMAT_ROW(struct gc_args, format),
	{ 0 },
};

static int system_gc(int argc, char **argv);

const struct command cli_system_commands[] = {
	{ .name = "gc",
	  .path = "system gc",
	  .also = "prune",
	  .usage = "[OPTIONS]",
	  .summary = "Look for what dead containers have left, and remove it",
	  .rows = gc_opts,
	  .run = system_gc },
	{ 0 },
};

/* ---- interfaces that belong to no container ---- */

enum { LEFT_MAX = 1024 };

struct left {
	char name[LEFT_MAX][IF_NAMESIZE];
	size_t n;
};

static void find_interfaces(struct left *left)
{
	struct if_nameindex *all = if_nameindex();
	char begin[NET_IFNAME_MAX];

	net_slot_prefix(begin, NET_LINKS, getuid());
	size_t n = strlen(begin);
	left->n = 0;
	for (struct if_nameindex *i = all; i && i->if_index && left->n < LEFT_MAX; i++)
		if (strncmp(i->if_name, begin, n) == 0)
			snprintf(left->name[left->n++], IF_NAMESIZE, "%s", i->if_name);
	if_freenameindex(all);
}

/* Strike out those that a running container has. */
static int strike(void *ctx, const char *name, yyjson_val *record)
{
	struct left *left = ctx;
	yyjson_val *net;
	size_t i, max;

	(void)name;
	yyjson_arr_foreach(yyjson_obj_get(record, "networks"), i, max, net)
	{
		const char *host = yyjson_get_str(yyjson_obj_get(net, "host_interface"));

		for (size_t k = 0; host && k < left->n; k++)
			if (strcmp(left->name[k], host) == 0)
				memcpy(left->name[k], left->name[--left->n], IF_NAMESIZE);
	}
	return 0;
}

static int system_gc(int argc, char **argv)
{
	static struct left left;
	struct gc_args a = { 0 };
	int first, code, json, records;

	if (cli_parse("system gc", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("system gc", a.format);
	if (json < 0)
		return cli_fail();
	/* Interfaces first: one that is made meanwhile has its record later. */
	find_interfaces(&left);
	records = record_collect();
	if (records < 0 || record_each(strike, &left) < 0) {
		fail_in("system gc");
		return cli_fail();
	}
	if (json) {
		printf("{\"records\":%d,\"interfaces\":[", records);
		for (size_t i = 0; i < left.n; i++)
			printf("%s\"%s\"", i ? "," : "", left.name[i]);
		puts("]}");
		return 0;
	}
	if (records)
		printf("removed %d records of dead containers\n", records);
	for (size_t i = 0; i < left.n; i++)
		printf("interface %s belongs to no container in this run directory\n", left.name[i]);
	if (!records && !left.n)
		puts("nothing to collect");
	return 0;
}
