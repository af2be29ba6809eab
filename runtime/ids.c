/* runtime/ids.c - which ids a container has, and who writes them into the kernel.
 *
 * The launcher runs this. ids_plan() decides from the spec, the caller and
 * /etc/subuid, /etc/subgid, and touches nothing; ids_write() is called when the
 * child in the new user namespace exists. Four ways to write the maps:
 *
 *	by_self		one row, the caller's own id: the launcher writes it
 *	as_root		the launcher is root and writes any range
 *	by_helper	the privileged helper does, if there is one
 *	else		newuidmap and newgidmap, both started before either is waited for
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/subid.h"
#include "lib/sys.h"
#include "runtime.h"
#include "runtime/box.h"
#include "runtime/priv.h"

/* The range of containers started by root when /etc/subuid has no user `cinit`:
 * the last 64 Ki ids of the block that systemd's UIDS-GIDS document reserves for
 * containers (524288 to 1879048191), far from where distributions put users. */
enum { ROOT_RANGE_START = 1878982656, ROOT_RANGE_COUNT = 65536 };

enum { SUBID_FILE_MAX = 256 * 1024 };

int ids_map_parse(const char *arg, struct idmap *out)
{
	char text[64];
	uint32_t n[3];
	char *p = text;

	if (strlen(arg) >= sizeof(text))
		return fail_plain("%s: an id map is INSIDE:OUTSIDE:COUNT", arg);
	strcpy(text, arg);
	for (int i = 0; i < 3; i++) {
		char *colon = strchr(p, ':');

		if ((i < 2) != (colon != NULL))
			return fail_plain("%s: an id map is INSIDE:OUTSIDE:COUNT", arg);
		if (colon)
			*colon = '\0';
		if (num_u32(p, &n[i]) < 0)
			return fail_plain("%s: \"%s\" is not a number from 0 to 4294967295", arg, p);
		if (colon)
			p = colon + 1;
	}
	if (n[2] == 0)
		return fail_plain("%s: a map of 0 ids maps nothing", arg);
	/* Half open and in 64 bits; 4294967295 itself is no id (setresuid(2)). */
	if ((uint64_t)n[0] + n[2] > UINT32_MAX || (uint64_t)n[1] + n[2] > UINT32_MAX)
		return fail_plain("%s: the range goes beyond id 4294967294", arg);
	*out = (struct idmap){ n[0], n[1], n[2] };
	return 0;
}

static bool ranges_meet(uint32_t a, uint32_t an, uint32_t b, uint32_t bn)
{
	return a < (uint64_t)b + bn && b < (uint64_t)a + an;
}

int ids_map_check(const struct idmaps *maps, const char *which)
{
	for (size_t i = 0; i < maps->n; i++) {
		const struct idmap *a = &maps->row[i];

		for (size_t j = 0; j < i; j++) {
			const struct idmap *b = &maps->row[j];

			if (ranges_meet(a->inside, a->count, b->inside, b->count))
				return fail_plain("--%s %u:%u:%u overlaps %u:%u:%u inside", which,
						  a->inside, a->outside, a->count, b->inside,
						  b->outside, b->count);
			if (ranges_meet(a->outside, a->count, b->outside, b->count))
				return fail_plain("--%s %u:%u:%u overlaps %u:%u:%u outside", which,
						  a->inside, a->outside, a->count, b->inside,
						  b->outside, b->count);
		}
	}
	return 0;
}

/* What the machine says about a user's ids: a copy of the four files' texts would be
 * larger than all else in the launcher, so one buffer serves them in turn. */
struct subid_source {
	char *text;                /* in the pool, SUBID_FILE_MAX + 1 */
	char name[SUBID_NAME_MAX]; /* of the user, or "" */
	uint32_t uid;              /* (uint32_t)-1: no such user, the name alone counts */
};

/* PATH whole; nothing of it when it cannot be read or is larger than is sane. */
static struct slice read_text(struct subid_source *src, const char *path)
{
	ssize_t n = fd_read_file(AT_FDCWD, path, src->text, SUBID_FILE_MAX);

	return n < 0 ? (struct slice){ NULL, 0 } : (struct slice){ src->text, (size_t)n };
}

/* The caller UID, by the machine's own /etc/passwd. musl's getpwuid() would ask an
 * nscd socket as well; subordinate ids of other users need numbers. */
static void caller_source(struct pool *pool, uid_t uid, struct subid_source *src)
{
	src->text = pool_alloc(pool, SUBID_FILE_MAX + 1);
	src->uid = uid;
	subid_user_name(read_text(src, "/etc/passwd"), uid, src->name);
}

/* All ranges that PATH gives to SRC's user, as rows with inside = 0. */
static void subids_read(struct subid_source *src, const char *path, struct idmaps *out)
{
	struct subid_range range[IDMAP_MAX];

	out->n = subid_ranges(read_text(src, path), src->name, src->uid, range, IDMAP_MAX);
	for (size_t i = 0; i < out->n; i++)
		out->row[i] = (struct idmap){ 0, range[i].first, range[i].count };
}

/* Append INSIDE -> OUTSIDE for COUNT ids. */
static void map_add(struct idmaps *maps, uint32_t inside, uint32_t outside, uint64_t count)
{
	if (count && maps->n < IDMAP_MAX)
		maps->row[maps->n++] = (struct idmap){ inside, outside, (uint32_t)count };
}

void ids_map_fill(struct idmaps *maps, uint32_t own, uint32_t caller, const struct idmaps *sub)
{
	uint64_t next = 0;

	maps->n = 0;
	for (size_t i = 0; i < sub->n && maps->n + 2 < IDMAP_MAX; i++) {
		uint64_t start = sub->row[i].outside, left = sub->row[i].count;

		if (next < own) {
			uint64_t below = own - next < left ? own - next : left;

			map_add(maps, (uint32_t)next, (uint32_t)start, below);
			next += below;
			start += below;
			left -= below;
		}
		if (next == own) {
			map_add(maps, own, caller, 1);
			next++;
		}
		if (next + left > UINT32_MAX)
			left = UINT32_MAX - next;
		map_add(maps, (uint32_t)next, (uint32_t)start, left);
		next += left;
	}
	if (next <= own)
		map_add(maps, own, caller, 1);
}

static bool one_own_id(const struct idmaps *maps, uint32_t caller)
{
	return maps->n == 1 && maps->row[0].count == 1 && maps->row[0].outside == caller;
}

static const char newuidmap[] = "/usr/bin/newuidmap", newgidmap[] = "/usr/bin/newgidmap";

/* A program newuidmap cannot help with: nothing gains privileges any more. */
static const char *why_no_writer(struct ids_plan *plan)
{
	plan->by_helper = priv_maps();
	if (plan->by_helper)
		return NULL;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return "no_new_privs is set here, so newuidmap cannot work";
	if (access(newuidmap, X_OK) < 0 || access(newgidmap, X_OK) < 0)
		return "newuidmap is not installed (apt install uidmap)";
	return NULL;
}

static int check_allowed(const struct idmaps *maps, uint32_t caller, struct subid_source *src,
			 const char *which, const char *file)
{
	struct slice text = read_text(src, file);

	for (size_t i = 0; i < maps->n; i++) {
		const struct idmap *m = &maps->row[i];
		const struct subid_range want = { m->outside, m->count };

		if (m->outside == caller && m->count == 1)
			continue;
		if (!subid_allows(text, src->name, src->uid, want))
			return fail_plain("--%s %u:%u:%u: outside ids %u to %u are not yours in %s",
					  which, m->inside, m->outside, m->count, m->outside,
					  m->outside + m->count - 1, file);
	}
	return 0;
}

static int plan_explicit(struct pool *pool, const struct spec *spec, struct ids_plan *plan,
			 uid_t uid, gid_t gid)
{
	struct subid_source src;
	const char *why;

	plan->uids = spec->uids;
	plan->gids = spec->gids;
	if (!plan->uids.n)
		plan->uids = plan->gids;
	if (!plan->gids.n)
		plan->gids = plan->uids;
	if (ids_map_check(&plan->uids, "uidmap") < 0 || ids_map_check(&plan->gids, "gidmap") < 0)
		return -1;
	if (plan->as_root)
		return 0;
	plan->by_self = one_own_id(&plan->uids, uid) && one_own_id(&plan->gids, gid);
	plan->setgroups_deny = plan->by_self;
	if (plan->by_self)
		return 0;
	caller_source(pool, uid, &src);
	if (check_allowed(&plan->uids, uid, &src, "uidmap", "/etc/subuid") < 0 ||
	    check_allowed(&plan->gids, gid, &src, "gidmap", "/etc/subgid") < 0)
		return -1;
	why = why_no_writer(plan);
	if (why)
		return fail_plain("--uidmap: %s", why);
	return 0;
}

/* Does this process know COUNT ids from START on? Always, but for root of a user
 * namespace: cinit inside a container. */
static bool ids_known(uint32_t start, uint32_t count)
{
	char text[IDMAP_MAX * 36 + 1], *p = text;

	if (fd_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text) - 1) < 0)
		return true;
	while (*p) { /* "INSIDE OUTSIDE COUNT\n", user_namespaces(7) */
		unsigned long long inside = strtoull(p, &p, 10);

		strtoull(p, &p, 10);
		unsigned long long n = strtoull(p, &p, 10);

		if (start >= inside && (uint64_t)start + count <= inside + n)
			return true;
		p += strspn(p, " \n");
	}
	return false;
}

static void plan_root_range(struct pool *pool, struct ids_plan *plan)
{
	struct subid_source src = { .text = pool_alloc(pool, SUBID_FILE_MAX + 1),
				    .name = "cinit",
				    .uid = (uint32_t)-1 };
	struct idmaps subu, subg;

	subids_read(&src, "/etc/subuid", &subu);
	subids_read(&src, "/etc/subgid", &subg);
	if (subu.n == 0 || subg.n == 0) {
		subu.n = subg.n = 1;
		subu.row[0] = subg.row[0] = (struct idmap){ 0, ROOT_RANGE_START, ROOT_RANGE_COUNT };
	}
	plan->uids.n = plan->gids.n = 0;
	if (!ids_known(subu.row[0].outside, subu.row[0].count)) {
		plan->note = "root has no other ids here";
		subu.row[0] = subg.row[0] = (struct idmap){ 0, 0, 1 };
	}
	map_add(&plan->uids, 0, subu.row[0].outside, subu.row[0].count);
	map_add(&plan->gids, 0, subg.row[0].outside, subg.row[0].count);
}

int ids_plan(struct pool *pool, const struct spec *spec, struct ids_plan *plan)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool keep = spec->userns == USERNS_KEEP_ID;
	struct idmaps subu, subg;
	struct subid_source src;

	memset(plan, 0, sizeof(*plan));
	if (spec->userns == USERNS_HOST)
		return 0;
	plan->userns = true;
	plan->as_root = uid == 0;
	if (spec->userns == USERNS_MAP)
		return plan_explicit(pool, spec, plan, uid, gid);
	if (plan->as_root) {
		plan_root_range(pool, plan);
		return 0;
	}
	caller_source(pool, uid, &src);
	subids_read(&src, "/etc/subuid", &subu);
	subids_read(&src, "/etc/subgid", &subg);
	if (subu.n && subg.n)
		plan->note = why_no_writer(plan);
	else
		plan->note = subu.n ? "no range in /etc/subgid is yours" :
				      "no range in /etc/subuid is yours";
	if (plan->note) {
		plan->by_self = true;
		plan->setgroups_deny = true;
		subu.n = subg.n = 0;
	}
	ids_map_fill(&plan->uids, keep ? uid : 0, uid, &subu);
	ids_map_fill(&plan->gids, keep ? gid : 0, gid, &subg);
	return 0;
}

/* ---- writing ---- */

static size_t map_text(const struct idmaps *maps, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < maps->n; i++)
		n += (size_t)snprintf(buf + n, size - n, "%u %u %u\n", maps->row[i].inside,
				      maps->row[i].outside, maps->row[i].count);
	return n;
}

static int write_map(int proc, const char *file, const struct idmaps *maps)
{
	char text[IDMAP_MAX * 36];
	size_t n = map_text(maps, text, sizeof(text));

	if (fd_write_file(proc, file, 0, text, n) < 0)
		return fail("write %s", file);
	return 0;
}

/* Start newuidmap or newgidmap; its words go where ours go. vfork() is
 * what makes two of them cost little: no page table is copied. */
static pid_t start_newmap(const char *path, pid_t pid, const struct idmaps *maps)
{
	char numbers[1 + 3 * IDMAP_MAX][12];
	char *argv[3 + 3 * IDMAP_MAX];
	static char *const no_env[] = { NULL };
	const uint64_t none = 0;
	size_t n = 0, a = 0;

	argv[a++] = (char *)path;
	snprintf(numbers[n], sizeof(numbers[n]), "%d", (int)pid);
	argv[a++] = numbers[n++];
	for (size_t i = 0; i < maps->n; i++) {
		const uint32_t v[3] = { maps->row[i].inside, maps->row[i].outside,
					maps->row[i].count };

		for (int k = 0; k < 3; k++) {
			snprintf(numbers[n], sizeof(numbers[n]), "%u", v[k]);
			argv[a++] = numbers[n++];
		}
	}
	argv[a] = NULL;
	pid_t child = vfork();
	if (child == 0) {
		sys_sigprocmask(SIG_SETMASK, &none, NULL);
		execve(path, argv, no_env);
		_exit(EXIT_NOTFOUND);
	}
	return child;
}

static int end_newmap(const char *path, pid_t child)
{
	int status;

	if (child < 0)
		return fail("start %s", path);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail("wait for %s", path);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail_plain("%s refused the id map", path);
	return 0;
}

/* Waits: there is no program to be started, so it is soon done. */
static int ask_for_maps(const struct ids_plan *plan, pid_t pid)
{
	static struct priv_req req;
	AUTO_FD int pidfd = sys_pidfd_open(pid, 0);

	if (pidfd < 0)
		return fail("open the child by a descriptor");
	req.type = PRIV_MAP_IDS;
	req.u.map_ids = (struct priv_map_ids){ plan->uids, plan->gids, plan->setgroups_deny };
	return priv_ask(&req, &pidfd, 1, NULL, NULL);
}

int ids_begin(struct ids_writers *w, const struct ids_plan *plan, pid_t pid)
{
	char path[48];

	*w = (struct ids_writers){ .started = false };
	if (plan->by_helper)
		return ask_for_maps(plan, pid);
	if (!plan->by_self && !plan->as_root) {
		w->uid = start_newmap(newuidmap, pid, &plan->uids);
		w->gid = start_newmap(newgidmap, pid, &plan->gids);
		w->started = true;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	AUTO_FD int proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return fail("open %s", path);
	/* Kernel: since 3.19 an unprivileged writer must put "deny" here before
	 * gid_map; otherwise dropping a group could *grant* what the group is kept
	 * from. user_namespaces(7), CVE-2014-8989. */
	if (!plan->as_root && fd_write_file(proc, "setgroups", 0, "deny", 4) < 0)
		return fail("write setgroups");
	if (write_map(proc, "uid_map", &plan->uids) < 0 ||
	    write_map(proc, "gid_map", &plan->gids) < 0)
		return -1;
	return 0;
}

int ids_end(struct ids_writers *w)
{
	int failed = 0;

	if (!w->started)
		return 0;
	w->started = false;
	failed |= end_newmap(newuidmap, w->uid);
	failed |= end_newmap(newgidmap, w->gid);
	return failed ? -1 : 0;
}

void ids_reap(struct ids_writers *w)
{
	if (!w->started)
		return;
	waitpid(w->uid, NULL, 0);
	waitpid(w->gid, NULL, 0);
	w->started = false;
}

int ids_write(const struct ids_plan *plan, pid_t pid)
{
	struct ids_writers w;

	return ids_begin(&w, plan, pid) < 0 ? -1 : ids_end(&w);
}

bool ids_mapped(const struct idmaps *maps, uint32_t inside)
{
	for (size_t i = 0; i < maps->n; i++)
		if (inside - maps->row[i].inside < maps->row[i].count &&
		    inside >= maps->row[i].inside)
			return true;
	return false;
}
