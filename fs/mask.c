/* fs/mask.c - what of /proc and /sys a container does not get to see or to write.
 *
 * The stage runs this, early: on mounts that it has just made, so that no lookup
 * passes through files of the image. Devices are the host's, by descriptor: an
 * image's own /dev/null may be a link to anything (CVE-2025-31133).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"

int fs_mask_open(struct fs_plan *plan)
{
	struct stat st;

	plan->null = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (plan->null < 0 || fstat(plan->null, &st) < 0)
		return fail("open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return fail_plain("/dev/null of this machine is not the null device");
	return 0;
}

int fs_null_clone(struct fs_plan *plan)
{
	if (plan->spare_null >= 0)
		return fd_take(&plan->spare_null);
	return sys_open_tree(plan->null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* A clone that found no target is kept for the next one. Kernel: closing a
 * detached mount waits for an RCU grace period, 30 us and more. */
static int mask_file(struct fs_plan *plan, struct fs_op *op)
{
	int fd = fs_null_clone(plan);

	if (fd < 0)
		return fail("clone /dev/null");
	if (sys_move_mount(fd, "", plan->base[op->at], op->rel, MOVE_MOUNT_F_EMPTY_PATH) == 0) {
		close(fd);
		return 0;
	}
	plan->spare_null = fd;
	return errno == ENOENT ? 0 : fail("mask %s", op->dst);
}

/* All directories are covered by one and the same empty tmpfs. Kernel: before 6.15
 * a clone can be had only of what is mounted, so the first place takes the tmpfs
 * itself. */
static int mask_dir(struct fs_plan *plan, const struct fs_op *op, const char *rel)
{
	const struct fs_op empty = { .src = "tmpfs",
				     .dst = op->dst,
				     .data = "nr_inodes=2,mode=555",
				     .attr_set = FS_ATTR_NOTHING | MOUNT_ATTR_RDONLY };
	int base = plan->base[op->at];
	bool first = plan->empty < 0;

	if (faccessat(base, rel, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (first) {
		plan->empty = fs_super_mount(plan, &empty);
		if (plan->empty < 0)
			return -1;
	}
	AUTO_FD int clone = first ? -1 :
				    sys_open_tree(plan->empty, "",
						  AT_EMPTY_PATH | OPEN_TREE_CLONE |
							  OPEN_TREE_CLOEXEC);
	if (!first && clone < 0)
		return fail("clone the empty directory");
	if (sys_move_mount(first ? plan->empty : clone, "", base, rel, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail("mask %s", op->dst);
	return 0;
}

int fs_mask_place(struct fs_plan *plan, struct fs_op *op)
{
	return op->dir ? mask_dir(plan, op, op->rel) : mask_file(plan, op);
}

/* cpuN/thermal_throttle counts the machine's heat, which tells of neighbours. Only
 * real hardware has it; cpu0 stands for all, and the plan has looked there. */
int fs_mask_cpus_place(struct fs_plan *plan, struct fs_op *op)
{
	char rel[80];
	int base = plan->base[op->at];

	if (op->optional)
		return 0;
	for (unsigned cpu = 0;; cpu++) {
		snprintf(rel, sizeof(rel), "devices/system/cpu/cpu%u/thermal_throttle", cpu);
		if (faccessat(base, rel, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
			/* A cpu that is offline has none; past the last there is no cpu. */
			snprintf(rel, sizeof(rel), "devices/system/cpu/cpu%u", cpu);
			if (faccessat(base, rel, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
				return 0;
			continue;
		}
		if (mask_dir(plan, op, rel) < 0)
			return -1;
	}
}

int fs_readonly_place(struct fs_plan *plan, struct fs_op *op)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	unsigned rec = op->recursive ? AT_RECURSIVE : 0;
	int base = plan->base[op->at];
	AUTO_FD int fd = sys_open_tree(base, op->rel,
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW |
					       rec);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH | rec, &attr) < 0 ||
	    sys_move_mount(fd, "", base, op->rel, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail("make %s read-only", op->dst);
	return 0;
}
