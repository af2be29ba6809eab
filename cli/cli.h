/* cli/cli.h - the command line: one table of commands, each with its rows of
 * options, its page of the manual and the function that does it. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "lib/opt.h"

struct command {
	const char *name;    /* the word that chooses it: "create" */
	const char *path;    /* all words, "network create"; NULL: the name alone */
	const char *also;    /* other spellings of the name: "remove|delete"; NULL */
	const char *usage;   /* "[OPTIONS] ROOTFS [COMMAND [ARG...]]" */
	const char *summary; /* one line, upper case first, no full stop */
	const struct opt *rows;
	/* ARGV[0] is the command's name. Returns an exit code; 125 with the error
	 * printed. NULL: main() has taken it before (init). */
	int (*run)(int argc, char **argv);
	const struct command *sub; /* a group: its commands, one of which the next word
				    * chooses; a word that is none of them is run()'s,
				    * if there is that */
	const char *page;          /* the manual's prose, in the markup of cli/man.c; for a
			       * group with its commands */
	const char *complete;      /* what plain arguments are, as struct opt's */
	bool program;              /* they end in a program's words: options come first */
};

/* Ended by a row without a name. */
extern const struct command cli_commands[];

/* The caller's whole command line, ARGV[1] is the command. Returns the exit code. */
int cli_main(int argc, char **argv);

const struct command *cli_find(const char *name);
/* One of TABLE by its name or another spelling; NULL. */
const struct command *cli_find_in(const struct command *table, const char *name);
/* All words that stand behind `cinit`. */
const char *cli_path(const struct command *c);
/* Call FN for each command that can be run, those of groups behind their group. */
void cli_each(FILE *out, void (*fn)(FILE *out, const struct command *c));
/* Print the remembered error and return EXIT_CINIT. */
int cli_fail(void);
/* fail_plain() for a word that names no command, with the nearest one. Returns -1. */
int cli_unknown(const char *word);
/* The same for a word that names none of GROUP's commands. */
int cli_unknown_in(const struct command *group, const char *word);
/* opt_parse() for the command with the path COMMAND; -1: return *CODE, all is said (an error, or the help asked for). */
int cli_parse(const char *command, void *args, int argc, char **argv, int *first, int *code);
/* The row `--format text|json` whose word goes to FIELD (const char *) of TYPE. */
#define CLI_FORMAT_ROW(type, field)                                                                \
	{                                                                                          \
		.name = "format", .kind = OPT_STR, .arg = "text|json", .complete = "text|json",    \
		.help = "for people, or for programs", .offset = offsetof(type, field)             \
	}
/* 1 json, 0 text or NULL; -1 with fail_plain(). */
int cli_format_is_json(const char *command, const char *format);
/* JSON text of S with its quotes. */
void cli_put_json(FILE *out, const char *s);

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_help(int argc, char **argv);
int cli_man(int argc, char **argv);
int cli_completion(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_port(int argc, char **argv);
int cli_update(int argc, char **argv);
int cli_stop(int argc, char **argv);
int cli_kill(int argc, char **argv);
int cli_pause(int argc, char **argv);
int cli_unpause(int argc, char **argv);
int cli_events(int argc, char **argv);
int cli_stats(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_metrics(int argc, char **argv);

/* Usage and options of one command; all commands when C is NULL. */
void cli_print_help(const struct command *c, FILE *out);

extern const struct command cli_network_commands[], cli_port_commands[], cli_generate_commands[],
	cli_system_commands[], cli_cgroup_commands[];
extern const struct opt cli_run_opts[], cli_check_opts[], cli_man_opts[], cli_version_opts[],
	cli_update_opts[], cli_port_opts[], cli_events_opts[], cli_no_opts[], cli_stats_opts[],
	cli_top_opts[], cli_metrics_opts[], cli_stop_opts[], cli_kill_opts[];
extern const char cli_page_cinit[], cli_page_run[], cli_page_init[], cli_page_check[],
	cli_page_man[], cli_page_completion[], cli_page_version[], cli_page_network[],
	cli_page_port[], cli_page_update[], cli_page_generate[], cli_page_system[],
	cli_page_pause[], cli_page_unpause[], cli_page_events[], cli_page_cgroup[],
	cli_page_stats[], cli_page_top[], cli_page_metrics[], cli_page_stop[], cli_page_kill[];

#endif
