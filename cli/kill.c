/* cli/kill.c - `cinit kill` and `cinit stop`: a signal for a container, and its end.
 *
 * The process that the user started runs this. It holds a container's init and monitor by
 * pidfds, so that no signal reaches a process that was given their number since. `kill`
 * sends init one signal, which passes it on; with --all whatever is in the container dies
 * at once. `stop` asks all of them to end, as each was told when it was started, waits, and
 * then does as `kill --all`. It returns when the monitors have ended: nothing is left then,
 * and the names are free. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include <yyjson.h>

#include "cli/cg.h"
#include "cli/run.h"
#include "cli/top.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime.h"

enum {
	STOP_S = 10,      /* docker's patience */
	AFTER_MS = 10000, /* a dead container's monitor has no more to do than clear up */
	SOME = 256,       /* at a time: three descriptors each */
};

struct kill_args {
	int signal;
	bool all;
};

struct stop_args {
	int64_t timeout; /* seconds; -1: as it was started */
};

static int read_signal(void *ctx, const char *value)
{
	struct kill_args *a = ctx;

	return run_signal_parse(value, &a->signal);
}

static int read_time(void *ctx, const char *value)
{
	struct stop_args *a = ctx;
	uint32_t seconds;

	if (run_seconds_parse(value, &seconds) < 0)
		return -1;
	a->timeout = seconds;
	return 0;
}

const struct opt cli_kill_opts[] = {
	{ .name = "signal",
	  .letter = 's',
	  .kind = OPT_CALL,
	  .read = read_signal,
	  .arg = "SIGNAL",
	  .help = "another than KILL",
	  .complete = "signal" },
	{ .name = "all",
	  .letter = 'a',
	  .kind = OPT_FLAG,
	  .offset = offsetof(struct kill_args, all),
	  .help = "kill all of its processes at once" },
	{ 0 },
};

const struct opt cli_stop_opts[] = {
	{ .name = "time",
	  .letter = 't',
	  .kind = OPT_CALL,
	  .read = read_time,
	  .arg = "SECONDS",
	  .help = "KILL after that, not after --stop-timeout or 10" },
	{ 0 },
};

/* ---- a container ---- */

struct target {
	const char *who;   /* as it was typed; NULL: it is done with */
	int init, monitor; /* owned, pidfds; -1 */
	int cgroup;        /* owned; -1: it has none */
	int stop_signal;
	int64_t stop_timeout; /* seconds */
	bool found;
};

static void target_close(struct target *t)
{
	fd_close(&t->init);
	fd_close(&t->monitor);
	fd_close(&t->cgroup);
}

static pid_t parent_of(pid_t pid)
{
	char path[40], text[1024];
	struct top_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) > 0 &&
			       top_stat(text, &stat) == 0 ?
		       stat.parent :
		       -1;
}

static int64_t number(yyjson_val *record, const char *key, int64_t unless)
{
	yyjson_val *v = yyjson_obj_get(record, key);

	return yyjson_is_int(v) ? yyjson_get_sint(v) : unless;
}

static int pick(void *ctx, const char *name, yyjson_val *record)
{
	struct target *t = ctx;
	struct cg c = { .fd = -1 };
	pid_t init = (pid_t)number(record, "pid", 0), monitor = (pid_t)number(record, "monitor", 0);

	t->stop_signal = (int)number(record, "stop_signal", SIGTERM);
	t->stop_timeout = number(record, "stop_timeout", STOP_S);
	t->monitor = sys_pidfd_open(monitor, 0);
	t->init = sys_pidfd_open(init, 0);
	/* The monitor's child can be no other: it has one, and reaps that at its end. */
	t->found = t->monitor >= 0 && t->init >= 0 && parent_of(init) == monitor;
	/* A cgroup that is gone is no reason to leave processes alone. */
	if (t->found && cg_open_record(name, record, &c) < 0)
		err_clear();
	t->cgroup = c.fd;
	return 0;
}

static int target_open(struct target *t, const char *who)
{
	*t = (struct target){ .who = who, .init = -1, .monitor = -1, .cgroup = -1 };
	if (record_with(who, pick, t) < 0)
		return fail_in("%s", who);
	return t->found ? 0 : fail_plain("%s: this container has just ended", who);
}

static int send(const struct target *t, int sig)
{
	if (sys_pidfd_send_signal(t->init, sig, NULL) < 0 && errno != ESRCH)
		return fail("%s: send signal %d", t->who, sig);
	return 0;
}

/* Everything in it: by its cgroup, and by its process namespace, which ends with init. With
 * the host's processes (--pid host) only the cgroup has all, so a refusal is told, and init
 * dies all the same. */
static int kill_all(const struct target *t)
{
	/* Kernel: of a cgroup that is removed nothing can be opened (ENOENT), or written
	 * (ENODEV): its container has just ended. */
	if (t->cgroup >= 0 && cgroup_kill(t->cgroup) < 0 && err_errno() != ENOENT &&
	    err_errno() != ENODEV) {
		sys_pidfd_send_signal(t->init, SIGKILL, NULL);
		return fail_in("%s", t->who);
	}
	err_clear();
	return send(t, SIGKILL);
}

/* ---- all that were named ---- */

/* What a command does to the containers that were named, each whatever becomes of the
 * others: act() has those that are there, and marks where it failed. */
struct deed {
	const char *command;
	void (*act)(struct deed *d, struct target *t, size_t n);
	const void *args;
	int code;
};

static void target_failed(struct deed *d, struct target *t)
{
	fail_in("%s", d->command);
	d->code = cli_fail();
	t->who = NULL;
}

static void deed_some(struct deed *d, struct target *t, char **argv, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (target_open(&t[i], argv[i]) < 0)
			target_failed(d, &t[i]);
	d->act(d, t, n);
	for (size_t i = 0; i < n; i++) {
		if (t[i].who)
			printf("%s\n", t[i].who);
		target_close(&t[i]);
	}
}

static int deed_do(struct deed *d, int argc, char **argv, int first)
{
	struct pool pool = POOL_INIT;

	if (first == argc) {
		fail_plain("%s: containers are wanted, by name or id", d->command);
		return cli_fail();
	}
	struct target *t = pool_alloc(&pool, SOME * sizeof(*t));
	for (; first < argc; first += SOME)
		deed_some(d, t, argv + first, (size_t)(argc - first < SOME ? argc - first : SOME));
	pool_release(&pool);
	return d->code;
}

static void act_kill(struct deed *d, struct target *t, size_t n)
{
	const struct kill_args *a = d->args;

	for (size_t i = 0; i < n; i++)
		if (t[i].who && (a->all ? kill_all(&t[i]) : send(&t[i], a->signal)) < 0)
			target_failed(d, &t[i]);
}

int cli_kill(int argc, char **argv)
{
	struct kill_args a = { .signal = SIGKILL };
	struct deed d = { .command = "kill", .act = act_kill, .args = &a };
	int first, code;

	if (cli_parse("kill", &a, argc, argv, &first, &code) < 0)
		return code;
	if (a.all && a.signal != SIGKILL) {
		fail_plain("kill: --all goes with KILL alone; other signals are init's to pass on");
		return cli_fail();
	}
	return deed_do(&d, argc, argv, first);
}

/* Has the process of PIDFD ended by END? Waits until then. */
static bool has_ended(int pidfd, int64_t end)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t left;

	do {
		left = end - clock_ms();
		left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
		if (poll(&p, 1, (int)left) > 0)
			return true;
	} while (left > 0);
	return false;
}

static void act_stop(struct deed *d, struct target *t, size_t n)
{
	const struct stop_args *a = d->args;
	const int64_t start = clock_ms();

	for (size_t i = 0; i < n; i++) {
		if (!t[i].who)
			continue;
		if (send(&t[i], t[i].stop_signal) < 0)
			target_failed(d, &t[i]);
		/* Paused, it could not end. Nobody waits here for the thawing. */
		else if (t[i].cgroup >= 0 && cgroup_freeze(t[i].cgroup, false, 0) < 0)
			err_clear();
	}
	for (size_t i = 0; i < n; i++)
		if (t[i].who &&
		    !has_ended(t[i].init,
			       start + 1000 * (a->timeout < 0 ? t[i].stop_timeout : a->timeout)) &&
		    kill_all(&t[i]) < 0)
			target_failed(d, &t[i]);
	for (size_t i = 0; i < n; i++)
		if (t[i].who && !has_ended(t[i].monitor, clock_ms() + AFTER_MS)) {
			fail_plain("%s: its monitor has not ended", t[i].who);
			target_failed(d, &t[i]);
		}
}

int cli_stop(int argc, char **argv)
{
	struct stop_args a = { .timeout = -1 };
	struct deed d = { .command = "stop", .act = act_stop, .args = &a };
	int first, code;

	if (cli_parse("stop", &a, argc, argv, &first, &code) < 0)
		return code;
	return deed_do(&d, argc, argv, first);
}
