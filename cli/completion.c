/* cli/completion.c - `cinit completion`: what a shell needs to complete our
 * options, from the rows. Each shell's script names every option and what its
 * values are; nothing is asked of cinit when a key is pressed. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/err.h"
#include "runtime/sec.h"

static const char signals[] =
	"SIGHUP SIGINT SIGQUIT SIGABRT SIGKILL SIGUSR1 SIGUSR2 SIGALRM SIGTERM SIGCONT SIGSTOP "
	"SIGTSTP SIGWINCH SIGPWR SIGRTMIN+3";

static void put_names(FILE *out, const struct command *table)
{
	for (const struct command *c = table; c->name; c++)
		fprintf(out, "%s%s", c == table ? "" : " ", c->name);
}

/* The words that KIND stands for, with spaces between and COLON for each ':'. */
static void put_words(FILE *out, const char *kind, const char *colon)
{
	if (strcmp(kind, "signal") == 0) {
		fputs(signals, out);
	} else if (strcmp(kind, "cap") == 0) {
		uint64_t all = sec_caps_all();

		fputs("ALL", out);
		for (unsigned cap = 0; cap < 64; cap++)
			if (all >> cap & 1)
				fprintf(out, " %s", sec_cap_name(cap) + strlen("CAP_"));
	} else if (strcmp(kind, "commands") == 0) {
		put_names(out, cli_commands);
	} else {
		for (; *kind; kind++) {
			if (*kind == ':')
				fputs(colon, out);
			else
				putc(*kind == '|' ? ' ' : *kind, out);
		}
	}
}

static bool takes_value(const struct opt *o)
{
	return o->kind == OPT_STR || o->kind == OPT_UINT || o->kind == OPT_CALL;
}

static bool is_option(const struct opt *o)
{
	return o->kind != OPT_GROUP && o->kind != OPT_LATER;
}

/* ---- bash ---- */

/* "--name|-n" as bash's case has it, or "--name -n" as a list. */
static void bash_names(FILE *out, const struct opt *o, const char *between)
{
	if (o->name)
		fprintf(out, "--%s", o->name);
	if (o->letter)
		fprintf(out, "%s-%c", o->name ? between : "", o->letter);
}

static void bash_action(FILE *out, const char *kind)
{
	if (kind && strcmp(kind, "file") == 0)
		fputs("_cinit_files -f", out);
	else if (kind && strcmp(kind, "dir") == 0)
		fputs("_cinit_files -d", out);
	else if (kind && strcmp(kind, "command") == 0)
		fputs("_cinit_files -c", out);
	else if (kind) {
		fputs("_cinit_words \"", out);
		put_words(out, kind, ":");
		fputs("\"", out);
	} else {
		fputs(":", out);
	}
}

static void bash_command(FILE *out, const struct command *c)
{
	fprintf(out, "\t'%s')\n\t\tvalued=\"", cli_path(c));
	for (const struct opt *o = c->rows; o->kind != OPT_END; o++)
		if (is_option(o) && takes_value(o)) {
			putc(' ', out);
			bash_names(out, o, " ");
		}
	fputs(" \"\n\t\topts=\"--help", out);
	for (const struct opt *o = c->rows; o->kind != OPT_END; o++)
		if (is_option(o) && o->help && (o->name || o->letter)) {
			putc(' ', out);
			bash_names(out, o, " ");
		}
	fputs("\" ;;\n", out);
}

static void bash_values(FILE *out, const struct command *c)
{
	for (const struct opt *o = c->rows; o->kind != OPT_END; o++) {
		if (!is_option(o) || !o->complete)
			continue;
		fprintf(out, "\t'%s:%s", cli_path(c), o->name ? "--" : "-");
		if (o->name)
			fputs(o->name, out);
		else
			putc(o->letter, out);
		if (o->name && o->letter)
			fprintf(out, "'|'%s:-%c", cli_path(c), o->letter);
		fputs("') ", out);
		bash_action(out, o->complete);
		fputs(" ;;\n", out);
	}
	if (c->complete && *c->complete) {
		fprintf(out, "\t'%s:') ", cli_path(c));
		bash_action(out, c->complete);
		fputs(" ;;\n", out);
	}
}

/* A group's second word is one of its commands; their options begin a word later. */
static void bash_groups(FILE *out)
{
	fputs("\tcase $command in\n", out);
	for (const struct command *c = cli_commands; c->name; c++) {
		if (!c->sub)
			continue;
		fprintf(out, "\t%s)\n\t\tsubs=\"", c->name);
		put_names(out, c->sub);
		fputs("\" ;;\n", out);
	}
	fputs("\tesac\n"
	      "\tif [[ -n $subs ]]; then\n"
	      "\t\tif ((last == 2)); then\n"
	      "\t\t\t_cinit_words \"$subs\"\n"
	      "\t\t\treturn\n"
	      "\t\telif [[ \" $subs \" == *\" ${words[2]} \"* ]]; then\n"
	      "\t\t\tcommand+=\" ${words[2]}\" first=3\n"
	      "\t\tfi\n"
	      "\tfi\n",
	      out);
}

static void completion_bash(FILE *out)
{
	fputs("# bash completion for cinit; made by `cinit completion bash`\n"
	      "_cinit_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
	      "_cinit_files() {\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
	      "}\n"
	      "_cinit() {\n"
	      "\tlocal words=() w i last join= ends= cur option= valued= opts= command subs= first=2\n"
	      "\t# bash has cut the line at '=' and ':' too: put it together again.\n"
	      "\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	      "\t\tw=${COMP_WORDS[i]}\n"
	      "\t\tif [[ $i -gt 1 && ($w == [=:] || -n $join) ]]; then\n"
	      "\t\t\twords[${#words[@]}-1]+=$w\n"
	      "\t\telse\n"
	      "\t\t\twords+=(\"$w\")\n"
	      "\t\tfi\n"
	      "\t\t[[ $w == [=:] ]] && join=1 || join=\n"
	      "\tdone\n"
	      "\tlast=$((${#words[@]} - 1)) cur=${words[-1]}\n"
	      "\tif ((last < 2)); then\n"
	      "\t\t_cinit_words \"",
	      out);
	put_words(out, "commands", ":");
	fputs(" --help --version\"\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcommand=${words[1]}\n",
	      out);
	bash_groups(out);
	fputs("\tcase $command in\n", out);
	cli_each(out, bash_command);
	fputs("\tesac\n"
	      "\tfor ((i = first; i < last; i++)); do\n"
	      "\t\tw=${words[i]}\n"
	      "\t\tif [[ $w == -- ]]; then ends=1; ((i++)); break; fi\n"
	      "\t\t[[ $w == -?* ]] || break\n"
	      "\t\t[[ $valued != *\" $w \"* ]] || ((i++))\n"
	      "\tdone\n"
	      "\tif ((i < last)); then\n"
	      "\t\t# Behind the first plain word it is the program's line, not ours.\n"
	      "\t\tif [[ $command == run && $i -eq $((last - 1)) ]]; then\n"
	      "\t\t\t_cinit_files -c\n"
	      "\t\telse\n"
	      "\t\t\t_cinit_files -f\n"
	      "\t\tfi\n"
	      "\t\treturn\n"
	      "\telif ((i > last)); then\n"
	      "\t\toption=${words[last - 1]}\n"
	      "\telif [[ -z $ends && $cur == --*=* ]]; then\n"
	      "\t\toption=${cur%%=*} cur=${cur#*=}\n"
	      "\telif [[ -z $ends && $cur == -* ]]; then\n"
	      "\t\t_cinit_words \"$opts\"\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $command:$option in\n",
	      out);
	cli_each(out, bash_values);
	fputs("\tesac\n"
	      "\t# Only what stands behind the last ':' is replaced.\n"
	      "\tif [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
	      "\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${cur%:*}:\"}\")\n"
	      "\tfi\n"
	      "}\n"
	      "complete -F _cinit cinit\n",
	      out);
}

/* ---- zsh ---- */

/* Text inside '...[...]...' of _arguments. */
static void zsh_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *s))
			fprintf(out, "\\%c", *s);
		else if (*s != '`')
			putc(*s, out);
	}
}

static void zsh_action(FILE *out, const char *kind)
{
	if (!kind)
		fputs(" ", out);
	else if (strcmp(kind, "file") == 0)
		fputs("_files", out);
	else if (strcmp(kind, "dir") == 0)
		fputs("_files -/", out);
	else if (strcmp(kind, "command") == 0)
		fputs("_command_names -e", out);
	else {
		putc('(', out);
		put_words(out, kind, "\\:");
		putc(')', out);
	}
}

/* '*--name=[help]:ARG:action', in the form that fits one spelling. */
static void zsh_option(FILE *out, const struct opt *o, const char *dashes, const char *name)
{
	fprintf(out, " \\\n\t\t'%s%s%s", o->kind == OPT_CALL ? "*" : "", dashes, name);
	if (takes_value(o))
		fputs(dashes[1] ? "=" : "+", out);
	putc('[', out);
	zsh_text(out, o->help);
	putc(']', out);
	if (takes_value(o)) {
		putc(':', out);
		zsh_text(out, o->arg ? o->arg : "value");
		putc(':', out);
		zsh_action(out, o->complete);
	}
	putc('\'', out);
}

static void zsh_command(FILE *out, const struct command *c)
{
	fprintf(out, "\t'%s')\n\t\t_arguments -S '--help[say how it is used]'", cli_path(c));
	for (const struct opt *o = c->rows; o->kind != OPT_END; o++) {
		char letter[2] = { o->letter, '\0' };

		if (!is_option(o) || !o->help)
			continue;
		if (o->name)
			zsh_option(out, o, "--", o->name);
		if (o->letter)
			zsh_option(out, o, "-", letter);
	}
	if (c->complete && *c->complete) {
		fputs(" \\\n\t\t'(-)1:argument:", out);
		zsh_action(out, c->complete);
		putc('\'', out);
	}
	if (strcmp(c->name, "run") == 0 || strcmp(c->name, "init") == 0)
		fputs(" \\\n\t\t'(-)*::command:_normal'", out);
	fputs(" ;;\n", out);
}

static void zsh_groups(FILE *out)
{
	fputs("\tlocal command=$words[1]\n\tlocal -a subs\n\tcase $command in\n", out);
	for (const struct command *c = cli_commands; c->name; c++) {
		if (!c->sub)
			continue;
		fprintf(out, "\t%s) subs=(", c->name);
		put_names(out, c->sub);
		fputs(") ;;\n", out);
	}
	fputs("\tesac\n"
	      "\tif (($#subs)); then\n"
	      "\t\tif ((CURRENT == 2)); then\n"
	      "\t\t\tcompadd -a subs\n"
	      "\t\t\treturn\n"
	      "\t\tfi\n"
	      "\t\tif ((${subs[(Ie)$words[2]]})); then\n"
	      "\t\t\tcommand+=\" $words[2]\"\n"
	      "\t\t\tshift words\n"
	      "\t\t\t((CURRENT--))\n"
	      "\t\tfi\n"
	      "\tfi\n",
	      out);
}

static void completion_zsh(FILE *out)
{
	fputs("#compdef cinit\n# made by `cinit completion zsh`\n\n"
	      "_cinit() {\n\tlocal -a commands\n\tcommands=(\n",
	      out);
	for (const struct command *c = cli_commands; c->name; c++) {
		fprintf(out, "\t\t'%s:", c->name);
		zsh_text(out, c->summary);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tshift words\n"
	      "\t((CURRENT--))\n",
	      out);
	zsh_groups(out);
	fputs("\tcase $command in\n", out);
	cli_each(out, zsh_command);
	fputs("\tesac\n}\n\n_cinit \"$@\"\n", out);
}

/* ---- fish ---- */

static void fish_quoted(FILE *out, const char *s)
{
	putc('\'', out);
	for (; *s; s++)
		fprintf(out, *s == '\'' || *s == '\\' ? "\\%c" : "%c", *s);
	putc('\'', out);
}

static void fish_action(FILE *out, const char *kind)
{
	if (!kind) {
		fputs(" -x", out);
	} else if (strcmp(kind, "file") == 0) {
		fputs(" -r -F", out);
	} else if (strcmp(kind, "dir") == 0) {
		fputs(" -x -a '(__fish_complete_directories)'", out);
	} else if (strcmp(kind, "command") == 0) {
		fputs(" -x -a '(__fish_complete_command)'", out);
	} else {
		fputs(" -x -a '", out);
		put_words(out, kind, ":");
		putc('\'', out);
	}
}

static void fish_when(FILE *out, const struct command *c)
{
	const char *path = cli_path(c), *space = strchr(path, ' ');

	if (space)
		fprintf(out,
			"complete -c cinit -n '__fish_seen_subcommand_from %.*s; and "
			"__fish_seen_subcommand_from %s'",
			(int)(space - path), path, space + 1);
	else
		fprintf(out, "complete -c cinit -n '__fish_seen_subcommand_from %s'", path);
}

static void fish_command(FILE *out, const struct command *c)
{
	for (const struct opt *o = c->rows; o->kind != OPT_END; o++) {
		if (!is_option(o) || !o->help)
			continue;
		fish_when(out, c);
		if (o->name)
			fprintf(out, " -l %s", o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (takes_value(o))
			fish_action(out, o->complete);
		fputs(" -d ", out);
		fish_quoted(out, o->help);
		putc('\n', out);
	}
	if (c->complete && *c->complete) {
		fish_when(out, c);
		fish_action(out, c->complete);
		putc('\n', out);
	}
}

static void completion_fish(FILE *out)
{
	fputs("# fish completion for cinit; made by `cinit completion fish`\n"
	      "complete -c cinit -f\n"
	      "complete -c cinit -l help -d 'say how it is used'\n",
	      out);
	for (const struct command *c = cli_commands; c->name; c++) {
		fprintf(out, "complete -c cinit -n __fish_use_subcommand -a %s -d ", c->name);
		fish_quoted(out, c->summary);
		putc('\n', out);
		if (!c->sub)
			continue;
		fprintf(out, "complete -c cinit -n '__fish_seen_subcommand_from %s' -a '", c->name);
		put_names(out, c->sub);
		fputs("'\n", out);
	}
	cli_each(out, fish_command);
}

int cli_completion(int argc, char **argv)
{
	int first, code;

	if (cli_parse("completion", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first != 1 || !opt_has_word("bash|zsh|fish", argv[first])) {
		fail_plain("completion: one of bash, zsh, fish is wanted%s%.64s",
			   first < argc ? ", not " : "", first < argc ? argv[first] : "");
		return cli_fail();
	}
	if (argv[first][0] == 'b')
		completion_bash(stdout);
	else if (argv[first][0] == 'z')
		completion_zsh(stdout);
	else
		completion_fish(stdout);
	return 0;
}
