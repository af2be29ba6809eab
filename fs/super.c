/* fs/super.c - new file systems: proc, tmpfs, devpts, overlay ...
 *
 * The stage runs this; every function owns its file system context and hands out
 * a detached mount. fsopen(2), fsconfig(2), fsmount(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
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

void fs_hint_refused(const struct fs_plan *plan)
{
	char on[8 + 1];
	ssize_t n;

	if (!plan->facts.userns)
		return;
	/* Ubuntu since 23.10: a user namespace of an unconfined program may be made,
	 * but every mount in it is refused. */
	n = fd_read_file(AT_FDCWD, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", on,
			 sizeof(on) - 1);
	if (n > 0 && on[0] == '1')
		err_hint("AppArmor keeps user namespaces from mounting here; `sudo sysctl -w "
			 "kernel.apparmor_restrict_unprivileged_userns=0` allows it");
}

int fs_super_fail(const struct fs_plan *plan, int ctx, const char *fmt, ...)
{
	char words[ERR_MAX], log[512], *said = NULL;
	int err = errno;
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	/* Kernel: one message a read(2), "e ..." for errors, ENODATA at the end. The
	 * last error is the one that ended it. */
	while (ctx >= 0 && (n = read(ctx, log, sizeof(log) - 1)) > 0) {
		log[n] = '\0';
		log[strcspn(log, "\n")] = '\0';
		if (log[0] == 'e' && log[1] == ' ') {
			snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
				 said ? ", " : ": ", log + 2);
			said = words;
		}
	}
	errno = err;
	fail("%s", words);
	if (err == EPERM || err == EACCES)
		fs_hint_refused(plan);
	return -1;
}

/* "size=64m,mode=1777,noswap": one parameter each. */
static int set_options(int ctx, const char *data)
{
	char word[256];

	for (; *data; data += *data == ',') {
		size_t n = strcspn(data, ",");

		if (n >= sizeof(word)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(word, data, n);
		word[n] = '\0';
		data += n;
		char *val = strchr(word, '=');
		if (val)
			*val++ = '\0';
		if (sys_fsconfig(ctx, val ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, word, val, 0) <
		    0)
			return -1;
	}
	return 0;
}

static unsigned super_attrs(const struct fs_op *op)
{
	return (unsigned)op->attr_set;
}

int fs_super_mount(const struct fs_plan *plan, const struct fs_op *op)
{
	AUTO_FD int ctx = sys_fsopen(op->src, FSOPEN_CLOEXEC);

	if (ctx < 0)
		return fs_super_fail(plan, -1, "mount %s on %s", op->src, op->dst);
	/* The source is only a name in the mount table; not all types take one. */
	sys_fsconfig(ctx, FSCONFIG_SET_STRING, "source", op->src, 0);
	if (set_options(ctx, op->data ? op->data : "") < 0 ||
	    sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_super_fail(plan, ctx, "mount %s on %s", op->src, op->dst);
	int fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, super_attrs(op));
	if (fd < 0) {
		fs_super_fail(plan, ctx, "mount %s on %s", op->src, op->dst);
		/* Kernel: a user namespace gets a procfs of its own only if the one it
		 * came with hides nothing (mount_too_revealing()). */
		if (err_errno() == EPERM && strcmp(op->src, "proc") == 0)
			err_hint("parts of this machine's own /proc are covered, as in a "
				 "container; --pid=host shows that /proc instead");
		return -1;
	}
	return fd;
}

/* ---- overlay ---- */

/* One layer. Kernel: overlay takes directories as descriptors since 6.13, and
 * O_PATH ones since 6.15; before that, as a path. The path of a descriptor needs
 * no escaping of ':' and ',' whatever ROOTFS is called. */
static int set_layer(struct fs_plan *plan, int ctx, const char *key, const char *path_key, int fd)
{
	char path[40];

	if (!plan->layers_by_path) {
		if (sys_fsconfig(ctx, FSCONFIG_SET_FD, key, NULL, fd) == 0)
			return 0;
		if (errno != EINVAL && errno != EBADF && errno != EOPNOTSUPP)
			return -1;
		plan->layers_by_path = true;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys_fsconfig(ctx, FSCONFIG_SET_STRING, path_key, path, 0);
}

/* The upper directory shows as the root of the overlay, so it gets mode and owner
 * of what it covers - as far as those are mapped. */
static int make_upper(int parent, const char *name, const struct stat *like, int *out)
{
	if (mkdirat(parent, name, like->st_mode & 07777) == 0) {
		if ((like->st_uid || like->st_gid) &&
		    fchownat(parent, name, like->st_uid, like->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != EINVAL && errno != EPERM)
			return -1;
	} else if (errno != EEXIST) {
		return -1;
	}
	*out = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out < 0 ? -1 : 0;
}

/* Where OP's upper and work directories are: DIR/upper and DIR/work for a ROOTFS,
 * DIR/upper/NAME and DIR/work/NAME for each directory of the host view, where a
 * path becomes one component. */
static void layer_name(const struct fs_op *op, char *name, size_t size)
{
	snprintf(name, size, "%s", op->rel);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '%';
}

static int make_layers(struct fs_plan *plan, const struct fs_op *op, int lower, int *upper,
		       int *work)
{
	const struct stat work_like = { .st_mode = 0700 };
	char name[512];
	struct stat st;

	if (fstat(lower, &st) < 0)
		return -1;
	if (!op->rel[0])
		return make_upper(plan->layers, "upper", &st, upper) < 0 ||
				       make_upper(plan->layers, "work", &work_like, work) < 0 ?
			       -1 :
			       0;
	layer_name(op, name, sizeof(name));
	return make_upper(plan->upper, name, &st, upper) < 0 ||
			       make_upper(plan->work, name, &work_like, work) < 0 ?
		       -1 :
		       0;
}

/* The container's own /etc files need something to be bound over. Where ROOTFS has
 * no such file it is put into the upper directory here: a fifth of the price of
 * making it through the overlay. A /etc that is a link, or kept changes, go the
 * long way (path_open_in()). */
static int prefill_etc(const struct fs_plan *plan, int lower, int upper)
{
	AUTO_FD int etc = openat(lower, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD int made = -1;
	struct stat st;

	if (etc < 0 || fstat(etc, &st) < 0)
		return 0;
	for (size_t i = 0; i < plan->n; i++) {
		const struct fs_op *op = &plan->op[i];

		if (op->kind != FS_OP_FILE || !op->create ||
		    faccessat(etc, op->rel, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (made < 0 && make_upper(upper, "etc", &st, &made) < 0)
			return -1;
		if (mknodat(made, op->rel, S_IFREG | 0644, 0) < 0)
			return -1;
	}
	return 0;
}

struct below {
	const char *dir;
	char found[512];
};

static int find_below(void *ctx, const struct mountinfo *m)
{
	struct below *b = ctx;

	if (strcmp(m->point, b->dir) == 0 || !path_is_below(m->point, b->dir))
		return 0;
	snprintf(b->found, sizeof(b->found), "%s", m->point);
	return 1;
}

/* Kernel: in a user namespace overlay does not take a directory below which
 * something is mounted, lest it uncover what lies under that mount
 * (has_locked_children(); plain EINVAL). */
static int fail_overlay(const struct fs_plan *plan, const struct fs_op *op, int ctx, int lower)
{
	char self[40], dir[PATH_MAX];
	struct below b = { .dir = dir };
	int err = errno;
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", lower);
	n = readlink(self, dir, sizeof(dir) - 1);
	dir[n > 0 ? n : 0] = '\0';
	if (err == EINVAL && plan->facts.userns && !op->optional &&
	    mountinfo_each(find_below, &b) == 1)
		return fail_plain("ROOTFS %s: %s is mounted below it, and a user namespace gets no "
				  "overlay over that; unmount it, or use --rootfs-rw",
				  op->arg, b.found);
	errno = err;
	fs_super_fail(plan, ctx, "mount an overlay over %s", op->src);
	if (err == EINVAL && plan->spec->overlay_upper)
		err_hint("the directory of --overlay-upper must lie on a file system that has "
			 "extended attributes, and not on an overlay");
	return -1;
}

int fs_overlay_mount(struct fs_plan *plan, const struct fs_op *op, int lower)
{
	AUTO_FD int upper = -1;
	AUTO_FD int work = -1;

	if (make_layers(plan, op, lower, &upper, &work) < 0 ||
	    (plan->facts.userns && fs_foreign_fill(plan, op, lower, upper) < 0) ||
	    (!op->rel[0] && !plan->spec->overlay_upper && prefill_etc(plan, lower, upper) < 0))
		return fail("make the upper directory for %s", op->dst);
	AUTO_FD int ctx = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	if (ctx < 0) {
		fs_super_fail(plan, -1, "mount an overlay over %s", op->src);
		if (err_errno() == ENODEV)
			err_hint("the kernel has no overlay file system: `sudo modprobe overlay`");
		return -1;
	}
	/* userxattr: the only kind a user namespace may have (5.11); root uses it as
	 * well, so that one kept upper directory means the same to both. volatile: a
	 * directory that is thrown away need not be synced. */
	if (sys_fsconfig(ctx, FSCONFIG_SET_STRING, "source", "overlay", 0) < 0 ||
	    set_layer(plan, ctx, "lowerdir+", "lowerdir", lower) < 0 ||
	    set_layer(plan, ctx, "upperdir", "upperdir", upper) < 0 ||
	    set_layer(plan, ctx, "workdir", "workdir", work) < 0 ||
	    sys_fsconfig(ctx, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
	    (plan->facts.scratch && !plan->spec->overlay_upper &&
	     sys_fsconfig(ctx, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0) ||
	    sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail_overlay(plan, op, ctx, lower);
	int fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, super_attrs(op));
	return fd < 0 ? fail_overlay(plan, op, ctx, lower) : fd;
}
