/* runtime/helper/cgroup.c - CGROUP: a place for the user's containers, on a machine where no
 * service manager hands out cgroups.
 *
 * The helper runs this in phase A, since it takes CAP_SETUID to see files as root does.
 *
 *	/sys/fs/cgroup/cinit	root's; his containers are here as well
 *	  UID			root's, of the helper's group; how many there may be below
 *	    door		the same; where the launcher comes in
 *	    own			the user's, to divide
 *	      monitor		the user's; where the launcher ends
 *
 * cgroup.procs takes a number, which may be another process's by the time it is read. So no
 * step leads from the top to what is the user's. The first is root's, and ends where the
 * user can neither stop, kill nor limit anybody. The second is taken as the user, in the
 * helper's group: the kernel lets it move processes below UID and no others. */
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "cgroup.h"
#include "lib/num.h"
#include "runtime/helper/helper.h"

#define TOP "/sys/fs/cgroup"

enum { INIT_CGROUP_NS = (int)0xeffffffb }; /* its inode, by the kernel's proc_ns.h */

int cgroup_look(struct helper *h, struct asked *a)
{
	struct facts *f = &a->facts;
	char path[48], text[64] = "";
	struct statfs vfs;
	struct stat ns;

	if (h->refused[0])
		return fail_plain("%s", h->refused);
	/* Kernel: the top of all has no cgroup.type. */
	f->cgroup_real = statfs(TOP, &vfs) == 0 && vfs.f_type == CGROUP2_SUPER_MAGIC &&
			 access(TOP "/cgroup.type", F_OK) < 0 &&
			 stat("/proc/self/ns/cgroup", &ns) == 0 && (int)ns.st_ino == INIT_CGROUP_NS;
	/* sd_booted(3) */
	f->cgroup_managed = access("/run/systemd/system", F_OK) == 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)h->caller.pid);
	f->cgroup_top = fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) > 0 &&
			strcmp(text, "0::/\n") == 0;
	return 0;
}

/* OUT is NAME below DIR, whose controllers it gets. One that cannot be had is missed by
 * whoever asks for it. */
static int make(int dir, const char *name, mode_t mode, int *out)
{
	char unused[CGROUP_LIST_MAX];

	cgroup_give_all(dir, unused);
	if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
		return fail("make cgroup %s", name);
	*out = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out < 0 ? fail("open cgroup %s", name) : 0;
}

static int put(int dir, const char *file, uint64_t number)
{
	char text[24];

	num_text(text, number);
	return fd_write_file(dir, file, 0, text, strlen(text)) < 0 ? fail("write %s", file) : 0;
}

/* As root: down to DOOR, and the launcher in it. */
static int let_in(const struct helper *h, int *user)
{
	AUTO_FD int top = open(TOP, O_PATH | O_DIRECTORY | O_CLOEXEC), all = -1, door = -1;
	char name[16];

	snprintf(name, sizeof(name), "%u", (unsigned)h->caller.uid);
	if (top < 0 || make(top, "cinit", 0755, &all) < 0 || make(all, name, 0775, user) < 0 ||
	    make(*user, "door", 0755, &door) < 0)
		return -1;
	/* `door`, `own` and `monitor` are not among those that the user makes. */
	if (!h->policy.root &&
	    put(*user, "cgroup.max.descendants", h->policy.cgroups + UINT64_C(3)) < 0)
		return -1;
	if (fchmodat(*user, "cgroup.procs", 0664, 0) < 0)
		return fail("open cgroup %s to the helper's group", name);
	return put(door, "cgroup.procs", (uint64_t)h->caller.pid);
}

/* As the user, in the helper's group: what is his, and the launcher in it. */
static int hand_over(const struct helper *h, int user)
{
	AUTO_FD int own = -1, leaf = -1;

	if (make(user, "own", 0755, &own) < 0 || make(own, "monitor", 0755, &leaf) < 0)
		return -1;
	/* By this systemd says whose it is to divide; and cgroup/home.c looks for it. */
	if (fsetxattr(own, "user.delegate", "1", 1, 0) < 0)
		return fail("mark a cgroup as the user's");
	return put(leaf, "cgroup.procs", (uint64_t)h->caller.pid);
}

/* Needs:    phase A, CAP_SETUID and CAP_SETGID effective, the facts approved.
 * Leaves:   the launcher in UID/own/monitor, or where it was or in UID/door with an error;
 *           the helper's ids for files as they were.
 * Must not: move anybody but the launcher to where the user may write. */
int cgroup_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	AUTO_FD int user = -1;
	int rc = -1;

	(void)a, (void)reply, (void)fd;
	umask(0);
	if (clean_see_as(0, h->policy.user) == 0 && let_in(h, &user) == 0 &&
	    clean_see_as(h->caller.uid, h->policy.user) == 0)
		rc = hand_over(h, user);
	umask(077);
	if (clean_see_as(h->caller.uid, h->caller.gid) < 0)
		_exit(EXIT_CINIT);
	return rc;
}
