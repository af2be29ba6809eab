/* cli/update.c - `cinit update`: other limits for a container that runs.
 *
 * The process that the user started runs this. Limits of its cgroup are written here, by
 * whoever owns it; the network's are the helper's to change: runtime/live.c. All values are
 * read and judged before the first is written, and of the cgroup's either all hold
 * afterwards or none. */
#include <stddef.h>
#include <stdlib.h>

#include "cli/cg.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/ctl.h"

struct update_args {
	struct net_rate rate; /* all bits set: not said */
	bool net_asked;
	struct cgroup_limits limits;
	struct pool *pool;
};

static int read_rate(void *ctx, const char *value)
{
	struct update_args *a = ctx;

	a->net_asked = true;
	return run_rate_parse(value, &a->rate);
}

static int read_burst(void *ctx, const char *value)
{
	struct update_args *a = ctx;

	a->net_asked = true;
	return run_burst_parse(value, &a->rate.burst);
}

#define READER(kind, reader, name, letter, what, ...)                                              \
	static int read_##reader(void *ctx, const char *value)                                     \
	{                                                                                          \
		struct update_args *a = ctx;                                                       \
		return run_limit_parse(a->pool, &a->limits, what, value);                          \
	}
RUN_LIMITS(READER)

#define ROW(row, reader, long_name, ch, what, value, words, kinds)                                 \
	{ .name = long_name,                                                                       \
	  .letter = ch,                                                                            \
	  .kind = row,                                                                             \
	  .read = read_##reader,                                                                   \
	  .arg = value,                                                                            \
	  .help = words,                                                                           \
	  .complete = kinds },

const struct opt cli_update_opts[] = {
	RUN_LIMITS(ROW){ .name = "net-rate",
			 .kind = OPT_CALL,
			 .read = read_rate,
			 .arg = "RATE[,up=,down=]",
			 .help = "limit each interface, like 10mbit; 0: no limit" },
	{ .name = "net-burst",
	  .kind = OPT_CALL,
	  .read = read_burst,
	  .arg = "SIZE",
	  .help = "what may pass at once above that rate" },
	{ .kind = OPT_LATER, .complete = "restart" },
	{ 0 },
};

/* docker's swap is memory and swap together: what is not said is what holds now. */
static void fill_memory(int dir, struct cgroup_limits *l)
{
	char text[32];
	ssize_t n;

	if (l->memory_swap <= 0 || l->memory)
		return;
	n = fd_read_file(dir, "memory.max", text, sizeof(text) - 1);
	if (n > 0)
		l->memory = atoll(text);
}

static int update_cgroup(struct update_args *a, const char *who)
{
	struct cgroup_row *rows;
	struct cg c;
	size_t n;
	int failed;

	if (!cgroup_limits_asked(&a->limits))
		return 0;
	if (cg_open_container(who, &c) < 0)
		return -1;
	fill_memory(c.fd, &a->limits);
	failed = cgroup_limits_check(&a->limits);
	if (!failed) {
		n = cgroup_limits_rows(a->pool, &a->limits, &rows);
		failed = cgroup_write(c.fd, rows, n) < 0 ? fail_in("%s", who) : 0;
	}
	cg_close(&c);
	return failed;
}

static int update_network(const struct update_args *a, const char *who)
{
	struct live l;
	int failed;

	if (!a->net_asked)
		return 0;
	if (live_open(&l, who) < 0)
		return -1;
	failed = live_rate(&l, &a->rate);
	live_close(&l);
	return failed;
}

static int update(struct update_args *a, const char *who)
{
	return update_cgroup(a, who) < 0 || update_network(a, who) < 0 ? fail_in("update") : 0;
}

int cli_update(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct update_args a = { .rate = { ~0ull, ~0ull, ~0u, 0 }, .pool = &pool };
	int first, code;

	if (cli_parse("update", &a, argc, argv, &first, &code) < 0) {
		pool_release(&pool);
		return code;
	}
	if (argc - first != 1)
		code = fail_plain("update: one container is wanted");
	else if (!a.net_asked && !cgroup_limits_asked(&a.limits))
		code = fail_plain(
			"update: nothing to change; `cinit help update` lists what can be");
	else
		code = update(&a, argv[first]);
	pool_release(&pool);
	return code < 0 ? cli_fail() : 0;
}
