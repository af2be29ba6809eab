/* runtime/helper/registry.c - the networks that were made, on disk.
 *
 * The helper runs this in phase B. One file a network, UID.NAME, written beside and
 * renamed into place, so a reader finds a whole record or none.
 *
 * Nobody waits for another user here. A helper lives in its caller's control group,
 * where he may freeze it at any moment; so the only lock is one byte per user, and two
 * users are kept apart in another way: a record is written as tentative, then all others
 * are read, then it becomes final. Of two that are made at the same time at least the
 * later one sees the other, and gives way. A tentative record whose maker has died is
 * removed by the next helper of the same user. */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/sys.h"
#include "runtime/helper/helper.h"

#define MAGIC UINT64_C(0x3174656e74696e69) /* "initnet1" */

struct record {
	uint64_t magic;
	uint32_t final, spare;
	struct net_def def;
	uint64_t sum; /* of all before: finds what a power cut has left */
};

static uint64_t record_sum(const struct record *r)
{
	return net_hash(0, r, offsetof(struct record, sum));
}

static void file_name(char name[64], uint32_t owner, const char *net)
{
	snprintf(name, 64, "%u.%.*s", owner, NET_NAME_MAX - 1, net);
}

/* ---- one record ---- */

/* 1, or 0: it is not there, or damaged. */
static int record_read(int dir, const char *name, struct record *r)
{
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, r, sizeof(*r));

	if (fd < 0 && errno != ENOENT)
		return fail("open the registry's %s", name);
	if (n != sizeof(*r) || r->magic != MAGIC || r->sum != record_sum(r))
		return 0;
	return memchr(r->def.name, '\0', sizeof(r->def.name)) ? 1 : 0;
}

static int record_write(int dir, const struct net_def *def, bool final)
{
	static struct record r;
	char name[64], beside[64];

	memset(&r, 0, sizeof(r));
	r.magic = MAGIC;
	r.final = final;
	r.def = *def;
	r.sum = record_sum(&r);
	file_name(name, def->owner, def->name);
	/* Two of one user are kept apart by the lock. */
	snprintf(beside, sizeof(beside), "new.%u", def->owner);
	AUTO_FD int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
				0600);
	if (fd < 0 || write(fd, &r, sizeof(r)) != sizeof(r) || (final && fsync(fd) < 0) ||
	    renameat(dir, beside, dir, name) < 0 || (final && fsync(dir) < 0))
		return fail("write the registry's %s", name);
	return 0;
}

static void record_remove(int dir, const struct net_def *def)
{
	char name[64];

	file_name(name, def->owner, def->name);
	unlinkat(dir, name, 0);
}

/* ---- all of them ---- */

struct walk {
	int fd; /* owned */
	long at, end;
	union {
		struct dirent align;
		char buf[4096];
	} u;
};

static int walk_begin(int dir, struct walk *w)
{
	*w = (struct walk){ .fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	return w->fd < 0 ? fail("read the registry") : 0;
}

/* 1: *R is the next whole record; 0: no more, and W is released. */
static int walk_next(struct walk *w, struct record *r)
{
	for (;;) {
		if (w->at == w->end) {
			w->at = 0;
			w->end = syscall(SYS_getdents64, w->fd, w->u.buf, sizeof(w->u.buf));
			if (w->end <= 0) {
				int rc = w->end < 0 ? fail("read the registry") : 0;

				fd_close(&w->fd);
				return rc;
			}
		}
		const struct dirent *d = (const void *)(w->u.buf + w->at);

		w->at += d->d_reclen;
		if (d->d_name[0] >= '0' && d->d_name[0] <= '9' &&
		    record_read(w->fd, d->d_name, r) > 0)
			return 1;
	}
}

int registry_get(int dir, uint32_t owner, const char *net, struct net_def *out)
{
	static struct record r;
	char name[64];

	file_name(name, owner, net);
	int rc = record_read(dir, name, &r);

	if (rc > 0 && r.final)
		*out = r.def;
	return rc > 0 ? (int)r.final : rc;
}

int registry_next(int dir, uint32_t after,
		  bool (*wanted)(const struct helper *, const struct net_def *),
		  const struct helper *h, struct net_def *out)
{
	static struct record r;
	struct walk w;
	int rc, found = 0;

	if (walk_begin(dir, &w) < 0)
		return -1;
	while ((rc = walk_next(&w, &r)) > 0) {
		if (!r.final || r.def.id <= after || !wanted(h, &r.def) ||
		    (found && r.def.id > out->id))
			continue;
		*out = r.def;
		found = 1;
	}
	return rc < 0 ? -1 : found;
}

/* ---- making one ---- */

/* Held until *FD is closed. */
static int user_lock(int dir, uint32_t uid, int *fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = uid, .l_len = 1 };

	*fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0 || fcntl(*fd, F_OFD_SETLKW, &lock) < 0)
		return fail("lock the registry");
	return 0;
}

static bool meet(const struct net_def *a, const struct net_def *b)
{
	return a->id == b->id || (a->subnet4.family && net_prefix_meet(&a->subnet4, &b->subnet4)) ||
	       (a->subnet6.family && net_prefix_meet(&a->subnet6, &b->subnet6));
}

/* Read all others beside DEF, which is written: is there one that it meets? 1, 0, -1.
 * *COUNT: how many its owner has besides. */
static int find_meeting(int dir, const struct net_def *def, uint32_t *count, char what[64])
{
	static struct record r;
	struct walk w;
	int rc, found = 0;

	*count = 0;
	if (walk_begin(dir, &w) < 0)
		return -1;
	while ((rc = walk_next(&w, &r)) > 0) {
		bool own = r.def.owner == def->owner;

		if (own && strcmp(r.def.name, def->name) == 0)
			continue;
		if (own && !r.final) { /* whoever made it is gone, since we have the lock */
			record_remove(dir, &r.def);
			continue;
		}
		*count += own;
		if (meet(def, &r.def)) {
			/* Its name is for its owner alone. */
			snprintf(what, 64, "%s", own ? r.def.name : "another user's");
			found = 1;
		}
	}
	return rc < 0 ? -1 : found;
}

/* The Nth thing to try for what DEF leaves open. */
static void choose(const struct policy *p, struct net_def *def, const struct net_def *want,
		   uint32_t n)
{
	uint64_t hash = net_hash(want->owner, want->name, strlen(want->name)) + n;
	uint8_t plen = 22;
	uint64_t slots6 = UINT64_C(1) << (64 - p->pool6.plen < 32 ? 64 - p->pool6.plen : 32);

	/* The kernel has room for 1,000 interfaces with NAT. Half of the addresses are free when
	 * all of them are there, or a free one would be long to find. */
	if (strcmp(want->name, "default") == 0 && p->interfaces > 500 && p->pool4.plen < plen)
		plen--;
	def->id = (uint32_t)(hash % NET_ID_MAX) + 1;
	/* On a parent's segment addresses are given by whoever runs it. */
	bool parent = net_has_parent(want->driver);

	if (!want->subnet4.family && !parent) {
		const uint64_t slots4 = UINT64_C(1) << (plen - p->pool4.plen);

		net_addr_nth(&p->pool4, hash % slots4 << (32 - plen), &def->subnet4);
		def->subnet4.plen = plen;
	}
	if (!want->subnet6.family && !parent && !(want->flags & NET_F_NO_IP6)) {
		/* net_addr_nth() counts addresses, and there are more than it can count. */
		uint64_t slot = hash % slots6;

		def->subnet6 = p->pool6;
		def->subnet6.plen = 64;
		for (int i = 7; i >= 4; i--, slot >>= 8)
			def->subnet6.byte[i] |= (uint8_t)slot;
	}
	if (!want->gateway4.family && def->subnet4.family)
		net_addr_nth(&def->subnet4, 1, &def->gateway4);
	if (!want->gateway6.family && def->subnet6.family)
		net_addr_nth(&def->subnet6, 1, &def->gateway6);
}

static int host_uses(const struct net_def *def, char what[64])
{
	int rc;

	/* On a parent's segment the addresses are the segment's, and the host has one of
	 * them itself. */
	if (net_has_parent(def->driver))
		return 0;
	rc = def->subnet4.family ? net_prefix_in_use(&def->subnet4, what) : 0;
	if (rc == 0 && def->subnet6.family)
		rc = net_prefix_in_use(&def->subnet6, what);
	return rc;
}

enum { TRIES = 64 };

static int make_locked(int dir, const struct policy *p, const struct net_def *want,
		       struct net_def *out)
{
	char what[64] = "";

	for (uint32_t n = 0; n < TRIES; n++) {
		uint32_t count;

		*out = *want;
		choose(p, out, want, n);
		if (record_write(dir, out, false) < 0)
			return -1;
		int rc = find_meeting(dir, out, &count, what);

		if (rc == 0 && !p->root && count >= p->networks) {
			record_remove(dir, out);
			return fail_plain("%u networks are all that net.conf allows you",
					  p->networks);
		}
		if (rc == 0)
			rc = host_uses(out, what);
		if (rc == 0)
			rc = record_write(dir, out, true) < 0 ? -1 : 0;
		if (rc == 0)
			return 0;
		record_remove(dir, out);
		if (rc < 0)
			return -1;
	}
	return fail_plain("its addresses meet those of %s", what);
}

int registry_make(int dir, const struct policy *p, const struct net_def *want, struct net_def *out)
{
	AUTO_FD int lock = -1;

	if (user_lock(dir, want->owner, &lock) < 0)
		return -1;
	int rc = registry_get(dir, want->owner, want->name, out);
	return rc ? rc : make_locked(dir, p, want, out);
}

int registry_remove(int dir, const struct net_def *def)
{
	AUTO_FD int lock = -1;

	if (user_lock(dir, def->owner, &lock) < 0)
		return -1;
	record_remove(dir, def);
	return fsync(dir) < 0 ? fail("write the registry") : 0;
}

/* ---- where ---- */

/* As files are seen by user 0 and group p->user. */
int registry_open(const struct policy *p, int *out)
{
	static const char top[] = "/var/lib/cinit-net", path[] = "/var/lib/cinit-net/registry";
	mode_t mask = umask(0);
	struct stat st;

	/* That they are there already is no error, and others show below. */
	mkdir(top, 0755);
	mkdir(path, 0770);
	umask(mask);
	AUTO_FD int dir = sys_openat2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
				      RESOLVE_NO_SYMLINKS);
	if (dir < 0)
		return fail("open %s", path);
	if (fstat(dir, &st) < 0 || st.st_uid != 0 || st.st_gid != p->user || (st.st_mode & S_IWOTH))
		return fail_plain("%s is not root's and group %u's alone", path, p->user);
	*out = fd_take(&dir);
	return 0;
}
