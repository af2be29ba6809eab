/* runtime/limits.c - what a container's processes inherit besides identity: resource
 * limits, OOM score, keyring, working directory.
 *
 * The option reader runs in the launcher; the rest in the stage, as steps 1, 2 and 4
 * of sec_apply(), while it is still root of the user namespace and "/" is the
 * container's root already.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/sys.h"
#include "runtime.h"
#include "runtime/sec_steps.h"

/* ---- rlimits ---- */

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{ "core", RLIMIT_CORE },         { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },         { "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },       { "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },     { "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },           { "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },     { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

const char *limits_name(int resource)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		if (resources[i].resource == resource)
			return resources[i].name;
	return "?";
}

static int read_limit(const char *word, rlim_t *out)
{
	uint64_t n;

	if (strcmp(word, "unlimited") == 0 || strcmp(word, "-1") == 0) {
		*out = RLIM_INFINITY;
		return 0;
	}
	if (num_u64(word, &n) < 0)
		return -1;
	*out = n;
	return 0;
}

int sec_rlimit_parse(const char *arg, struct rlimit_want *out)
{
	char soft[24], hard[24];
	const char *eq = strchr(arg, '='), *colon = eq ? strchr(eq, ':') : NULL;
	size_t name_len = eq ? (size_t)(eq - arg) : 0, i,
	       n = sizeof(resources) / sizeof(*resources);

	if (!eq)
		return fail_plain("%s: NAME=SOFT or NAME=SOFT:HARD is wanted, like "
				  "nofile=1024:2048",
				  arg);
	for (i = 0; i < n; i++)
		if (strlen(resources[i].name) == name_len &&
		    strncmp(resources[i].name, arg, name_len) == 0)
			break;
	if (i == n)
		return fail_plain("%s: there is no limit \"%.*s\"; there are core, cpu, data, "
				  "fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, "
				  "rtprio, rttime, sigpending and stack",
				  arg, (int)name_len, arg);
	size_t soft_len = colon ? (size_t)(colon - eq - 1) : strlen(eq + 1);

	if (soft_len >= sizeof(soft) || (colon && strlen(colon + 1) >= sizeof(hard)))
		return fail_plain("%s: a limit is a number or \"unlimited\"", arg);
	memcpy(soft, eq + 1, soft_len);
	soft[soft_len] = '\0';
	strcpy(hard, colon ? colon + 1 : soft);
	struct rlimit_want want = { .resource = resources[i].resource, .asked = true };

	if (read_limit(soft, &want.lim.rlim_cur) < 0 || read_limit(hard, &want.lim.rlim_max) < 0)
		return fail_plain("%s: a limit is a number or \"unlimited\"", arg);
	if (want.lim.rlim_cur > want.lim.rlim_max)
		return fail_plain("%s: the soft limit (%s) is above the hard limit (%s)", arg, soft,
				  hard);
	*out = want;
	return 0;
}

static const char *limit_text(char buf[24], rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		return strcpy(buf, "unlimited");
	return num_text(buf, limit);
}

/* A hard limit above the caller's own: Kernel: CAP_SYS_RESOURCE in the initial user
 * namespace, which no rootless container has (nor root on some machines). What was
 * asked for is then an error; a default is made as good as it can be. */
static int set_limit(const struct rlimit_want *want)
{
	struct rlimit now, lim = want->lim;
	char hard[24];

	if (sys_prlimit(want->resource, &lim, NULL) == 0)
		return 0;
	int err = errno;

	if (sys_prlimit(want->resource, NULL, &now) < 0)
		return fail("read limit %s", limits_name(want->resource));
	if (!want->asked) {
		if (lim.rlim_max > now.rlim_max)
			lim.rlim_max = now.rlim_max;
		if (lim.rlim_cur > lim.rlim_max)
			lim.rlim_cur = lim.rlim_max;
		if (sys_prlimit(want->resource, &lim, NULL) == 0)
			return 0;
		err = errno;
	}
	if (err == EPERM)
		return fail_plain("--ulimit %s: the hard limit is %s here, and only root with "
				  "CAP_SYS_RESOURCE may raise it",
				  limits_name(want->resource), limit_text(hard, now.rlim_max));
	errno = err;
	return fail("--ulimit %s", limits_name(want->resource));
}

int limits_apply(const struct spec *spec)
{
	for (size_t i = 0; i < spec->nrlimits; i++)
		if (set_limit(&spec->rlimits[i]) < 0)
			return -1;
	return 0;
}

/* The caller's own limit, which holds for cinit as well, is LEAST or more. */
int limits_enough(int resource, rlim_t least)
{
	struct rlimit now;
	char soft[24], text[24];

	if (sys_prlimit(resource, NULL, &now) < 0)
		return fail("read limit %s", limits_name(resource));
	if (now.rlim_cur >= least)
		return 0;
	fail_plain("the limit %s is %s bytes here, cinit itself needs %s", limits_name(resource),
		   limit_text(soft, now.rlim_cur), limit_text(text, least));
	err_hint("a container gets another one by `--ulimit %s=`", limits_name(resource));
	return -1;
}

/* ---- OOM score ---- */

int sec_oom_apply(const struct spec *spec)
{
	char text[16];

	if (!spec->oom_score_adj_set)
		return 0;
	AUTO_FD int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("--oom-score-adj %d: open /proc/self/oom_score_adj",
			    spec->oom_score_adj);
	int n = snprintf(text, sizeof(text), "%d", spec->oom_score_adj);

	if (write(fd, text, (size_t)n) == n)
		return 0;
	if (errno == EACCES)
		return fail_plain("--oom-score-adj %d: a value below the one cinit runs with is for "
				  "root with CAP_SYS_RESOURCE",
				  spec->oom_score_adj);
	return fail("--oom-score-adj %d", spec->oom_score_adj);
}

/* ---- keyring ---- */

/* A session keyring of its own, so that the caller's keys are not there to be used.
 *
 * Not being able to is no error where keys are out of reach anyway: a kernel without
 * them (ENOSYS), an outer filter that forbids the call to us and so to everything in
 * here (EPERM), and, under the default filter, a used-up quota: a user may have 200
 * keys (kernel.keys.maxkeys), so 200 containers, and one that has ended gives its key
 * back a little later. */
int limits_keyring(const struct spec *spec)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS ||
	    errno == EPERM)
		return 0;
	if (errno == EDQUOT && spec->seccomp == SECCOMP_MODE_DEFAULT)
		return 0;
	fail("make a session keyring");
	if (err_errno() == EDQUOT)
		err_hint("the quota of keys is used up: sysctl kernel.keys.maxkeys, "
			 "kernel.keys.root_maxkeys");
	return -1;
}

/* ---- working directory ---- */

/* One more directory below PARENT. Mode 755 whatever the umask is; the owner is root
 * inside, as with docker. */
static int make_dir(int parent, const char *name)
{
	mode_t mask = umask(0);
	int rc = mkdirat(parent, name, 0755);

	umask(mask);
	return rc < 0 && errno != EEXIST ? -1 : 0;
}

/* Links are followed, but not those that lead through a process's descriptors
 * (/proc/self/fd): what is open from outside must not be a way out (CVE-2024-21626). */
static int open_dir(int root, const char *path)
{
	return sys_openat2(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* The same for a path of which something is missing: made name by name. */
static int make_path(int root, const char *path)
{
	char prefix[PATH_MAX];
	AUTO_FD int dir = open_dir(root, "/");
	size_t done = 0;

	if (strlen(path) >= sizeof(prefix)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(prefix, path);
	while (dir >= 0) {
		size_t start = done + strspn(path + done, "/");
		size_t end = start + strcspn(path + start, "/");

		if (end == start)
			return fd_take(&dir);
		prefix[end] = '\0';
		int next = open_dir(root, prefix);

		if (next < 0 && errno == ENOENT && make_dir(dir, prefix + start) == 0)
			next = open_dir(root, prefix);
		fd_close(&dir);
		dir = next;
		prefix[end] = path[end];
		done = end;
	}
	return -1;
}

int limits_cwd(const struct spec *spec)
{
	char where[PATH_MAX];
	AUTO_FD int dir = -1;

	if (strcmp(spec->cwd, "/") == 0) {
		if (chdir("/") < 0)
			return fail("--workdir /");
	} else {
		AUTO_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (root < 0)
			return fail("open the root directory");
		dir = open_dir(root, spec->cwd);
		if (dir < 0 && errno == ENOENT)
			dir = make_path(root, spec->cwd);
		if (dir < 0 && errno == EROFS)
			return fail_plain("--workdir %s: there is no such directory, and the root file "
					  "system is read-only",
					  spec->cwd);
		if (dir < 0 && errno == ELOOP)
			return fail_plain("--workdir %s: its links go in a circle or through a "
					  "process's files in /proc",
					  spec->cwd);
		if (dir < 0 && errno != EACCES)
			return fail("--workdir %s", spec->cwd);
		if (dir < 0 || fchdir(dir) < 0)
			return errno == EACCES ? 1 : fail("--workdir %s", spec->cwd);
	}
	/* Kernel: a directory that cannot be reached from the root is "(unreachable)";
	 * getcwd(2). The raw call: libcs hide that in an error. */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0)
		return fail("--workdir %s: find out where that is", spec->cwd);
	if (where[0] != '/')
		return fail_plain("--workdir %s: that is outside the container", spec->cwd);
	return 0;
}
