/* cgroup/home.c - where the cgroups of containers are put. Runs in the launcher and in
 * `check`; looks at directories and touches nothing.
 *
 * In this order:
 *	--cgroup-parent		a path below the mount, or a slice of the service manager
 *	a delegated subtree	the caller's cgroup, or the one above when he stands in a leaf
 *				of it already; systemd marks it with the xattr
 *				user.delegate=1, and so do we (--cgroup-rw)
 *	a scope of one's own	with no other process in it
 *	root			/cinit at the top of the hierarchy
 *	a cgroup of one's own	that nobody manages: no systemd is there to mind
 *	a user manager		is asked for a transient scope (runtime/cgroups.c)
 *	no manager at all	the privileged helper is asked (runtime/helper/cgroup.c)
 *	else			none
 *
 * What belongs to a service manager is not divided, writable or not: it may remove or
 * change what it has not made. systemd's CGROUP_DELEGATION.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup.h"
#include "lib/err.h"
#include "lib/fd.h"

static const char boot_option[] =
	"add systemd.unified_cgroup_hierarchy=1 to the kernel's command line";

/* Children can be made in DIR and processes moved between them. */
static bool divisible(const char *dir)
{
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.subtree_control" };
	AUTO_FD int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (fd < 0 || faccessat(fd, files[i], W_OK, AT_EACCESS) < 0)
			return false;
	return true;
}

static bool delegated(const char *dir)
{
	char value[4];

	return getxattr(dir, "user.delegate", value, sizeof(value)) == 1 && value[0] == '1';
}

static bool ends_in(const char *s, size_t n, const char *suffix)
{
	size_t k = strlen(suffix);

	return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

static bool is_unit(const char *name, size_t n)
{
	return ends_in(name, n, ".slice") || ends_in(name, n, ".scope") ||
	       ends_in(name, n, ".service");
}

/* The nearest cgroup from the caller's upwards that was given to him to divide. What lies
 * between must not be a manager's unit: the user manager's own cgroup is delegated, but
 * to it. DIR gets its path; false: there is none. */
static bool find_delegated(const struct cgroup_place *p, char dir[CGROUP_PATH_MAX], bool *own)
{
	char path[CGROUP_PATH_MAX];

	snprintf(path, sizeof(path), "%s", p->path);
	*own = true;
	for (;;) {
		char *last = strrchr(path, '/');

		if (snprintf(dir, CGROUP_PATH_MAX, "%s%s", p->mount, path[1] ? path : "") >=
		    CGROUP_PATH_MAX)
			return false;
		if (delegated(dir))
			return divisible(dir);
		if (!last || !last[1] || is_unit(last + 1, strlen(last + 1)))
			return false;
		last[last == path] = '\0';
		*own = false;
	}
}

/* Is PID we, or a child of ours? The privileged helper is one. */
static bool is_ours(long pid)
{
	char path[40], text[512];
	const char *after;

	if (pid == getpid())
		return true;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) <= 0)
		return false;
	/* "PID (COMM) S PPID": the name may hold anything. proc_pid_stat(5) */
	after = strrchr(text, ')');
	return after && strlen(after) > 4 && strtol(after + 4, NULL, 10) == getpid();
}

/* A scope with nobody else in it was made for this command, by us or by `systemd-run
 * --user --scope -p Delegate=yes`. systemd 252 does not mark those of a user's manager. */
static bool alone_in_scope(const struct cgroup_place *p, const char *dir)
{
	char file[CGROUP_PATH_MAX + 16], text[256];
	ssize_t n;

	if (!ends_in(p->path, strlen(p->path), ".scope") || !divisible(dir))
		return false;
	snprintf(file, sizeof(file), "%s/cgroup.procs", dir);
	n = fd_read_file(AT_FDCWD, file, text, sizeof(text) - 1);
	if (n <= 0 || n == (ssize_t)sizeof(text) - 1)
		return false;
	for (char *line = text, *end; *line && (end = strchr(line, '\n')); line = end + 1)
		if (!is_ours(strtol(line, NULL, 10)))
			return false;
	return true;
}

static bool has_manager(uid_t uid)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char path[300];

	if (uid == 0)
		return access("/run/systemd/system", F_OK) == 0;
	if (!run || run[0] != '/')
		return false;
	snprintf(path, sizeof(path), "%s/systemd/private", run);
	return access(path, F_OK) == 0;
}

static bool has_systemd_run(void)
{
	return access("/usr/bin/systemd-run", X_OK) == 0 || access("/bin/systemd-run", X_OK) == 0;
}

__attribute__((format(printf, 3, 4))) static int decide(struct cgroup_home *h, enum cgroup_how how,
							const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	vsnprintf(h->why, sizeof(h->why), why, ap);
	va_end(ap);
	h->how = how;
	if (how == CGROUP_NONE || how == CGROUP_SCOPE || how == CGROUP_ASK)
		h->dir[0] = '\0';
	return 0;
}

static bool is_slice(const char *name)
{
	return !strchr(name, '/') && ends_in(name, strlen(name), ".slice");
}

/* "a/b", "/a/b", as docker and podman take it: below the mount. */
static int from_parent(const struct cgroup_place *p, const char *parent, uid_t uid,
		       struct cgroup_home *h)
{
	const char *rest = parent + strspn(parent, "/");

	for (const char *s = rest; *s;) {
		size_t n = strcspn(s, "/");

		if (n == 0 || n > 200 || s[0] == '.' || memchr(s, '\n', n))
			return fail_plain("--cgroup-parent %s: names joined by '/' are wanted, none of "
					  "which begins with '.'",
					  parent);
		s += n + (s[n] == '/');
	}
	if (!*rest)
		return fail_plain("--cgroup-parent %s: a path below %s is wanted", parent, p->mount);
	if (is_slice(rest) && has_manager(uid)) {
		if (strlen(rest) >= sizeof(h->slice))
			return fail_plain("--cgroup-parent %s: the name is too long", parent);
		strcpy(h->slice, rest);
		return decide(h, CGROUP_SCOPE, "a scope in %s, as --cgroup-parent says", rest);
	}
	if (snprintf(h->dir, sizeof(h->dir), "%s/%s", p->mount, rest) >= (int)sizeof(h->dir) - 100)
		return fail_plain("--cgroup-parent %s: the path is too long", parent);
	if (uid != 0 && !divisible(h->dir))
		return fail_plain("--cgroup-parent %s: %s is not there, or not yours to divide",
				  parent, h->dir);
	return decide(h, uid ? CGROUP_OWN : CGROUP_ROOT, "%s, as --cgroup-parent says", h->dir);
}

int cgroup_home_at(const struct cgroup_place *p, const char *parent, uid_t uid, bool askable,
		   struct cgroup_home *h)
{
	char top[CGROUP_PATH_MAX];
	bool own;

	memset(h, 0, sizeof(*h));
	if (!p->mount[0]) {
		snprintf(h->mend, sizeof(h->mend), "%s", boot_option);
		return decide(h, CGROUP_NONE, "no cgroup v2 is mounted");
	}
	if (p->read_only)
		return decide(h, CGROUP_NONE, "%s is mounted read-only", p->mount);
	if (parent)
		return from_parent(p, parent, uid, h);
	if (p->path[0] && find_delegated(p, h->dir, &own))
		return decide(h, own ? CGROUP_OWN : CGROUP_ABOVE, "%s is delegated to you", h->dir);
	if (snprintf(h->dir, sizeof(h->dir), "%s%s", p->mount, p->path[1] ? p->path : "") >=
	    (int)sizeof(h->dir))
		return decide(h, CGROUP_NONE, "the path of your cgroup is too long");
	if (alone_in_scope(p, h->dir))
		return decide(h, CGROUP_OWN, "%s is a scope of your own", h->dir);
	snprintf(top, sizeof(top), "%s/cgroup.type", p->mount);
	/* Kernel: the root of the whole hierarchy has no such file. */
	if (uid == 0 && access(top, F_OK) < 0 && access(p->mount, W_OK) == 0) {
		snprintf(h->dir, sizeof(h->dir), "%s/cinit", p->mount);
		return decide(h, CGROUP_ROOT, "%s, since you are root", h->dir);
	}
	if (p->path[0] && divisible(h->dir) && !has_manager(uid))
		return decide(h, CGROUP_OWN, "%s is yours", h->dir);
	if (has_manager(uid) && has_systemd_run())
		return decide(h, CGROUP_SCOPE,
			      "a scope of your own, asked of systemd when a limit is");
	/* Whoever is in another cgroup is not let out of it. */
	if (askable && strcmp(p->mount, "/sys/fs/cgroup") == 0 && strcmp(p->path, "/") == 0 &&
	    access("/run/systemd/system", F_OK) < 0)
		return decide(h, CGROUP_ASK,
			      "a cgroup of your own, made by the privileged helper when a limit is "
			      "asked for");
	snprintf(h->mend, sizeof(h->mend),
		 "have one delegated: chown %s, its cgroup.procs, cgroup.threads and "
		 "cgroup.subtree_control to you",
		 p->path[0] ? "a cgroup that you are in" : "a cgroup");
	return decide(h, CGROUP_NONE, "cgroup %s%s is not yours to divide", p->mount, p->path);
}

int cgroup_home(const char *parent, bool askable, struct cgroup_home *out)
{
	struct cgroup_place p;

	if (cgroup_find(&p) < 0)
		return -1;
	return cgroup_home_at(&p, parent, geteuid(), askable, out);
}
