/* runtime/cgroups.c - the container's control group, from the launcher's plan to the end.
 *
 * The launcher decides before anything is made (cgroups_plan), makes the cgroup with its
 * limits before the stage is born into it (cgroups_make), and as the monitor says what the
 * kernel has killed and removes it (cgroups_end). Whoever dies in between leaves a cgroup
 * without processes, which the next command removes with the record.
 *
 * A container for which nothing is asked gets a cgroup where one can be had for some
 * system calls; where systemd would have to be asked it has none. What is asked for holds,
 * or there is no container.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sys.h"
#include "runtime/box.h"
#include "runtime/journal.h"
#include "runtime/priv.h"

/* In the environment of a command that runs in a scope already. */
#define IN_SCOPE "CINIT_IN_SCOPE"

static bool asked(const struct spec *spec)
{
	return cgroup_limits_asked(&spec->limits) || spec->cgroup_parent || spec->cgroup_rw ||
	       spec->ndevice_rules;
}

/* Of what was asked for, the first is named. */
static int fail_home(const struct box *b)
{
	const char *what = b->spec->ndevice_rules ? "--device-cgroup-rule" :
			   b->spec->cgroup_rw     ? "--cgroup-rw" :
						    "--cgroup-parent";

	for (size_t i = b->nrows; i-- > 0;) {
		if (b->rows[i].optional)
			continue;
		if (cgroup_check_v1(&b->rows[i]) < 0)
			return -1;
		what = b->rows[i].arg;
	}
	fail_plain("%s: no cgroup can be made: %s", what, b->home.why);
	if (b->home.mend[0])
		err_hint("%s", b->home.mend);
	return -1;
}

/* The words of this process's command line; they live as long as it does. */
static char **own_words(struct pool *pool, size_t *n)
{
	enum { MOST = 2 << 20 };
	char *text = pool_alloc(pool, MOST + 1);
	ssize_t len = fd_read_file(AT_FDCWD, "/proc/self/cmdline", text, MOST);
	char **words = NULL;

	*n = 0;
	if (len <= 0 || len == MOST)
		return NULL;
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		POOL_PUSH(pool, words, *n, p);
	return words;
}

/* Run this command anew in a transient scope of the service manager. systemd-run, and not
 * its bus: that costs some milliseconds of a command that waits for the manager anyway,
 * and a library of five times our size would be the price (docs/cgroups.md). The scope
 * ends by itself with its last process. Returns only if that fails. */
static int enter_scope(struct box *b)
{
	const uint64_t none = 0;
	char self[PATH_MAX], slice[80];
	const char **argv = NULL;
	size_t n = 0, nwords;
	char **words = own_words(b->pool, &nwords);
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (getenv(IN_SCOPE))
		return fail_plain("the scope that systemd made cannot be divided");
	if (len <= 0 || !words)
		return fail("read the own command line");
	self[len] = '\0';
#define WORD(w) POOL_PUSH(b->pool, argv, n, (w))
	WORD("systemd-run");
	if (geteuid() != 0)
		WORD("--user");
	WORD("--scope");
	WORD("--collect");
	WORD("--quiet");
	WORD("--property=Delegate=yes");
	WORD("--description=cinit container");
	if (b->home.slice[0]) {
		snprintf(slice, sizeof(slice), "--slice=%s", b->home.slice);
		WORD(slice);
	}
	WORD("--");
	WORD(self);
	for (size_t i = 1; i < nwords; i++)
		WORD(words[i]);
	WORD(NULL);
#undef WORD
	setenv(IN_SCOPE, "1", 1);
	sys_sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], (char **)argv);
	return fail("run systemd-run");
}

int cgroups_plan(struct box *b)
{
	const struct spec *spec = b->spec;
	const char *parent = spec->cgroup_parent;

	b->nrows = cgroup_limits_rows(b->pool, &spec->limits, &b->rows);
	b->home.how = CGROUP_NONE;
	if (!asked(spec) && !cgroup_usual())
		return 0;
	/* In the scope that --cgroup-parent has led to, its slice is the one above. */
	if (getenv(IN_SCOPE) && parent && strchr(parent, '/') == NULL)
		parent = NULL;
	if (cgroup_home(parent, asked(spec) && geteuid() != 0 && priv_maps(), &b->home) < 0)
		return -1;
	if (b->home.how == CGROUP_SCOPE && !asked(spec))
		b->home.how = CGROUP_NONE;
	return b->home.how == CGROUP_NONE && asked(spec) ? fail_home(b) : 0;
}

/* The helper moves this process to where it may make cgroups, some milliseconds. */
static int ask_helper(struct box *b)
{
	const struct priv_req req = { .type = PRIV_CGROUP, .u.cgroup.verb = 1 };

	if (priv_ask(&req, NULL, 0, NULL, NULL) < 0) {
		snprintf(b->home.why, sizeof(b->home.why), "%s", err_text());
		snprintf(b->home.mend, sizeof(b->home.mend), "%s", err_hint_text());
		return fail_home(b);
	}
	if (cgroup_home(NULL, false, &b->home) < 0)
		return -1;
	return b->home.dir[0] ? 0 : fail_home(b);
}

int cgroups_enter(struct box *b)
{
	if (b->home.how == CGROUP_SCOPE)
		return enter_scope(b);
	if (b->home.how == CGROUP_ASK)
		return ask_helper(b);
	unsetenv(IN_SCOPE);
	return 0;
}

/* Root of the container, as the host knows it. */
static int open_up(struct box *b)
{
	uint32_t uid = 0, gid = 0;

	if (b->spec->ns[NS_CGROUP].mode != NS_PRIVATE)
		return fail_plain("--cgroup-rw: with --cgroupns=private alone");
	for (size_t i = 0; i < b->ids.uids.n; i++)
		if (b->ids.uids.row[i].inside == 0)
			uid = b->ids.uids.row[i].outside;
	for (size_t i = 0; i < b->ids.gids.n; i++)
		if (b->ids.gids.row[i].inside == 0)
			gid = b->ids.gids.row[i].outside;
	return cgroup_open_up(&b->cgroup, uid, gid);
}

int cgroups_make(struct box *b)
{
	if (b->home.how == CGROUP_NONE)
		return 0;
	if (b->record.lock < 0 && record_create(b) < 0)
		return -1;
	if (cgroup_make(&b->home, b->record.name, b->rows, b->nrows, &b->cgroup) == 0 &&
	    devices_attach(b) == 0 && (!b->spec->cgroup_rw || open_up(b) == 0))
		return 0;
	cgroup_undo(&b->cgroup);
	if (asked(b->spec))
		return -1;
	/* Nobody has asked, so nobody has to hear of it. */
	err_clear();
	return 0;
}

static const char *size_text(char text[32], int64_t n)
{
	static const char units[] = "KMGT";
	int u = -1;

	while (u < 3 && n >= 1024 && n % 1024 == 0) {
		n /= 1024;
		u++;
	}
	snprintf(text, 32, u < 0 ? "%lld bytes" : "%lld %ciB", (long long)n, units[u < 0 ? 0 : u]);
	return text;
}

/* What the kernel has killed for want of memory. */
static void say_killed(struct box *b)
{
	struct cgroup_events e;
	char limit[32], text[32] = "";
	int64_t most;

	if (b->cgroup.fd < 0 || cgroup_events(b->cgroup.fd, &e) < 0 || e.oom_kill <= 0)
		return;
	/* Not what was asked for at the start: `update` may have changed it. */
	fd_read_file(b->cgroup.fd, "memory.max", text, sizeof(text) - 1);
	most = atoll(text);
	if (most > 0)
		snprintf(b->killed, sizeof(b->killed), "oom-killed (limit %s)",
			 size_text(limit, most));
	else
		snprintf(b->killed, sizeof(b->killed), "oom-killed");
	note("%s: %s", b->record.name, b->killed);
	journal_write("oom", b->record.name, b->spec->id,
		      (struct journal_pair[]){ JOURNAL_NUMBER("limit", most) }, 1);
}

void cgroups_end(struct box *b, int code)
{
	say_killed(b);
	err_clear();
	if (b->started)
		journal_write("die", b->record.name, b->spec->id,
			      (struct journal_pair[]){ JOURNAL_NUMBER("exit", code),
						       JOURNAL_TEXT("why", b->killed) },
			      b->killed[0] ? 2 : 1);
	cgroup_undo(&b->cgroup);
}
