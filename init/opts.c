/* init/opts.c - what an init is asked to do. The process is an init that has not
 * started anything; owns nothing, words stay in argv and the environment.
 *
 * First the environment (CINIT_*, and the variables of the init it stands in for),
 * then the command line, which comes later and wins. */
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "init/opts.h"
#include "lib/err.h"
#include "lib/num.h"

enum { DEFAULT_GRACE_S = 5 };

#define SECOND_NS 1000000000ull

static int read_signal(const char *word, int *sig)
{
	if (num_signal(word, sig) < 0)
		return fail_plain("\"%.64s\" is not a signal; TERM, 15 or RTMIN+1 would be", word);
	return 0;
}

static int read_parent_death(void *ctx, const char *value)
{
	struct init_args *a = ctx;

	return read_signal(value, &a->parent_death_signal);
}

static int read_verbose(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	uint32_t level;

	if (!value)
		a->verbose++;
	else if (num_u32(value, &level) == 0)
		a->verbose = level;
	else
		return fail_plain("\"%.64s\" is not a level; a number from 0 to 3 would be", value);
	/* dumb-init knows one level, and it says everything. */
	if (a->name == INIT_AS_DUMB_INIT && a->verbose)
		a->verbose = INIT_LOG_DEBUG;
	return 0;
}

static int read_remap(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	uint32_t code;

	if (num_u32(value, &code) < 0 || code > 255)
		return fail_plain("\"%.64s\" is not an exit code; 0 to 255 would be", value);
	a->st->remap[code / 64] |= 1ull << (code % 64);
	return 0;
}

/* Cut "A:B" or "A=B" in two: A into WORD. Returns B, or NULL. */
static const char *cut(const char *value, char by, char word[32])
{
	const char *at = strchr(value, by);

	if (!at || at == value || at - value > 31)
		return NULL;
	memcpy(word, value, (size_t)(at - value));
	word[at - value] = '\0';
	return at + 1;
}

static int read_rewrite(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	char word[32];
	const char *rest = cut(value, ':', word);
	int from, to = 0;

	if (!rest)
		return fail_plain("\"%.64s\" is not FROM:TO, as in 15:2 or TERM:INT; TO 0 drops it",
				  value);
	if (read_signal(word, &from) < 0)
		return -1;
	if (strcmp(rest, "0") != 0 && read_signal(rest, &to) < 0)
		return -1;
	a->st->rewrite[from - 1] = to ? (uint8_t)to : INIT_DROP;
	return 0;
}

static int read_delay(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	char word[32];
	const char *rest = cut(value, '=', word);
	struct init_delay d = { 0, 0, 0 };

	if (!rest || num_duration(rest, &d.ns) < 0)
		return fail_plain("\"%.64s\" is not SIGNAL=TIME, as in TERM=5s or INT=250ms", value);
	if (read_signal(word, &d.sig) < 0)
		return -1;
	for (unsigned i = 0; i < a->delays; i++) {
		if (a->st->delay[i].sig == d.sig) {
			a->st->delay[i] = d;
			return 0;
		}
	}
	if (a->delays == INIT_DELAYS)
		return fail_plain("more than %d signals cannot be delayed", INIT_DELAYS);
	a->st->delay[a->delays++] = d;
	return 0;
}

/* "", "true", "false": 1 when VALUE was one of them, its meaning in *ON. */
static bool is_switch(const char *value, bool *on)
{
	*on = !value || !value[0] || strcmp(value, "true") == 0;
	return *on || strcmp(value, "false") == 0;
}

static int read_kill_orphans(void *ctx, const char *value)
{
	struct init_args *a = ctx;

	a->st->grace_ns = DEFAULT_GRACE_S * SECOND_NS;
	if (is_switch(value, &a->st->kill_orphans))
		return 0;
	a->st->kill_orphans = true;
	if (num_duration(value, &a->st->grace_ns) < 0)
		return fail_plain("\"%.64s\" is not a time; 10s or 500ms would be, 0 kills at once",
				  value);
	return 0;
}

static int read_restart(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	const char *max = value ? strchr(value, ':') : NULL;
	size_t len = value ? (max ? (size_t)(max - value) : strlen(value)) : 0;
	uint32_t n = UINT32_MAX;
	bool on;

	a->st->restarts_left = UINT32_MAX;
	a->st->restart = INIT_RESTART_ON_FAILURE;
	if (is_switch(value, &on)) {
		if (!on)
			a->st->restart = INIT_RESTART_NO;
		return 0;
	}
	if (max && num_u32(max + 1, &n) < 0)
		return fail_plain("\"%.64s\": a number of restarts belongs after the colon", value);
	if (len == 2 && memcmp(value, "no", 2) == 0)
		a->st->restart = INIT_RESTART_NO;
	else if (len == 6 && memcmp(value, "always", 6) == 0)
		a->st->restart = INIT_RESTART_ALWAYS;
	else if (len != 10 || memcmp(value, "on-failure", 10) != 0)
		return fail_plain("\"%.64s\" is not no, on-failure or always, with :MAX behind it "
				  "or not",
				  value);
	a->st->restarts_left = n;
	return 0;
}

static int read_boot(void *ctx, const char *value)
{
	struct init_args *a = ctx;
	bool on;

	a->boot = true;
	a->st->reboot = INIT_POWEROFF;
	if (is_switch(value, &on)) {
		a->boot = on;
		return 0;
	}
	if (strcmp(value, "reboot") == 0)
		a->st->reboot = INIT_REBOOT;
	else if (strcmp(value, "halt") == 0)
		a->st->reboot = INIT_HALT;
	else if (strcmp(value, "poweroff") != 0)
		return fail_plain("\"%.64s\" is not poweroff, reboot or halt", value);
	return 0;
}

static int read_reap(void *ctx, const char *value)
{
	struct init_args *a = ctx;

	if (strcmp(value, "wait4") == 0)
		a->st->reap = INIT_REAP_WAIT4;
	else if (strcmp(value, "adapt") == 0)
		a->st->reap = INIT_REAP_ADAPT;
	else if (strcmp(value, "auto") == 0)
		a->st->reap = INIT_REAP_AUTO;
	else
		return fail_plain("\"%.64s\" is not wait4, adapt or auto", value);
	return 0;
}

#define AT(field) .offset = offsetof(struct init_args, field)

const struct opt init_opts[] = {
	{ .kind = OPT_GROUP, .help = "Signals" },
	{ .name = "process-group",
	  .letter = 'g',
	  .kind = OPT_FLAG,
	  AT(process_group),
	  .help = "send signals to the program's process group" },
	{ .name = "rewrite",
	  .letter = 'r',
	  .kind = OPT_CALL,
	  .read = read_rewrite,
	  .arg = "FROM:TO",
	  .help = "send signal TO when FROM comes; TO 0 drops it",
	  .complete = "signal" },
	{ .name = "delay",
	  .kind = OPT_CALL,
	  .read = read_delay,
	  .arg = "SIGNAL=TIME",
	  .help = "send SIGNAL only TIME after it came",
	  .complete = "signal" },
	{ .name = "parent-death-signal",
	  .letter = 'p',
	  .kind = OPT_CALL,
	  .read = read_parent_death,
	  .arg = "SIGNAL",
	  .help = "receive SIGNAL when the parent dies",
	  .complete = "signal" },
	{ .name = "single-child",
	  .letter = 'c',
	  .kind = OPT_FLAG,
	  AT(single_child),
	  .help = "dumb-init: signals to the program alone, no session" },
	{ .name = "session",
	  .kind = OPT_FLAG,
	  AT(session),
	  .help = "the program leads a session, and signals go to it" },
	{ .name = "same-group",
	  .kind = OPT_FLAG,
	  AT(same_group),
	  .help = "leave the program in init's process group" },
	{ .kind = OPT_GROUP, .help = "Descendants" },
	{ .name = "subreaper",
	  .letter = 's',
	  .kind = OPT_FLAG,
	  AT(subreaper),
	  .help = "adopt orphans when not PID 1" },
	{ .name = "wait-all",
	  .kind = OPT_FLAG,
	  AT(wait_all),
	  .help = "stay until every descendant has ended" },
	{ .name = "follow",
	  .kind = OPT_FLAG,
	  AT(follow),
	  .help = "when the program goes into the background, go on with it" },
	{ .name = "kill-orphans",
	  .kind = OPT_CALL_FLAG,
	  .read = read_kill_orphans,
	  .arg = "GRACE",
	  .help = "end those left by the program: TERM, and KILL after GRACE (5s)" },
	{ .kind = OPT_GROUP, .help = "The program" },
	{ .name = "setuid",
	  .kind = OPT_STR,
	  AT(setuid),
	  .arg = "USER",
	  .help = "run the program as USER, with its groups" },
	{ .name = "setgid",
	  .kind = OPT_STR,
	  AT(setgid),
	  .arg = "GROUP",
	  .help = "run the program with group GROUP" },
	{ .name = "pre",
	  .kind = OPT_STR,
	  AT(pre),
	  .arg = "CMD",
	  .help = "run CMD by sh before the program; if it fails, end" },
	{ .name = "post",
	  .kind = OPT_STR,
	  AT(post),
	  .arg = "CMD",
	  .help = "run CMD by sh after the program; $1 is its exit code" },
	{ .name = "restart",
	  .kind = OPT_CALL_FLAG,
	  .read = read_restart,
	  .arg = "WHEN[:MAX]",
	  .help = "start the program again: on-failure or always, MAX times",
	  .complete = "no|on-failure|always" },
	{ .name = "remap",
	  .letter = 'e',
	  .kind = OPT_CALL,
	  .read = read_remap,
	  .arg = "CODE",
	  .help = "exit with 0 in place of CODE" },
	{ .name = "pause",
	  .letter = 'P',
	  .kind = OPT_FLAG,
	  AT(pause),
	  .help = "run no program; end with 0 at TERM or INT" },
	{ .name = "boot",
	  .kind = OPT_CALL_FLAG,
	  .read = read_boot,
	  .arg = "HOW",
	  .help = "be PID 1 of a machine; in the end poweroff, reboot or halt",
	  .complete = "poweroff|reboot|halt" },
	{ .kind = OPT_GROUP, .help = "Messages" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPT_CALL_FLAG,
	  .read = read_verbose,
	  .help = "say more; twice: every signal and orphan" },
	{ .name = "warn-reap",
	  .letter = 'w',
	  .kind = OPT_FLAG,
	  AT(warn_reap),
	  .help = "say when an orphan is reaped" },
	{ .name = "license",
	  .letter = 'l',
	  .kind = OPT_FLAG,
	  AT(license),
	  .help = "print the license" },
	{ .letter = 'L', .kind = OPT_FLAG, AT(license) },
	{ .name = "version",
	  .letter = 'V',
	  .kind = OPT_FLAG,
	  AT(version),
	  .help = "print the version" },
	{ .name = "reap", .kind = OPT_CALL, .read = read_reap, .arg = "HOW" },
	{ 0 },
};

/* ---- the environment ---- */

/* Give VALUE, which may hold several values with commas, to row O. */
static int init_env_value(struct init_args *a, const struct opt *o, char *value)
{
	char *field = (char *)a + o->offset;
	char *part;

	switch (o->kind) {
	case OPT_FLAG:
		return opt_bool(value[0] ? value : NULL, (bool *)(void *)field);
	case OPT_STR:
		*(const char **)(void *)field = value;
		return 0;
	case OPT_CALL_FLAG:
		return o->read(a, value[0] ? value : NULL);
	case OPT_CALL:
		while ((part = strsep(&value, ", ")))
			if (*part && o->read(a, part) < 0)
				return -1;
		return 0;
	default:
		return 0;
	}
}

/* Does TEXT, "KILL_ORPHANS=5s", name the option NAME, "kill-orphans"? Returns its
 * value, or NULL. */
static char *init_env_is(char *text, const char *name)
{
	for (; *name; name++, text++) {
		char c = *name == '-' ? '_' :
					(char)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name);

		if (*text != c)
			return NULL;
	}
	return *text == '=' ? text + 1 : NULL;
}

/* ENTRY is "CINIT_...". 1: it was one of ours and is used; 0: it was not; -1. */
static int init_env_entry(struct init_args *a, char *entry)
{
	for (const struct opt *o = init_opts; o->kind != OPT_END; o++) {
		char *value = o->name && o->kind != OPT_GROUP ? init_env_is(entry + 6, o->name) :
								NULL;

		if (!value || strcmp(o->name, "license") == 0 || strcmp(o->name, "version") == 0)
			continue;
		if (init_env_value(a, o, value) == 0)
			return 1;
		return fail_in("init: %.*s", (int)(value - 1 - entry), entry);
	}
	return 0;
}

/* The variables of those that we stand in for; they stay in the environment, as
 * they do there. */
static int init_env_others(struct init_args *a, char *entry)
{
	char *value;

	if (a->name == INIT_AS_DUMB_INIT) {
		if (strcmp(entry, "DUMB_INIT_DEBUG=1") == 0)
			a->verbose = INIT_LOG_DEBUG;
		else if (strcmp(entry, "DUMB_INIT_SETSID=0") == 0)
			a->single_child = true;
		return 0;
	}
	if (a->name == INIT_AS_CATATONIT || strncmp(entry, "TINI_", 5) != 0)
		return 0;
	entry += 5;
	if (init_env_is(entry, "subreaper"))
		a->subreaper = true;
	else if (init_env_is(entry, "kill-process-group"))
		a->process_group = true;
	else if ((value = init_env_is(entry, "verbosity")) && num_u32(value, &a->verbose) < 0)
		return fail_plain("init: TINI_VERBOSITY: \"%.64s\" is not a level; "
				  "a number from 0 to 3 would be",
				  value);
	return 0;
}

int init_read_env(struct init_args *a, char **envp)
{
	char **keep = envp;

	for (char **e = envp; *e; e++) {
		int used = 0;

		switch ((*e)[0]) {
		case 'C':
			if (strncmp(*e, "CINIT_", 6) == 0)
				used = init_env_entry(a, *e);
			break;
		case 'D':
		case 'T':
			used = init_env_others(a, *e);
			break;
		case 'L':
			if (strncmp(*e, "LISTEN_PID=", 11) == 0)
				a->st->listen_pid = keep;
			break;
		case 'P':
			if (strncmp(*e, "PATH=", 5) == 0)
				a->st->path = *e + 5;
			break;
		default:
			break;
		}
		if (used < 0)
			return -1;
		if (!used)
			*keep++ = *e;
	}
	*keep = NULL;
	return 0;
}
