/* fs/plan.c - from a spec to the list of operations.
 *
 * The launcher runs this and touches nothing: it looks whether sources exist and
 * reads the few files that the container's own /etc files are made of. The order
 * of the list is the order of execution: root, /proc, /sys, /dev, then what the
 * user asked for, shallow targets first, then pivot_root.
 */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/path.h"
#include "lib/sys.h"

enum { OPS_FIRST = 64 }; /* an ordinary plan has about 50 */

struct fs_op *fs_plan_add(struct fs_plan *plan, const struct fs_op *op)
{
	if (plan->n == 0)
		plan->op = pool_alloc(plan->pool, OPS_FIRST * sizeof(*op));
	else if (plan->n >= OPS_FIRST)
		plan->op = pool_grow(plan->pool, plan->op, plan->n, sizeof(*op));
	struct fs_op *new = &plan->op[plan->n++];
	*new = *op;
	new->fd = new->mapped = -1;
	return new;
}

#define ADD(...) fs_plan_add(plan, &(struct fs_op){ __VA_ARGS__ })

/* ---- root ---- */

static void add_propagation(struct fs_plan *plan)
{
	unsigned long type = MS_PRIVATE;

	/* Slave where the user wants to see what the host mounts later; never shared:
	 * nothing mounted in here may show up on the host. */
	for (size_t i = 0; i < plan->spec->nmounts; i++)
		if (plan->spec->mounts[i].propagation & (MS_SLAVE | MS_SHARED))
			type = MS_SLAVE;
	if (plan->spec->rootfs_propagation & (MS_SLAVE | MS_SHARED))
		type = MS_SLAVE;
	ADD(.kind = FS_OP_PROPAGATION, .dst = "/", .propagation = type | MS_REC,
	    .place_early = true);
}

static int add_root(struct fs_plan *plan)
{
	const struct spec *spec = plan->spec;
	struct stat st;

	if (stat(spec->rootfs, &st) < 0)
		return fail("ROOTFS %s", spec->rootfs_arg);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail("ROOTFS %s", spec->rootfs_arg);
	}
	if (spec->root == ROOT_HOST && spec->rootfs_rw)
		return fail_plain("--rootfs-rw: the host view is never written through; name a "
				  "directory, or give a volume with -v");
	/* Owned by root inside, whatever the mode of making says. 0700: upper
	 * directories are none of the payload's business. */
	ADD(.kind = FS_OP_SUPER, .src = "tmpfs", .data = "mode=700", .dst = "(scratch)",
	    .becomes = FS_AT_SCRATCH, .attr_set = FS_ATTR_NOSUID_NODEV,
	    .make_early = plan->facts.caller_is_root);
	if (spec->rootfs_rw) {
		ADD(.kind = FS_OP_BIND, .src = spec->rootfs, .arg = spec->rootfs_arg, .dst = "/",
		    .rel = "", .becomes = FS_AT_ROOT, .dir = true, .recursive = true,
		    .make_early = true, .propagation = MS_PRIVATE | MS_REC);
		return 0;
	}
	ADD(.kind = FS_OP_UPPER, .src = spec->overlay_upper, .dst = "(layers)", .make_early = true);
	if (spec->root == ROOT_HOST)
		return fs_host_add(plan);
	ADD(.kind = FS_OP_OVERLAY, .src = spec->rootfs, .arg = spec->rootfs_arg, .dst = "/",
	    .rel = "", .becomes = FS_AT_ROOT, .dir = true, .make_early = true,
	    .foreign = plan->facts.userns && plan->facts.foreign);
	return 0;
}

/* ---- /proc and /sys ---- */

/* docker's lists (moby, daemon/pkg/oci/defaults.go); what is absent is skipped. */
static const struct {
	const char *path;
	bool dir;
} masked[] = {
	{ "/proc/acpi", true },
	{ "/proc/asound", true },
	{ "/proc/interrupts", false },
	{ "/proc/kcore", false },
	{ "/proc/keys", false },
	{ "/proc/latency_stats", false },
	{ "/proc/sched_debug", false },
	{ "/proc/scsi", true },
	{ "/proc/timer_list", false },
	{ "/proc/timer_stats", false },
	{ "/sys/devices/virtual/powercap", true },
	{ "/sys/firmware", true },
	{ "/sys/fs/selinux", true },
};

static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					"/proc/sysrq-trigger" };

static void add_masks(struct fs_plan *plan, uint8_t at, const char *dir)
{
	size_t skip = strlen(dir) + 1;

	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++)
		if (path_is_below(masked[i].path, dir))
			ADD(.kind = FS_OP_MASK, .at = at, .dst = masked[i].path,
			    .rel = masked[i].path + skip, .dir = masked[i].dir,
			    .place_early = true);
}

static void add_proc(struct fs_plan *plan)
{
	const struct fs_op own = {
		.kind = FS_OP_SUPER, .src = "proc", .attr_set = FS_ATTR_NOTHING, .make_early = true
	};
	/* Processes of the host can only be seen in a procfs of the host's pid
	 * namespace, which cannot be had anew. */
	const struct fs_op host = { .kind = FS_OP_BIND,
				    .src = "/proc",
				    .recursive = true,
				    .make_early = true,
				    .attr_set = FS_ATTR_NOTHING,
				    .propagation = MS_PRIVATE | MS_REC };
	const struct spec *spec = plan->spec;
	/* Those that were asked for, and those that every network of its own gets. */
	const enum ns_mode net = spec->ns[NS_NET].mode;
	const bool sysctls = spec->nsysctls || net == NS_PRIVATE || net == NS_NONE;
	struct fs_op *op = fs_plan_add(plan, plan->facts.own_pid ? &own : &host);

	op->at = FS_AT_ROOT;
	op->becomes = FS_AT_PROC;
	op->dst = op->park = "/proc";
	op->rel = "proc";
	op->own = op->dir = op->create = true;
	if (plan->spec->unmask)
		return;
	add_masks(plan, FS_AT_PROC, "/proc");
	for (size_t i = 0; i < sizeof(readonly) / sizeof(*readonly); i++)
		/* The stage still has to write them. */
		ADD(.kind = FS_OP_READONLY, .at = FS_AT_PROC, .dst = readonly[i],
		    .rel = readonly[i] + 6, .recursive = !plan->facts.own_pid,
		    .place_early = !sysctls || strcmp(readonly[i], "/proc/sys") != 0);
}

static void add_sys(struct fs_plan *plan)
{
	/* A sysfs shows the network devices of one network namespace. */
	ADD(.kind = FS_OP_SYSFS, .src = plan->facts.own_net ? "sysfs" : "/sys", .at = FS_AT_ROOT,
	    .becomes = FS_AT_SYS, .dst = "/sys", .rel = "sys", .park = "/sys", .own = true,
	    .dir = true, .create = true, .make_early = true,
	    .attr_set = FS_ATTR_NOTHING | (plan->spec->privileged ? 0 : MOUNT_ATTR_RDONLY));
	if (!plan->spec->unmask) {
		add_masks(plan, FS_AT_SYS, "/sys");
		/* Virtual machines have none, and a new sysfs takes its time to say so. */
		ADD(.kind = FS_OP_MASK_CPUS, .at = FS_AT_SYS,
		    .dst = "/sys/devices/system/cpu/cpu*/thermal_throttle", .dir = true,
		    .optional = access("/sys/devices/system/cpu/cpu0/thermal_throttle", F_OK) < 0,
		    .place_early = true);
	}
	if (!plan->facts.own_cgroup)
		return;
	ADD(.kind = FS_OP_SUPER, .src = "cgroup2", .at = FS_AT_SYS, .dst = "/sys/fs/cgroup",
	    .rel = "fs/cgroup", .own = true, .dir = true, .make_early = true, .place_early = true,
	    .optional = true,
	    .attr_set = FS_ATTR_NOTHING |
			(plan->spec->privileged || plan->spec->cgroup_rw ? 0 : MOUNT_ATTR_RDONLY));
}

/* ---- /dev ---- */

static const struct {
	const char *path;
	unsigned major, minor;
} nodes[] = {
	{ "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct {
	const char *path, *text;
} dev_links[] = {
	{ "/dev/fd", "/proc/self/fd" },       { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" }, { "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/ptmx", "pts/ptmx" },
};

static bool user_mounts(const struct fs_plan *plan, const char *dst)
{
	for (size_t i = 0; i < plan->spec->nmounts; i++)
		if (strcmp(plan->spec->mounts[i].dst, dst) == 0)
			return true;
	return false;
}

/* Everything in it is made here; a /dev of the image is covered unseen. */
static void add_dev(struct fs_plan *plan)
{
	bool early = plan->facts.caller_is_root;

	ADD(.kind = FS_OP_SUPER, .src = "tmpfs", .data = "mode=755,size=65536k", .at = FS_AT_ROOT,
	    .becomes = FS_AT_DEV, .dst = "/dev", .rel = "dev", .own = true, .dir = true,
	    .create = true, .make_early = early, .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		ADD(.kind = FS_OP_NODE, .at = FS_AT_DEV, .src = nodes[i].path, .dst = nodes[i].path,
		    .rel = nodes[i].path + 5, .own = true, .create = true, .major = nodes[i].major,
		    .minor = nodes[i].minor, .make_early = true);
	for (size_t i = 0; i < sizeof(dev_links) / sizeof(*dev_links); i++)
		ADD(.kind = FS_OP_LINK, .at = FS_AT_DEV, .src = dev_links[i].text,
		    .dst = dev_links[i].path, .rel = dev_links[i].path + 5);
	/* A new instance, always since 4.7. gid= wants a mapped id. */
	ADD(.kind = FS_OP_SUPER, .src = "devpts", .at = FS_AT_DEV, .becomes = FS_AT_PTS,
	    .data = plan->facts.tty_gid ? "ptmxmode=666,mode=620,gid=5" : "ptmxmode=666,mode=620",
	    .dst = "/dev/pts", .rel = "pts", .own = true, .dir = true, .create = true,
	    .make_early = early && !plan->facts.tty_gid,
	    .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (!user_mounts(plan, "/dev/shm"))
		ADD(.kind = FS_OP_SUPER, .src = "tmpfs", .at = FS_AT_DEV,
		    .data = pool_printf(plan->pool, "mode=1777,size=%llu",
					(unsigned long long)plan->spec->shm_size),
		    .dst = "/dev/shm", .rel = "shm", .own = true, .dir = true, .create = true,
		    .make_early = early, .attr_set = FS_ATTR_NOTHING);
	if (plan->facts.own_ipc && !user_mounts(plan, "/dev/mqueue"))
		ADD(.kind = FS_OP_SUPER, .src = "mqueue", .at = FS_AT_DEV, .dst = "/dev/mqueue",
		    .rel = "mqueue", .own = true, .dir = true, .create = true, .optional = true,
		    .make_early = true, .attr_set = FS_ATTR_NOTHING);
	if (plan->spec->tty)
		ADD(.kind = FS_OP_CONSOLE, .at = FS_AT_DEV, .dst = "/dev/console", .rel = "console",
		    .own = true, .create = true);
}

/* ---- volumes and the container's own files ---- */

static int check_target(const struct mount_want *m)
{
	if (strcmp(m->dst, "/") == 0)
		return fail_plain("%s: the target / is the container's root itself", m->arg);
	if (path_is_below(m->dst, "/proc"))
		return fail_plain("%s: nothing may be mounted over /proc or below it", m->arg);
	if (strcmp(m->dst, "/sys") == 0)
		return fail_plain("%s: nothing may be mounted over /sys", m->arg);
	return 0;
}

static int add_volume(struct fs_plan *plan, const struct mount_want *m)
{
	struct stat st;

	if (check_target(m) < 0)
		return -1;
	if (m->kind == MOUNT_TMPFS) {
		/* uid= and gid= want mapped ids. */
		ADD(.kind = FS_OP_SUPER, .src = "tmpfs", .data = m->tmpfs_data, .at = FS_AT_ROOT,
		    .dst = m->dst, .dir = true, .create = true, .volume = true, .arg = m->arg,
		    .attr_set = m->attr_set);
		return 0;
	}
	if (stat(m->src, &st) < 0)
		return fail("%s: source %s", m->arg, m->src);
	bool dir = S_ISDIR(st.st_mode);
	if (m->kind == MOUNT_DEVICE && !dir && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return fail_plain("%s: %s is not a device", m->arg, m->src);
	ADD(.kind = FS_OP_BIND, .src = m->src, .at = FS_AT_ROOT, .dst = m->dst, .dir = dir,
	    .create = true, .recursive = m->recursive && dir, .volume = true, .chown = m->chown,
	    .arg = m->arg, .make_early = true, .attr_set = m->attr_set, .attr_clr = m->attr_clr,
	    .propagation = m->propagation ? m->propagation : MS_PRIVATE | MS_REC);
	return 0;
}

/* A file of the container's own. Where the user mounts the directory it lies in,
 * it is put over what is there, but nothing is made in a volume. */
static int add_file(struct fs_plan *plan, const char *dst, const char *text)
{
	bool create = true;

	if (!text)
		return -1;
	if (user_mounts(plan, dst))
		return 0;
	for (size_t i = 0; i < plan->spec->nmounts; i++)
		if (path_is_below(dst, plan->spec->mounts[i].dst))
			create = false;
	ADD(.kind = FS_OP_FILE, .at = FS_AT_ROOT, .dst = dst, .rel = strrchr(dst, '/') + 1,
	    .src = "the container's own", .data = text, .create = create, .optional = !create,
	    .keep = plan->facts.own_net && strcmp(dst, "/etc/hosts") == 0);
	return 0;
}

/* Shallow targets first, so that /a never hides /a/b; else the user's order. */
static void sort_from(struct fs_plan *plan, size_t first)
{
	for (size_t i = first + 1; i < plan->n; i++) {
		struct fs_op op = plan->op[i];
		unsigned depth = path_depth(op.dst);
		size_t k = i;

		for (; k > first && path_depth(plan->op[k - 1].dst) > depth; k--)
			plan->op[k] = plan->op[k - 1];
		plan->op[k] = op;
	}
}

static int check_duplicates(const struct spec *spec)
{
	for (size_t i = 0; i < spec->nmounts; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(spec->mounts[i].dst, spec->mounts[k].dst) == 0)
				return fail_plain("%s: something else is mounted on %s already (%s)",
						  spec->mounts[i].arg, spec->mounts[i].dst,
						  spec->mounts[k].arg);
	return 0;
}

static int add_volumes(struct fs_plan *plan)
{
	const struct spec *spec = plan->spec;
	size_t first = plan->n;

	if (check_duplicates(spec) < 0)
		return -1;
	for (size_t i = 0; i < spec->nmounts; i++)
		if (add_volume(plan, &spec->mounts[i]) < 0)
			return -1;
	if (add_file(plan, "/etc/hosts", fs_etc_hosts(plan)) < 0 ||
	    add_file(plan, "/etc/hostname",
		     pool_printf(plan->pool, "%s\n", spec->hostname ? spec->hostname : "")) < 0 ||
	    add_file(plan, "/etc/resolv.conf", fs_etc_resolv(plan)) < 0)
		return -1;
	sort_from(plan, first);
	return 0;
}

/* ---- the whole ---- */

static void add_pivot(struct fs_plan *plan)
{
	unsigned long prop = plan->spec->rootfs_propagation;

	if (plan->spec->read_only)
		ADD(.kind = FS_OP_SETATTR, .dst = "/", .attr_set = MOUNT_ATTR_RDONLY);
	ADD(.kind = FS_OP_PIVOT, .dst = "/");
	/* Kernel: pivot_root(2) wants both roots not shared, so this comes last. */
	if (prop && (prop & ~(unsigned long)MS_REC) != MS_PRIVATE)
		ADD(.kind = FS_OP_PROPAGATION, .dst = "/", .propagation = prop);
}

struct fs_plan *fs_plan_build(struct pool *pool, const struct spec *spec,
			      const struct fs_facts *facts)
{
	struct fs_plan *plan = pool_alloc(pool, sizeof(*plan));

	plan->pool = pool;
	plan->spec = spec;
	plan->facts = *facts;
	for (int i = 0; i < FS_BASES; i++)
		plan->base[i] = -1;
	plan->null = plan->spare_null = plan->empty = -1;
	plan->layers = plan->upper = plan->work = plan->layers_mapped = -1;
	plan->ptmx = plan->hosts = -1;
	plan->give = pool_alloc(pool, (spec->nmounts + 1) * sizeof(*plan->give));
	add_propagation(plan);
	if (add_root(plan) < 0)
		return NULL;
	add_proc(plan);
	add_sys(plan);
	add_dev(plan);
	if (add_volumes(plan) < 0)
		return NULL;
	add_pivot(plan);
	return plan;
}
