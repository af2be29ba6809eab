/* fs/tree.c - whole trees: removed, or given to another owner.
 *
 * Both walk by descriptor, never follow a link and never leave the mount they
 * began on (RESOLVE_NO_XDEV). The walk keeps one descriptor a level, so depth is
 * bounded; no tree that is made in good faith is that deep.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"

enum { DEPTH_MAX = 512 };

static int open_dir(int dirfd, const char *name)
{
	return sys_openat2(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
			   RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* ---- removal ---- */

static int remove_at(int dirfd, const char *name, int depth);

static int remove_entries(int dirfd, const char *name, int depth)
{
	int fd = open_dir(dirfd, name);

	/* Overlay leaves directories of mode 000 in its work directory. */
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = open_dir(dirfd, name);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int ret = 0;

	if (!d) {
		fd_close(&fd);
		return -1;
	}
	while (ret == 0 && (errno = 0, e = readdir(d)))
		if (!is_dot(e->d_name))
			ret = remove_at(fd, e->d_name, depth + 1);
	if (ret == 0 && errno)
		ret = -1;
	int err = errno;
	closedir(d);
	errno = err;
	return ret;
}

static int remove_at(int dirfd, const char *name, int depth)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	if (remove_entries(dirfd, name, depth) < 0)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int fs_remove_tree(int dirfd, const char *name)
{
	return remove_at(dirfd, name, 0) < 0 ? fail("remove %s", name) : 0;
}

/* ---- ownership ---- */

struct owner {
	uid_t uid;
	gid_t gid;
	const char *arg;
};

/* What has the owner already is left alone: fewer writes, and chown(2) would take
 * set-user-ID bits away. */
static int give_one(int fd, const char *name, int flags, const struct owner *to)
{
	struct stat st;

	if (fstatat(fd, name, &st, flags | AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (st.st_uid == to->uid && st.st_gid == to->gid)
		return 0;
	return fchownat(fd, name, to->uid, to->gid, flags | AT_SYMLINK_NOFOLLOW);
}

static int give_below(int dirfd, const char *name, const struct owner *to, int depth)
{
	int fd = open_dir(dirfd, name);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int ret = 0;

	if (!d) {
		int err = errno;

		fd_close(&fd);
		errno = err;
		/* Another mount begins here; or the file system tells no types, and it
		 * is no directory. */
		return err == EXDEV || err == ENOTDIR || err == ELOOP ?
			       0 :
			       fail("%s: U: open %s", to->arg, name);
	}
	while (ret == 0 && (errno = 0, e = readdir(d))) {
		if (is_dot(e->d_name))
			continue;
		if (give_one(fd, e->d_name, 0, to) < 0)
			ret = fail("%s: U: change the owner of %s", to->arg, e->d_name);
		else if ((e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && depth < DEPTH_MAX)
			ret = give_below(fd, e->d_name, to, depth + 1);
	}
	closedir(d);
	return ret;
}

int fs_plan_chown(struct fs_plan *plan, uid_t uid, gid_t gid)
{
	for (size_t i = 0; i < plan->ngive; i++) {
		struct fs_give *g = &plan->give[i];
		const struct owner to = { uid, gid, g->arg };
		struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
		struct stat st;

		if (fstat(g->fd, &st) < 0 || give_one(g->fd, "", AT_EMPTY_PATH, &to) < 0)
			return fail("%s: U: change the owner", g->arg);
		if (S_ISDIR(st.st_mode) && give_below(g->fd, ".", &to, 0) < 0)
			return -1;
		if (g->read_only &&
		    sys_mount_setattr(g->fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro) < 0)
			return fail("%s: make it read-only", g->arg);
		fd_close(&g->fd);
	}
	return 0;
}
