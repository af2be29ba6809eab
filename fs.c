/* fs.c - the room of file systems: carries a mount plan out.
 *
 * The stage runs fs_plan_prepare() and fs_plan_apply(), the launcher (as root of
 * the machine) fs_plan_map_owners(). The plan holds all descriptors, each
 * close-on-exec and closed as soon as it has done its service.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/mountinfo.h"
#include "lib/sys.h"

/* ---- one function for each step of each kind ---- */

static int propagation_place(struct fs_plan *plan, struct fs_op *op)
{
	struct mount_attr attr = { .propagation = op->propagation & ~(unsigned long)MS_REC };

	if (sys_mount_setattr(AT_FDCWD, op->dst, op->propagation & MS_REC ? AT_RECURSIVE : 0,
			      &attr) < 0)
		return fs_super_fail(plan, -1, "set the propagation of %s", op->dst);
	return 0;
}

/* Until there is a root to put it on. See mask.c for what is done to it there. */
static int park(struct fs_plan *plan, struct fs_op *op)
{
	if (sys_move_mount(op->fd, "", AT_FDCWD, op->park, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fs_super_fail(plan, -1, "mount on %s of this machine", op->park);
	plan->base[op->becomes] = op->fd;
	return 0;
}

static int super_make(struct fs_plan *plan, struct fs_op *op)
{
	op->fd = fs_super_mount(plan, op);
	if (op->fd >= 0)
		return op->park ? park(plan, op) : 0;
	if (!op->optional)
		return -1;
	err_clear();
	return 0;
}

static int super_place(struct fs_plan *plan, struct fs_op *op)
{
	/* No cgroup2 to be had: at least nothing of the host's shows. */
	const struct fs_op *cg = op;
	struct fs_op mask = { .at = cg->at, .rel = cg->rel, .dst = cg->dst, .dir = true };

	if (op->fd < 0 && op->at == FS_AT_SYS && plan->sys_bound)
		return fs_mask_place(plan, &mask);
	return fs_attach(plan, op);
}

/* Kernel: a network namespace's owner may mount its sysfs, unless parts of the
 * sysfs outside are covered (mount_too_revealing()): nested containers. */
static int sysfs_make(struct fs_plan *plan, struct fs_op *op)
{
	struct fs_op bind = *op;

	if (strcmp(op->src, "sysfs") == 0) {
		op->fd = fs_super_mount(plan, op);
		if (op->fd >= 0)
			return park(plan, op);
		if (err_errno() != EPERM)
			return -1;
		err_clear();
		bind.src = "/sys";
	}
	plan->sys_bound = true;
	bind.recursive = true;
	bind.propagation = MS_PRIVATE | MS_REC;
	if (fs_bind_make(plan, &bind) < 0)
		return -1;
	op->fd = bind.fd;
	return park(plan, op);
}

static int bind_make(struct fs_plan *plan, struct fs_op *op)
{
	if (fs_bind_make(plan, op) < 0)
		return -1;
	return op->park && op->fd >= 0 ? park(plan, op) : 0;
}

static bool is_empty_dir(int fd)
{
	char buf[1024];
	long n = syscall(SYS_getdents64, fd, buf, sizeof(buf));

	/* "." and ".." take 24 bytes each. */
	return n >= 0 && n <= 48;
}

/* In the host view, what cannot be read is left empty: /root of another user. And
 * what is empty needs no overlay, a tenth of a millisecond each. */
static int overlay_make(struct fs_plan *plan, struct fs_op *op)
{
	int flags = op->optional ? O_RDONLY | O_NONBLOCK : O_PATH;

	if (op->mapped >= 0)
		return 0;
	op->fd = open(op->src, flags | O_DIRECTORY | O_CLOEXEC);
	if (op->fd < 0 && !(op->optional && (errno == EACCES || errno == ENOENT)))
		return fail("open %s", op->arg);
	if (op->fd >= 0 && op->optional && is_empty_dir(op->fd))
		fd_close(&op->fd);
	if (op->fd >= 0 && op->foreign)
		fs_foreign_scan(plan, op->fd);
	return 0;
}

/* vfat and others cannot be a layer; in the host view they are shown read-only. */
static int overlay_or_bind(struct fs_plan *plan, struct fs_op *op, int lower)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };

	op->fd = fs_overlay_mount(plan, op, lower);
	if (op->fd >= 0)
		return 0;
	if (!op->optional || err_errno() != EINVAL)
		return -1;
	err_clear();
	op->fd = sys_open_tree(lower, "",
			       AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (op->fd < 0 || sys_mount_setattr(op->fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro) < 0)
		return fail("show %s", op->src);
	return 0;
}

static int overlay_place(struct fs_plan *plan, struct fs_op *op)
{
	bool mapped = op->mapped >= 0;
	AUTO_FD int lower = mapped ? fd_take(&op->mapped) : fd_take(&op->fd);

	if (op->own && mkdirat(plan->base[op->at], op->rel, op->mode) < 0)
		return fail("make %s", op->dst);
	if (lower < 0)
		return 0;
	/* Kernel: a layer from another user namespace's clone has to be mounted here. */
	if (mapped && fs_park_aside(plan, lower, op->src) < 0)
		return -1;
	if (overlay_or_bind(plan, op, lower) < 0)
		return -1;
	return fs_attach(plan, op);
}

static int open_layers(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && mkdir(dir, 0755) == 0)
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static const char *layers_dir(const struct fs_plan *plan)
{
	const char *kept = plan->spec->overlay_upper;

	return kept ? kept : plan->facts.scratch;
}

static int upper_make(struct fs_plan *plan, struct fs_op *op)
{
	const char *dir = layers_dir(plan);

	(void)op;
	if (!dir || plan->layers_mapped >= 0)
		return 0;
	plan->layers = open_layers(dir);
	if (plan->layers >= 0)
		return 0;
	return fail(plan->spec->overlay_upper ? "--overlay-upper %s" : "open directory %s", dir);
}

static int open_made(int at, const char *name)
{
	if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int upper_place(struct fs_plan *plan, struct fs_op *op)
{
	(void)op;
	if (plan->layers_mapped >= 0) {
		plan->layers = fd_take(&plan->layers_mapped);
		if (fs_park_aside(plan, plan->layers, layers_dir(plan)) < 0)
			return -1;
	} else if (plan->layers < 0) {
		plan->layers = fcntl(plan->base[FS_AT_SCRATCH], F_DUPFD_CLOEXEC, 3);
	}
	if (plan->spec->root != ROOT_HOST)
		return 0;
	plan->upper = open_made(plan->layers, "upper");
	plan->work = plan->upper < 0 ? -1 : open_made(plan->layers, "work");
	return plan->work < 0 ? fail("make upper and work directories") : 0;
}

static int skeleton_place(struct fs_plan *plan, struct fs_op *op)
{
	int at = plan->base[op->at];

	if (mkdirat(at, op->rel, op->mode) < 0)
		return fail("make the root directory");
	op->fd = sys_open_tree(at, op->rel, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return op->fd < 0 ? fail("clone the root directory") : fs_attach(plan, op);
}

static int dir_place(struct fs_plan *plan, struct fs_op *op)
{
	return mkdirat(plan->base[op->at], op->rel, op->mode) < 0 ? fail("make %s", op->dst) : 0;
}

static int link_place(struct fs_plan *plan, struct fs_op *op)
{
	return symlinkat(op->src, plan->base[op->at], op->rel) < 0 ? fail("make %s", op->dst) : 0;
}

static int file_make(struct fs_plan *plan, struct fs_op *op)
{
	int at = plan->base[FS_AT_SCRATCH];
	AUTO_FD int fd = openat(at, op->rel, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, op->data, strlen(op->data)) < 0)
		return fail("write the container's %s", op->dst);
	if (op->keep)
		plan->hosts = fd_take(&fd);
	op->fd = sys_open_tree(at, op->rel, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return op->fd < 0 ? fail("clone the container's %s", op->dst) : 0;
}

/* The pty comes from the devpts that was just mounted, by descriptor; its slave is
 * asked of the master: no path that anybody could have swapped (CVE-2025-52565). */
static int console_place(struct fs_plan *plan, struct fs_op *op)
{
	int unlocked = 0;
	AUTO_FD int slave = -1;

	plan->ptmx = openat(plan->base[FS_AT_PTS], "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (plan->ptmx < 0 || ioctl(plan->ptmx, TIOCSPTLCK, &unlocked) < 0)
		return fail("make a pty");
	slave = ioctl(plan->ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return fail("open the pty");
	op->fd = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return op->fd < 0 ? fail("clone the pty") : fs_attach(plan, op);
}

static int setattr_place(struct fs_plan *plan, struct fs_op *op)
{
	struct mount_attr attr = { .attr_set = op->attr_set };

	if (sys_mount_setattr(plan->base[FS_AT_ROOT], "", AT_EMPTY_PATH, &attr) < 0)
		return fail("make the root read-only");
	return 0;
}

static int is_initramfs(void *ctx, const struct mountinfo *m)
{
	(void)ctx;
	return strcmp(m->point, "/") == 0 && strcmp(m->type, "rootfs") == 0;
}

/* pivot_root(2), "pivot_root(".", ".")": the old root ends up upon the new one and
 * is taken off at once. Kernel: the initramfs is the one root that cannot be
 * pivoted or unmounted (EINVAL). There the new root, which has been mounted upon
 * "/", becomes the root by chroot: the same as what every machine that left its
 * initramfs runs on, and ".." leads nowhere from the top of a stack. */
static int pivot_place(struct fs_plan *plan, struct fs_op *op)
{
	(void)op;
	if (fchdir(plan->base[FS_AT_ROOT]) < 0)
		return fail("enter the new root");
	if (sys_pivot_root(".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0)
			return fail("leave the old root");
	} else {
		int err = errno;

		if (err != EINVAL || mountinfo_each(is_initramfs, NULL) != 1 || chroot(".") < 0) {
			errno = err;
			return fs_super_fail(plan, -1, "pivot_root");
		}
	}
	return chdir("/") < 0 ? fail("enter the new root") : 0;
}

typedef int fs_step(struct fs_plan *plan, struct fs_op *op);

static const struct {
	fs_step *make, *place;
} steps[] = {
	[FS_OP_PROPAGATION] = { NULL, propagation_place },
	[FS_OP_SUPER] = { super_make, super_place },
	[FS_OP_SYSFS] = { sysfs_make, fs_attach },
	[FS_OP_BIND] = { bind_make, fs_attach },
	[FS_OP_OVERLAY] = { overlay_make, overlay_place },
	[FS_OP_UPPER] = { upper_make, upper_place },
	[FS_OP_SKELETON] = { NULL, skeleton_place },
	[FS_OP_DIR] = { NULL, dir_place },
	[FS_OP_LINK] = { NULL, link_place },
	[FS_OP_FILE] = { file_make, fs_attach },
	[FS_OP_NODE] = { fs_node_make, fs_attach },
	[FS_OP_MASK] = { NULL, fs_mask_place },
	[FS_OP_MASK_CPUS] = { NULL, fs_mask_cpus_place },
	[FS_OP_READONLY] = { NULL, fs_readonly_place },
	[FS_OP_CONSOLE] = { NULL, console_place },
	[FS_OP_SETATTR] = { NULL, setattr_place },
	[FS_OP_PIVOT] = { NULL, pivot_place },
};
_Static_assert(sizeof(steps) / sizeof(*steps) == FS_OP_KINDS, "steps for every operation");

/* Run the steps that are early, or those that are not. */
static int run_steps(struct fs_plan *plan, bool early)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct fs_op *op = &plan->op[i];

		if (steps[op->kind].make && op->make_early == early && op->fd < 0 &&
		    steps[op->kind].make(plan, op) < 0)
			return -1;
		if (op->place_early == early && steps[op->kind].place(plan, op) < 0)
			return -1;
	}
	return 0;
}

/* ---- the stage's two halves ---- */

/* Without a user namespace a volume with shared propagation is to stay a peer of
 * the host's mount, so it is cloned before "/" is cut off. */
static int clone_shared(struct fs_plan *plan)
{
	if (plan->facts.userns)
		return 0;
	for (size_t i = 0; i < plan->n; i++) {
		struct fs_op *op = &plan->op[i];

		if (op->kind == FS_OP_BIND && op->volume && op->propagation & MS_SHARED &&
		    fs_bind_make(plan, op) < 0)
			return -1;
	}
	return 0;
}

int fs_plan_prepare(struct fs_plan *plan)
{
	if (fs_mask_open(plan) < 0 || clone_shared(plan) < 0)
		return -1;
	return run_steps(plan, true);
}

int fs_plan_apply(struct fs_plan *plan, int *ptmx)
{
	/* Modes are meant as they are written. */
	mode_t old = umask(0);
	int ret = run_steps(plan, false);

	umask(old);
	if (ret == 0 && ptmx)
		*ptmx = fd_take(&plan->ptmx);
	for (int i = 0; i < FS_BASES; i++)
		fd_close(&plan->base[i]);
	fs_plan_release(plan);
	return ret;
}

int fs_plan_take_hosts(struct fs_plan *plan)
{
	return fd_take(&plan->hosts);
}

/* U volumes and /etc/hosts stay open: they are asked for later. */
void fs_plan_release(struct fs_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		fd_close(&plan->op[i].mapped);
	fd_close(&plan->null);
	fd_close(&plan->spare_null);
	fd_close(&plan->empty);
	fd_close(&plan->layers);
	fd_close(&plan->upper);
	fd_close(&plan->work);
	fd_close(&plan->layers_mapped);
	fd_close(&plan->ptmx);
}

/* ---- the launcher's part, as root of the machine ---- */

int fs_plan_map_owners(struct fs_plan *plan, int userns)
{
	const char *dir = layers_dir(plan);
	struct stat st;

	for (size_t i = 0; i < plan->n; i++) {
		struct fs_op *op = &plan->op[i];
		bool overlay = op->kind == FS_OP_OVERLAY;

		if (!overlay && !(op->kind == FS_OP_BIND && (op->volume || op->becomes)))
			continue;
		if (op->becomes == FS_AT_PROC)
			continue;
		/* Overlay looks at one file system only, never at mounts below. */
		op->mapped = fs_clone(op->src, !overlay && op->recursive, userns);
		if (op->mapped < 0 && !op->optional)
			return fail("clone %s", op->src);
	}
	if (!dir)
		return 0;
	if (stat(dir, &st) < 0 && (errno != ENOENT || mkdir(dir, 0755) < 0))
		return fail("--overlay-upper %s", dir);
	plan->layers_mapped = fs_clone(dir, false, userns);
	return plan->layers_mapped < 0 ? fail("clone %s", dir) : 0;
}

/* ---- facts ---- */

bool fs_needs_scratch_dir(void)
{
	struct utsname u;
	char *end;

	if (uname(&u) < 0)
		return true;
	long major = strtol(u.release, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	return major < 6 || (major == 6 && minor < 6);
}

static int check_map(const char *file, unsigned id)
{
	char row[40];
	int n = snprintf(row, sizeof(row), "0 %u 1", id);

	return fd_write_file(AT_FDCWD, file, 0, row, (size_t)n);
}

/* The whole thing in small: an overlay with its upper directory in LAYERS. */
static int check_mount(struct fs_plan *plan)
{
	const struct fs_op op = { .src = "/usr", .arg = "/usr", .dst = "/", .rel = "" };
	AUTO_FD int lower = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int fd = lower < 0 ? -1 : fs_overlay_mount(plan, &op, lower);

	return lower < 0 ? fail("open /usr") : fd < 0 ? -1 : 0;
}

static int check_on_tmpfs(struct fs_plan *plan)
{
	const struct fs_op scratch = { .src = "tmpfs", .dst = "(scratch)" };
	AUTO_FD int layers = fs_super_mount(plan, &scratch);

	if (layers < 0 || fs_park_aside(plan, layers, "a tmpfs") < 0)
		return -1;
	plan->layers = layers;
	return check_mount(plan);
}

static int check_on_disk(struct fs_plan *plan)
{
	char dir[] = "/var/tmp/cinit-check-XXXXXX";

	if (!mkdtemp(dir))
		return fail("make %s", dir);
	AUTO_FD int layers = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	plan->layers = layers;
	int ret = layers < 0 ? fail("open %s", dir) : check_mount(plan);
	/* The overlay is in nobody's mount table and gone by now. */
	if (fs_remove_tree(AT_FDCWD, dir) < 0)
		ret = -1;
	return ret;
}

int fs_check_overlay(char *why, size_t size)
{
	unsigned uid = geteuid(), gid = getegid();
	const struct spec spec = { .root = ROOT_DIR };
	struct fs_plan plan = { .spec = &spec, .facts.userns = true, .upper = -1, .work = -1 };
	int ret;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    fd_write_file(AT_FDCWD, "/proc/self/setgroups", 0, "deny", 4) < 0 ||
	    check_map("/proc/self/uid_map", uid) < 0 || check_map("/proc/self/gid_map", gid) < 0)
		ret = fail("make a user namespace");
	else
		ret = fs_needs_scratch_dir() ? check_on_disk(&plan) : check_on_tmpfs(&plan);
	snprintf(why, size, "%s", ret == 0 ? "" : err_text());
	err_clear();
	return ret == 0;
}
