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
	  .complete = "dir",
	  .program = true },
	{ .name = "init",
	  .usage = "[OPTIONS] [--] PROGRAM [ARG...]",
	  .summary = "Be PID 1: start a program, pass on signals, reap orphans",
	  .rows = init_opts,
	  .page = cli_page_init,
	  .complete = "command" },
	{ .name = "network",
	  .usage = "COMMAND",
	  .summary = "Make networks, and join running containers to them",
	  .rows = cli_no_opts,
	  .sub = cli_network_commands,
	  .page = cli_page_network },
	{ .name = "port",
	  .usage = "[OPTIONS] CONTAINER [PORT[/PROTO]]",
	  .summary = "List, add and remove a running container's published ports",
	  .rows = cli_port_opts,
	  .run = cli_port,
	  .sub = cli_port_commands,
	  .page = cli_page_port,
	  .complete = "" },
	{ .name = "update",
	  .usage = "[OPTIONS] CONTAINER",
	  .summary = "Change the limits of a running container",
	  .rows = cli_update_opts,
	  .run = cli_update,
	  .page = cli_page_update,
	  .complete = "" },
	{ .name = "stop",
	  .usage = "[OPTIONS] CONTAINER...",
	  .summary = "Ask running containers to end, and see to it",
	  .rows = cli_stop_opts,
	  .run = cli_stop,
	  .page = cli_page_stop,
	  .complete = "" },
	{ .name = "kill",
	  .usage = "[OPTIONS] CONTAINER...",
	  .summary = "Send running containers a signal",
	  .rows = cli_kill_opts,
	  .run = cli_kill,
	  .page = cli_page_kill,
	  .complete = "" },
	{ .name = "pause",
	  .usage = "CONTAINER...",
	  .summary = "Let running containers stand still",
	  .rows = cli_no_opts,
	  .run = cli_pause,
	  .page = cli_page_pause,
	  .complete = "" },
	{ .name = "unpause",
	  .usage = "CONTAINER...",
	  .summary = "Let paused containers go on",
	  .rows = cli_no_opts,
	  .run = cli_unpause,
	  .page = cli_page_unpause,
	  .complete = "" },
	{ .name = "events",
	  .usage = "[OPTIONS]",
	  .summary = "Tell what happens to containers, as it happens",
	  .rows = cli_events_opts,
	  .run = cli_events,
	  .page = cli_page_events },
	{ .name = "cgroup",
	  .usage = "COMMAND",
	  .summary = "Look at and change the cgroups of running containers",
	  .rows = cli_no_opts,
	  .sub = cli_cgroup_commands,
	  .page = cli_page_cgroup },
	{ .name = "stats",
	  .usage = "[OPTIONS] [CONTAINER...]",
	  .summary = "Show what running containers use, again and again",
	  .rows = cli_stats_opts,
	  .run = cli_stats,
	  .page = cli_page_stats,
	  .complete = "" },
	{ .name = "top",
	  .usage = "[OPTIONS] CONTAINER",
	  .summary = "List the processes of a running container",
	  .rows = cli_top_opts,
	  .run = cli_top,
	  .page = cli_page_top,
	  .complete = "" },
	{ .name = "metrics",
	  .usage = "[OPTIONS]",
	  .summary = "Print what running containers use, as OpenMetrics text",
	  .rows = cli_metrics_opts,
	  .run = cli_metrics,
	  .page = cli_page_metrics },
	{ .name = "generate",
	  .usage = "COMMAND",
	  .summary = "Print what others can read: a container's rules",
	  .rows = cli_no_opts,
	  .sub = cli_generate_commands,
	  .page = cli_page_generate },
	{ .name = "system",
	  .usage = "COMMAND",
	  .summary = "Look after what cinit keeps on this machine",
	  .rows = cli_no_opts,
	  .sub = cli_system_commands,
	  .page = cli_page_system },
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
	"attach|build|commit|cp|create|diff|exec|export|images|import|inspect|load|login|logs|"
	"ps|pull|push|rename|restart|rm|rmi|save|search|start|tag|volume|wait";

const struct command *cli_find_in(const struct command *table, const char *name)
{
	for (const struct command *c = table; c->name; c++)
		if (strcmp(c->name, name) == 0 || opt_has_word(c->also, name))
			return c;
	return NULL;
}

const struct command *cli_find(const char *name)
{
	return cli_find_in(cli_commands, name);
}

const char *cli_path(const struct command *c)
{
	return c->path ? c->path : c->name;
}

void cli_each(FILE *out, void (*fn)(FILE *out, const struct command *c))
{
	for (const struct command *c = cli_commands; c->name; c++) {
		if (c->run || !c->sub)
			fn(out, c);
		for (const struct command *s = c->sub; s && s->name; s++)
			fn(out, s);
	}
}

static const struct command *by_path(const char *path)
{
	const char *space = strchr(path, ' ');

	if (!space)
		return cli_find(path);
	for (const struct command *c = cli_commands; c->name; c++)
		for (const struct command *s = c->sub; s && s->name; s++)
			if (strcmp(s->path, path) == 0)
				return s;
	return NULL;
}

static const char *nearest(const struct command *table, const char *word)
{
	const char *names[32];
	size_t n = 0;

	for (const struct command *c = table; c->name && n < 32; c++)
		names[n++] = c->name;
	return opt_nearest(word, names, n);
}

int cli_unknown(const char *word)
{
	const char *near = nearest(cli_commands, word);

	if (opt_has_word(later, word))
		return fail_plain("%s: this command is not in this version", word);
	if (near)
		return fail_plain("unknown command %.64s; did you mean %s?", word, near);
	return fail_plain("unknown command %.64s; `cinit help` lists them", word);
}

int cli_unknown_in(const struct command *group, const char *word)
{
	const char *near = nearest(group->sub, word);

	if (near)
		return fail_plain("%s: unknown command %.64s; did you mean %s?", group->name, word,
				  near);
	return fail_plain("%s: unknown command %.64s; `cinit %s --help` lists them", group->name,
			  word, group->name);
}

int cli_fail(void)
{
	err_print();
	return EXIT_CINIT;
}

int cli_parse(const char *command, void *args, int argc, char **argv, int *first, int *code)
{
	const struct command *c = by_path(command);
	struct opt_parse p = {
		.rows = c->rows, .args = args, .command = command, .anywhere = !c->program
	};

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

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The word behind a group's name chooses one of its commands. */
static int run_group(const struct command *group, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *c = word ? cli_find_in(group->sub, word) : NULL;

	if (c)
		return c->run(argc - 1, argv + 1);
	if (word && is_help(word)) {
		cli_print_help(group, stdout);
		return 0;
	}
	if (group->run)
		return group->run(argc, argv);
	if (!word) {
		cli_print_help(group, stderr);
		return EXIT_CINIT;
	}
	cli_unknown_in(group, word);
	return cli_fail();
}

static int run_command(int argc, char **argv)
{
	const struct command *c;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		cli_print_help(NULL, stderr);
		return EXIT_CINIT;
	}
	if (is_help(word))
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
	if (c && c->sub)
		return run_group(c, argc - 1, argv + 1);
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
