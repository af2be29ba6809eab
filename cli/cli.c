/* cli/cli.c - the table of commands, and what all of them share.
 *
 * The process that the user started runs this. One command is chosen, reads its
 * rows, works, and returns an exit code; nothing is kept between commands. */
#include <stdio.h>
#include <string.h>

#include "cinit.h"
#include "cli/cli.h"
#include "init/opts.h"
#include "lib/err.h"

const struct opt cli_no_opts[] = { { 0 } };

const struct command cli_commands[] = {
	{ .name = "run",
	  .usage = "[OPTIONS] ROOTFS [COMMAND [ARG...]]",
	  .summary = "Run a program in a new container",
	  .rows = cli_run_opts,
	  .run = cli_run,
	  .page = cli_page_run,
	  .complete = "dir" },
	{ .name = "init",
	  .usage = "[OPTIONS] [--] PROGRAM [ARG...]",
	  .summary = "Be PID 1: start a program, pass on signals, reap orphans",
	  .rows = init_opts,
	  .page = cli_page_init,
	  .complete = "command" },
	{ .name = "check",
	  .usage = "[OPTIONS]",
	  .summary = "Say what this machine allows, and how to mend what it does not",
	  .rows = cli_check_opts,
	  .run = cli_check,
	  .page = cli_page_check },
	{ .name = "version",
	  .usage = "[OPTIONS]",
	  .summary = "Print the version",
	  .rows = cli_version_opts,
	  .run = cli_version,
	  .page = cli_page_version },
	{ .name = "help",
	  .usage = "[COMMAND]",
	  .summary = "Explain a command in short",
	  .rows = cli_no_opts,
	  .run = cli_help,
	  .complete = "commands" },
	{ .name = "man",
	  .usage = "[OPTIONS] [COMMAND]",
	  .summary = "Print a page of the manual, as man(1) reads it",
	  .rows = cli_man_opts,
	  .run = cli_man,
	  .page = cli_page_man,
	  .complete = "commands" },
	{ .name = "completion",
	  .usage = "bash|zsh|fish",
	  .summary = "Print what makes a shell complete our options",
	  .rows = cli_no_opts,
	  .run = cli_completion,
	  .page = cli_page_completion,
	  .complete = "bash|zsh|fish" },
	{ 0 }
};

/* Commands that docker and podman users will try. */
static const char later[] =
	"attach|build|commit|cp|create|diff|exec|export|images|import|inspect|kill|load|login|logs|"
	"network|pause|port|ps|pull|push|rename|restart|rm|rmi|save|search|start|stats|stop|tag|top|"
	"unpause|update|volume|wait";

const struct command *cli_find(const char *name)
{
	for (const struct command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int cli_unknown(const char *word)
{
	const char *names[16], *near;
	size_t n = 0;

	if (opt_has_word(later, word))
		return fail_plain("%s: this command is not in this version", word);
	for (const struct command *c = cli_commands; c->name && n < 16; c++)
		names[n++] = c->name;
	near = opt_nearest(word, names, n);
	if (near)
		return fail_plain("unknown command %.64s; did you mean %s?", word, near);
	return fail_plain("unknown command %.64s; `cinit help` lists them", word);
}

int cli_fail(void)
{
	err_print();
	return EXIT_CINIT;
}

int cli_parse(const char *command, void *args, int argc, char **argv, int *first, int *code)
{
	const struct command *c = cli_find(command);
	struct opt_parse p = { .rows = c->rows, .args = args, .command = command };

	if (opt_parse(&p, argc, argv) < 0) {
		*code = cli_fail();
		return -1;
	}
	if (p.help) {
		cli_print_help(c, stdout);
		*code = 0;
		return -1;
	}
	*first = p.first;
	if (!c->complete && p.first < argc) {
		fail_plain("%s: nothing is expected behind the options: %.64s", command,
			   argv[p.first]);
		*code = cli_fail();
		return -1;
	}
	return 0;
}

int cli_format_is_json(const char *command, const char *format)
{
	if (!format || strcmp(format, "text") == 0)
		return 0;
	if (strcmp(format, "json") == 0)
		return 1;
	return fail_plain("%s: --format: \"%s\" is neither text nor json", command, format);
}

void cli_put_json(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static int run_command(int argc, char **argv)
{
	const struct command *c;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		cli_print_help(NULL, stderr);
		return EXIT_CINIT;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return cli_help(argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-v") == 0)
		return cli_version(1, argv);
	if (word[0] == '-') {
		fail_plain("unknown option %.64s; options stand behind the command: "
			   "cinit COMMAND [OPTIONS]",
			   word);
		return cli_fail();
	}
	c = cli_find(word);
	if (!c || !c->run) {
		cli_unknown(word);
		return cli_fail();
	}
	return c->run(argc - 1, argv + 1);
}

int cli_main(int argc, char **argv)
{
	int code = run_command(argc, argv);

	/* Words that were not written (a disk that is full) are no success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fail("write to standard output");
		err_print();
		return code ? code : EXIT_CINIT;
	}
	return code;
}
