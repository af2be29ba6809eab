/* runtime/user.c - who a container's program is: --user and --group-add.
 *
 * The stage runs this after pivot_root: names are looked up in the container's own
 * /etc/passwd and /etc/group, files that whoever made the image wrote. Nothing in
 * them is trusted: they are opened without following links out of the root or
 * waiting for a FIFO, bounded, and read by the strict number reader; a damaged entry
 * for the user who is asked for is an error, other damaged lines are passed over.
 *
 *	(no --user)	0:0, no file is read; HOME is /root
 *	UID		group and home from passwd if it has that uid, else 0 and /
 *	NAME		must be in passwd
 *	...:GID, ...:GROUP	that group; the user's other groups are not looked up
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/slice.h"
#include "lib/sys.h"
#include "runtime/sec_steps.h"

#define DATABASE_MAX (1 << 20) /* bytes of /etc/passwd and of /etc/group */
enum { GROUPS_MAX = sizeof(((struct sec_user *)0)->groups) / sizeof(gid_t) };

/* ---- the files ---- */

int passwd_find(const char *text, size_t n, const char *name, uid_t uid, struct passwd_entry *out)
{
	struct slice rest = { text, n }, line, f[6] = { { NULL, 0 } };

	for (unsigned at = 1; slice_next(&rest, '\n', &line); at++) {
		struct passwd_entry e;

		/* name:password:uid:gid:comment:home:shell, passwd(5) */
		if (slice_split(line, ':', f, 6) < 6) {
			if (name && slice_split(line, ':', f, 1) && slice_is(f[0], name))
				return fail_plain("user %s: line %u of /etc/passwd has too few fields",
						  name, at);
			continue;
		}
		bool numbers = slice_id(f[2], &e.uid) && slice_id(f[3], &e.gid);

		if (name ? !slice_is(f[0], name) : !numbers || e.uid != uid)
			continue;
		if (!numbers)
			return fail_plain("user %s: line %u of /etc/passwd: uid or gid is no number "
					  "from 0 to 4294967294",
					  name, at);
		if (!slice_copy(f[5], e.home, sizeof(e.home)))
			return fail_plain("user %u: line %u of /etc/passwd: the home directory has "
					  "control characters or is longer than %zu",
					  e.uid, at, sizeof(e.home) - 1);
		/* A uid under an odd name is still a uid. */
		if (!slice_copy(f[0], e.name, sizeof(e.name)))
			e.name[0] = '\0';
		*out = e;
		return 1;
	}
	return 0;
}

int group_find(const char *text, size_t n, const char *name, gid_t *out)
{
	struct slice rest = { text, n }, line, f[3];

	for (unsigned at = 1; slice_next(&rest, '\n', &line); at++) {
		/* name:password:gid:members, group(5) */
		if (!slice_split(line, ':', f, 1) || !slice_is(f[0], name))
			continue;
		if (slice_split(line, ':', f, 3) < 3 || !slice_id(f[2], out))
			return fail_plain("group %s: line %u of /etc/group: the gid is no number from "
					  "0 to 4294967294",
					  name, at);
		return 1;
	}
	return 0;
}

static int add_group(struct sec_user *out, gid_t gid)
{
	for (size_t i = 0; i < out->ngroups; i++)
		if (out->groups[i] == gid)
			return 0;
	if (out->ngroups == GROUPS_MAX)
		return fail_plain("more than %d groups for one user", GROUPS_MAX);
	out->groups[out->ngroups++] = gid;
	return 0;
}

int group_memberships(const char *text, size_t n, const char *user, struct sec_user *out)
{
	struct slice rest = { text, n }, line, f[4], member;
	gid_t gid;

	while (slice_next(&rest, '\n', &line)) {
		if (slice_split(line, ':', f, 4) < 4 || !slice_id(f[2], &gid))
			continue;
		while (slice_next(&f[3], ',', &member))
			if (slice_is(member, user) && add_group(out, gid) < 0)
				return -1;
	}
	return 0;
}

/* The text of /etc/NAME, *N bytes; "" when there is no such file. NULL with fail(). */
static char *read_database(const char *path, size_t *n)
{
	struct stat st;
	AUTO_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Not blocking: a FIFO waits for a writer else. */
	AUTO_FD int fd = root < 0 ? -1 :
				    sys_openat2(root, path,
						O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0,
						RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	AUTO_FREE char *text = NULL;

	*n = 0;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return strdup("");
	if (fd < 0 || fstat(fd, &st) < 0) {
		fail("open the container's %s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > DATABASE_MAX) {
		fail_plain("the container's %s is %s", path,
			   S_ISREG(st.st_mode) ? "larger than 1 MiB" : "not a regular file");
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	ssize_t got = text ? fd_read_all(fd, text, (size_t)st.st_size) : -1;
	if (got < 0) {
		fail("read the container's %s", path);
		return NULL;
	}
	*n = (size_t)got;
	char *taken = text;

	text = NULL;
	return taken;
}

/* ---- the question ---- */

/* Names as useradd(8) has them. All else is refused before a file is read: it is a
 * number that the strict reader did not take, or nothing a passwd file should decide. */
static bool is_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 32 || (*s >= '0' && *s <= '9') || *s == '-' || *s == '.')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") >=
	       n - (s[n - 1] == '$');
}

/* One half of --user: a number (*NAME is NULL then) or a name. */
static int read_half(const char *option, const char *arg, const char *word, uint32_t *id,
		     const char **name)
{
	*name = NULL;
	if (num_id(word, id) == 0)
		return 0;
	if (!is_name(word))
		return fail_plain("%s \"%s\": \"%s\" is neither a number from 0 to 4294967294 nor a "
				  "name",
				  option, arg, word);
	*name = word;
	return 0;
}

static int find_group(const char *option, const char *name, const char *text, size_t n, gid_t *out)
{
	int found = group_find(text, n, name, out);

	if (found == 0)
		return fail_plain("%s %s: the container's /etc/group has no such group", option,
				  name);
	return found < 0 ? fail_in("%s %s", option, name) : 0;
}

struct databases {
	char *passwd, *group; /* owned */
	size_t npasswd, ngroup;
};

/* Files are read when something needs them, once. */
static int need(char **text, size_t *n, const char *path)
{
	if (!*text)
		*text = read_database(path, n);
	return *text ? 0 : -1;
}

static int resolve_user(const char *arg, struct databases *db, struct sec_user *out)
{
	char word[80];
	const char *colon = strchr(arg, ':'), *name, *group = NULL;
	size_t n = colon ? (size_t)(colon - arg) : strlen(arg);
	struct passwd_entry e = { .gid = 0 };

	if (n >= sizeof(word))
		return fail_plain("--user %.32s...: that is too long for a name", arg);
	memcpy(word, arg, n);
	word[n] = '\0';
	if (read_half("--user", arg, word, &e.uid, &name) < 0 ||
	    (colon && read_half("--user", arg, colon + 1, &out->gid, &group) < 0))
		return -1;
	if (need(&db->passwd, &db->npasswd, "/etc/passwd") < 0)
		return -1;
	int found = passwd_find(db->passwd, db->npasswd, name, e.uid, &e);

	if (found < 0)
		return fail_in("--user %s", arg);
	if (!found && name)
		return fail_plain("--user %s: the container's /etc/passwd has no such user", arg);
	out->uid = e.uid;
	strcpy(out->name, e.name);
	strcpy(out->home, e.home);
	if (!colon)
		out->gid = e.gid;
	if (group || (!colon && found)) {
		if (need(&db->group, &db->ngroup, "/etc/group") < 0)
			return -1;
		if (group)
			return find_group("--user", group, db->group, db->ngroup, &out->gid);
		if (e.name[0])
			return group_memberships(db->group, db->ngroup, e.name, out);
	}
	return 0;
}

static int resolve_groups(const struct spec *spec, struct databases *db, struct sec_user *out)
{
	for (size_t i = 0; i < spec->ngroups; i++) {
		const char *name;
		gid_t gid;

		if (read_half("--group-add", spec->groups[i], spec->groups[i], &gid, &name) < 0)
			return -1;
		if (name && (need(&db->group, &db->ngroup, "/etc/group") < 0 ||
			     find_group("--group-add", name, db->group, db->ngroup, &gid) < 0))
			return -1;
		if (add_group(out, gid) < 0)
			return fail_in("--group-add %s", spec->groups[i]);
	}
	return 0;
}

int sec_user_resolve(const struct spec *spec, struct sec_user *out)
{
	struct databases db = { .passwd = NULL };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (spec->user) {
		rc = resolve_user(spec->user, &db, out);
	} else {
		strcpy(out->name, "root");
		strcpy(out->home, "/root");
	}
	if (rc == 0)
		rc = resolve_groups(spec, &db, out);
	/* The gid is in the list as well: else a program that changes its gid would be
	 * out of a group whose files are meant to be closed to it (CVE-2022-2990). */
	if (rc == 0)
		rc = add_group(out, out->gid);
	if (out->home[0] != '/')
		strcpy(out->home, "/");
	free(db.passwd);
	free(db.group);
	return rc;
}

/* ---- the change ----
 *
 * By raw calls: there is one thread, and musl's wrappers change the signal mask three
 * times each to keep others in step. */

/* "0-65536": the first and last ids of a map file, for an error message. */
static const char *map_range(const char *path, char *out, size_t size)
{
	char text[4096], *p = text;
	unsigned long long first = 0, last = 0;

	if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) <= 0)
		return "?";
	while (*p) { /* "INSIDE OUTSIDE COUNT\n", user_namespaces(7) */
		unsigned long long inside = strtoull(p, &p, 10);

		strtoull(p, &p, 10);
		unsigned long long end = inside + strtoull(p, &p, 10);

		if (last == 0 || inside < first)
			first = inside;
		if (end > last)
			last = end;
		p += strspn(p, " \n");
	}
	snprintf(out, size, "%llu-%llu", first, last ? last - 1 : 0);
	return out;
}

static int not_mapped(const char *what, uint32_t id, const char *path)
{
	char range[48];

	if (errno != EINVAL)
		return fail("become %s %u", what, id);
	fail_plain("%s %u is not in the container's id map (%s)", what, id,
		   map_range(path, range, sizeof(range)));
	err_hint("subordinate ids from /etc/subuid and /etc/subgid make the map larger");
	return -1;
}

static int set_groups(const struct sec_user *user)
{
	gid_t now[GROUPS_MAX];

	if (syscall(SYS_setgroups, user->ngroups, user->groups) < 0) {
		/* Which one is it? */
		for (size_t i = 0; errno == EINVAL && i < user->ngroups; i++)
			if (syscall(SYS_setgroups, 1, &user->groups[i]) < 0)
				return not_mapped("group", user->groups[i], "/proc/self/gid_map");
		return fail("set supplementary groups");
	}
	/* Kernel: they come back sorted. */
	int n = getgroups(GROUPS_MAX, now);
	bool same = n >= 0 && (size_t)n == user->ngroups;

	for (size_t i = 0; same && i < user->ngroups; i++) {
		same = false;
		for (int k = 0; k < n; k++)
			same |= now[k] == user->groups[i];
	}
	return same ? 0 : fail_plain("supplementary groups are not what was set");
}

int user_become(const struct spec *spec, const struct sec_user *user, bool setgroups_allowed,
		bool keep_caps)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	/* Kernel: with a map that its owner wrote, groups can be neither added nor
	 * dropped; user_namespaces(7). What /etc/group says is left out then, what the
	 * user has asked for is not. */
	if (setgroups_allowed) {
		if (set_groups(user) < 0)
			return -1;
	} else if (spec->ngroups) {
		fail_plain("--group-add %s: groups cannot be set, because only one id is mapped",
			   spec->groups[0]);
		err_hint("a range in /etc/subuid and /etc/subgid makes that possible");
		return -1;
	}
	if (keep_caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail("keep capabilities");
	if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) < 0)
		return not_mapped("group", user->gid, "/proc/self/gid_map");
	if (syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0)
		return not_mapped("user", user->uid, "/proc/self/uid_map");
	if (getresuid(&r, &e, &s) < 0 || getresgid(&gr, &ge, &gs) < 0)
		return fail("read ids back");
	if (r != user->uid || e != user->uid || s != user->uid || gr != user->gid ||
	    ge != user->gid || gs != user->gid)
		return fail_plain("ids are %u:%u after all, not %u:%u", e, ge, user->uid, user->gid);
	return 0;
}
