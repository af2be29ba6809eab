/* runtime/sec.c - the stage gives up what the container is not to have.
 *
 * The stage runs sec_apply() in the container's namespaces and root, with all
 * capabilities of its user namespace, and is afterwards what its payload will be; the
 * launcher runs sec_print() for --dry-run. runtime/sec.h has the order, and these are
 * its reasons:
 *
 *  - working directory and rlimits want the rights of root; the limits come last of
 *    these, since a small one (no open files) would stop the others
 *  - the bounding set wants CAP_SETPCAP, groups and ids CAP_SETGID and CAP_SETUID:
 *    capabilities end after them
 *  - the filter is last, since it may forbid everything above; with no_new_privs off
 *    it has to be loaded while CAP_SYS_ADMIN is there, and a profile that forbids
 *    what is still to come makes the run fail with words
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/num.h"
#include "runtime/sec_steps.h"

static int surroundings(const struct spec *spec, bool *enter_later)
{
	if (limits_keyring(spec) < 0)
		return -1;
	umask(spec->umask);
	int cwd = limits_cwd(spec);

	if (cwd < 0 || limits_apply(spec) < 0)
		return -1;
	*enter_later = cwd > 0;
	return 0;
}

/* Who the payload is, and what it can. A user other than 0 has only what was added by
 * name (docker gives nothing even then; podman does as we do). */
static int identity(const struct spec *spec, const struct sec_user *user, bool setgroups_allowed)
{
	uint64_t caps, kept, ambient = 0;

	if (caps_wanted(spec, &caps) < 0 || caps_bound(caps) < 0)
		return -1;
	kept = caps;
	if (user->uid != 0)
		kept = ambient = caps & spec->caps_added;
	if (user_become(spec, user, setgroups_allowed, ambient != 0) < 0)
		return -1;
	return caps_set(kept, ambient) < 0 || caps_verify(kept, ambient) < 0 ? -1 : 0;
}

int sec_apply(const struct spec *spec, const struct sec_user *user, const struct sec_filter *filter,
	      bool setgroups_allowed)
{
	bool enter_later;

	if (surroundings(spec, &enter_later) < 0)
		return -1;
	if (!spec->no_new_privs && seccomp_install(filter) < 0)
		return -1;
	if (identity(spec, user, setgroups_allowed) < 0)
		return -1;
	/* A directory that root inside may not enter (it is on a file system that does
	 * not know this root) may still be the user's own. */
	int cwd = enter_later ? limits_cwd(spec) : 0;

	if (cwd != 0)
		return cwd < 0 ? -1 : fail_plain("--workdir %s: permission denied", spec->cwd);
	if (spec->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("set no_new_privs");
	return 0;
}

int sec_apply_filter(const struct spec *spec, const struct sec_filter *filter)
{
	return spec->no_new_privs ? seccomp_install(filter) : 0;
}

/* ---- --dry-run ---- */

static void print_caps(FILE *out, const char *what, uint64_t caps)
{
	const char *sep = " ";

	fputs(what, out);
	for (unsigned cap = 0; cap < 64; cap++)
		if (caps >> cap & 1) {
			fprintf(out, "%s%s", sep, sec_cap_name(cap));
			sep = ",";
		}
	fputs(caps ? "\n" : " none\n", out);
}

static const char *limit_text(char buf[24], rlim_t limit)
{
	return limit == RLIM_INFINITY ? "unlimited" : num_text(buf, limit);
}

void sec_print(const struct spec *spec, const struct sec_filter *filter, FILE *out)
{
	char soft[24], hard[24];

	fprintf(out, "user %s\n", spec->user ? spec->user : "0:0");
	for (size_t i = 0; i < spec->ngroups; i++)
		fprintf(out, "group %s\n", spec->groups[i]);
	fprintf(out, "umask %04o\n", (unsigned)spec->umask);
	fputs("keyring own\n", out);
	if (spec->oom_score_adj_set)
		fprintf(out, "oom_score_adj %d\n", spec->oom_score_adj);
	for (size_t i = 0; i < spec->nrlimits; i++)
		fprintf(out, "rlimit %s %s:%s\n", limits_name(spec->rlimits[i].resource),
			limit_text(soft, spec->rlimits[i].lim.rlim_cur),
			limit_text(hard, spec->rlimits[i].lim.rlim_max));
	for (size_t i = 0; i < spec->nsysctls; i++)
		fprintf(out, "sysctl %s=%s\n", spec->sysctls[i].key, spec->sysctls[i].val);
	print_caps(out, "capabilities", spec->caps);
	if (spec->user)
		print_caps(out, "capabilities of a user other than 0",
			   spec->caps & spec->caps_added);
	fprintf(out, "no_new_privs %s\n", spec->no_new_privs ? "on" : "off");
	/* Whether it came out of the cache is left out: two runs print the same. */
	const char *profile = spec->seccomp == SECCOMP_MODE_FILE ? spec->seccomp_file : "default";

	if (filter->insns)
		fprintf(out, "seccomp %s, %u instructions, %s\n", profile, filter->len,
			strcmp(filter->from, "built in") == 0 ? filter->from : "compiled");
	else
		fputs("seccomp unconfined\n", out);
}
