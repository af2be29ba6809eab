/* cli/cgroup_set.c - `cinit cgroup set`: settings of a cgroup, all of them or none.
 *
 * The process that the user started runs this. `set` reads all files first, then writes in
 * the order of the words. What the kernel refuses ends it, and those that have been written
 * get back what they said, the last one first. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cg.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/opt.h"

/* ---- what kinds of files there are ---- */

bool cg_is_deed(const char *file)
{
	return opt_has_word("cgroup.kill|cgroup.type|memory.reclaim|memory.peak|memory.swap.peak",
			    file);
}

bool cg_is_no_setting(const char *file)
{
	size_t n = strlen(file);

	return opt_has_word("cgroup.procs|cgroup.threads|cgroup.event_control", file) ||
	       (n > 9 && strcmp(file + n - 9, ".pressure") == 0 &&
		strcmp(file, "cgroup.pressure") != 0);
}

/* ---- set ---- */

struct change {
	const char *file, *value;
	const char *old; /* NULL: it cannot be read */
};

static int write_value(int c, const char *file, const char *value, size_t n)
{
	AUTO_FD int fd = cg_open_file(c, file, O_WRONLY);

	if (fd < 0)
		return -1;
	/* Kernel: a write of no bytes never reaches the file's function. */
	ssize_t done = n ? write(fd, value, n) : write(fd, "\n", 1);
	return done < 0 ? -1 : 0;
}

static bool has_key(const char *text, const char *line)
{
	const size_t n = strcspn(line, " \n");

	while (*text) {
		if (strncmp(text, line, n) == 0 && (text[n] == ' ' || text[n] == '\n' || !text[n]))
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

/* For each word of FROM that is not in TO: SIGN and the word, to the file. */
static void put_controllers(int c, const char *file, char sign, const char *from, const char *to)
{
	char word[64];

	while (*from) {
		size_t n = strcspn(from, " \n");

		if (n && n < sizeof(word) - 1) {
			word[0] = sign;
			memcpy(word + 1, from, n);
			word[n + 1] = '\0';
			const char *at = strstr(to, word + 1);
			while (at && ((at != to && at[-1] != ' ') || (at[n] && at[n] != ' ')))
				at = strstr(at + 1, word + 1);
			if (!at)
				write_value(c, file, word, n + 1);
		}
		from += n;
		from += *from != '\0';
	}
}

/* A row of a file like io.max whose key had none before. */
static void forget_row(int c, const struct change *ch)
{
	static const char *const rows[][2] = {
		{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
		{ "rdma.max", "hca_handle=max hca_object=max" },
		{ "io.latency", "target=max" },
		{ "io.weight", "default" },
		{ "io.bfq.weight", "default" },
	};
	char row[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(ch->file, rows[i][0]) == 0 && !has_key(ch->old, ch->value)) {
			int n = snprintf(row, sizeof(row), "%.*s %s", (int)strcspn(ch->value, " "),
					 ch->value, rows[i][1]);

			if (n > 0 && (size_t)n < sizeof(row))
				write_value(c, ch->file, row, (size_t)n);
		}
}

/* Give C's file its old value. */
static int put_back(struct pool *pool, int c, const struct change *ch)
{
	const char *line = ch->old;
	int failed = 0;

	if (strcmp(ch->file, "cgroup.subtree_control") == 0) {
		const char *now = cg_read(pool, c, ch->file);

		put_controllers(c, ch->file, '+', ch->old, now ? now : "");
		put_controllers(c, ch->file, '-', now ? now : "", ch->old);
	} else {
		forget_row(c, ch);
		do {
			size_t n = strcspn(line, "\n");

			/* A file of rows that had none needs none. */
			if ((n || line == ch->old) && write_value(c, ch->file, line, n) < 0)
				failed = *line != '\0';
			line += n;
		} while (*line++);
	}
	const char *is = cg_read(pool, c, ch->file);
	return failed || !is || strcmp(is, ch->old) != 0 ? -1 : 0;
}

static int read_old(struct pool *pool, int c, struct change *ch, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ch[i].old = cg_read(pool, c, ch[i].file);
		if (!ch[i].old && errno == ENOENT)
			return fail_plain("%s is not there: is its controller on?", ch[i].file);
		if ((!ch[i].old || cg_is_deed(ch[i].file)) && n > 1)
			return fail_plain("%s cannot be taken back, so it goes alone", ch[i].file);
	}
	return 0;
}

static int apply(struct pool *pool, int c, struct change *ch, size_t n)
{
	size_t i;

	if (read_old(pool, c, ch, n) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (write_value(c, ch[i].file, ch[i].value, strlen(ch[i].value)) < 0)
			break;
	if (i == n)
		return 0;
	fail("write \"%.64s\" to %s", ch[i].value, ch[i].file);
	while (i--)
		if (put_back(pool, c, &ch[i]) < 0)
			err_hint("%s has not got its old value back: \"%.64s\"", ch[i].file,
				 ch[i].old);
	return -1;
}

/* FILE=VALUE. -1 with fail_plain(). */
static int read_change(struct pool *pool, const char *word, struct change *out)
{
	const char *equal = strchr(word, '=');

	if (!equal)
		return fail_plain("\"%.64s\": FILE=VALUE is wanted, like memory.max=512M", word);
	out->file = pool_strndup(pool, word, (size_t)(equal - word));
	out->value = equal + 1;
	if (cg_check_file(out->file) < 0)
		return -1;
	for (const char *s = out->value; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return fail_plain("%s: a value has no control characters", out->file);
	if (strlen(out->value) >= 4096)
		return fail_plain("%s: this value is too long", out->file);
	if (strcmp(out->file, "cgroup.procs") == 0)
		return fail_plain("cgroup.procs is no setting; `cinit cgroup exec` starts a "
				  "program in a cgroup");
	if (cg_is_no_setting(out->file))
		return fail_plain("%s is no setting", out->file);
	return 0;
}

int cg_set(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct change *changes = NULL;
	struct cg c;
	size_t n = 0;
	int first, code, failed = 0;

	if (cli_parse("cgroup set", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first < 2) {
		fail_plain("cgroup set: a container and FILE=VALUE are wanted");
		return cli_fail();
	}
	for (int i = first + 1; i < argc && !failed; i++) {
		struct change ch = { 0 };

		failed = read_change(&pool, argv[i], &ch);
		POOL_PUSH(&pool, changes, n, ch);
	}
	if (failed || cg_open(argv[first], &c) < 0) {
		fail_in("cgroup set");
		return cli_fail();
	}
	failed = apply(&pool, c.fd, changes, n);
	cg_close(&c);
	pool_release(&pool);
	if (failed) {
		fail_in("cgroup set: %s", argv[first]);
		return cli_fail();
	}
	return 0;
}
