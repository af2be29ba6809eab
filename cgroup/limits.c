/* cgroup/limits.c - what is wanted of a cgroup, as lines for its files. Pure.
 *
 * Docker's options and units come in (struct cgroup_limits), the files of cgroup v2 come
 * out. Kernel: Documentation/admin-guide/cgroup-v2.rst; how docker's values of v1 are meant
 * in v2 is what runc and crun do, except for cpu-shares, see there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "lib/err.h"

enum { PERIOD_US = 100000 }; /* the kernel's own */

struct list {
	struct pool *pool;
	struct cgroup_row *row;
	size_t n;
};

static struct cgroup_row *add(struct list *l, const char *controller, const char *file,
			      const char *value, const char *arg)
{
	const struct cgroup_row row = {
		.controller = controller, .file = file, .value = value, .arg = arg
	};

	POOL_PUSH(l->pool, l->row, l->n, row);
	return &l->row[l->n - 1];
}

static const char *number(struct list *l, int64_t n)
{
	return n < 0 ? "max" : pool_printf(l->pool, "%" PRId64, n);
}

/* Swap is limited by itself in v2; docker's figure is both together, and twice the memory
 * unless it is said. */
static void memory_rows(struct list *l, const struct cgroup_limits *w)
{
	if (w->memory_swap) {
		int64_t swap = w->memory_swap < 0 ? -1 : w->memory_swap - w->memory;

		add(l, "memory", "memory.swap.max", number(l, swap), "--memory-swap");
	} else if (w->memory) {
		add(l, "memory", "memory.swap.max", number(l, w->memory), "--memory")
			->optional = true; /* kernels without swap have no such file */
	}
	if (w->memory_min)
		add(l, "memory", "memory.min", number(l, w->memory_min), "--memory-min");
	if (w->memory_low)
		add(l, "memory", "memory.low", number(l, w->memory_low), "--memory-reservation");
	if (w->memory_high)
		add(l, "memory", "memory.high", number(l, w->memory_high), "--memory-high");
	if (w->memory)
		add(l, "memory", "memory.max", number(l, w->memory), "--memory");
	if (w->oom_group)
		add(l, "memory", "memory.oom.group", "1", "--oom-group");
}

/* docker's shares, 2 to 262144 and 1024 by default, as a weight of 1 to 10000 and 100 by
 * default. In two straight lines, so that the defaults are the same; one line alone, as
 * runc has drawn it, makes 39 of 1024. */
static uint64_t weight_of(uint32_t shares)
{
	if (shares <= 2)
		return 1;
	if (shares <= 1024)
		return 1 + (uint64_t)(shares - 2) * 99 / 1022;
	if (shares >= 262144)
		return 10000;
	return 100 + (uint64_t)(shares - 1024) * 9900 / (262144 - 1024);
}

static void cpu_rows(struct list *l, const struct cgroup_limits *w)
{
	if (w->cpu_idle)
		add(l, "cpu", "cpu.idle", "1", "--cpu-idle");
	else if (w->cpu_shares)
		add(l, "cpu", "cpu.weight", number(l, (int64_t)weight_of(w->cpu_shares)),
		    "--cpu-shares");
	if (w->nano_cpus || w->cpu_quota_us || w->cpu_period_us) {
		uint64_t period = w->cpu_period_us ? w->cpu_period_us : PERIOD_US;
		uint64_t quota = w->nano_cpus ? w->nano_cpus / (1000000000 / PERIOD_US) :
						w->cpu_quota_us;
		const char *text = quota && quota != UINT64_MAX ?
					   pool_printf(l->pool, "%" PRIu64 " %" PRIu64, quota,
						       period) :
					   pool_printf(l->pool, "max %" PRIu64, period);

		add(l, "cpu", "cpu.max", text,
		    w->nano_cpus    ? "--cpus" :
		    w->cpu_quota_us ? "--cpu-quota" :
				      "--cpu-period");
	}
	/* Kernel: at most the quota, so it comes behind. */
	if (w->cpu_burst_us)
		add(l, "cpu", "cpu.max.burst", number(l, (int64_t)w->cpu_burst_us), "--cpu-burst");
	if (w->cpus)
		add(l, "cpuset", "cpuset.cpus", w->cpus, "--cpuset-cpus");
	if (w->mems)
		add(l, "cpuset", "cpuset.mems", w->mems, "--cpuset-mems");
}

static void io_rows(struct list *l, const struct cgroup_limits *w)
{
	/* docker's 10 to 1000, io.weight's 1 to 10000; both have their default in 100. */
	if (w->io_weight)
		add(l, "io", "io.weight",
		    pool_printf(l->pool, "default %u",
				w->io_weight <= 100 ? 1 + (w->io_weight - 10) * 99 / 90 :
						      100 + (w->io_weight - 100) * 11),
		    "--blkio-weight");
	for (size_t i = 0; i < w->nio; i++)
		add(l, "io", "io.max", pool_printf(l->pool, "%s %s", w->io[i].key, w->io[i].value),
		    w->io[i].arg);
}

/* "memory" of "memory.max". */
static const char *controller_of(struct pool *pool, const char *file)
{
	return pool_strndup(pool, file, strcspn(file, "."));
}

static void other_rows(struct list *l, const struct cgroup_limits *w)
{
	for (size_t i = 0; i < w->nhugetlb; i++)
		add(l, "hugetlb", pool_printf(l->pool, "hugetlb.%s.max", w->hugetlb[i].key),
		    w->hugetlb[i].value, w->hugetlb[i].arg);
	for (size_t i = 0; i < w->nrdma; i++)
		add(l, "rdma", "rdma.max",
		    pool_printf(l->pool, "%s %s", w->rdma[i].key, w->rdma[i].value),
		    w->rdma[i].arg);
	for (size_t i = 0; i < w->nmisc; i++)
		add(l, "misc", "misc.max",
		    pool_printf(l->pool, "%s %s", w->misc[i].key, w->misc[i].value),
		    w->misc[i].arg);
	for (size_t i = 0; i < w->nconf; i++)
		add(l, controller_of(l->pool, w->conf[i].key), w->conf[i].key, w->conf[i].value,
		    w->conf[i].arg);
}

size_t cgroup_limits_rows(struct pool *pool, const struct cgroup_limits *w, struct cgroup_row **out)
{
	struct list l = { .pool = pool };

	memory_rows(&l, w);
	cpu_rows(&l, w);
	if (w->pids)
		add(&l, "pids", "pids.max", number(&l, w->pids), "--pids-limit")
			->optional = w->pids_default;
	io_rows(&l, w);
	other_rows(&l, w);
	*out = l.row;
	return l.n;
}

bool cgroup_limits_asked(const struct cgroup_limits *w)
{
	return w->memory || w->memory_swap || w->memory_low || w->memory_min || w->memory_high ||
	       w->oom_group || w->nano_cpus || w->cpu_quota_us || w->cpu_period_us ||
	       w->cpu_burst_us || w->cpu_shares || w->cpu_idle || w->cpus || w->mems ||
	       (w->pids && !w->pids_default) || w->io_weight || w->nio || w->nhugetlb || w->nrdma ||
	       w->nmisc || w->nconf;
}

int cgroup_limits_check(const struct cgroup_limits *w)
{
	if (w->memory_swap > 0 && !w->memory)
		return fail_plain(
			"--memory-swap: without --memory there is nothing that it adds to");
	if (w->memory_swap > 0 && w->memory_swap < w->memory)
		return fail_plain("--memory-swap: it is memory and swap together, so at least "
				  "--memory");
	if (w->memory && w->memory_low > w->memory)
		return fail_plain("--memory-reservation: more than --memory");
	if (w->memory && w->memory_min > w->memory)
		return fail_plain("--memory-min: more than --memory");
	if (w->memory && w->memory_high > w->memory)
		return fail_plain("--memory-high: more than --memory");
	if (w->nano_cpus && (w->cpu_quota_us || w->cpu_period_us))
		return fail_plain(
			"--cpus: it sets what --cpu-quota and --cpu-period set; one of them "
			"is enough");
	if (w->cpu_burst_us && !w->nano_cpus && !w->cpu_quota_us)
		return fail_plain("--cpu-burst: without --cpus or --cpu-quota there is nothing to "
				  "exceed");
	if (w->cpu_idle && w->cpu_shares)
		return fail_plain("--cpu-idle: it has no shares; leave --cpu-shares out");
	return 0;
}
