/* cli/man.c - `cinit man`: pages of the manual, from the rows and the prose of
 * cli/pages.c. man(7).
 *
 * The prose is plain text with as little markup as it takes:
 *	# HEADING		a section
 *	WORDS<tab>text		an entry of a list, the words in bold
 *	two spaces		a line of an example, as it stands
 *	an empty line		a new paragraph
 *	`words`			bold
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/err.h"

struct man_args {
	const char *all;
};

const struct opt cli_man_opts[] = {
	{ .name = "all",
	  .kind = OPT_STR,
	  .arg = "DIR",
	  .complete = "dir",
	  .help = "write every page into DIR",
	  .offset = offsetof(struct man_args, all) },
	{ 0 },
};

/* N bytes of S, so that troff shows them as they are; backquotes switch bold. */
static void man_text(FILE *out, const char *s, size_t n)
{
	bool bold = false;

	if (n && (*s == '.' || *s == '\''))
		fputs("\\&", out);
	for (; n; n--, s++) {
		if (*s == '`')
			fputs((bold = !bold) ? "\\fB" : "\\fR", out);
		else if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '-')
			fputs("\\-", out);
		else
			putc(*s, out);
	}
}

static void man_line(FILE *out, const char *macro, const char *s, size_t n)
{
	fputs(macro, out);
	man_text(out, s, n);
	putc('\n', out);
}

/* What the line before leaves to the next one. */
struct man_state {
	bool example;   /* inside .EX */
	bool paragraph; /* text begins a new paragraph */
};

static void man_prose_line(FILE *out, const char *line, size_t n, struct man_state *s)
{
	const char *tab = memchr(line, '\t', n);
	bool example = n > 2 && strncmp(line, "  ", 2) == 0;

	if (s->example && !example) {
		fputs(".EE\n.RE\n", out);
		s->paragraph = true;
	} else if (example && !s->example) {
		fputs(".RS 4\n.EX\n", out);
	}
	s->example = example;
	if (example) {
		man_line(out, "", line + 2, n - 2);
	} else if (n > 2 && strncmp(line, "# ", 2) == 0) {
		man_line(out, ".SH ", line + 2, n - 2);
		s->paragraph = false;
	} else if (tab) {
		man_line(out, ".TP\n.B ", line, (size_t)(tab - line));
		man_line(out, "", tab + 1, n - (size_t)(tab + 1 - line));
		s->paragraph = true;
	} else if (n) {
		man_line(out, s->paragraph ? ".PP\n" : "", line, n);
		s->paragraph = false;
	} else {
		s->paragraph = true;
	}
}

static void man_prose(FILE *out, const char *page)
{
	struct man_state s = { 0 };

	while (*page) {
		size_t n = strcspn(page, "\n");

		man_prose_line(out, page, n, &s);
		page += n + (page[n] == '\n');
	}
	if (s.example)
		fputs(".EE\n.RE\n", out);
}

static void man_option(FILE *out, const struct opt *o)
{
	fputs(".TP\n", out);
	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR%s", o->letter, o->name ? ", " : "");
	if (o->name) {
		fputs("\\fB\\-\\-", out);
		man_text(out, o->name, strlen(o->name));
		fputs("\\fR", out);
	}
	if (o->arg) {
		fputs(o->kind == OPT_CALL_FLAG ? "[=\\fI" : " \\fI", out);
		man_text(out, o->arg, strlen(o->arg));
		fputs(o->kind == OPT_CALL_FLAG ? "\\fR]" : "\\fR", out);
	}
	putc('\n', out);
	man_line(out, "", o->help, strlen(o->help));
}

static void man_options(FILE *out, const struct command *c)
{
	const struct opt *rows = c->rows;

	if (rows->kind == OPT_END)
		return;
	if (c->path) {
		fputs(".SS Options of ", out);
		man_text(out, c->name, strlen(c->name));
		putc('\n', out);
	} else {
		fputs(".SH OPTIONS\n", out);
	}
	for (const struct opt *o = rows; o->kind != OPT_END; o++) {
		if (o->kind == OPT_GROUP)
			man_line(out, ".SS ", o->help, strlen(o->help));
		else if (o->help)
			man_option(out, o);
	}
}

static void man_title(FILE *out, const char *name, const char *summary)
{
	fprintf(out, ".TH CINIT%s", *name ? "\\-" : "");
	for (const char *c = name; *c; c++)
		putc(*c & ~0x20, out);
	fputs(" 1 \"\" \"cinit " CINIT_VERSION "\" \"cinit\"\n.SH NAME\ncinit", out);
	fprintf(out, "%s%s \\- %c", *name ? "\\-" : "", name, *summary | 0x20);
	man_text(out, summary + 1, strlen(summary + 1));
	putc('\n', out);
}

static void man_see_also(FILE *out, const char *own)
{
	fputs(".SH SEE ALSO\n", out);
	fprintf(out, *own ? "\\fBcinit\\fR(1)" : "\\fBcapabilities\\fR(7)");
	for (const struct command *c = cli_commands; c->name; c++)
		if (c->page && strcmp(c->name, own) != 0)
			fprintf(out, ", \\fBcinit\\-%s\\fR(1)", c->name);
	fputs(", \\fBuser_namespaces\\fR(7)\n", out);
}

static void man_synopsis(FILE *out, const struct command *c)
{
	fprintf(out, "\\fBcinit %s\\fR ", cli_path(c));
	man_line(out, "", c->usage, strlen(c->usage));
	fputs(".br\n", out);
}

/* The page of C; of cinit itself when C is NULL. */
static void man_page(FILE *out, const struct command *c)
{
	if (c) {
		man_title(out, c->name, c->summary);
		fputs(".SH SYNOPSIS\n", out);
		if (c->run || !c->sub)
			man_synopsis(out, c);
		for (const struct command *s = c->sub; s && s->name; s++)
			man_synopsis(out, s);
		man_prose(out, c->page);
		man_options(out, c);
		if (c->sub)
			fputs(".SH OPTIONS\nEach command has \\fB\\-\\-help\\fR.\n", out);
		for (const struct command *s = c->sub; s && s->name; s++)
			man_options(out, s);
		man_see_also(out, c->name);
		return;
	}
	man_title(out, "", "Containers without a daemon and without root, in one file");
	fputs(".SH SYNOPSIS\n\\fBcinit\\fR \\fICOMMAND\\fR [OPTIONS] [ARGS]\n.SH COMMANDS\n", out);
	for (c = cli_commands; c->name; c++) {
		man_line(out, ".TP\n.B cinit ", c->name, strlen(c->name));
		man_line(out, "", c->summary, strlen(c->summary));
	}
	man_prose(out, cli_page_cinit);
	man_see_also(out, "");
}

static int man_write(int dir, const struct command *c)
{
	char file[64];
	int fd, bad;
	FILE *out;

	snprintf(file, sizeof(file), "cinit%s%s.1", c ? "-" : "", c ? c->name : "");
	fd = openat(dir, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail("man: write %s", file);
	out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		return fail("man: write %s", file);
	}
	man_page(out, c);
	bad = ferror(out);
	if (fclose(out) != 0 || bad)
		return fail("man: write %s", file);
	return 0;
}

static int man_all(const char *path)
{
	int dir, ret;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fail("man: make directory %s", path);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail("man: open directory %s", path);
	ret = man_write(dir, NULL);
	for (const struct command *c = cli_commands; c->name && ret == 0; c++)
		if (c->page)
			ret = man_write(dir, c);
	close(dir);
	return ret;
}

int cli_man(int argc, char **argv)
{
	struct man_args a = { 0 };
	const struct command *c = NULL;
	int first, code;

	if (cli_parse("man", &a, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first > (a.all ? 0 : 1)) {
		fail_plain(a.all ? "man: --all writes every page: name no command" :
				   "man: one command is wanted");
		return cli_fail();
	}
	if (a.all)
		return man_all(a.all) < 0 ? cli_fail() : 0;
	if (first < argc && strcmp(argv[first], "cinit") != 0) {
		c = cli_find(argv[first]);
		if (!c)
			cli_unknown(argv[first]);
		else if (!c->page)
			fail_plain("%s has no page of its own", c->name);
		if (!c || !c->page) {
			fail_in("man");
			return cli_fail();
		}
	}
	man_page(stdout, c);
	return 0;
}
