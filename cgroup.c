/* cgroup.c - the room of control groups: where the caller stands. Runs in the launcher and
 * in `check`; only reads. Where a container's cgroup is put is decided by cgroup/home.c,
 * cgroup/limits.c says what is written into it, cgroup/group.c makes and removes it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/mountinfo.h"

#define CGROUP_USUAL "/sys/fs/cgroup"

struct search {
	struct cgroup_place *out;
	char root[256]; /* the part of the tree that `mount` shows */
};

static int each_mount(void *ctx, const struct mountinfo *m)
{
	struct search *s = ctx;

	if (strcmp(m->type, "cgroup") == 0)
		s->out->hybrid = true;
	/* The first one in the table; distributions mount it once. A mount whose
	 * root is above our namespace's ("/..") cannot be matched with a path. */
	if (strcmp(m->type, "cgroup2") == 0 && !s->out->mount[0] &&
	    strncmp(m->root, "/..", 3) != 0 && strlen(m->point) < sizeof(s->out->mount) &&
	    strlen(m->root) < sizeof(s->root)) {
		strcpy(s->out->mount, m->point);
		strcpy(s->root, m->root);
	}
	return 0;
}

/* "0::/user.slice/..." is the line of cgroup v2. */
static int read_own_path(char *path, size_t size)
{
	char buf[4096 + 1];
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/self/cgroup", buf, sizeof(buf) - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -1;
	for (char *line = buf; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		if (strncmp(line, "0::", 3) == 0 && strlen(line + 3) < size)
			strcpy(path, line + 3);
		line = end;
	}
	return 0;
}

bool cgroup_usual(void)
{
	struct statfs fs;

	return statfs(CGROUP_USUAL, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_find(struct cgroup_place *out)
{
	struct search s = { .out = out };
	char dir[sizeof(out->mount) + sizeof(out->path)];
	char own[sizeof(out->path)] = "";
	struct statvfs vfs;

	memset(out, 0, sizeof(*out));
	if (cgroup_usual())
		strcpy(out->mount, CGROUP_USUAL);
	else if (mountinfo_each(each_mount, &s) < 0)
		return fail("read /proc/self/mountinfo");
	if (!out->mount[0])
		return 0;
	out->read_only = statvfs(out->mount, &vfs) == 0 && (vfs.f_flag & ST_RDONLY);
	if (read_own_path(own, sizeof(own)) < 0)
		return fail("read /proc/self/cgroup");
	size_t skip = strcmp(s.root, "/") == 0 ? 0 : strlen(s.root);
	if (strncmp(own, s.root, skip) != 0 || strncmp(own, "/..", 3) == 0)
		return 0;
	snprintf(out->path, sizeof(out->path), "%s", own[skip] ? own + skip : "/");
	snprintf(dir, sizeof(dir), "%s%s", out->mount, out->path);

	AUTO_FD int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		out->path[0] = '\0';
		return 0;
	}
	/* A child needs a writable directory; moving a process there from here also
	 * needs this group's cgroup.procs. cgroups(7), delegation. */
	out->writable = faccessat(fd, ".", W_OK, AT_EACCESS) == 0 &&
			faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) == 0;
	ssize_t n = fd_read_file(fd, "cgroup.controllers", out->controllers,
				 sizeof(out->controllers) - 1);
	if (n < 0)
		out->controllers[0] = '\0';
	else if (n && out->controllers[n - 1] == '\n')
		out->controllers[n - 1] = '\0';
	return 0;
}
