/* cli/cgroup_snapshot.c - `cinit cgroup snapshot`: settings that somebody has made, as the
 * commands that would make them again. Only reads.
 *
 * The process that the user started runs this. One command for each cgroup, those above
 * first: what is below has a controller's files only when they have switched it on. */
#include <stdio.h>
#include <string.h>

#include "cli/cg.h"
#include "lib/err.h"
#include "lib/num.h"

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Is VALUE, one line of FILE, what the kernel gives to a new cgroup? */
static bool is_default(const char *file, const char *value)
{
	static const char *const known[][2] = {
		{ "cgroup.freeze", "0" },
		{ "cgroup.pressure", "1" },
		{ "cpu.idle", "0" },
		{ "cpu.max", "max 100000" },
		{ "cpu.max.burst", "0" },
		{ "cpu.uclamp.min", "0.00" },
		{ "cpu.weight", "100" },
		{ "cpuset.cpus.partition", "member" },
		{ "io.bfq.weight", "default 100" },
		{ "io.weight", "default 100" },
		{ "memory.oom.group", "0" },
		{ "memory.zswap.writeback", "1" },
		{ "cgroup.max.depth", "max" },
		{ "cgroup.max.descendants", "max" },
	};

	uint64_t n;

	if (!*value)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(file, known[i][0]) == 0)
			return strcmp(value, known[i][1]) == 0;
	if (ends_with(file, ".min") || ends_with(file, ".low"))
		return strcmp(value, "0") == 0;
	/* Also "RESOURCE max" of misc.max. Kernel: hugetlb's files show the largest number of
	 * whole pages instead of the word. */
	if (ends_with(file, ".max") || ends_with(file, ".high"))
		return ends_with(value, "max") || (num_u64(value, &n) == 0 && n >= 1ull << 62);
	return false;
}

/* S as one word of a shell. */
static void put_shell(const char *s)
{
	if (*s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "._-+=:,/@%")]) {
		fputs(s, stdout);
		return;
	}
	putchar('\'');
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	putchar('\'');
}

struct snapshot {
	struct pool *pool;
	const struct cg *of;
	int said; /* settings of this cgroup so far */
};

static void put_setting(struct snapshot *s, const char *file, const char *value)
{
	if (!s->said++) {
		fputs("cinit cgroup set ", stdout);
		put_shell(pool_printf(s->pool, "%s%s%s", s->of->name, *s->of->sub ? "/" : "",
				      s->of->sub));
	}
	putchar(' ');
	put_shell(pool_printf(s->pool, "%s=%s", file, value));
}

static void put_file(struct snapshot *s, const char *file)
{
	char *line = cg_read(s->pool, s->of->fd, file);

	while (line && *line) {
		char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;

		*end = '\0';
		if (strcmp(file, "cgroup.subtree_control") == 0) {
			/* It reads "cpu memory" and is written "+cpu +memory". */
			char *value = pool_strdup(s->pool, ""), *rest = line, *w;

			while ((w = strsep(&rest, " ")))
				value = pool_printf(s->pool, "%s%s+%s", value, *value ? " " : "", w);
			line = value;
		}
		if (!is_default(file, line))
			put_setting(s, file, line);
		line = next;
	}
}

static int snapshot_one(void *ctx, const struct cg *c, int depth)
{
	struct snapshot *s = ctx;
	struct cg_file *files;
	size_t n;

	(void)depth;
	if (*c->sub && cg_check_sub(c->sub) < 0) {
		note("cgroup snapshot: left out below %s: %s", c->name, err_text());
		err_clear();
		return 0;
	}
	if (cg_files(s->pool, c->fd, &files, &n) < 0)
		return -1;
	s->of = c;
	s->said = 0;
	for (size_t i = 0; i < n; i++)
		/* cpu.weight.nice is cpu.weight in other words. */
		if (files[i].readable && files[i].writable && !cg_is_no_setting(files[i].name) &&
		    !cg_is_deed(files[i].name) && strcmp(files[i].name, "cpu.weight.nice") != 0 &&
		    strcmp(files[i].name, "cgroup.freeze") != 0)
			put_file(s, files[i].name);
	/* Last: who is frozen has all the rest. */
	put_file(s, "cgroup.freeze");
	if (s->said)
		putchar('\n');
	return 0;
}

int cg_snapshot(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct snapshot s = { .pool = &pool };
	struct cg c;
	int first, code, failed;

	if (cli_parse("cgroup snapshot", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first > 1) {
		fail_plain("cgroup snapshot: one container is wanted, or none");
		return cli_fail();
	}
	if (first < argc) {
		failed = cg_open(argv[first], &c);
		if (!failed) {
			failed = cg_walk(&pool, &c, 0, snapshot_one, &s);
			cg_close(&c);
		}
	} else {
		failed = cg_walk_all(&pool, snapshot_one, &s);
	}
	pool_release(&pool);
	if (failed) {
		fail_in("cgroup snapshot");
		return cli_fail();
	}
	return 0;
}
