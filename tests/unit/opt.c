/* tests/unit/opt.c - lib/opt.c: every way to write an option, and what a wrong one
 * is told. */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/opt.h"
#include "tests/unit/tap.h"

struct args {
	bool read_only, tty;
	const char *name, *workdir;
	unsigned pids;
	char seen[128]; /* what read_env() was called with, in order */
};

static int read_env(void *ctx, const char *value)
{
	struct args *a = ctx;

	if (value && *value == '=')
		return fail_plain("%s: no name", value);
	strcat(strcat(a->seen, value ? value : "(none)"), ";");
	return 0;
}

static const struct opt rows[] = {
	{ .kind = OPT_GROUP, .help = "Things" },
	{ .name = "name",
	  .kind = OPT_STR,
	  .offset = offsetof(struct args, name),
	  .arg = "NAME",
	  .help = "call it NAME" },
	{ .name = "workdir",
	  .letter = 'w',
	  .kind = OPT_STR,
	  .offset = offsetof(struct args, workdir),
	  .arg = "DIR",
	  .help = "where" },
	{ .name = "read-only",
	  .letter = 'r',
	  .kind = OPT_FLAG,
	  .offset = offsetof(struct args, read_only),
	  .help = "no writes" },
	{ .name = "tty",
	  .letter = 't',
	  .kind = OPT_FLAG,
	  .offset = offsetof(struct args, tty),
	  .help = "a terminal" },
	{ .name = "pids",
	  .kind = OPT_UINT,
	  .offset = offsetof(struct args, pids),
	  .arg = "N",
	  .help = "how many" },
	{ .kind = OPT_GROUP, .help = "More" },
	{ .name = "env",
	  .letter = 'e',
	  .kind = OPT_CALL,
	  .read = read_env,
	  .arg = "NAME=VALUE",
	  .help = "a variable" },
	{ .name = "environment", .kind = OPT_CALL, .read = read_env },
	{ .name = "kill",
	  .letter = 'k',
	  .kind = OPT_CALL_FLAG,
	  .read = read_env,
	  .arg = "GRACE",
	  .help = "end them" },
	{ .letter = 'x', .kind = OPT_CALL_FLAG, .read = read_env, .help = "a letter alone" },
	{ .kind = OPT_LATER, .complete = "d|detach|publish" },
	{ 0 }
};

enum { WORDS = 8 };

static struct args a;
static struct opt_parse p;

/* Parse LINE, cut at spaces; "''" is an empty word. */
static int parse(const char *line)
{
	static char text[256];
	char *argv[WORDS + 2] = { (char *)"run" };
	int argc = 1;

	err_clear();
	memset(&a, 0, sizeof(a));
	p = (struct opt_parse){ .rows = rows, .args = &a, .command = "run" };
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word && argc <= WORDS; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") ? word : (char *)"";
	return opt_parse(&p, argc, argv);
}

static void test_spellings(void)
{
	is_int(parse(""), 0, "nothing is fine");
	is_int(p.first, 1, "no plain word: first is argc");
	ok(parse("--name web --workdir=/srv root cmd") == 0 && p.first == 4,
	   "the first plain word ends the options");
	is_str(a.name, "web", "--name VALUE");
	is_str(a.workdir, "/srv", "--name=VALUE");
	ok(parse("-w /a") == 0 && !strcmp(a.workdir, "/a"), "-n VALUE");
	ok(parse("-w/a") == 0 && !strcmp(a.workdir, "/a"), "-nVALUE");
	ok(parse("-w=/a") == 0 && !strcmp(a.workdir, "/a"), "-n=VALUE, as docker reads it");
	ok(parse("--name=") == 0 && a.name && !*a.name, "an empty value behind '='");
	ok(parse("--name '' x") == 0 && a.name && !*a.name && p.first == 3,
	   "an empty word as value");
	ok(parse("--name --tty") == 0 && !strcmp(a.name, "--tty") && !a.tty,
	   "a value may look like an option");
	ok(parse("-rtw /a") == 0 && a.read_only && a.tty && !strcmp(a.workdir, "/a"),
	   "letters are bundled, the last one has the value");
	ok(parse("-tw/a") == 0 && a.tty && !strcmp(a.workdir, "/a"), "value glued to a bundle");
	ok(parse("--name a --name b") == 0 && !strcmp(a.name, "b"), "the last one wins");
	ok(parse("--pids 4294967295") == 0 && a.pids == 4294967295u, "the largest number");
}

static void test_ends(void)
{
	ok(parse("-t -- -r") == 0 && p.first == 3 && !a.read_only, "-- ends options");
	ok(parse("-t - -r") == 0 && p.first == 2 && !a.read_only, "a single dash is a plain word");
	ok(parse("-t '' -r") == 0 && p.first == 2, "an empty word is a plain word");
	ok(parse("root -t --nmae") == 0 && p.first == 1 && !a.tty,
	   "options behind the first plain word are the program's");
	ok(parse("--help --nmae") == 0 && p.help, "reading stops at --help");
	ok(parse("-h") == 0 && p.help, "-h is --help when no row has it");
	ok(parse("-th") == 0 && p.help, "also in a bundle");
	ok(parse("root --help") == 0 && !p.help, "a program's --help is not ours");
}

static void test_flags(void)
{
	ok(parse("--tty=true -r") == 0 && a.tty && a.read_only, "--flag=true");
	ok(parse("--tty --tty=false") == 0 && !a.tty, "--flag=false clears");
	ok(parse("-t -t=0") == 0 && !a.tty, "-f=0 clears");
	ok(parse("-rt=false") == 0 && a.read_only && !a.tty, "the value is the last letter's");
	ok(parse("--tty=maybe") < 0, "neither true nor false");
	is_str(err_text(), "run: --tty: \"maybe\" is neither true nor false", "said so");
	ok(parse("--kill -k --kill=5s -k=6s -x") == 0, "a value that may be left out");
	is_str(a.seen, "(none);(none);5s;6s;(none);", "is only taken behind '='");
}

static void test_calls(void)
{
	ok(parse("-e A=1 --env B --environment=C=x=y") == 0, "repeated, and by another name");
	is_str(a.seen, "A=1;B;C=x=y;", "read in order");
	ok(parse("-e =x") < 0, "what the reader refuses");
	is_str(err_text(), "run: -e: =x: no name", "gets the option put before it");
	ok(parse("--env==x") < 0, "the same behind '='");
	is_str(err_text(), "run: --env: =x: no name", "by the name that was used");
}

static void test_wrong(void)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "--nmae x", "run: unknown option --nmae; did you mean --name?" },
		{ "--nmae=x", "run: unknown option --nmae; did you mean --name?" },
		{ "--read_only", "run: unknown option --read_only; did you mean --read-only?" },
		{ "--readonly", "run: unknown option --readonly; did you mean --read-only?" },
		{ "--workd /", "run: unknown option --workd; did you mean --workdir?" },
		{ "--hepl", "run: unknown option --hepl; did you mean --help?" },
		{ "-name x", "run: unknown option -name; did you mean --name?" },
		{ "--zzzzzzzz", "run: unknown option --zzzzzzzz; `cinit run --help` lists them" },
		{ "-q", "run: unknown option -q; `cinit run --help` lists them" },
		{ "-tq", "run: unknown option -q; `cinit run --help` lists them" },
		{ "--x", "run: unknown option --x; `cinit run --help` lists them" },
		{ "--=x", "run: unknown option --; `cinit run --help` lists them" },
		{ "--name", "run: option --name needs a value: --name NAME" },
		{ "-w", "run: option -w needs a value: -w DIR" },
		{ "-tw", "run: option -w needs a value: -w DIR" },
		{ "--environment", "run: option --environment needs a value: --environment VALUE" },
		{ "--pids -1", "run: --pids: \"-1\" is not a number from 0 to 4294967295" },
		{ "--pids 1x", "run: --pids: \"1x\" is not a number from 0 to 4294967295" },
		{ "--pids=", "run: --pids: \"\" is not a number from 0 to 4294967295" },
		{ "--pids 4294967296",
		  "run: --pids: \"4294967296\" is not a number from 0 to 4294967295" },
		{ "--detach", "run: option --detach is not in this version" },
		{ "-d", "run: option -d is not in this version" },
		{ "-td", "run: option -d is not in this version" },
		{ "--publish=80:80", "run: option --publish is not in this version" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		is_int(parse(cases[i].line), -1, "`%s` is refused", cases[i].line);
		is_str(err_text(), cases[i].says, "`%s` gets its line", cases[i].line);
	}
}

static void test_long(void)
{
	static char word[70000];
	char *argv[] = { (char *)"run", word, NULL };

	memset(word, 'a', sizeof(word) - 1);
	memcpy(word, "--", 2);
	err_clear();
	ok(opt_parse(&p, 2, argv) < 0 && strlen(err_text()) < 200, "a huge name gets a short line");
	memcpy(word, "--name=", 7);
	ok(opt_parse(&p, 2, argv) == 0 && strlen(a.name) == sizeof(word) - 8,
	   "a huge value is kept");
}

static void test_anywhere(void)
{
	char *argv[] = { (char *)"network", (char *)"one",     (char *)"--name",
			 (char *)"web",     (char *)"two",     (char *)"--workdir=/srv",
			 (char *)"--",      (char *)"--three", NULL };

	memset(&a, 0, sizeof(a));
	p = (struct opt_parse){ .rows = rows, .args = &a, .command = "network", .anywhere = true };
	is_int(opt_parse(&p, 8, argv), 0, "options may stand behind words");
	is_str(a.name, "web", "with a value of their own");
	is_str(a.workdir, "/srv", "or joined");
	is_int(p.first, 5, "the words are behind all options");
	is_str(argv[5], "one", "in their order");
	is_str(argv[6], "two", "all of them");
	is_str(argv[7], "--three", "and what is behind -- is a word");
}

static void test_nearest(void)
{
	static const char *const names[] = {
		"name", "network", "net", "no-init", "env", "env-file"
	};
	const size_t n = sizeof(names) / sizeof(*names);

	is_str(opt_nearest("nmae", names, n), "name", "two letters swapped");
	is_str(opt_nearest("nam", names, n), "name", "one letter left out");
	is_str(opt_nearest("namee", names, n), "name", "one too many");
	is_str(opt_nearest("networl", names, n), "network", "one wrong");
	is_str(opt_nearest("netw", names, n), "network", "unfinished");
	is_str(opt_nearest("env_file", names, n), "env-file", "underscore for dash");
	ok(!opt_nearest("memory", names, n), "another word is not near");
	ok(!opt_nearest("", names, n), "nothing is near to nothing");
	ok(opt_has_word("a|bc|d", "bc") && opt_has_word("a|bc|d", "d"), "words of a list");
	ok(!opt_has_word("a|bc|d", "b") && !opt_has_word("a|bc|d", "") && !opt_has_word(NULL, "a"),
	   "parts of words are not in it");
}

static void test_help(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	opt_help(rows, out);
	fclose(out);
	is_str(text,
	       "\nThings:\n"
	       "      --name NAME                 call it NAME\n"
	       "  -w, --workdir DIR               where\n"
	       "  -r, --read-only                 no writes\n"
	       "  -t, --tty                       a terminal\n"
	       "      --pids N                    how many\n"
	       "\nMore:\n"
	       "  -e, --env NAME=VALUE            a variable\n"
	       "  -k, --kill[=GRACE]              end them\n"
	       "  -x                              a letter alone\n",
	       "help has every row once, other spellings and later ones not");
	free(text);
}

int main(void)
{
	test_spellings();
	test_ends();
	test_flags();
	test_calls();
	test_wrong();
	test_long();
	test_anywhere();
	test_nearest();
	test_help();
	return done();
}
