/* fs/foreign.c - a ROOTFS whose files belong to nobody inside.
 *
 * An unprivileged user may run a ROOTFS that the machine's root has unpacked. Its
 * owners are not in the container's id map, so root inside could read, but make no
 * file in any of its directories: no pid file, no log, nothing in /tmp. Kernel: an
 * inode whose owner is not mapped is beyond every capability of the user namespace
 * (capable_wrt_inode_uidgid()), and overlay cannot copy it up (EOVERFLOW).
 *
 * The stage therefore makes the same directories in the upper directory before the
 * overlay is mounted, empty, with the same modes, and they belong to root inside.
 * Overlay merges them with those below. Files stay as they are: read-only to all
 * inside, but they can be replaced, which is how most programs write. A directory
 * that cannot even be read (/root of mode 700) becomes an empty one, and so does a
 * file below /var: a log that only its daemon may read.
 *
 * Which directories there are is found out early, while the ids are still being
 * mapped; they are made when that is done. What is below /usr or belongs to the
 * kernel is left out: nothing is written there while running, and it is most of a
 * system's directories.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/sys.h"

/* Kernel: an id that is not mapped is shown as this one (kernel.overflowuid). */
enum { OVERFLOW_ID = 65534 };
/* Far more than a system has outside /usr; a bound on what an odd one costs. */
enum { DIRS_MAX = 4096, DEPTH_MAX = 24 };

struct kernel_dirent { /* getdents64(2) */
	uint64_t ino;
	int64_t off;
	unsigned short size;
	unsigned char type;
	char name[];
};

static bool left_out(const char *name)
{
	static const char *const names[] = { "usr",  "bin",    "sbin", "lib", "lib32", "lib64",
					     "boot", "libx32", "proc", "sys", "dev" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void scan(struct fs_plan *plan, int fd, const char *rel, int depth);

static void scan_one(struct fs_plan *plan, int dir, const char *rel, const char *name, int depth)
{
	struct fs_foreign f = { .rel = rel[0] ? pool_printf(plan->pool, "%s/%s", rel, name) :
						pool_strdup(plan->pool, name) };
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != EACCES)
		return;
	f.hidden = fd < 0;
	POOL_PUSH(plan->pool, plan->foreign, plan->nforeign, f);
	if (fd >= 0 && depth < DEPTH_MAX)
		scan(plan, fd, f.rel, depth);
}

/* A log, a spool file. One that can be read is left alone: its content counts. */
static void note_file(struct fs_plan *plan, int dir, const char *rel, const char *name)
{
	struct fs_foreign f = { .hidden = true, .file = true };

	if (!path_is_below(rel, "var") || faccessat(dir, name, R_OK, AT_EACCESS) == 0)
		return;
	f.rel = pool_printf(plan->pool, "%s/%s", rel, name);
	POOL_PUSH(plan->pool, plan->foreign, plan->nforeign, f);
}

/* The raw call: readdir(3) would allocate and ask four things more a directory. */
static void scan(struct fs_plan *plan, int fd, const char *rel, int depth)
{
	_Alignas(8) char buf[4096];
	long n;

	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			const struct kernel_dirent *e = (const void *)(buf + at);

			at += e->size;
			if (e->type == DT_REG && plan->nforeign < DIRS_MAX)
				note_file(plan, fd, rel, e->name);
			if ((e->type != DT_DIR && e->type != DT_UNKNOWN) ||
			    strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0 ||
			    (depth == 0 && left_out(e->name)) || plan->nforeign >= DIRS_MAX)
				continue;
			scan_one(plan, fd, rel, e->name, depth + 1);
		}
	}
}

/* Nothing that fails here is worth an end: the directory is left as it is. */
void fs_foreign_scan(struct fs_plan *plan, int lower)
{
	AUTO_FD int fd = openat(lower, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		scan(plan, fd, "", 0);
}

static int fill_file(int upper, const char *rel, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || mknodat(upper, rel, S_IFREG | (st->st_mode & 0777), 0) == 0)
		return 0;
	return errno == EEXIST || errno == ENOENT || errno == ENOTDIR ?
		       0 :
		       fail("make file %s in the upper directory", rel);
}

static int fill_one(int lower, int upper, const struct fs_foreign *f)
{
	struct stat st;

	/* One that is mapped can be copied up, owner and all. */
	if (fstatat(lower, f->rel, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != OVERFLOW_ID)
		return 0;
	if (f->file)
		return fill_file(upper, f->rel, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (mkdirat(upper, f->rel, st.st_mode & 07777) < 0)
		return errno == EEXIST || errno == ENOENT || errno == ENOTDIR ?
			       0 :
			       fail("make directory %s in the upper directory", f->rel);
	if (!f->hidden)
		return 0;
	AUTO_FD int fd = openat(upper, f->rel, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) < 0)
		return fail("hide directory %s", f->rel);
	return 0;
}

/* In the host view a whole /var would be too much; these are where programs write. */
static const char *const writable[] = { "/usr/local", "/var/tmp", "/var/log", "/var/lib",
					"/var/cache" };

int fs_foreign_fill(const struct fs_plan *plan, const struct fs_op *op, int lower, int upper)
{
	struct stat st;

	if (fstat(lower, &st) < 0 || st.st_uid != OVERFLOW_ID)
		return 0;
	for (size_t i = 0; !op->rel[0] && i < plan->nforeign; i++)
		if (fill_one(lower, upper, &plan->foreign[i]) < 0)
			return -1;
	for (size_t i = 0; op->rel[0] && i < sizeof(writable) / sizeof(*writable); i++) {
		struct fs_foreign f = { .rel = writable[i] + strlen(op->dst) + 1 };

		if (!path_is_below(writable[i], op->dst))
			continue;
		f.hidden = faccessat(lower, f.rel, R_OK | X_OK, AT_EACCESS) < 0;
		if (fill_one(lower, upper, &f) < 0)
			return -1;
	}
	return 0;
}
