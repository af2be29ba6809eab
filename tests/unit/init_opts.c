/* init_opts.c - what an init understands: options, environment, names, words. */
#include <stdlib.h>
#include <unistd.h>

#include "init.h"
#include "init/opts.h"
#include "lib/err.h"
#include "tests/unit/tap.h"

static struct init_state st;
static struct init_args args;

static void fresh(enum init_name name)
{
	memset(&st, 0, sizeof(st));
	memset(&args, 0, sizeof(args));
	args.st = &st;
	args.name = name;
	args.verbose = INIT_LOG_WARN;
	err_clear();
}

/* Parse the words of LINE; returns opt_parse()'s, the first plain word in *FIRST. */
static int parse(const char *line, const char **first)
{
	static char copy[256], *argv[32];
	struct opt_parse p = { .rows = init_opts, .args = &args, .command = "init" };
	int argc = 0, ret;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w && argc < 31; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	ret = opt_parse(&p, argc, argv);
	*first = ret == 0 && p.first < argc ? argv[p.first] : NULL;
	return ret;
}

static void test_tini(void)
{
	const char *first;

	fresh(INIT_AS_TINI);
	ok(parse("tini -s -p SIGKILL -vv -w -g -e 143 -e 0 -- prog -v", &first) == 0,
	   "all of tini's options are read");
	is_str(first, "prog", "and the program begins behind --");
	ok(args.subreaper && args.warn_reap && args.process_group, "-s -w -g");
	is_int(args.parent_death_signal, 9, "-p SIGKILL");
	is_int(args.verbose, 3, "-vv is two more than warnings");
	ok(st.remap[143 / 64] == 1ull << (143 % 64) && st.remap[0] == 1, "-e 143 -e 0");

	fresh(INIT_AS_TINI);
	ok(parse("tini -gvs prog -e 9", &first) == 0 && args.process_group && args.subreaper,
	   "letters can be put together");
	is_str(first, "prog", "the program's own -e is left alone");
	ok(!st.remap[0], "and means nothing to init");
}

static void test_dumb_init(void)
{
	const char *first;

	fresh(INIT_AS_DUMB_INIT);
	ok(parse("dumb-init -c -v -r 15:3 --rewrite 1:0 -r SIGRTMAX:10 prog", &first) == 0,
	   "all of dumb-init's options are read");
	ok(args.single_child, "-c");
	is_int(args.verbose, INIT_LOG_DEBUG, "-v says everything");
	is_int(st.rewrite[14], 3, "-r 15:3");
	is_int(st.rewrite[0], INIT_DROP, "--rewrite 1:0 drops");
	is_int(st.rewrite[63], 10, "the last real-time signal has a place");
	is_int(st.rewrite[1], 0, "others stay as they are");
}

static void test_ours(void)
{
	const char *first;

	fresh(INIT_AS_CINIT);
	ok(parse("init --wait-all --kill-orphans --delay TERM=1500ms --delay INT=2s "
		 "--restart=on-failure:4 --setuid nobody --pre a --post b prog",
		 &first) == 0,
	   "our own options are read");
	ok(args.wait_all && st.kill_orphans, "--wait-all --kill-orphans");
	is_int(st.grace_ns, 5000000000, "five seconds of grace unless said");
	ok(st.delay[0].sig == 15 && st.delay[0].ns == 1500000000 && st.delay[1].sig == 2,
	   "--delay, twice");
	ok(st.restart == INIT_RESTART_ON_FAILURE && st.restarts_left == 4, "--restart with a limit");
	is_str(args.setuid, "nobody", "--setuid");

	fresh(INIT_AS_CINIT);
	ok(parse("init --kill-orphans=250ms --restart --delay 15=1s --delay TERM=2s prog",
		 &first) == 0 &&
		   st.grace_ns == 250000000,
	   "--kill-orphans=250ms");
	ok(st.restart == INIT_RESTART_ON_FAILURE && st.restarts_left == UINT32_MAX,
	   "--restart alone: after failures, without a limit");
	ok(st.delay[0].ns == 2000000000 && !st.delay[1].sig, "the last --delay of a signal counts");
	fresh(INIT_AS_CINIT);
	ok(parse("init --restart=no --kill-orphans=false --boot=reboot prog", &first) == 0 &&
		   !st.restart && !st.kill_orphans && args.boot && st.reboot == INIT_REBOOT,
	   "=no, =false, =reboot");
}

static void test_refused(void)
{
	static const char *const bad[][2] = {
		{ "init -p 0 x", "init: -p: \"0\" is not a signal" },
		{ "init -p 65 x", "init: -p: \"65\" is not a signal" },
		{ "init -e -1 x", "init: -e: \"-1\" is not an exit code" },
		{ "init -e 0x10 x", "init: -e: \"0x10\" is not an exit code" },
		{ "init -r :3 x", "init: -r: \":3\" is not FROM:TO" },
		{ "init -r 3: x", "init: -r: \"\" is not a signal" },
		{ "init -r 65:3 x", "init: -r: \"65\" is not a signal" },
		{ "init --delay =3s x", "init: --delay: \"=3s\" is not SIGNAL=TIME" },
		{ "init --restart=always: x", "init: --restart: \"always:\"" },
		{ "init --restart=Always x", "init: --restart: \"Always\"" },
		{ "init --boot=later x", "init: --boot: \"later\"" },
		{ "init --delay 1=1s --delay 2=1s --delay 3=1s --delay 4=1s --delay 5=1s --delay 6=1s "
		  "--delay 7=1s --delay 8=1s --delay 10=1s x",
		  "init: --delay: more than 8" },
	};
	const char *first;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fresh(INIT_AS_CINIT);
		ok(parse(bad[i][0], &first) < 0 &&
			   strncmp(err_text(), bad[i][1], strlen(bad[i][1])) == 0,
		   "refused with a reason: %s", bad[i][0]);
	}
}

/* Environment strings are written to. */
static char *word(const char *text)
{
	static char pool[4096];
	static size_t used;
	char *copy = pool + used;

	used += strlen(text) + 1;
	if (used > sizeof(pool))
		abort();
	return strcpy(copy, text);
}

static void test_environment(void)
{
	char *env[] = { word("HOME=/"),
			word("CINIT_WAIT_ALL=1"),
			word("PATH=/bin"),
			word("CINIT_DELAY=TERM=5s,INT=1s"),
			word("CINIT_NO_SUCH=1"),
			word("CINIT_SUBREAPER="),
			word("LISTEN_PID=7"),
			word("CINIT_REWRITE=1:0 2:15"),
			word("CINIT_VERSION=3"),
			word("CINIT_KILL_ORPHANS=2s"),
			NULL };
	char *tini[] = { word("TINI_SUBREAPER"), word("TINI_SUBREAPER="),
			 word("TINI_KILL_PROCESS_GROUP=0"), word("TINI_VERBOSITY=3"), NULL };
	char *dumb[] = { word("TINI_VERBOSITY=x"), word("DUMB_INIT_DEBUG=1"),
			 word("DUMB_INIT_SETSID=0"), NULL };
	char *bad[] = { word("CINIT_RESTART=maybe"), NULL };

	fresh(INIT_AS_CINIT);
	ok(init_read_env(&args, env) == 0, "CINIT_* are read");
	ok(args.wait_all && args.subreaper, "flags: 1, and nothing");
	ok(st.delay[0].sig == 15 && st.delay[1].sig == 2 && st.delay[1].ns == 1000000000,
	   "several values behind commas");
	ok(st.rewrite[0] == INIT_DROP && st.rewrite[1] == 15, "or spaces");
	is_int(st.grace_ns, 2000000000, "optional values");
	is_str(st.path, "/bin", "PATH is noticed");
	is_str(env[0], "HOME=/", "ours are taken out ...");
	is_str(env[1], "PATH=/bin", "... the others keep their order");
	is_str(env[2], "CINIT_NO_SUCH=1", "what is no option of ours stays");
	is_str(env[3], "LISTEN_PID=7", "LISTEN_PID stays");
	ok(st.listen_pid == &env[3], "and its new place is known");
	is_str(env[4], "CINIT_VERSION=3", "--version cannot be asked for in the environment");
	ok(!env[5], "nothing is left behind the end");

	fresh(INIT_AS_TINI);
	ok(init_read_env(&args, tini) == 0 && args.subreaper && args.process_group &&
		   args.verbose == 3,
	   "tini's three variables; that they are there is enough");
	ok(tini[3] && !tini[4], "they stay in the environment");

	fresh(INIT_AS_DUMB_INIT);
	ok(init_read_env(&args, dumb) == 0 && args.single_child && args.verbose == INIT_LOG_DEBUG,
	   "dumb-init reads its own and not tini's");

	fresh(INIT_AS_CINIT);
	ok(init_read_env(&args, bad) < 0, "a bad value is refused");
	ok(strncmp(err_text(), "init: CINIT_RESTART: \"maybe\"", 27) == 0, "and the variable named");
}

static void test_names(void)
{
	static const char *const yes[] = { "init",          "/sbin/init",
					   "./tini",        "/usr/bin/dumb-init",
					   "catatonit",     "docker-init",
					   "/x/tini-static" };
	static const char *const no[] = { "cinit", "/usr/bin/cinit", "init.d", "tini/run",
					  "",      "linit" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ok(init_is_me(yes[i]), "%s is an init", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ok(init_is_me(no[i]) == (getpid() == 1), "\"%s\" is none by its name", no[i]);
}

static void test_words(void)
{
	char buf[24];

	is_str(init_text(buf, 0), "0", "zero");
	is_str(init_text(buf, UINT64_MAX), "18446744073709551615", "the largest number");
	is_str(init_errno(buf, 2), "No such file or directory", "a usual errno in words");
	is_str(init_errno(buf, 133), "error 133", "an unusual one as a number");
}

int main(void)
{
	test_tini();
	test_dumb_init();
	test_ours();
	test_refused();
	test_environment();
	test_names();
	test_words();
	return done();
}
