/* fs/host.c - `cinit run host`: the machine's own root as a view that is thrown away.
 *
 * The launcher runs this while it builds the plan, and reads directories only.
 * Kernel: a user namespace gets no overlay over a directory below which something
 * is mounted, and below "/" there always is. So the view is put together on a
 * tmpfs: an overlay for each top-level directory, the links between them as they
 * are, /run and /tmp empty, /proc, /sys and /dev new as in every container. A
 * directory with nothing in it (/srv, /mnt, /media) is made anew, as an overlay takes
 * the kernel some 0.2 ms.
 *
 * A directory with mounts below it is taken apart one level further, if that can
 * be had for a few operations; else it is shown as it is, mounts and all, but
 * read-only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/mountinfo.h"
#include "lib/path.h"
#include "lib/sys.h"

enum {
	DEPTH_MAX = 3,    /* /var, /var/lib, /var/lib/x */
	ENTRIES_MAX = 48, /* of a directory that is taken apart */
	FILES_MAX = 16,   /* files there; each is a mount */
	BELOW_MAX = 8,    /* mounts below it */
};

struct host {
	struct fs_plan *plan;
	const char **point; /* mount points, in the pool */
	size_t npoints;
};

static int add_point(void *ctx, const struct mountinfo *m)
{
	struct host *h = ctx;

	/* What is below these three is never looked at. */
	if (path_is_below(m->point, "/proc") || path_is_below(m->point, "/sys") ||
	    path_is_below(m->point, "/dev"))
		return 0;
	POOL_PUSH(h->plan->pool, h->point, h->npoints, pool_strdup(h->plan->pool, m->point));
	return 0;
}

static unsigned mounts_below(const struct host *h, const char *dir)
{
	size_t n = strlen(dir);
	unsigned found = 0;

	for (size_t i = 0; i < h->npoints; i++)
		found += strncmp(h->point[i], dir, n) == 0 && h->point[i][n] == '/';
	return found;
}

struct entry {
	const char *path, *link;
	struct stat st;
};

struct listing {
	struct entry *entry;
	size_t n, files;
};

/* Not in the view: what is made anew, and where fsck puts what it finds. */
static bool skipped(const char *path)
{
	static const char *const made[] = { "/proc", "/sys", "/dev", "/run", "/tmp", NULL };

	for (size_t i = 0; made[i]; i++)
		if (strcmp(path, made[i]) == 0)
			return true;
	return strcmp(strrchr(path, '/'), "/lost+found") == 0;
}

static int list_one(struct host *h, int fd, const char *dir, const char *name, struct listing *l)
{
	struct pool *pool = h->plan->pool;
	struct entry e = { .path = pool_printf(pool, "%s/%s", dir[1] ? dir : "", name) };
	char link[PATH_MAX];

	if (skipped(e.path) || fstatat(fd, name, &e.st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return 0;
	if (S_ISLNK(e.st.st_mode)) {
		ssize_t n = readlinkat(fd, name, link, sizeof(link) - 1);
		if (n < 0)
			return 0;
		e.link = pool_strndup(pool, link, (size_t)n);
	} else if (!S_ISDIR(e.st.st_mode)) {
		/* Pipes, sockets and devices in "/" are nobody's interface; a file that
		 * the caller cannot read is of no use inside either. */
		if (!S_ISREG(e.st.st_mode) || faccessat(fd, name, R_OK, AT_EACCESS) < 0)
			return 0;
		l->files++;
	}
	POOL_PUSH(pool, l->entry, l->n, e);
	return 0;
}

static int list(struct host *h, const char *dir, struct listing *l)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		fd_close(&fd);
		return -1;
	}
	while ((e = readdir(d)) && l->n <= ENTRIES_MAX)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			list_one(h, fd, dir, e->d_name, l);
	closedir(d);
	return 0;
}

/* Does E hold nothing, and belong to who is root inside, or to the machine's root? What
 * cannot be read is not known to be empty. */
static bool is_empty(const struct entry *e)
{
	int fd = -1;
	DIR *d = NULL;
	unsigned n = 0;

	/* Most file systems count directories inside as links. */
	if (e->st.st_nlink <= 2 && (!e->st.st_uid || e->st.st_uid == geteuid()))
		fd = open(e->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		d = fdopendir(fd);
	if (!d) {
		fd_close(&fd);
		return false;
	}
	errno = 0;
	while (n <= 2 && readdir(d))
		n++;
	closedir(d);
	return n == 2 && !errno;
}

#define ADD(...) fs_plan_add(h->plan, &(struct fs_op){ __VA_ARGS__ })

static void add_tree(struct host *h, const char *dir, unsigned depth);

static void add_dir(struct host *h, const struct entry *e, unsigned depth)
{
	uint64_t ro = h->plan->spec->read_only ? MOUNT_ATTR_RDONLY : 0;
	unsigned below = mounts_below(h, e->path);

	if (!below && is_empty(e)) {
		ADD(.kind = FS_OP_DIR, .at = FS_AT_ROOT, .dst = e->path, .rel = e->path + 1,
		    .mode = e->st.st_mode & 07777);
		return;
	}
	if (!below) {
		ADD(.kind = FS_OP_OVERLAY, .src = e->path, .arg = e->path, .dst = e->path,
		    .rel = e->path + 1, .at = FS_AT_ROOT, .dir = true, .own = true,
		    .optional = true, .mode = e->st.st_mode & 07777, .attr_set = ro,
		    .make_early = h->plan->facts.caller_is_root);
		return;
	}
	if (depth < DEPTH_MAX && below <= BELOW_MAX) {
		add_tree(h, e->path, depth);
		return;
	}
	ADD(.kind = FS_OP_BIND, .src = e->path, .dst = e->path, .rel = e->path + 1,
	    .at = FS_AT_ROOT, .dir = true, .own = true, .create = true, .optional = true,
	    .recursive = true, .make_early = true, .attr_set = MOUNT_ATTR_RDONLY,
	    .propagation = MS_PRIVATE | MS_REC);
}

static void add_entries(struct host *h, const struct listing *l, unsigned depth)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entry[i];

		if (S_ISDIR(e->st.st_mode))
			add_dir(h, e, depth);
		else if (e->link)
			ADD(.kind = FS_OP_LINK, .src = e->link, .at = FS_AT_ROOT, .dst = e->path,
			    .rel = e->path + 1);
		else
			ADD(.kind = FS_OP_BIND, .src = e->path, .dst = e->path, .rel = e->path + 1,
			    .at = FS_AT_ROOT, .own = true, .create = true, .optional = true,
			    .make_early = true, .attr_set = MOUNT_ATTR_RDONLY,
			    .propagation = MS_PRIVATE | MS_REC);
	}
}

/* DIR taken apart: a directory of the skeleton, and each entry on its own. */
static void add_tree(struct host *h, const char *dir, unsigned depth)
{
	struct listing l = { 0 };
	struct stat st;

	if (stat(dir, &st) < 0)
		return;
	if (list(h, dir, &l) < 0 || l.n > ENTRIES_MAX || l.files > FILES_MAX) {
		const struct entry e = { .path = dir, .st = st };

		add_dir(h, &e, DEPTH_MAX);
		return;
	}
	ADD(.kind = FS_OP_DIR, .at = FS_AT_ROOT, .dst = dir, .rel = dir + 1,
	    .mode = st.st_mode & 07777);
	add_entries(h, &l, depth + 1);
}

int fs_host_add(struct fs_plan *plan)
{
	struct host self = { .plan = plan }, *h = &self;
	struct listing l = { 0 };

	if (mountinfo_each(add_point, h) < 0)
		return fail("read /proc/self/mountinfo");
	if (list(h, "/", &l) < 0)
		return fail("list /");
	ADD(.kind = FS_OP_SKELETON, .at = FS_AT_SCRATCH, .becomes = FS_AT_ROOT, .dst = "/",
	    .rel = "root", .mode = 0755);
	/* Of a "/" with a thousand entries the rest stays away. */
	if (l.n > ENTRIES_MAX)
		l.n = ENTRIES_MAX;
	add_entries(h, &l, 0);
	ADD(.kind = FS_OP_DIR, .at = FS_AT_ROOT, .dst = "/run", .rel = "run", .mode = 0755);
	ADD(.kind = FS_OP_DIR, .at = FS_AT_ROOT, .dst = "/tmp", .rel = "tmp", .mode = 01777);
	return 0;
}
