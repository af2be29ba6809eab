/* runtime/helper/ids.c - MAP_IDS: what newuidmap and newgidmap do, for a child of the
 * launcher.
 *
 * The helper runs this in phase A, as the caller: the kernel wants the writer of a map
 * to be the owner of the user namespace, and to have CAP_SETUID besides when other ids
 * than his own are mapped. user_namespaces(7) */
#include <sys/mman.h>

#include "runtime.h"
#include "runtime/helper/helper.h"

/* Texts of the machine's user database; more than that is refused, not cut off. */
enum { TEXT_MAX = 1 << 20 };

/* PATH, read at the first time. Its pages are there when they are written to, and not in
 * the image of every cinit. */
int ids_text(const char *path, struct slice *text)
{
	if (text->p)
		return 0;
	char *p = mmap(NULL, TEXT_MAX + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	ssize_t n = p == MAP_FAILED ? -1 : fd_read_file(AT_FDCWD, path, p, TEXT_MAX);

	if (n < 0 && errno != ENOENT)
		return fail("read %s", path);
	*text = (struct slice){ p, n < 0 ? 0 : (size_t)n };
	return 0;
}

int ids_look(struct helper *h, struct asked *a)
{
	struct facts *f = &a->facts;

	if (ids_text("/etc/group", &h->group) < 0 || ids_text("/etc/subuid", &h->subuid) < 0 ||
	    ids_text("/etc/subgid", &h->subgid) < 0)
		return -1;
	f->passwd = h->passwd;
	f->group = h->group;
	f->subuid = h->subuid;
	f->subgid = h->subgid;
	fd_close(&h->target);
	return facts_child(h, a->fd[0], f, &h->target);
}

static int write_map(int fd, const char *which, const struct idmaps *maps)
{
	char text[IDMAP_MAX * 36];
	size_t n = 0;

	for (size_t i = 0; i < maps->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u %u %u\n", maps->row[i].inside,
				      maps->row[i].outside, maps->row[i].count);
	return write(fd, text, n) != (ssize_t)n ? fail("write %s", which) : 0;
}

int ids_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	const struct priv_map_ids *m = &a->req.u.map_ids;
	AUTO_FD int dir = fd_take(&h->target);
	/* Each of them stands for the namespace that the child is in when it is opened.
	 * Should it be another one by now: the kernel asks again whose it is, and an id
	 * that the parent of that one has not got cannot be mapped into it. */
	AUTO_FD int uid_map = openat(dir, "uid_map", O_WRONLY | O_CLOEXEC);
	AUTO_FD int gid_map = openat(dir, "gid_map", O_WRONLY | O_CLOEXEC);
	AUTO_FD int groups = openat(dir, "setgroups", O_WRONLY | O_CLOEXEC);

	(void)reply;
	(void)fd;
	if (uid_map < 0 || gid_map < 0 || groups < 0)
		return fail("open the id maps");
	/* Groups may take something away from a user (CVE-2014-8989, CVE-2018-7169):
	 * they can be left only by whom /etc/subgid gives ids to. */
	if ((m->setgroups_deny || !check_has_subgid(&a->req, &a->facts, &h->caller)) &&
	    write(groups, "deny", 4) != 4)
		return fail("write setgroups");
	if (write_map(uid_map, "uid_map", &m->uids) < 0 ||
	    write_map(gid_map, "gid_map", &m->gids) < 0)
		return -1;
	return 0;
}
