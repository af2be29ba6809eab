/* cli/help.c - `cinit help` and every command's --help, from the rows. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/err.h"

static void print_commands(const struct command *table, FILE *out)
{
	fprintf(out, "\nCommands:\n");
	for (const struct command *c = table; c->name; c++)
		fprintf(out, "  %-12s%s\n", c->name, c->summary);
}

/* The page belongs to the group. */
static void print_more(const struct command *c, FILE *out)
{
	const char *path = cli_path(c);

	if (c->page || c->path)
		fprintf(out, "\n`cinit man %.*s | man -l -` says more.\n", (int)strcspn(path, " "),
			path);
}

void cli_print_help(const struct command *c, FILE *out)
{
	if (c) {
		fprintf(out, "Usage: cinit %s%s%s\n\n%s.\n", cli_path(c), *c->usage ? " " : "",
			c->usage, c->summary);
		if (c->sub)
			print_commands(c->sub, out);
		if (c->rows->kind != OPT_END && c->rows->kind != OPT_GROUP)
			fprintf(out, "\nOptions:\n");
		opt_help(c->rows, out);
		if (c->sub)
			fprintf(out, "\n`cinit %s COMMAND --help` lists a command's options.\n",
				c->name);
		print_more(c, out);
		return;
	}
	fprintf(out, "Usage: cinit COMMAND [OPTIONS] [ARGS]\n\n"
		     "Containers without a daemon and without root, in one file.\n");
	print_commands(cli_commands, out);
	fprintf(out, "\n`cinit COMMAND --help` lists a command's options.\n"
		     "A first container, with this machine's own files: cinit run host\n");
}

int cli_help(int argc, char **argv)
{
	const struct command *c = NULL;
	int first, code;

	if (cli_parse("help", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first > 2) {
		fail_plain("help: one command is wanted");
		return cli_fail();
	}
	if (first < argc) {
		c = cli_find(argv[first]);
		if (!c) {
			cli_unknown(argv[first]);
			fail_in("help");
			return cli_fail();
		}
		if (first + 1 < argc && !c->sub) {
			fail_plain("help: one command is wanted");
			return cli_fail();
		}
	}
	if (c && first + 1 < argc) {
		const struct command *sub = cli_find_in(c->sub, argv[first + 1]);

		if (!sub) {
			cli_unknown_in(c, argv[first + 1]);
			fail_in("help");
			return cli_fail();
		}
		c = sub;
	}
	cli_print_help(c, stdout);
	return 0;
}
