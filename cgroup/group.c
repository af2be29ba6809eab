/* cgroup/group.c - a container's cgroup: made with its limits, and removed. Runs in the
 * launcher, which has the container's name for itself meanwhile, and in the monitor.
 *
 * Order: the controllers are looked for, then switched on from the top down to the home,
 * the cgroup is made, its limits are written. Only then somebody is born into it.
 *
 * Kernel: a cgroup whose children have controllers holds no processes itself (EBUSY), the
 * root excepted. Whoever stands in the home is moved into its child `monitor`: we, and
 * whatever else the caller has there. Each move waits for a grace period
 * (cgroup_threadgroup_rwsem), some milliseconds; so it is done when it has to be.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/mountinfo.h"
#include "lib/num.h"

enum { TEXT_MAX = 65536, PATIENCE_MS = 2000 };

/* Is WORD one of the words of LIST? */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, " \n"), p += strspn(p, " \n"))
		if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\n' || !p[n]))
			return true;
	return false;
}

static int read_list(int dir, const char *file, char list[CGROUP_LIST_MAX])
{
	ssize_t n = fd_read_file(dir, file, list, CGROUP_LIST_MAX - 1);

	list[n > 0 ? n : 0] = '\0';
	return n < 0 ? -1 : 0;
}

/* ---- controllers ---- */

static const char *const accounted[] = { "memory", "pids", "io", "cpu" };
enum { ACCOUNTED = sizeof(accounted) / sizeof(*accounted) };

struct v1 {
	const char *controller;
	const char *point; /* where it is mounted, in text; NULL */
	char text[256];
};

static int find_v1(void *ctx, const struct mountinfo *m)
{
	struct v1 *v = ctx;
	const char *last = strrchr(m->point, '/');
	size_t n = strlen(v->controller);

	/* By its usual name, "/sys/fs/cgroup/cpu,cpuacct" as well. */
	if (strcmp(m->type, "cgroup") != 0 || !last)
		return 0;
	for (const char *p = last + 1; *p; p += strcspn(p, ","), p += *p == ',')
		if (strncmp(p, v->controller, n) == 0 && (p[n] == ',' || !p[n])) {
			snprintf(v->text, sizeof(v->text), "%s", m->point);
			v->point = v->text;
			return 1;
		}
	return 0;
}

/* "4:memory:/": a controller that has a hierarchy of its own belongs to v1. */
static bool is_v1(const char *controller)
{
	char text[4096 + 1], line[64];

	snprintf(line, sizeof(line), ":%s:", controller);
	return fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text) - 1) > 0 &&
	       strstr(text, line);
}

int cgroup_check_v1(const struct cgroup_row *row)
{
	struct v1 v = { .controller = strcmp(row->controller, "io") ? row->controller : "blkio" };

	mountinfo_each(find_v1, &v);
	if (!v.point && !is_v1(v.controller))
		return 0;
	fail_plain("%s: the %s controller belongs to cgroup v1%s%s", row->arg, v.controller,
		   v.point ? ", mounted at " : "", v.point ? v.point : "");
	err_hint("add systemd.unified_cgroup_hierarchy=1 to the kernel's command line");
	return -1;
}

static int fail_controller(const struct cgroup_row *row, const char *home)
{
	if (cgroup_check_v1(row) < 0)
		return -1;
	fail_plain("%s: the %s controller is not delegated to %s", row->arg, row->controller, home);
	if (strstr(home, "/user@"))
		err_hint("[Service] Delegate=cpu cpuset io memory pids, in "
			 "/etc/systemd/system/user@.service.d/delegate.conf, and log in anew");
	return -1;
}

static int each_pid(int dir, int (*fn)(void *ctx, pid_t pid), void *ctx)
{
	AUTO_FREE char *text = malloc(TEXT_MAX + 1);
	ssize_t n = text ? fd_read_file(dir, "cgroup.procs", text, TEXT_MAX) : -1;

	if (n < 0)
		return -1;
	for (char *p = text, *end; *p && (end = strchr(p, '\n')); p = end + 1)
		if (fn(ctx, (pid_t)atoi(p)) < 0)
			return -1;
	return 0;
}

static int move(int group, pid_t pid)
{
	char text[24];

	num_text(text, (uint64_t)pid);
	/* Somebody who has ended meanwhile needs no place. */
	if (fd_write_file(group, "cgroup.procs", 0, text, strlen(text)) < 0 && errno != ESRCH)
		return -1;
	return 0;
}

static int move_own(void *ctx, pid_t pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) < 0)
		return 0;
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return fail_plain("process %d of another user stands in it", (int)pid);
	}
	return move(*(int *)ctx, pid) < 0 ? fail("move process %d out of it", (int)pid) : 0;
}

/* No process in HOME itself. */
static int empty(int home, const char *name, bool all)
{
	AUTO_FD int leaf = -1;

	if (mkdirat(home, "monitor", 0755) < 0 && errno != EEXIST)
		return fail("make %s/monitor", name);
	leaf = openat(home, "monitor", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (leaf < 0)
		return fail("open %s/monitor", name);
	/* Who stands in the leaf from now on finds the home above it by this. */
	setxattr(name, "user.delegate", "1", 1, 0);
	if (all)
		return each_pid(home, move_own, &leaf) < 0 ? fail_in("divide cgroup %s", name) : 0;
	return move(leaf, getpid()) < 0 ? fail("move to %s/monitor", name) : 0;
}

static int switch_on(int dir, const char *controller)
{
	char text[64];

	snprintf(text, sizeof(text), "+%s", controller);
	return fd_write_file(dir, "cgroup.subtree_control", 0, text, strlen(text));
}

static int count_pid(void *ctx, pid_t pid)
{
	(void)pid;
	++*(int *)ctx;
	return 0;
}

static int processes(int dir)
{
	int n = 0;

	return each_pid(dir, count_pid, &n) < 0 ? 0 : n;
}

/* Kernel: the root of the hierarchy has no cgroup.type, and may have processes beside
 * controllers. Elsewhere a controller that counts threads could be switched on in spite
 * of them, and would make a threaded domain in which no container can be ("domain
 * invalid", EOPNOTSUPP). So first of all nobody stands there. */
static int make_room(int dir, const char *name)
{
	if (faccessat(dir, "cgroup.type", F_OK, 0) < 0 || !processes(dir))
		return 0;
	if (empty(dir, name, false) < 0)
		return -1;
	return processes(dir) ? empty(dir, name, true) : 0;
}

/* Does ROW need a controller that is not on yet, and that can be had? 1, 0; -1 with fail(). */
static int wanting(const struct cgroup_row *row, const char *there, const char *on, const char *name)
{
	if (strcmp(row->controller, "cgroup") == 0 || has_word(on, row->controller))
		return 0;
	if (has_word(there, row->controller))
		return 1;
	return row->optional ? 0 : fail_controller(row, name);
}

/* What ROWS need and what is counted for everybody. */
static int give_wanted(int dir, const char *name, const struct cgroup_row *rows, size_t n)
{
	char there[CGROUP_LIST_MAX], on[CGROUP_LIST_MAX];
	int any = 0;

	if (read_list(dir, "cgroup.controllers", there) < 0 ||
	    read_list(dir, "cgroup.subtree_control", on) < 0)
		return fail("read the controllers of %s", name);
	for (size_t i = 0; i < n; i++) {
		int r = wanting(&rows[i], there, on, name);

		if (r < 0)
			return -1;
		any |= r;
	}
	for (size_t i = 0; i < ACCOUNTED; i++)
		any |= has_word(there, accounted[i]) && !has_word(on, accounted[i]);
	if (!any)
		return 0;
	if (make_room(dir, name) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (wanting(&rows[i], there, on, name) > 0 &&
		    switch_on(dir, rows[i].controller) < 0 && !rows[i].optional)
			return fail("%s: switch the %s controller on in %s", rows[i].arg,
				    rows[i].controller, name);
	for (size_t i = 0; i < ACCOUNTED; i++)
		if (has_word(there, accounted[i]) && !has_word(on, accounted[i]))
			switch_on(dir, accounted[i]);
	return 0;
}

int cgroup_give_all(int dirfd, char failed[CGROUP_LIST_MAX])
{
	char there[CGROUP_LIST_MAX], on[CGROUP_LIST_MAX], *word, *rest = there;
	int error = 0;

	strcpy(failed, "first");
	if (read_list(dirfd, "cgroup.controllers", there) < 0 ||
	    read_list(dirfd, "cgroup.subtree_control", on) < 0)
		return -1;
	while ((word = strsep(&rest, " \n")))
		if (*word && !has_word(on, word) && switch_on(dirfd, word) < 0 && !error) {
			error = errno;
			snprintf(failed, CGROUP_LIST_MAX, "%s", word);
		}
	errno = error;
	return error ? -1 : 0;
}

/* ---- the home ---- */

static bool lacks(int dir, const struct cgroup_row *rows, size_t n)
{
	char there[CGROUP_LIST_MAX];

	if (read_list(dir, "cgroup.controllers", there) < 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].controller, "cgroup") != 0 &&
		    !has_word(there, rows[i].controller))
			return true;
	return false;
}

/* From the mount to root's home: each level gives the next one its controllers. */
static int make_way(const char *home, const struct cgroup_row *rows, size_t n)
{
	char path[CGROUP_PATH_MAX];

	for (const char *p = home; (p = strchr(p + 1, '/'));) {
		size_t next = (size_t)(p - home) + 1 + strcspn(p + 1, "/");

		snprintf(path, sizeof(path), "%.*s", (int)(p - home), home);
		AUTO_FD int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			return fail("open cgroup %s", path);
		if (faccessat(dir, "cgroup.subtree_control", F_OK, 0) < 0)
			continue; /* above the mount */
		if (give_wanted(dir, path, rows, n) < 0)
			return -1;
		snprintf(path, sizeof(path), "%.*s", (int)next, home);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return fail("make cgroup %s", path);
	}
	return 0;
}

static int open_home(const struct cgroup_home *home, const struct cgroup_row *rows, size_t n,
		     int *out)
{
	AUTO_FD int dir = open(home->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (home->how == CGROUP_ROOT && (dir < 0 || lacks(dir, rows, n))) {
		fd_close(&dir);
		if (make_way(home->dir, rows, n) < 0)
			return -1;
		dir = open(home->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir < 0)
		return fail("open cgroup %s", home->dir);
	if (give_wanted(dir, home->dir, rows, n) < 0)
		return -1;
	*out = fd_take(&dir);
	return 0;
}

/* ---- writing ---- */

static int fail_write(const struct cgroup_row *row)
{
	int err = errno;

	switch (err) {
	case ENOENT:
	case EOPNOTSUPP:
		return fail_plain("%s: this kernel has no %s", row->arg, row->file);
	case EINVAL:
	case ERANGE:
		return fail_plain("%s: the kernel does not take \"%s\" for %s", row->arg,
				  row->value, row->file);
	case ENODEV:
	case ENXIO:
		return fail_plain("%s: no whole disk has the number %s", row->arg, row->value);
	default:
		return fail("%s: write \"%s\" to %s", row->arg, row->value, row->file);
	}
}

/* A list as cpuset has it, "0-3,7", as bits. -1: it is none. */
static int list_bits(const char *list, uint8_t *bits, size_t n)
{
	memset(bits, 0, n / 8);
	for (const char *p = list; *p && *p != '\n';) {
		char *end;
		unsigned long a = strtoul(p, &end, 10), b = a;

		if (end == p)
			return -1;
		if (*end == '-') {
			p = end + 1;
			b = strtoul(p, &end, 10);
			if (end == p)
				return -1;
		}
		if (b < a || b >= n || (*end && *end != ',' && *end != '\n'))
			return -1;
		for (; a <= b; a++)
			bits[a / 8] |= (uint8_t)(1u << a % 8);
		p = end + (*end == ',');
	}
	return 0;
}

/* Kernel: cpuset takes what is not there and leaves it out. */
static int check_set(int dir, const struct cgroup_row *row)
{
	enum { MANY = 8192 };
	char file[40], text[4096 + 1];
	uint8_t want[MANY / 8], have[MANY / 8];

	snprintf(file, sizeof(file), "../%s.effective", row->file);
	if (list_bits(row->value, want, MANY) < 0)
		return fail_plain("%s %s: numbers and ranges are wanted, like 0-3,7", row->arg,
				  row->value);
	ssize_t n = fd_read_file(dir, file, text, sizeof(text) - 1);
	if (n <= 0 || list_bits(text, have, MANY) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	for (size_t i = 0; i < MANY / 8; i++)
		if (want[i] & ~have[i])
			return fail_plain("%s %s: only %s can be had here", row->arg, row->value,
					  text);
	return 0;
}

static int check_usage(int dir, const struct cgroup_row *row)
{
	char text[32];
	ssize_t n = fd_read_file(dir, "memory.current", text, sizeof(text) - 1);
	long long used = n > 0 ? strtoll(text, NULL, 10) : 0;

	if (strcmp(row->value, "max") == 0 || strtoll(row->value, NULL, 10) >= used)
		return 0;
	return fail_plain("%s: the container uses %lld KiB now, more than that", row->arg,
			  used >> 10);
}

static int check(int dir, const struct cgroup_row *row)
{
	if (strcmp(row->file, "cpuset.cpus") == 0 || strcmp(row->file, "cpuset.mems") == 0)
		return check_set(dir, row);
	if (strcmp(row->file, "memory.max") == 0)
		return check_usage(dir, row);
	return 0;
}

/* Put back what the file said, line by line; a device that had no line in it had none. */
static void put_back(int dir, const struct cgroup_row *row, char *old)
{
	if (strcmp(row->file, "io.max") == 0) {
		char none[128];
		size_t n = strcspn(row->value, " ");
		int len = snprintf(none, sizeof(none), "%.*s rbps=max wbps=max riops=max wiops=max",
				   (int)n, row->value);

		fd_write_file(dir, row->file, 0, none, (size_t)len);
	}
	for (char *line = old, *end; *line && (end = strchr(line, '\n')); line = end + 1)
		fd_write_file(dir, row->file, 0, line, (size_t)(end - line));
}

static int write_from(int dir, const struct cgroup_row *rows, size_t n)
{
	char old[4096 + 1];
	ssize_t len;
	int failed;

	if (n == 0)
		return 0;
	len = fd_read_file(dir, rows->file, old, sizeof(old) - 1);
	if (rows->optional && len < 0)
		return write_from(dir, rows + 1, n - 1);
	failed = check(dir, rows);
	if (!failed && fd_write_file(dir, rows->file, 0, rows->value, strlen(rows->value)) < 0)
		failed = fail_write(rows);
	if (failed)
		return -1;
	if (write_from(dir, rows + 1, n - 1) == 0)
		return 0;
	if (len > 0)
		put_back(dir, rows, old);
	return -1;
}

int cgroup_write(int dirfd, const struct cgroup_row *rows, size_t n)
{
	return write_from(dirfd, rows, n);
}

/* ---- making and removing ---- */

static void pause_ms(int ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

/* Remove the cgroup NAME below DIR, its children first. 0, or -1 with errno. */
static int remove_tree(int dir, const char *name, int depth)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int copy = fd < 0 || depth > 64 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		fd_close(&copy);
		return -1;
	}
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			remove_tree(fd, e->d_name, depth + 1);
	closedir(d);
	return unlinkat(dir, name, AT_REMOVEDIR);
}

/* Kernel: a process counts until it has left its exit behind, a moment after its parent
 * has heard of it. */
static int remove_patiently(const char *home, const char *name)
{
	AUTO_FD int dir = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int waited = 0;

	while (dir >= 0 && remove_tree(dir, name, 0) < 0) {
		if (errno != EBUSY || waited > PATIENCE_MS)
			return -1;
		pause_ms(waited < 20 ? 1 : 10);
		waited += waited < 20 ? 1 : 10;
	}
	return dir < 0 ? -1 : 0;
}

void cgroup_undo(struct cgroup *g)
{
	if (g->dir[0]) {
		struct cgroup_events e;

		if (g->fd >= 0 && cgroup_events(g->fd, &e) == 0 && e.populated)
			cgroup_kill(g->fd);
		if (remove_patiently(g->home, strrchr(g->dir, '/') + 1) < 0)
			note("remove cgroup %s: %s", g->dir, strerror(errno));
	}
	fd_close(&g->fd);
	fd_close(&g->inner);
	g->dir[0] = '\0';
}

int cgroup_make(const struct cgroup_home *home, const char *name, const struct cgroup_row *rows,
		size_t n, struct cgroup *g)
{
	AUTO_FD int dir = -1;
	char child[100];

	*g = (struct cgroup){ .fd = -1, .inner = -1 };
	snprintf(child, sizeof(child), "ctr-%s", name);
	if (open_home(home, rows, n, &dir) < 0)
		return -1;
	/* The name is ours: who had it is dead. */
	if (mkdirat(dir, child, 0755) < 0 &&
	    (errno != EEXIST || remove_patiently(home->dir, child) < 0 ||
	     mkdirat(dir, child, 0755) < 0))
		return fail("make cgroup %s/%s", home->dir, child);
	strcpy(g->home, home->dir);
	snprintf(g->dir, sizeof(g->dir), "%.400s/%s", home->dir, child);
	g->fd = openat(dir, child, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->fd >= 0 && cgroup_write(g->fd, rows, n) == 0)
		return 0;
	if (g->fd < 0)
		fail("open cgroup %s", g->dir);
	cgroup_undo(g);
	return -1;
}

/* To be divided, DIR and these files of it have to be the owner's. cgroups(7) */
static int give_away(int dir, uid_t uid, gid_t gid)
{
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.threads",
					     "cgroup.subtree_control" };

	if (geteuid() != 0)
		return 0; /* the caller is who has the id */
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (fchownat(dir, files[i], uid, gid, 0) < 0)
			return -1;
	return 0;
}

static int make_child(int parent, const char *name, uid_t uid, gid_t gid, int *out)
{
	if (mkdirat(parent, name, 0755) < 0)
		return -1;
	*out = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? -1 : give_away(*out, uid, gid);
}

int cgroup_open_up(struct cgroup *g, uid_t uid, gid_t gid)
{
	char failed[CGROUP_LIST_MAX];
	AUTO_FD int leaf = -1;

	if (cgroup_give_all(g->fd, failed) < 0)
		return fail("switch the %s controller on in %s", failed, g->dir);
	if (make_child(g->fd, "inner", uid, gid, &g->inner) < 0 ||
	    make_child(g->inner, "init", uid, gid, &leaf) < 0)
		return fail("make %s/inner", g->dir);
	/* Kernel: user xattrs on cgroups came with 5.7. Without the mark whoever is inside
	 * can still say --cgroup-parent. */
	fsetxattr(g->inner, "user.delegate", "1", 1, 0);
	return 0;
}

int cgroup_settle(const struct cgroup *g, pid_t pid)
{
	AUTO_FD int leaf = openat(g->inner, "init", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return leaf < 0 || move(leaf, pid) < 0 ? fail("move to %s/inner/init", g->dir) : 0;
}

int cgroup_sweep(const char *home, bool (*alive)(void *ctx, const char *name), void *ctx)
{
	enum { OLD_S = 10 };
	AUTO_FD int dir = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy = dir < 0 ? -1 : fcntl(dir, F_DUPFD_CLOEXEC, 3), removed = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct timespec now;
	struct dirent *e;
	struct stat st;

	if (!d) {
		fd_close(&copy);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	/* One that was made a moment ago may still get its first process; and one that
	 * has processes is somebody's, whatever our records say. */
	while ((e = readdir(d)))
		if (strncmp(e->d_name, "ctr-", 4) == 0 && !alive(ctx, e->d_name + 4) &&
		    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now.tv_sec - st.st_ctim.tv_sec > OLD_S && remove_tree(dir, e->d_name, 0) == 0)
			removed++;
	closedir(d);
	return removed;
}
