/* cli/cgroup_show.c - `cinit cgroup ls` and `get`: what there is. Only reads.
 *
 * The process that the user started runs this. Names below a container's cgroup may be the
 * container's own choice, and so may every byte of them. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/cg.h"
#include "lib/err.h"

/* ---- ls ---- */

enum { PIDS_SHOWN = 16 };

struct ls_args {
	const char *format;
};

const struct opt cg_ls_opts[] = {
	CLI_FORMAT_ROW(struct ls_args, format),
	{ 0 },
};

struct ls {
	struct pool *pool;
	bool json;
	int n;
};

static void put_words(const char *words, const char *quote, const char *between)
{
	for (int i = 0; *words; i++) {
		size_t n = strcspn(words, " \n");

		printf("%s%s%.*s%s", i ? between : "", quote, (int)n, words, quote);
		words += n;
		words += strspn(words, " \n");
	}
}

static void print_json(struct ls *ls, const struct cg *c, const char *procs, const char *controllers)
{
	printf("%s{\"container\":", ls->n ? "," : "[");
	cli_put_json(stdout, c->name);
	fputs(",\"path\":", stdout);
	cli_put_json(stdout, c->sub);
	fputs(",\"dir\":", stdout);
	char *dir = pool_printf(ls->pool, "%s%s%s", c->root, *c->sub ? "/" : "", c->sub);
	cli_put_json(stdout, dir);
	fputs(",\"pids\":[", stdout);
	put_words(procs, "", ",");
	fputs("],\"controllers\":[", stdout);
	put_words(controllers, "\"", ",");
	fputs("]}", stdout);
}

static unsigned count(const char *procs)
{
	unsigned n = 0;

	for (; *procs; n++) {
		procs += strcspn(procs, "\n");
		procs += *procs == '\n';
	}
	return n;
}

static void print_text(const struct cg *c, int depth, const char *procs, const char *controllers)
{
	const char *slash = strrchr(c->sub, '/');
	const unsigned n = count(procs);
	int width = printf("%*s", 2 * depth, "");

	for (const char *s = !*c->sub             ? c->name :
			     depth == 0 || !slash ? c->sub :
						    slash + 1;
	     *s; s++, width++)
		putchar(iscntrl((unsigned char)*s) ? '?' : *s);
	printf("%*s [%s] ", width < 24 ? 24 - width : 0, "", controllers);
	for (unsigned i = 0; i < n && i < PIDS_SHOWN; i++) {
		size_t len = strcspn(procs, "\n");

		printf(" %.*s", (int)len, procs);
		procs += len + (procs[len] == '\n');
	}
	if (n > PIDS_SHOWN)
		printf(" ... (%u)", n);
	putchar('\n');
}

static int ls_one(void *ctx, const struct cg *c, int depth)
{
	struct ls *ls = ctx;
	const char *procs = cg_read(ls->pool, c->fd, "cgroup.procs");
	const char *controllers = cg_read(ls->pool, c->fd, "cgroup.controllers");

	/* Kernel: a threaded cgroup does not say whose threads it has (EOPNOTSUPP). */
	if (ls->json)
		print_json(ls, c, procs ? procs : "", controllers ? controllers : "");
	else
		print_text(c, depth, procs ? procs : "", controllers ? controllers : "");
	ls->n++;
	return 0;
}

int cg_ls(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct ls ls = { .pool = &pool };
	struct ls_args a = { 0 };
	struct cg c;
	int first, code, failed;

	if (cli_parse("cgroup ls", &a, argc, argv, &first, &code) < 0)
		return code;
	int json = cli_format_is_json("cgroup ls", a.format);
	if (json < 0)
		return cli_fail();
	ls.json = json;
	if (argc - first > 1) {
		fail_plain("cgroup ls: one container is wanted, or none");
		return cli_fail();
	}
	if (first < argc) {
		failed = cg_open(argv[first], &c);
		if (!failed) {
			failed = cg_walk(&pool, &c, 0, ls_one, &ls);
			cg_close(&c);
		}
	} else {
		failed = cg_walk_all(&pool, ls_one, &ls);
	}
	if (failed) {
		fail_in("cgroup ls");
		code = cli_fail();
	} else {
		code = 0;
		if (json)
			puts(ls.n ? "]" : "[]");
	}
	pool_release(&pool);
	return code;
}

/* ---- get ---- */

struct get_args {
	bool values;
};

const struct opt cg_get_opts[] = {
	{ .name = "values",
	  .letter = 'n',
	  .kind = OPT_FLAG,
	  .help = "without FILE= in front",
	  .offset = offsetof(struct get_args, values) },
	{ 0 },
};

/* One line for each line of the file: what `set` takes, one for each word of its own. */
static void print_value(const char *file, const char *value, bool alone)
{
	do {
		size_t n = strcspn(value, "\n");

		printf("%s%s%.*s\n", alone ? "" : file, alone ? "" : "=", (int)n, value);
		value += n;
	} while (*value++);
}

static int get_all(struct pool *pool, int c, bool alone)
{
	struct cg_file *files;
	size_t n;

	if (cg_files(pool, c, &files, &n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *value = files[i].readable ? cg_read(pool, c, files[i].name) : NULL;

		if (value && *value)
			print_value(files[i].name, value, alone);
	}
	return 0;
}

static int get_named(struct pool *pool, int c, char **files, int n, bool alone)
{
	for (int i = 0; i < n; i++) {
		const char *value = cg_read(pool, c, files[i]);

		if (!value && errno == ENOENT)
			return fail_plain("%s is not there: is its controller on?", files[i]);
		if (!value)
			return fail("read %s", files[i]);
		print_value(files[i], value, alone);
	}
	return 0;
}

int cg_get(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct get_args a = { 0 };
	struct cg c;
	int first, code, failed = 0;

	if (cli_parse("cgroup get", &a, argc, argv, &first, &code) < 0)
		return code;
	if (first == argc) {
		fail_plain("cgroup get: a container is wanted, and perhaps files");
		return cli_fail();
	}
	for (int i = first + 1; i < argc && !failed; i++)
		failed = cg_check_file(argv[i]);
	if (failed || cg_open(argv[first], &c) < 0) {
		fail_in("cgroup get");
		return cli_fail();
	}
	if (first + 1 < argc)
		failed = get_named(&pool, c.fd, argv + first + 1, argc - first - 1, a.values);
	else
		failed = get_all(&pool, c.fd, a.values);
	cg_close(&c);
	pool_release(&pool);
	if (failed) {
		fail_in("cgroup get: %s", argv[first]);
		return cli_fail();
	}
	return 0;
}
