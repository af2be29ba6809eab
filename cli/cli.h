/* cli/cli.h - the command line: one table of commands, each with its rows of
 * options, its page of the manual and the function that does it. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "lib/opt.h"

struct command {
	const char *name;
	const char *usage;   /* "[OPTIONS] ROOTFS [COMMAND [ARG...]]" */
	const char *summary; /* one line, upper case first, no full stop */
	const struct opt *rows;
	/* ARGV[0] is the command's name. Returns an exit code; 125 with the error
	 * printed. NULL: main() has taken it before (init). */
	int (*run)(int argc, char **argv);
	const char *page;     /* the manual's prose, in the markup of cli/man.c */
	const char *complete; /* what plain arguments are, as struct opt's */
};

/* Ended by a row without a name. */
extern const struct command cli_commands[];

/* The caller's whole command line, ARGV[1] is the command. Returns the exit code. */
int cli_main(int argc, char **argv);

const struct command *cli_find(const char *name);
/* Print the remembered error and return EXIT_CINIT. */
int cli_fail(void);
/* fail_plain() for a word that names no command, with the nearest one. Returns -1. */
int cli_unknown(const char *word);
/* opt_parse(); -1: return *CODE, all is said (an error, or the help asked for). */
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

/* Usage and options of one command; all commands when C is NULL. */
void cli_print_help(const struct command *c, FILE *out);

extern const struct opt cli_run_opts[], cli_check_opts[], cli_man_opts[], cli_version_opts[],
	cli_no_opts[];
extern const char cli_page_cinit[], cli_page_run[], cli_page_init[], cli_page_check[],
	cli_page_man[], cli_page_completion[], cli_page_version[];

#endif
