/* tests/unit/cgroup_limits.c - cgroup/limits.c, cgroup/home.c and cli/run_limits.c:
 * limits as the files of cgroup v2 have them, and where a container's cgroup is put. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup.h"
#include "cli/run.h"
#include "lib/err.h"
#include "tests/unit/tap.h"

static struct pool pool = POOL_INIT;

static void like(const char *got, const char *pattern, const char *claim)
{
	if (!ok(fnmatch(pattern, got, 0) == 0, "%s", claim))
		printf("# got: %s\n", got);
}

/* "memory.max=1 memory.swap.max=1?" - the ? is for what may be left out. */
static const char *text_of(const struct cgroup_limits *l)
{
	static char text[1024];
	struct cgroup_row *row;
	size_t n = cgroup_limits_rows(&pool, l, &row), at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s=%s%s", i ? " | " : "",
				       row[i].file, row[i].value, row[i].optional ? "?" : "");
	return text;
}

static const char *parsed(enum run_limit what, const char *value)
{
	struct cgroup_limits l = { 0 };

	err_clear();
	return run_limit_parse(&pool, &l, what, value) < 0 ? err_text() : text_of(&l);
}

static void rows(void)
{
	is_str(parsed(LIMIT_MEMORY, "64m"), "memory.swap.max=67108864? | memory.max=67108864",
	       "memory; as much swap, where there is any");
	is_str(parsed(LIMIT_CPUS, "0.2"), "cpu.max=20000 100000", "a fifth of a processor");
	is_str(parsed(LIMIT_CPUS, "0.001"), "0.001: at least 0.01", "too little of one");
	is_str(parsed(LIMIT_CPUS, ".5"), ".5: a number of processors is wanted, like 0.5",
	       "no digit in front");
	is_str(parsed(LIMIT_QUOTA, "-1"), "cpu.max=max 100000", "no quota");
	is_str(parsed(LIMIT_PERIOD, "50000"), "cpu.max=max 50000", "a period alone");
	is_str(parsed(LIMIT_SHARES, "2"), "cpu.weight=1", "the least share");
	is_str(parsed(LIMIT_SHARES, "1024"), "cpu.weight=100", "the default is the default");
	is_str(parsed(LIMIT_SHARES, "262144"), "cpu.weight=10000", "the greatest");
	is_str(parsed(LIMIT_PIDS, "-1"), "pids.max=max", "any number of processes");
	is_str(parsed(LIMIT_WEIGHT, "10"), "io.weight=default 1", "the least weight");
	is_str(parsed(LIMIT_WEIGHT, "100"), "io.weight=default 100", "the kernel's own");
	is_str(parsed(LIMIT_WEIGHT, "1000"), "io.weight=default 10000", "the greatest");
	is_str(parsed(LIMIT_HUGETLB, "2MB:64m"), "hugetlb.2MB.max=67108864", "huge pages");
	is_str(parsed(LIMIT_RDMA, "mlx4_0:hca_handle=2"), "rdma.max=mlx4_0 hca_handle=2", "rdma");
	is_str(parsed(LIMIT_MISC, "sev:2"), "misc.max=sev 2", "misc");
	is_str(parsed(LIMIT_CONF, "memory.high=100M"), "memory.high=100M", "anything else");
	like(parsed(LIMIT_CONF, "../x.y=1"), "../x.y: the name of a file*", "no path");
	like(parsed(LIMIT_CONF, "a.b=1\n2"), "control characters*", "one line");
	like(parsed(LIMIT_HUGETLB, "MB:1"), "MB:1: PAGESIZE:LIMIT is wanted*", "no page size");
	like(parsed(LIMIT_OOM_KILL, NULL), "cgroup v2 has no way*", "what v2 has not");
}

static const char *checked(struct cgroup_limits l)
{
	err_clear();
	return cgroup_limits_check(&l) < 0 ? err_text() : "";
}

static void together(void)
{
	const int64_t mb = 1 << 20;

	is_str(text_of(&(struct cgroup_limits){ .memory = 64 * mb, .memory_swap = 96 * mb }),
	       "memory.swap.max=33554432 | memory.max=67108864", "swap is what is above");
	is_str(text_of(&(struct cgroup_limits){ .memory = 64 * mb, .memory_swap = -1 }),
	       "memory.swap.max=max | memory.max=67108864", "all swap");
	is_str(text_of(&(struct cgroup_limits){
		       .cpu_quota_us = 5000, .cpu_period_us = 10000, .cpu_burst_us = 1000 }),
	       "cpu.max=5000 10000 | cpu.max.burst=1000", "the burst behind the quota");
	is_str(text_of(&(struct cgroup_limits){ .pids = 2048, .pids_default = true }),
	       "pids.max=2048?", "the default may be left out");
	ok(!cgroup_limits_asked(&(struct cgroup_limits){ .pids = 2048, .pids_default = true }),
	   "and nobody has asked for it");
	ok(cgroup_limits_asked(&(struct cgroup_limits){ .pids = 2048 }), "who says it, asks");
	is_str(checked((struct cgroup_limits){ .memory = mb, .memory_swap = 2 * mb }), "",
	       "they agree");
	like(checked((struct cgroup_limits){ .memory = 2 * mb, .memory_swap = mb }),
	     "--memory-swap:*", "less together than alone");
	like(checked((struct cgroup_limits){ .memory = mb, .memory_low = 2 * mb }),
	     "--memory-reservation:*", "more kept than allowed");
	like(checked((struct cgroup_limits){ .memory = mb, .memory_high = 2 * mb }),
	     "--memory-high:*", "slower above the limit");
	like(checked((struct cgroup_limits){ .cpu_burst_us = 1 }), "--cpu-burst:*",
	     "a burst of nothing");
	like(checked((struct cgroup_limits){ .cpu_idle = true, .cpu_shares = 5 }), "--cpu-idle:*",
	     "shares of what is left");
}

/* ---- a tree of plain files instead of a hierarchy ---- */

static char top[64];

static void make(const char *path, bool divisible)
{
	static const char *const files[] = { "cgroup.type", "cgroup.procs",
					     "cgroup.subtree_control" };
	char name[256];

	snprintf(name, sizeof(name), "%s%s", top, path);
	mkdir(name, 0755);
	for (size_t i = 0; divisible && i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s/%s", top, path, files[i]);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
}

static const char *home(const char *path, const char *parent, uid_t uid, bool read_only)
{
	static const char *const words[] = { "none", "root", "own", "above", "scope" };
	static char text[700];
	struct cgroup_place p = { .read_only = read_only };
	struct cgroup_home h;

	snprintf(p.mount, sizeof(p.mount), "%s", path ? top : "");
	snprintf(p.path, sizeof(p.path), "%s", path ? path : "");
	err_clear();
	if (cgroup_home_at(&p, parent, uid, false, &h) < 0)
		snprintf(text, sizeof(text), "%s", err_text());
	else
		snprintf(text, sizeof(text), "%s %s", words[h.how],
			 h.dir[0] ? h.dir + strlen(top) : "");
	return text;
}

static void homes(void)
{
	char name[128];

	snprintf(top, sizeof(top), "/tmp/cgroup-limits.XXXXXX");
	ok(mkdtemp(top) != NULL, "a directory");
	unsetenv("XDG_RUNTIME_DIR");
	make("/mine", true);
	make("/mine/leaf", true);
	make("/others", false);
	is_str(home(NULL, NULL, 1000, false), "none ", "no hierarchy");
	is_str(home("/mine", NULL, 1000, true), "none ", "a mount that is read-only");
	is_str(home("/mine", NULL, 1000, false), "own /mine", "the caller's own");
	is_str(home("/others", NULL, 1000, false), "none ", "one that is not his");
	snprintf(name, sizeof(name), "%s/mine", top);
	if (setxattr(name, "user.delegate", "1", 1, 0) == 0) {
		is_str(home("/mine/leaf", NULL, 1000, false), "above /mine",
		       "he stands in a leaf of it");
		is_str(home("/mine/x.scope", NULL, 1000, false), "none ",
		       "below a unit of the manager that it was given to");
	}
	is_str(home("/others", NULL, 0, false), "root /cinit", "root");
	is_str(home("/others", "mine", 1000, false), "own /mine", "--cgroup-parent");
	is_str(home("/others", "/a/b", 0, false), "root /a/b", "root's, made when need be");
	like(home("/others", "others", 1000, false), "*not yours to divide", "another's");
	like(home("/others", "../x", 0, false), "--cgroup-parent ../x: names*", "upwards");
	like(home("/others", "a//b", 0, false), "--cgroup-parent a//b: names*", "an empty name");
	like(home("/others", "a\nb", 0, false), "--cgroup-parent*", "a newline");
	like(home("/others", "/", 0, false), "--cgroup-parent /: a path below*", "the top itself");
	snprintf(name, sizeof(name), "rm -rf %s", top);
	ok(system(name) == 0, "nothing is left");
}

int main(void)
{
	rows();
	together();
	homes();
	pool_release(&pool);
	return done();
}
