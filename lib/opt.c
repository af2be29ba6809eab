/* lib/opt.c - the one option parser. Any process, before it does anything else;
 * owns nothing: values point into argv.
 *
 * For every word of argv: a long option is looked up in the rows, a cluster of
 * letters is taken apart, `--` or a plain word ends it. opt_set() then puts one
 * value where its row says. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/opt.h"

enum { WORD_MAX = 31, NAMES_MAX = 160 };

/* ---- the nearest name ---- */

/* Edits (insert, delete, replace, swap of two neighbours) from A to B. Names are
 * short; longer words are near to nothing. */
static unsigned opt_distance(const char *a, const char *b)
{
	unsigned char row[3][WORD_MAX + 2];
	size_t la = strlen(a), lb = strlen(b);
	unsigned char *before = row[0], *above = row[1], *now = row[2];

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		above[j] = (unsigned char)j;
	for (size_t i = 1; i <= la; i++) {
		now[0] = (unsigned char)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);

			if (above[j] + 1u < best)
				best = above[j] + 1u;
			if (now[j - 1] + 1u < best)
				best = now[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1u < best)
				best = before[j - 2] + 1u;
			now[j] = (unsigned char)best;
		}
		unsigned char *oldest = before;

		before = above;
		above = now;
		now = oldest;
	}
	return above[lb];
}

const char *opt_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word);
	/* One edit in three letters: fewer and it is another word. */
	unsigned limit = len < 3 ? 1 : (unsigned)(len + 2) / 3;
	const char *best = NULL;
	unsigned best_edits = limit + 1;

	for (size_t i = 0; i < n; i++) {
		unsigned edits = opt_distance(word, names[i]);

		/* What was only left unfinished is nearer than any mistake. */
		if (len >= 3 && strncmp(word, names[i], len) == 0)
			edits = 1;
		if (edits < best_edits && edits < strlen(names[i])) {
			best = names[i];
			best_edits = edits;
		}
	}
	return best;
}

bool opt_has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (words && len) {
		size_t n = strcspn(words, "|");

		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words = words[n] ? words + n + 1 : NULL;
	}
	return false;
}

/* ---- words of argv ---- */

static bool opt_is_row(const struct opt *o)
{
	return o->kind != OPT_GROUP && o->kind != OPT_LATER;
}

static const struct opt *opt_by_name(const struct opt *rows, const char *name, size_t len)
{
	for (const struct opt *o = rows; o->kind != OPT_END; o++)
		if (o->name && opt_is_row(o) && strncmp(o->name, name, len) == 0 && !o->name[len])
			return o;
	return NULL;
}

static const struct opt *opt_by_letter(const struct opt *rows, char letter)
{
	for (const struct opt *o = rows; o->kind != OPT_END; o++)
		if (o->letter == letter && opt_is_row(o))
			return o;
	return NULL;
}

static bool opt_is_later(const struct opt *rows, const char *name)
{
	for (const struct opt *o = rows; o->kind != OPT_END; o++)
		if (o->kind == OPT_LATER && opt_has_word(o->complete, name))
			return true;
	return false;
}

/* WORD is "--nmae=x", "-nmae" or a letter of a cluster, "-n". */
static int opt_unknown(const struct opt_parse *p, const char *word)
{
	const char *names[NAMES_MAX], *near = NULL;
	char name[WORD_MAX + 1] = "";
	size_t dashes = strspn(word, "-"), len = strcspn(word + dashes, "="), n = 0;
	int shown = len < 64 ? (int)(dashes + len) : 64;

	if (len < sizeof(name))
		memcpy(name, word + dashes, len);
	if (opt_is_later(p->rows, name))
		return fail_plain("%s: option %.*s is not in this version", p->command, shown, word);
	for (const struct opt *o = p->rows; o->kind != OPT_END && n < NAMES_MAX - 1; o++)
		if (o->name && o->help && opt_is_row(o))
			names[n++] = o->name;
	names[n++] = "help";
	if (len > 1)
		near = opt_nearest(name, names, n);
	if (near)
		return fail_plain("%s: unknown option %.*s; did you mean --%s?", p->command, shown,
				  word, near);
	return fail_plain("%s: unknown option %.*s; `cinit %s --help` lists them", p->command,
			  shown, word, p->command);
}

int opt_bool(const char *value, bool *out)
{
	static const char yes[] = "1|t|T|true|TRUE|True", no[] = "0|f|F|false|FALSE|False";

	if (!value || opt_has_word(yes, value))
		*out = true;
	else if (opt_has_word(no, value))
		*out = false;
	else
		return fail_plain("\"%.64s\" is neither true nor false", value);
	return 0;
}

/* Store VALUE as row O wants it; WORD is the option as the user wrote it. */
static int opt_set(const struct opt_parse *p, const struct opt *o, const char *word,
		   const char *value)
{
	char *field = (char *)p->args + o->offset;
	uint32_t number;
	int ret = 0;

	switch (o->kind) {
	case OPT_FLAG:
		ret = opt_bool(value, (bool *)(void *)field);
		break;
	case OPT_STR:
		*(const char **)(void *)field = value;
		break;
	case OPT_UINT:
		if (num_u32(value, &number) < 0)
			ret = fail_plain("\"%.64s\" is not a number from 0 to 4294967295", value);
		else
			*(unsigned *)(void *)field = number;
		break;
	case OPT_CALL:
	case OPT_CALL_FLAG:
		ret = o->read(p->args, value);
		break;
	default:
		break;
	}
	return ret < 0 ? fail_in("%s: %s", p->command, word) : 0;
}

static bool opt_takes_value(const struct opt *o)
{
	return o->kind == OPT_STR || o->kind == OPT_UINT || o->kind == OPT_CALL;
}

static int opt_no_value(const struct opt_parse *p, const struct opt *o, const char *word)
{
	return fail_plain("%s: option %s needs a value: %s %s", p->command, word, word,
			  o->arg ? o->arg : "VALUE");
}

/* ARG is "--name" or "--name=value"; NEXT the word behind it or NULL. Returns how
 * many words were used, or -1. */
static int opt_long(struct opt_parse *p, char *arg, char *next)
{
	char word[WORD_MAX + 3];
	size_t len = strcspn(arg + 2, "=");
	const struct opt *o = opt_by_name(p->rows, arg + 2, len);
	const char *value = arg[2 + len] ? arg + 2 + len + 1 : NULL;

	if (!o && len == 4 && memcmp(arg + 2, "help", 4) == 0) {
		p->help = true;
		return 1;
	}
	if (!o)
		return opt_unknown(p, arg);
	snprintf(word, sizeof(word), "--%s", o->name);
	if (value || !opt_takes_value(o))
		return opt_set(p, o, word, value) < 0 ? -1 : 1;
	if (!next)
		return opt_no_value(p, o, word);
	return opt_set(p, o, word, next) < 0 ? -1 : 2;
}

/* ARG is "-abc", where each letter is a flag and the last one may have a value. */
static int opt_cluster(struct opt_parse *p, char *arg, char *next)
{
	for (char *c = arg + 1; *c; c++) {
		const struct opt *o = opt_by_letter(p->rows, *c);
		char word[] = { '-', *c, '\0' };

		if (!o && *c == 'h') {
			p->help = true;
			return 1;
		}
		if (!o) {
			/* "-name" is a long option with a dash too few. */
			if (c == arg + 1 && c[1] && !opt_is_later(p->rows, word + 1))
				return opt_unknown(p, arg);
			return opt_unknown(p, word);
		}
		if (opt_takes_value(o)) {
			if (c[1])
				return opt_set(p, o, word, c + 1 + (c[1] == '=')) < 0 ? -1 : 1;
			if (!next)
				return opt_no_value(p, o, word);
			return opt_set(p, o, word, next) < 0 ? -1 : 2;
		}
		bool has_value = c[1] == '=';

		if (opt_set(p, o, word, has_value ? c + 2 : NULL) < 0)
			return -1;
		if (has_value)
			break;
	}
	return 1;
}

/* Put the N words of ARGV from AT on before the WORDS words that stand before them. */
static void opt_before(char **argv, int at, int n, int words)
{
	for (; n > 0; n--, at++) {
		char *moved = argv[at];

		memmove(&argv[at - words + 1], &argv[at - words], (size_t)words * sizeof(*argv));
		argv[at - words] = moved;
	}
}

int opt_parse(struct opt_parse *p, int argc, char **argv)
{
	int i = 1, words = 0;

	p->help = false;
	while (i < argc && !p->help) {
		char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
		int used;

		if (arg[0] != '-' || !arg[1]) {
			if (!p->anywhere)
				break;
			words++;
			i++;
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			opt_before(argv, i++, 1, words);
			break;
		}
		used = arg[1] == '-' ? opt_long(p, arg, next) : opt_cluster(p, arg, next);
		if (used < 0)
			return -1;
		opt_before(argv, i, used, words);
		i += used;
	}
	p->first = i - words;
	return 0;
}

/* ---- help ---- */

void opt_help(const struct opt *rows, FILE *out)
{
	enum { COLUMN = 34 };

	for (const struct opt *o = rows; o->kind != OPT_END; o++) {
		char left[96];
		int n = 0;

		if (o->kind == OPT_GROUP)
			fprintf(out, "\n%s:\n", o->help);
		if (!opt_is_row(o) || !o->help)
			continue;
		if (o->letter)
			n = snprintf(left, sizeof(left), "  -%c%s", o->letter,
				     o->name ? ", --" : "");
		else
			n = snprintf(left, sizeof(left), "      --");
		n += snprintf(left + n, sizeof(left) - (size_t)n, "%s", o->name ? o->name : "");
		if (o->arg)
			snprintf(left + n, sizeof(left) - (size_t)n,
				 o->kind == OPT_CALL_FLAG ? "[=%s]" : " %s", o->arg);
		if (strlen(left) < COLUMN - 1)
			fprintf(out, "%-*s%s\n", COLUMN, left, o->help);
		else
			fprintf(out, "%s\n%*s%s\n", left, COLUMN, "", o->help);
	}
}
