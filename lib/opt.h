/* lib/opt.h - options as rows: one row gives parser, --help, man page, completion.
 *
 * A command's options are an array of rows ended by a zero row. Each row says
 * where its value goes (an offset into the command's argument struct) or which
 * function reads it. The rules are getopt_long's: `--name VALUE`, `--name=VALUE`,
 * `-n VALUE`, `-nVALUE`, flags may be bundled, `--` ends options. Where words that
 * follow belong to a program, the first word that is no option ends them too; else
 * options may stand behind words. As docker has it, `-n=VALUE` is VALUE as well, and `--flag=false`
 * clears a flag. An unknown option's error names the nearest known one.
 */
#ifndef LIB_OPT_H
#define LIB_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/pool.h"

enum opt_kind {
	OPT_END,
	OPT_FLAG,      /* bool */
	OPT_STR,       /* const char * */
	OPT_UINT,      /* unsigned */
	OPT_CALL,      /* read(ctx, value): repeatable, parsed at once */
	OPT_CALL_FLAG, /* read(ctx, what stands behind "=", or NULL) */
	OPT_GROUP,     /* a heading in help; `help` is its text */
	OPT_LATER,     /* `complete` lists names that are not there yet: "d|detach" */
};

struct opt {
	const char *name; /* long name without dashes, or NULL */
	char letter;      /* or 0 */
	enum opt_kind kind;
	size_t offset;                             /* into the argument struct: FLAG, STR, UINT */
	int (*read)(void *ctx, const char *value); /* CALL; -1 with fail_plain() */
	const char *arg;                           /* name of the value in help, NULL for flags */
	const char *help;     /* one line, lower case, no full stop; NULL: another
				 * spelling, not listed */
	const char *complete; /* "file", "dir", "signal", "cap", or words "a|b|c" */
};

struct opt_parse {
	const struct opt *rows;
	void *args;          /* the struct that offsets are into; also read()'s ctx */
	const char *command; /* for messages: "run" */
	bool anywhere;       /* options behind words count; ARGV is put into order */
	bool help;           /* out: --help or -h (unless -h is a row) was given */
	int first;           /* out: index of the first word that is no option */
};

/* Read ARGV[1] and what follows (ARGV[0] is the command itself). Values are
 * borrowed from ARGV. 0; or -1 with fail_plain():
 *	run: unknown option --nmae; did you mean --name?
 *	run: --ulimit: nofile=x: what read() said
 * so read() names the value and not the option. Rows are read in the order of
 * ARGV; reading stops at --help. */
int opt_parse(struct opt_parse *p, int argc, char **argv);

/* "true", "false", "1", "0" as docker takes them; NULL is true. 0, or -1 with
 * fail_plain(). For read() of OPT_CALL_FLAG rows. */
int opt_bool(const char *value, bool *out);

/* Of the N names, the one that a mistyped WORD was probably meant to be; NULL when
 * nothing is near. */
const char *opt_nearest(const char *word, const char *const *names, size_t n);
/* Is WORD one of the '|'-separated WORDS? */
bool opt_has_word(const char *words, const char *word);

/* The options of ROWS as --help lists them, groups with their headings. */
void opt_help(const struct opt *rows, FILE *out);

#endif
