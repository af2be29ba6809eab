/* fs/plan.h - the mount plan from the inside; only fs.c and fs/ include it.
 *
 * Everything is decided when the plan is built; the stage only carries it out.
 * Each operation has up to two steps:
 *
 *	make	get hold of what will be mounted: a new superblock, a clone of a
 *		volume, an overlay. The result is a detached mount in op->fd.
 *	place	put it where it belongs, or do what has no mount (directories,
 *		links, masks, pivot_root).
 *
 * fs_plan_prepare() runs, in order, the steps marked early; fs_plan_apply() runs
 * all others. What needs no mapped ids is early (the launcher is busy writing the
 * maps meanwhile), and so is whatever should be opened with the caller's rights.
 *
 * Kernel: without mapped ids every creation of a file on a tmpfs of the namespace
 * is EOVERFLOW, and uid=/gid= options are EINVAL; new superblocks, clones, and
 * mounts upon what exists are all possible.
 */
#ifndef FS_PLAN_H
#define FS_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs.h"

/* What an operation's `rel` is relative to. Only ROOT shows files that others
 * made; the rest are file systems that this plan has just mounted. */
enum fs_base {
	FS_AT_NONE,
	FS_AT_ROOT,
	FS_AT_PROC,
	FS_AT_SYS,
	FS_AT_DEV,
	FS_AT_PTS,
	FS_AT_SCRATCH, /* tmpfs that only the plan sees */
	FS_BASES
};

enum fs_op_kind {
	FS_OP_PROPAGATION, /* cut "/" off from the host's mounts */
	FS_OP_SUPER,       /* a new file system of type src with options data */
	FS_OP_SYSFS,       /* a new sysfs, or the host's, read-only */
	FS_OP_BIND,        /* a clone of the host's src */
	FS_OP_OVERLAY,     /* copy-on-write view of the host's src */
	FS_OP_UPPER,       /* open, or make, the place of upper and work */
	FS_OP_SKELETON,    /* an empty root on the scratch tmpfs */
	FS_OP_DIR,
	FS_OP_LINK,      /* symbolic link with text src */
	FS_OP_FILE,      /* file with text data, bound over dst */
	FS_OP_NODE,      /* the host's device src, verified */
	FS_OP_MASK,      /* cover dst with nothing */
	FS_OP_MASK_CPUS, /* the same for a directory of every cpu */
	FS_OP_READONLY,  /* bind dst over itself, read-only */
	FS_OP_CONSOLE,   /* new pty, its slave on /dev/console */
	FS_OP_SETATTR,   /* of the root mount */
	FS_OP_PIVOT,
	FS_OP_KINDS
};

struct fs_op {
	uint8_t kind, at, becomes;
	bool make_early, place_early;
	bool recursive; /* clone with what is mounted below */
	bool dir;       /* the target is a directory */
	bool own;       /* every directory on the way is ours: no lookup by openat2 */
	bool create;    /* make the target if it is missing */
	bool optional;  /* leave it out when it cannot be done */
	bool volume;    /* asked for by the user */
	bool chown;
	bool keep;       /* FILE: keep it open for writing */
	bool foreign;    /* src belongs to somebody else than the caller */
	int fd;          /* detached mount, -1 */
	int mapped;      /* src cloned by the launcher, owners mapped; -1 */
	const char *dst; /* absolute inside, for words */
	const char *rel; /* the same below its base */
	const char *src;
	const char *data;
	const char *park; /* mount it here in the old root until it is placed */
	uint64_t attr_set, attr_clr;
	unsigned long propagation;
	mode_t mode;
	unsigned major, minor; /* NODE */
	const char *arg;       /* the user's words, for messages */
};

/* A U volume, whose source is to be given to the container's user. */
struct fs_give {
	int fd;         /* owned; the volume's root */
	bool read_only; /* becomes so when that is done */
	const char *arg;
};

/* A directory of ROOTFS whose owner may have no id inside. */
struct fs_foreign {
	const char *rel; /* below ROOTFS */
	bool hidden;     /* not readable by the caller */
	bool file;       /* a file, not a directory */
};

struct fs_plan {
	struct pool *pool;
	const struct spec *spec;
	struct fs_facts facts;
	struct fs_op *op;
	size_t n;
	struct fs_give *give; /* made when the plan is built, one for each U */
	size_t ngive;

	/* the stage's state */
	int base[FS_BASES];         /* root directories of the bases, owned */
	int null;                   /* O_PATH on the host's verified /dev/null */
	int spare_null;             /* a clone of it that has no place yet */
	int empty;                  /* the empty read-only tmpfs, once mounted */
	int layers;                 /* the directory for upper and work directories */
	int upper, work;            /* its "upper" and "work", for the host view */
	int layers_mapped;          /* the same cloned by the launcher, owners mapped */
	struct fs_foreign *foreign; /* parents before their children */
	size_t nforeign;
	bool layers_by_path; /* overlay takes no descriptors here */
	bool sys_bound;      /* /sys is the host's */
	int ptmx;            /* owned until handed out: the new pty's master */
	int hosts;           /* owned until handed out: /etc/hosts, for writing */
};

#define FS_ATTR_NOSUID_NODEV (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define FS_ATTR_NOTHING (FS_ATTR_NOSUID_NODEV | MOUNT_ATTR_NOEXEC)

/* plan.c: append a copy of *OP (fd becomes -1); returns it, valid until the next. */
struct fs_op *fs_plan_add(struct fs_plan *plan, const struct fs_op *op);

/* host.c: the operations that make the skeleton of the host view. */
int fs_host_add(struct fs_plan *plan);

/* etc.c: texts of the container's own files, in the plan's pool. NULL with fail(). */
const char *fs_etc_hosts(struct fs_plan *plan);
const char *fs_etc_resolv(struct fs_plan *plan);
/* The pure half of it, for tests: HOST is the host's file, or NULL. */
const char *fs_resolv_text(struct pool *pool, const struct spec *spec, const char *host,
			   bool drop_loopback);

/* super.c: new superblocks. Both give a detached mount or -1 with fail(). */
int fs_super_mount(const struct fs_plan *plan, const struct fs_op *op);
/* OP's overlay over LOWER; upper and work are made below plan->layers. */
int fs_overlay_mount(struct fs_plan *plan, const struct fs_op *op, int lower);
/* fail() with what the file system context CTX has to say about it added. */
int fs_super_fail(const struct fs_plan *plan, int ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* Advice for an EPERM or EACCES that a mount call gave in a user namespace. */
void fs_hint_refused(const struct fs_plan *plan);

/* foreign.c: note the directories below LOWER, which may all be foreign inside; then,
 * with ids mapped, make those that are in UPPER. */
void fs_foreign_scan(struct fs_plan *plan, int lower);
int fs_foreign_fill(const struct fs_plan *plan, const struct fs_op *op, int lower, int upper);

/* bind.c: clones of the host's files and directories, and where they go. */
/* Clone SRC with its owners mapped through the user namespace USERNS (-1: not). */
int fs_clone(const char *src, bool recursive, int userns);
int fs_bind_make(struct fs_plan *plan, struct fs_op *op);
int fs_node_make(struct fs_plan *plan, struct fs_op *op);
/* Put op->fd on its target, making that if need be; then the descriptor becomes
 * the base that the operation names, or is closed. */
int fs_attach(struct fs_plan *plan, struct fs_op *op);
/* Mount FD on a directory of the old root that nothing needs any more. */
int fs_park_aside(const struct fs_plan *plan, int fd, const char *what);

/* mask.c */
int fs_mask_open(struct fs_plan *plan); /* the host's /dev/null, verified */
int fs_null_clone(struct fs_plan *plan);
int fs_mask_place(struct fs_plan *plan, struct fs_op *op);
int fs_mask_cpus_place(struct fs_plan *plan, struct fs_op *op);
int fs_readonly_place(struct fs_plan *plan, struct fs_op *op);

#endif
