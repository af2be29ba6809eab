/* cli/help.c - `cinit help` and every command's --help, from the rows. */
#include <stdio.h>

#include "cli/cli.h"
#include "lib/err.h"

void cli_print_help(const struct command *c, FILE *out)
{
	if (c) {
		fprintf(out, "Usage: cinit %s%s%s\n\n%s.\n", c->name, *c->usage ? " " : "",
			c->usage, c->summary);
		if (c->rows->kind != OPT_END && c->rows->kind != OPT_GROUP)
			fprintf(out, "\nOptions:\n");
		opt_help(c->rows, out);
		if (c->page)
			fprintf(out, "\n`cinit man %s | man -l -` says more.\n", c->name);
		return;
	}
	fprintf(out, "Usage: cinit COMMAND [OPTIONS] [ARGS]\n\n"
		     "Containers without a daemon and without root, in one file.\n\nCommands:\n");
	for (c = cli_commands; c->name; c++)
		fprintf(out, "  %-12s%s\n", c->name, c->summary);
	fprintf(out, "\n`cinit COMMAND --help` lists a command's options.\n"
		     "A first container, with this machine's own files: cinit run host\n");
}

int cli_help(int argc, char **argv)
{
	const struct command *c = NULL;
	int first, code;

	if (cli_parse("help", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first > 1) {
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
	}
	cli_print_help(c, stdout);
	return 0;
}
