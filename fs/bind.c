/* fs/bind.c - clones of what the host has, and where mounts are put.
 *
 * The stage runs this (fs_clone() also the launcher, as root of the machine). A
 * clone is a detached mount, held by a descriptor; nothing is ever mounted by a
 * path of the container's root as text. open_tree(2), mount_setattr(2),
 * move_mount(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/sys.h"

int fs_clone(const char *src, bool recursive, int userns)
{
	struct mount_attr map = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns };
	unsigned flags = recursive ? AT_RECURSIVE : 0;
	int fd = sys_open_tree(AT_FDCWD, src, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	if (fd < 0 || userns < 0)
		return fd;
	/* Some file systems cannot (NFS, FUSE, overlay, procfs; anything that is mapped
	 * already): then owners are shown as they are. */
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, &map) < 0 && errno != EINVAL &&
	    errno != EPERM && errno != EOPNOTSUPP)
		fd_close(&fd);
	return fd;
}

/* What the user asked to be lifted is lifted at the top only: a read-only mount
 * below a `rw` volume stays as it is, as elsewhere. */
static int lift(const struct fs_op *op, int fd)
{
	struct mount_attr attr = {
		.attr_clr = op->attr_clr & ~(op->attr_set & ~(uint64_t)MOUNT_ATTR__ATIME),
	};

	if (op->attr_clr & MOUNT_ATTR__ATIME)
		attr.attr_set = op->attr_set & MOUNT_ATTR__ATIME;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0)
		return 0;
	if (errno != EPERM)
		return fail("%s: set options", op->arg);
	/* Kernel: what a mount had when the user namespace was made is locked. */
	if (op->attr_clr & MOUNT_ATTR__ATIME)
		return fail_plain("%s: how access times are kept cannot be changed in a user "
				  "namespace",
				  op->arg);
	return fail_plain("%s: this machine has %s mounted read-only, nosuid, nodev or noexec, and a "
			  "user namespace cannot lift that",
			  op->arg, op->src);
}

static int set_propagation(const struct fs_plan *plan, const struct fs_op *op, int fd)
{
	unsigned long type = op->propagation & ~(unsigned long)MS_REC;
	unsigned rec = op->propagation & MS_REC ? AT_RECURSIVE : 0;
	struct mount_attr attr = { .propagation = type };
	struct mount_attr slave = { .propagation = MS_SLAVE };

	/* A clone from the launcher is still a peer of the host's mount; a container
	 * with a user namespace of its own must not reach back. */
	if (type == MS_SHARED && plan->facts.userns &&
	    sys_mount_setattr(fd, "", AT_EMPTY_PATH | rec, &slave) < 0)
		return -1;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | rec, &attr);
}

int fs_bind_make(struct fs_plan *plan, struct fs_op *op)
{
	/* A U volume becomes read-only when its owner has been changed. */
	struct mount_attr attr = {
		.attr_set = op->attr_set &
			    ~(uint64_t)(MOUNT_ATTR__ATIME | (op->chown ? MOUNT_ATTR_RDONLY : 0)),
	};
	unsigned long type = op->propagation & ~(unsigned long)MS_REC;
	/* One call does both, if both go as deep. */
	bool together = type != MS_SHARED && (!op->recursive || op->propagation & MS_REC);

	if (op->mapped >= 0)
		op->fd = fd_take(&op->mapped);
	else
		op->fd = fs_clone(op->src, op->recursive, -1);
	if (op->fd < 0) {
		int err = errno;

		if (op->optional && (err == ENOENT || err == EACCES))
			return 0;
		if (!op->volume)
			return fail("bind %s", op->src);
		/* Kernel: locked mounts below, or an unbindable one. */
		if (err == EINVAL && !op->recursive)
			return fail_plain("%s: something is mounted below %s, and a user namespace "
					  "cannot leave that out",
					  op->arg, op->src);
		return fail("%s: source %s", op->arg, op->src);
	}
	if (together)
		attr.propagation = type;
	if ((attr.attr_set || attr.propagation) &&
	    sys_mount_setattr(op->fd, "", AT_EMPTY_PATH | (op->recursive ? AT_RECURSIVE : 0),
			      &attr) < 0)
		return fail("%s: set options", op->volume ? op->arg : op->src);
	if (!together && op->propagation && set_propagation(plan, op, op->fd) < 0)
		return fail("%s: set propagation", op->volume ? op->arg : op->src);
	return op->attr_clr ? lift(op, op->fd) : 0;
}

int fs_node_make(struct fs_plan *plan, struct fs_op *op)
{
	struct stat st;

	if (op->major == 1 && op->minor == 3) {
		op->fd = fs_null_clone(plan);
		return op->fd < 0 ? fail("bind %s", op->src) : 0;
	}
	op->fd = sys_open_tree(AT_FDCWD, op->src,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (op->fd < 0 || fstat(op->fd, &st) < 0)
		return fail("bind %s", op->src);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(op->major, op->minor))
		return fail_plain("%s of this machine is not the character device %u:%u", op->src,
				  op->major, op->minor);
	return 0;
}

/* The old root's /dev serves: its devices have been cloned by now, and nothing
 * else of it is wanted. Kernel: before 6.15 overlay layers and sources of clones
 * must be mounted somewhere, a detached mount will not do. */
int fs_park_aside(const struct fs_plan *plan, int fd, const char *what)
{
	if (sys_move_mount(fd, "", AT_FDCWD, "/dev", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fs_super_fail(plan, -1, "mount %s aside", what);
	return 0;
}

/* A directory or file on the way that is ours, by name from its base. Without
 * MOVE_MOUNT_T_SYMLINKS a link at the end is not followed (and refuses). */
static int attach_own(struct fs_plan *plan, struct fs_op *op)
{
	int base = plan->base[op->at];
	/* In a /dev just made nothing exists yet. */
	bool make = op->create && op->at == FS_AT_DEV;
	struct stat st;

	for (;;) {
		if (make && (op->dir ? mkdirat(base, op->rel, 0755) :
				       mknodat(base, op->rel, S_IFREG | 0644, 0)) < 0)
			return fail("make mount point %s", op->dst);
		if (sys_move_mount(op->fd, "", base, op->rel, MOVE_MOUNT_F_EMPTY_PATH) == 0)
			return 0;
		if (errno != ENOENT || !op->create || make)
			break;
		make = true;
	}
	int err = errno;
	if (op->at == FS_AT_ROOT && fstatat(base, op->rel, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISLNK(st.st_mode) || (op->dir && !S_ISDIR(st.st_mode))))
		return fail_plain("%s in ROOTFS is a %s; it must be a directory", op->dst,
				  S_ISLNK(st.st_mode) ? "symbolic link" : "file");
	errno = err;
	return fs_super_fail(plan, -1, "mount on %s", op->dst);
}

/* One line: what a hostile or an unlucky image gets. */
static int fail_target(const struct fs_op *op)
{
	const char *who = op->volume ? op->arg : "mount";

	switch (errno) {
	case ELOOP:
		return fail_plain("%s: the target %s leads through a symbolic link that leads "
				  "nowhere",
				  who, op->dst);
	case EROFS:
		return fail_plain("%s: the target %s is missing, and its directory is read-only",
				  who, op->dst);
	case EOVERFLOW:
		return fail_plain("%s: the target %s is missing, and its directory belongs to a user "
				  "who is not in the container",
				  who, op->dst);
	case ENOTDIR:
		return fail_plain("%s: the target %s is not a directory%s", who, op->dst,
				  op->dir ? "" : ", or below something that is none");
	case EISDIR:
		return fail_plain("%s: the target %s is a directory, the source is not", who,
				  op->dst);
	}
	return fail("%s: target %s", who, op->dst);
}

/* A target among files that we did not make: found inside the root, opened, and
 * mounted on by descriptor, so that what was checked is what is covered. */
static int attach_looked_up(struct fs_plan *plan, struct fs_op *op)
{
	enum path_want want = !op->create ? PATH_EXISTS : op->dir ? PATH_DIR : PATH_FILE;
	AUTO_FD int target = path_open_in(plan->base[op->at], op->dst, want);
	struct statfs fs;
	struct stat st;

	if (target < 0 && errno == ENOENT && op->optional)
		return 0;
	if (target < 0)
		return fail_target(op);
	/* A link in the image may lead into our /proc; a fake file there would deceive
	 * whoever trusts it (CVE-2019-16884). */
	if (fstatfs(target, &fs) < 0 || fstat(target, &st) < 0)
		return fail_target(op);
	if (fs.f_type == PROC_SUPER_MAGIC ||
	    (fs.f_type == SYSFS_MAGIC && strncmp(op->dst, "/sys/", 5) != 0))
		return fail_plain("%s: the target %s leads into /%s, where nothing may be mounted",
				  op->volume ? op->arg : "mount", op->dst,
				  fs.f_type == SYSFS_MAGIC ? "sys" : "proc");
	/* Nor may /etc/hosts be a link to our /dev/null, and cover that. */
	if (op->kind == FS_OP_FILE && !S_ISREG(st.st_mode))
		return fail_plain("mount: the target %s in ROOTFS is not a file", op->dst);
	if (sys_move_mount(op->fd, "", target, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fs_super_fail(plan, -1, "%s: mount it on %s", op->volume ? op->arg : op->src,
				     op->dst);
	return 0;
}

int fs_attach(struct fs_plan *plan, struct fs_op *op)
{
	int ret;

	if (op->fd < 0)
		return 0;
	if (op->becomes == FS_AT_SCRATCH)
		ret = fs_park_aside(plan, op->fd, "the scratch tmpfs");
	else if (op->becomes == FS_AT_ROOT)
		/* Upon the old root itself: a place that is always there. Lookups that
		 * start at "/" do not see it before pivot_root. */
		ret = sys_move_mount(op->fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ?
			      fs_super_fail(plan, -1, "mount the new root") :
			      0;
	else if (op->own)
		ret = attach_own(plan, op);
	else
		ret = attach_looked_up(plan, op);
	if (ret == 0 && op->becomes)
		plan->base[op->becomes] = fd_take(&op->fd);
	else if (ret == 0 && op->chown)
		plan->give[plan->ngive++] = (struct fs_give){ .fd = fd_take(&op->fd),
							      .arg = op->arg,
							      .read_only = op->attr_set &
									   MOUNT_ATTR_RDONLY };
	fd_close(&op->fd);
	return ret;
}
