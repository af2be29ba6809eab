/* cli/check_ids.c - `cinit check`: user namespaces, id maps, and what only works
 * inside them.
 *
 * The process that the user started runs this. Each trial happens in a child of
 * its own, which enters a new user namespace and dies; the kernel takes all of it
 * back. /etc/subuid, /etc/subgid and /etc/passwd are read, never written. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/check.h"
#include "fs.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/pool.h"
#include "lib/subid.h"
#include "runtime/box.h"
#include "runtime/priv.h"

enum { FILE_MAX = 1 << 20 };

/* ---- a child in a user namespace ---- */

/* What a child leaves for its parent, in shared memory. */
struct trial {
	int err;          /* errno of what failed; 0: all went well */
	const char *what; /* which: a literal, so the address is good in both */
	char why[200];
};

static const struct {
	int flag;
	const char *name, *max;
} namespaces[] = {
	{ CLONE_NEWNS, "mount namespaces", "user/max_mnt_namespaces" },
	{ CLONE_NEWPID, "pid namespaces", "user/max_pid_namespaces" },
	{ CLONE_NEWNET, "network namespaces", "user/max_net_namespaces" },
	{ CLONE_NEWIPC, "ipc namespaces", "user/max_ipc_namespaces" },
	{ CLONE_NEWUTS, "uts namespaces", "user/max_uts_namespaces" },
	{ CLONE_NEWCGROUP, "cgroup namespaces", "user/max_cgroup_namespaces" },
};

static const char userns_itself[] = "a user namespace", mounting[] = "mounting inside",
		  mapping[] = "an id map of one's own";

static bool write_own_map(const char *file, unsigned id)
{
	char text[48];
	int n = snprintf(text, sizeof(text), "0 %u 1", id);

	return fd_write_file(AT_FDCWD, file, 0, text, (size_t)n) == 0;
}

/* Become root of a new user namespace that has one id. */
static bool enter_userns(struct trial *t)
{
	unsigned uid = geteuid(), gid = getegid();

	t->what = userns_itself;
	if (unshare(CLONE_NEWUSER) < 0)
		return false;
	/* Kernel: "deny" first, see user_namespaces(7). */
	t->what = mapping;
	return fd_write_file(AT_FDCWD, "/proc/self/setgroups", 0, "deny", 4) == 0 &&
	       write_own_map("/proc/self/uid_map", uid) && write_own_map("/proc/self/gid_map", gid);
}

static bool try_namespaces(struct trial *t)
{
	if (!enter_userns(t))
		return false;
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		t->what = namespaces[i].name;
		if (unshare(namespaces[i].flag) < 0)
			return false;
	}
	/* AppArmor lets the namespace be made and takes its capabilities away. */
	t->what = mounting;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool try_overlay(struct trial *t)
{
	if (!enter_userns(t) || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	t->what = "overlay";
	errno = 0;
	return fs_check_overlay(t->why, sizeof(t->why)) == 1;
}

/* Run BODY in a child. True: it held; else *T says what did not. */
static bool try_in_child(bool (*body)(struct trial *), struct trial *t)
{
	struct trial *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;

	memset(t, 0, sizeof(*t));
	t->what = "a trial";
	t->err = errno;
	if (shared == MAP_FAILED)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		bool held = body(shared);

		shared->err = errno;
		_exit(held ? 0 : 1);
	}
	t->err = errno;
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		*t = *shared;
		t->why[sizeof(t->why) - 1] = '\0';
	}
	munmap(shared, sizeof(*shared));
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The setting that explains why T failed. */
static void mend_userns(struct finding *f, const struct trial *t)
{
	if (check_sysctl("kernel/unprivileged_userns_clone") == 0 && geteuid() != 0)
		check_mend(f, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
	else if (check_sysctl("user/max_user_namespaces") == 0)
		check_mend(f, "sudo sysctl -w user.max_user_namespaces=15000");
	else if (check_sysctl("kernel/apparmor_restrict_unprivileged_userns") > 0)
		check_mend(f, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++)
		if (t->what == namespaces[i].name && check_sysctl(namespaces[i].max) == 0)
			check_mend(f, "sudo sysctl -w user.%s=15000",
				   namespaces[i].max + strlen("user/"));
}

void check_userns(struct finding *f)
{
	struct trial t;

	if (try_in_child(try_namespaces, &t)) {
		check_say(f, CHECK_OK,
			  "allowed, with mount, pid, net, ipc, uts and cgroup namespaces");
		return;
	}
	check_say(f, CHECK_NO, "%s: %s", t.what, strerror(t.err));
	mend_userns(f, &t);
	if (!f->mend[0] && t.err == EPERM) {
		size_t n = strlen(f->text);

		snprintf(f->text + n, sizeof(f->text) - n,
			 "; a security module, a seccomp filter or a chroot forbids it here");
	}
}

void check_overlay(struct finding *f)
{
	struct trial t;

	if (try_in_child(try_overlay, &t))
		check_say(f, CHECK_OK, "can be mounted in a user namespace");
	else if (t.why[0])
		check_say(f, CHECK_NO, "%s", t.why);
	else
		check_say(f, CHECK_NO, "cannot be tried: %s: %s", t.what, strerror(t.err));
	if (f->verdict == CHECK_NO && t.why[0])
		check_mend(f, "sudo modprobe overlay");
}

/* ---- subordinate ids ---- */

/* The ids that a container of this user gets by default. */
static int default_ids(struct pool *pool, struct ids_plan *plan)
{
	struct spec *spec = pool_alloc(pool, sizeof(*spec));

	spec_init(spec, pool);
	return ids_plan(pool, spec, plan);
}

static struct slice slurp(struct pool *pool, const char *path)
{
	char *text = pool_alloc(pool, FILE_MAX + 1);
	ssize_t n = fd_read_file(AT_FDCWD, path, text, FILE_MAX);

	return (struct slice){ text, n < 0 ? 0 : (size_t)n };
}

static const char *user_name(struct pool *pool, uid_t uid)
{
	char *name = pool_alloc(pool, SUBID_NAME_MAX);

	if (subid_user_name(slurp(pool, "/etc/passwd"), uid, name))
		return name;
	return pool_printf(pool, "%u", (unsigned)uid);
}

/* A range of 65536 that nobody has. */
static uint32_t free_range(struct pool *pool)
{
	static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
	uint64_t next = 100000;

	for (size_t i = 0; i < 2; i++) {
		struct slice rest = slurp(pool, files[i]);
		struct subid_row row;

		while (subid_next(&rest, &row))
			if ((uint64_t)row.range.first + row.range.count > next)
				next = (uint64_t)row.range.first + row.range.count;
	}
	return next < 4000000000u ? (uint32_t)next : 100000;
}

static void mend_subids(struct pool *pool, struct finding *f, const char *name)
{
	uint32_t start = free_range(pool);

	/* `cinit` need not be a user for its ranges to count. */
	if (geteuid() == 0)
		check_mend(f, "echo %s:%u:65536 | tee -a /etc/subuid /etc/subgid", name, start);
	else
		check_mend(f, "sudo usermod --add-subuids %u-%u --add-subgids %u-%u %s", start,
			   start + 65535, start, start + 65535, name);
}

/* Give back the range M of the file PATH, and take one that is nobody's. */
static void mend_overlap(struct pool *pool, struct finding *f, const struct idmap *m,
			 const char *path, const char *name)
{
	const char *kind = strcmp(path, "/etc/subuid") == 0 ? "subuids" : "subgids";
	uint32_t start = free_range(pool);

	if (geteuid() == 0)
		check_mend(f, "sed -i '1i %s:%u:65536' %s", name, start, path);
	else
		check_mend(f, "sudo usermod --del-%s %u-%u --add-%s %u-%u %s", kind, m->outside,
			   m->outside + m->count - 1, kind, start, start + 65535, name);
}

/* Does somebody else have ids of MAPS, by PATH or the real ids of IDS? OWNER's rows are
 * ours. */
static bool find_overlap(struct pool *pool, const struct idmaps *maps, const char *path,
			 const char *ids, const char *owner, uint32_t self, struct finding *f)
{
	struct slice ranges = slurp(pool, path), real = slurp(pool, ids);

	for (size_t i = 0; i < maps->n; i++) {
		const struct idmap *m = &maps->row[i];
		uint32_t last = m->outside + m->count - 1;
		struct subid_row who;
		enum subid_clash clash = SUBID_NOBODYS;

		if (m->outside != self)
			clash = subid_clash(ranges, real, owner, geteuid(), self,
					    (struct subid_range){ m->outside, m->count }, &who);
		if (clash == SUBID_NOBODYS)
			continue;
		const char *whose = pool_strndup(pool, who.owner.p, who.owner.n);
		if (clash == SUBID_ANOTHERS)
			check_say(f, CHECK_WARN,
				  "%s gives ids %u to %u to %s as well: each can write the other's files",
				  path, m->outside, last, whose);
		else
			check_say(f, CHECK_WARN, "%s: ids %u to %u include %u, %s of %s", path,
				  m->outside, last, who.range.first, whose, ids);
		mend_overlap(pool, f, m, path, owner);
		return true;
	}
	return false;
}

/* Why PLAN has one id only, and what to do about it. */
static void say_one_id(struct pool *pool, struct finding *f, const struct ids_plan *plan,
		       const char *name)
{
	check_say(f, CHECK_WARN, "containers get one id only: %s", plan->note);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return;
	if (access("/usr/bin/newuidmap", X_OK) < 0 || access("/usr/bin/newgidmap", X_OK) < 0)
		check_mend(f, "sudo apt-get install uidmap");
	else
		mend_subids(pool, f, name);
}

static uint64_t total(const struct idmaps *maps)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < maps->n; i++)
		sum += maps->row[i].count;
	return sum;
}

void check_subids(struct finding *f)
{
	struct pool pool = POOL_INIT;
	const char *owner = geteuid() == 0 ? "cinit" : user_name(&pool, geteuid());
	uint32_t uid = geteuid() ? geteuid() : ~0u, gid = geteuid() ? getegid() : ~0u;
	struct ids_plan plan;

	if (default_ids(&pool, &plan) < 0) {
		check_say(f, CHECK_NO, "%s", err_text());
		err_clear();
	} else if (plan.note) {
		say_one_id(&pool, f, &plan, owner);
	} else if (find_overlap(&pool, &plan.uids, "/etc/subuid", "/etc/passwd", owner, uid, f) ||
		   find_overlap(&pool, &plan.gids, "/etc/subgid", "/etc/group", owner, gid, f)) {
		/* All is said. */
	} else if (total(&plan.uids) < 65536 || total(&plan.gids) < 65536) {
		check_say(f, CHECK_WARN,
			  "%llu user and %llu group ids; images may use any below 65536",
			  (unsigned long long)total(&plan.uids),
			  (unsigned long long)total(&plan.gids));
		mend_subids(&pool, f, owner);
	} else {
		const struct idmaps *u = &plan.uids;

		check_say(f, CHECK_OK, "%llu user and %llu group ids, from %u",
			  (unsigned long long)total(u), (unsigned long long)total(&plan.gids),
			  u->row[u->n - 1].outside);
	}
	pool_release(&pool);
}

/* Really have the maps of a default container written. */
void check_idmaps(struct finding *f)
{
	struct pool pool = POOL_INIT;
	struct ids_plan plan;
	int gate[2];
	char byte;

	f->verdict = CHECK_SKIP;
	if (default_ids(&pool, &plan) < 0 || pipe2(gate, O_CLOEXEC) < 0) {
		err_clear();
		pool_release(&pool);
		return;
	}
	/* The child is in its namespace once it closes its end, and stays until it
	 * is killed. */
	pid_t pid = fork();
	if (pid == 0) {
		priv_forget();
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		close(gate[0]);
		if (write(gate[1], "", 1) == 1)
			close(gate[1]);
		pause();
		_exit(0);
	}
	close(gate[1]);
	if (pid > 0 && read(gate[0], &byte, 1) == 1) {
		if (ids_write(&plan, pid) == 0)
			check_say(f, CHECK_OK, "written by %s",
				  plan.by_helper               ? "the privileged helper" :
				  plan.as_root || plan.by_self ? "cinit" :
								 "newuidmap and newgidmap");
		else
			check_say(f, CHECK_NO, "%s", err_text());
		if (f->verdict == CHECK_NO && !plan.as_root && !plan.by_self && !plan.by_helper)
			check_mend(f, "sudo apt-get install --reinstall uidmap");
		err_clear();
	}
	close(gate[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	pool_release(&pool);
}
