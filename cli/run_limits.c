/* cli/run_limits.c - the options about control groups, of `run` and of `update`.
 *
 * Pure but for device numbers, which are asked of the file system. Docker's names and
 * units; what v2 has and docker has not is called as the kernel's files are.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/run.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/opt.h"

enum { MEMORY_LEAST = 512 << 10, PERIOD_LEAST = 1000, PERIOD_MOST = 1000000 };

static int read_size(const char *value, int64_t *out)
{
	uint64_t n;

	if (num_size(value, &n) < 0 || n == 0 || n > INT64_MAX)
		return fail_plain("%s: a size is wanted, like 64m or 1g", value);
	*out = (int64_t)n;
	return 0;
}

static int read_number(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	if (num_u64(value, out) < 0 || *out < least || *out > most)
		return fail_plain("%s: a number from %llu to %llu is wanted", value,
				  (unsigned long long)least, (unsigned long long)most);
	return 0;
}

static int read_memory(struct cgroup_limits *l, const char *value)
{
	if (read_size(value, &l->memory) < 0)
		return -1;
	if (l->memory < MEMORY_LEAST)
		return fail_plain("%s: nothing runs in less than %d KiB", value, MEMORY_LEAST >> 10);
	return 0;
}

static int read_swap(struct cgroup_limits *l, const char *value)
{
	if (strcmp(value, "-1") == 0) {
		l->memory_swap = -1;
		return 0;
	}
	return read_size(value, &l->memory_swap);
}

/* "0.2", at most nine digits behind the point. */
static int read_cpus(struct cgroup_limits *l, const char *value)
{
	const long there = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = 0, unit = 1000000000;
	const char *p = value;

	for (; *p >= '0' && *p <= '9' && n < 1000000; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	n *= unit;
	if (*p == '.' && p != value)
		for (p++; *p >= '0' && *p <= '9' && unit > 1; p++) {
			unit /= 10;
			n += unit * (uint64_t)(*p - '0');
		}
	if (*p || p == value)
		return fail_plain("%s: a number of processors is wanted, like 0.5", value);
	if (n < 10000000)
		return fail_plain("%s: at least 0.01", value);
	if (there > 0 && n > (uint64_t)there * 1000000000)
		return fail_plain("%s: this machine has %ld", value, there);
	l->nano_cpus = n;
	return 0;
}

static int read_quota(struct cgroup_limits *l, const char *value)
{
	if (strcmp(value, "-1") == 0) {
		l->cpu_quota_us = UINT64_MAX;
		return 0;
	}
	return read_number(value, 1000, UINT32_MAX, &l->cpu_quota_us);
}

static int read_shares(struct cgroup_limits *l, const char *value)
{
	uint64_t n;

	if (read_number(value, 2, 262144, &n) < 0)
		return -1;
	l->cpu_shares = (uint32_t)n;
	return 0;
}

static int read_list(struct pool *pool, const char *value, const char **out)
{
	if (!*value || value[strspn(value, "0123456789,-")])
		return fail_plain("%s: numbers and ranges are wanted, like 0-3,7", value);
	*out = pool_strdup(pool, value);
	return 0;
}

static int read_pids(struct cgroup_limits *l, const char *value)
{
	uint64_t n;

	l->pids_default = false;
	if (strcmp(value, "-1") == 0 || strcmp(value, "unlimited") == 0 || strcmp(value, "0") == 0) {
		l->pids = -1;
		return 0;
	}
	if (read_number(value, 1, 4194304, &n) < 0)
		return -1;
	l->pids = (int64_t)n;
	return 0;
}

static int read_weight(struct cgroup_limits *l, const char *value)
{
	uint64_t n;

	if (read_number(value, 10, 1000, &n) < 0)
		return -1;
	l->io_weight = (uint32_t)n;
	return 0;
}

/* "/dev/sda:1mb": of a disk, as what KEY of io.max says. */
static int read_device(struct pool *pool, struct cgroup_limits *l, const char *value,
		       const char *key, const char *option)
{
	const char *colon = strrchr(value, ':');
	struct cgroup_pair pair = { .arg = option };
	char *path;
	struct stat st;
	int64_t n;

	if (!colon || colon == value)
		return fail_plain("%s: PATH:RATE is wanted, like /dev/sda:1mb", value);
	path = pool_strndup(pool, value, (size_t)(colon - value));
	if (stat(path, &st) < 0)
		return fail("%s", path);
	if (!S_ISBLK(st.st_mode))
		return fail_plain("%s: this is no disk", path);
	if (read_size(colon + 1, &n) < 0)
		return -1;
	pair.key = pool_printf(pool, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	pair.value = pool_printf(pool, "%s=%lld", key, (long long)n);
	POOL_PUSH(pool, l->io, l->nio, pair);
	return 0;
}

/* "2MB:64m" */
static int read_hugetlb(struct pool *pool, struct cgroup_limits *l, const char *value)
{
	const char *colon = strchr(value, ':');
	struct cgroup_pair pair = { .arg = "--hugetlb" };
	size_t digits = strspn(value, "0123456789");
	int64_t n;

	if (!digits || !value[digits] || !strchr("KMG", value[digits]) ||
	    value[digits + 1] != 'B' || value + digits + 2 != colon)
		return fail_plain("%s: PAGESIZE:LIMIT is wanted, like 2MB:64m", value);
	if (read_size(colon + 1, &n) < 0)
		return -1;
	pair.key = pool_strndup(pool, value, (size_t)(colon - value));
	pair.value = pool_printf(pool, "%lld", (long long)n);
	POOL_PUSH(pool, l->hugetlb, l->nhugetlb, pair);
	return 0;
}

/* KEY and VALUE around the first SEP; both plain words in one line. */
static int read_pair(struct pool *pool, const char *value, char sep, const char *like,
		     const char *option, struct cgroup_pair *pair)
{
	const char *at = strchr(value, sep);

	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return fail_plain("control characters are in it");
	if (!at || at == value || !at[1])
		return fail_plain("%s: %s is wanted", value, like);
	*pair = (struct cgroup_pair){ .key = pool_strndup(pool, value, (size_t)(at - value)),
				      .value = pool_strdup(pool, at + 1),
				      .arg = option };
	return 0;
}

static int read_conf(struct pool *pool, struct cgroup_limits *l, const char *value)
{
	struct cgroup_pair pair;

	if (read_pair(pool, value, '=', "FILE=VALUE, like memory.high=100M,", "--cgroup-conf",
		      &pair) < 0)
		return -1;
	/* Processes are put there by us, and nowhere else. */
	if (!strchr(pair.key, '.') || pair.key[0] == '.' ||
	    pair.key[strspn(pair.key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-")])
		return fail_plain("%s: the name of a file of the cgroup is wanted, like memory.high",
				  pair.key);
	if (strcmp(pair.key, "cgroup.procs") == 0 || strcmp(pair.key, "cgroup.threads") == 0 ||
	    strcmp(pair.key, "cgroup.kill") == 0)
		return fail_plain("%s: this is no setting", pair.key);
	POOL_PUSH(pool, l->conf, l->nconf, pair);
	return 0;
}

static int read_oom_kill(const char *value)
{
	bool off = true;

	if (opt_bool(value, &off) < 0 || !off)
		return off ? -1 : 0;
	fail_plain("cgroup v2 has no way to switch the OOM killer off");
	err_hint("--memory-high slows the container down before --memory is reached; "
		 "--oom-group kills it as a whole");
	return -1;
}

int run_limit_parse(struct pool *pool, struct cgroup_limits *l, enum run_limit what,
		    const char *value)
{
	struct cgroup_pair pair;

	switch (what) {
	case LIMIT_MEMORY:
		return read_memory(l, value);
	case LIMIT_SWAP:
		return read_swap(l, value);
	case LIMIT_LOW:
		return read_size(value, &l->memory_low);
	case LIMIT_MIN:
		return read_size(value, &l->memory_min);
	case LIMIT_HIGH:
		return read_size(value, &l->memory_high);
	case LIMIT_OOM_GROUP:
		return opt_bool(value, &l->oom_group);
	case LIMIT_OOM_KILL:
		return read_oom_kill(value);
	case LIMIT_CPUS:
		return read_cpus(l, value);
	case LIMIT_QUOTA:
		return read_quota(l, value);
	case LIMIT_PERIOD:
		return read_number(value, PERIOD_LEAST, PERIOD_MOST, &l->cpu_period_us);
	case LIMIT_BURST:
		return read_number(value, 1, UINT32_MAX, &l->cpu_burst_us);
	case LIMIT_SHARES:
		return read_shares(l, value);
	case LIMIT_IDLE:
		return opt_bool(value, &l->cpu_idle);
	case LIMIT_SET_CPUS:
		return read_list(pool, value, &l->cpus);
	case LIMIT_SET_MEMS:
		return read_list(pool, value, &l->mems);
	case LIMIT_PIDS:
		return read_pids(l, value);
	case LIMIT_WEIGHT:
		return read_weight(l, value);
	case LIMIT_READ_BPS:
		return read_device(pool, l, value, "rbps", "--device-read-bps");
	case LIMIT_WRITE_BPS:
		return read_device(pool, l, value, "wbps", "--device-write-bps");
	case LIMIT_READ_IOPS:
		return read_device(pool, l, value, "riops", "--device-read-iops");
	case LIMIT_WRITE_IOPS:
		return read_device(pool, l, value, "wiops", "--device-write-iops");
	case LIMIT_HUGETLB:
		return read_hugetlb(pool, l, value);
	case LIMIT_RDMA:
		if (read_pair(pool, value, ':', "DEVICE:KEY=N, like mlx4_0:hca_handle=2,", "--rdma",
			      &pair) < 0)
			return -1;
		POOL_PUSH(pool, l->rdma, l->nrdma, pair);
		return 0;
	case LIMIT_MISC:
		if (read_pair(pool, value, ':', "NAME:N, like sev:2,", "--misc", &pair) < 0)
			return -1;
		POOL_PUSH(pool, l->misc, l->nmisc, pair);
		return 0;
	case LIMIT_CONF:
		return read_conf(pool, l, value);
	}
	return -1;
}

int run_read_device_rule(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct cgroup_device rule;

	if (cgroup_device_parse(value, &rule) < 0)
		return -1;
	if (a->spec.ndevice_rules == CGROUP_DEVICES_MAX)
		return fail_plain("more than %d rules", CGROUP_DEVICES_MAX);
	POOL_PUSH(a->pool, a->spec.device_rules, a->spec.ndevice_rules, rule);
	return 0;
}

#define READER(kind, reader, name, letter, what, ...)                                              \
	int run_read_##reader(void *ctx, const char *value)                                        \
	{                                                                                          \
		struct run_args *a = ctx;                                                          \
		return run_limit_parse(a->pool, &a->spec.limits, what, value);                     \
	}
RUN_LIMITS(READER)
