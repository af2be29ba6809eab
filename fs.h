/* fs.h - the room of file systems: what a container's root is made of.
 *
 * The mount plan is a list of operations. The launcher builds it from the spec
 * without touching anything (fs_plan_build), --dry-run prints it (fs_plan_print),
 * and the stage carries it out in the new namespaces in two halves: first what
 * needs no ids (fs_plan_prepare, while the launcher still writes the id maps),
 * then the rest, ending with pivot_root and the old root gone (fs_plan_apply).
 */
#ifndef FS_H
#define FS_H

#include <stdbool.h>
#include <stdio.h>

#include "cinit.h"
#include "lib/pool.h"

struct fs_plan;

/* What the plan must know besides the spec; filled by the launcher. */
struct fs_facts {
	bool userns; /* in a user namespace: mounts of the host are locked */
	bool own_net, own_pid, own_ipc, own_cgroup; /* new or none, not the host's */
	bool tty_gid;                               /* gid 5 is mapped: devpts can have gid=5 */
	bool caller_is_root; /* uid and gid 0 inside are the caller's own: what is
				 * made before the ids are mapped is root's all the same.
				 * False is always right, only slower */
	bool foreign;        /* ROOTFS belongs to somebody else than the caller; told by
	                         * whom ids are not hidden from: the plan may be built in
	                         * a user namespace that has no maps yet */
	const char *scratch; /* directory for upper and work, made by the launcher;
				 * NULL: a tmpfs in the container's mount namespace */
};

/* Does a throw-away upper directory have to lie on disk? Kernel: tmpfs has user
 * xattrs, which overlay's userxattr wants, from 6.6 on. Needs uname(2) only. */
bool fs_needs_scratch_dir(void);

/* Build the plan for SPEC. Reads the host (does the volume's source exist, which
 * top-level directories has "/", what is mounted below them), changes nothing.
 * The plan lives in POOL. NULL with fail() when the spec cannot be carried out:
 * volume source missing, target relative or climbing out, ROOTFS not a directory. */
struct fs_plan *fs_plan_build(struct pool *pool, const struct spec *spec,
			      const struct fs_facts *facts);
/* One line per operation, in order, for --dry-run. Stable: golden tests read it. */
void fs_plan_print(const struct fs_plan *plan, FILE *out);

/* In the launcher when it is real root and the container has mapped ids: clone
 * ROOTFS (or "/"), --overlay-upper and the volumes with their owners mapped
 * through USERNS (mount_setattr(2) MOUNT_ATTR_IDMAP), so that what belongs to root
 * outside belongs to root inside. The stage inherits the clones; prepare and apply
 * use them instead of the paths. A file system that cannot be mapped is cloned as
 * it is. Borrows USERNS. */
int fs_plan_map_owners(struct fs_plan *plan, int userns);

/* In the stage, right after the namespaces exist, ids perhaps not yet mapped.
 * Needs: CAP_SYS_ADMIN in the user namespace, own mount namespace.
 * Leaves: propagation off towards the host, detached mounts held by the plan. */
int fs_plan_prepare(struct fs_plan *plan);
/* In the stage, ids mapped, uid and gid 0 inside.
 * Leaves: "/" is the container's root, cwd "/", the old root is unmounted; the
 * plan holds descriptors of U volumes only. If PTMX is not NULL, *PTMX is a
 * descriptor of a new pty's master in the container's own devpts (the one made
 * here, never one looked up in the image), its slave bound over /dev/console;
 * owned by the caller.
 * Must not: resolve any path of ROOTFS while the old root is reachable through
 * it (openat2 RESOLVE_IN_ROOT, targets mounted by fd). */
int fs_plan_apply(struct fs_plan *plan, int *ptmx);
/* In the stage, after that: a descriptor of the container's own /etc/hosts for writing,
 * the caller's; -1 when it has the host's, or the user has mounted another. */
int fs_plan_take_hosts(struct fs_plan *plan);
/* The text that it begins with: localhost and --add-host. HOST is the host's own file, or
 * NULL. Pure. */
const char *fs_hosts_text(struct pool *pool, const struct spec *spec, const char *host);
/* Close what the plan still holds, U volumes apart. For the launcher, once the
 * stage has taken over. */
void fs_plan_release(struct fs_plan *plan);
/* Give the sources of U volumes to UID:GID (ids inside), recursively, links not
 * followed, mounts not crossed; then close their descriptors. Called by the stage
 * when the container's user is known. */
int fs_plan_chown(struct fs_plan *plan, uid_t uid, gid_t gid);

/* Argument readers, used by the option table. All pure; -1 with fail_plain(). */
int fs_volume_parse(struct pool *pool, const char *arg, struct mount_want *out);
int fs_mount_parse(struct pool *pool, const char *arg, struct mount_want *out);
int fs_tmpfs_parse(struct pool *pool, const char *arg, struct mount_want *out);
int fs_device_parse(struct pool *pool, const char *arg, struct mount_want *out);
int fs_propagation_parse(const char *word, unsigned long *flags);

/* Remove the tree below DIRFD/NAME without following links or crossing mounts.
 * For scratch directories; runs in a user namespace where the files' owners are
 * mapped. ENOENT is success. */
int fs_remove_tree(int dirfd, const char *name);

/* Facts for `cinit check`. */
int fs_check_overlay(char *why, size_t size); /* run in a child: 1 works, 0 not */

#endif
