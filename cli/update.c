/* cli/update.c - `cinit update`: other limits for a container that runs.
 *
 * The process that the user started runs this; runtime/live.c does it. */
#include <stddef.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "runtime/ctl.h"

struct update_args {
	struct net_rate rate; /* all bits set: not said */
	bool asked;
};

static int read_rate(void *ctx, const char *value)
{
	struct update_args *a = ctx;

	a->asked = true;
	return run_rate_parse(value, &a->rate);
}

static int read_burst(void *ctx, const char *value)
{
	struct update_args *a = ctx;

	a->asked = true;
	return run_burst_parse(value, &a->rate.burst);
}

const struct opt cli_update_opts[] = {
	{ .name = "net-rate",
	  .kind = OPT_CALL,
	  .read = read_rate,
	  .arg = "RATE[,up=,down=]",
	  .help = "limit each interface, like 10mbit; 0: no limit" },
	{ .name = "net-burst",
	  .kind = OPT_CALL,
	  .read = read_burst,
	  .arg = "SIZE",
	  .help = "what may pass at once above that rate" },
	{ .kind = OPT_LATER,
	  .complete = "m|memory|memory-swap|memory-reservation|c|cpu-shares|cpus|cpu-period|"
		      "cpu-quota|cpuset-cpus|cpuset-mems|pids-limit|blkio-weight|restart" },
	{ 0 },
};

int cli_update(int argc, char **argv)
{
	struct update_args a = { .rate = { ~0ull, ~0ull, ~0u, 0 } };
	struct live l;
	int first, code;

	if (cli_parse("update", &a, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first != 1) {
		fail_plain("update: one container is wanted");
		return cli_fail();
	}
	if (!a.asked) {
		fail_plain("update: nothing to change; --net-rate and --net-burst can be");
		return cli_fail();
	}
	if (live_open(&l, argv[first]) < 0) {
		fail_in("update");
		return cli_fail();
	}
	int failed = live_rate(&l, &a.rate);
	live_close(&l);
	if (failed) {
		fail_in("update");
		return cli_fail();
	}
	return 0;
}
