/* cli/top_find.c - which processes are in a container, for `cinit top`.
 *
 * The process that the user started runs this. Three ways, the first that works:
 * its control group with those below it; its process namespace with those below it; and
 * where it has the caller's own namespace, who descends from its init. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/top.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"

enum { DEPTH_MAX = 32, PROCS_MAX = 1 << 20 };

static void add(struct top_list *list, pid_t pid)
{
	if (pid > 0 && list->n < PROCS_MAX)
		POOL_PUSH(list->pool, list->pid, list->n, pid);
}

static int rising(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A process that moves between groups while they are read may be found twice. */
static void put_in_order(struct top_list *list)
{
	size_t kept = 0;

	if (list->n)
		qsort(list->pid, list->n, sizeof(*list->pid), rising);
	for (size_t i = 0; i < list->n; i++)
		if (!kept || list->pid[kept - 1] != list->pid[i])
			list->pid[kept++] = list->pid[i];
	list->n = kept;
}

/* ---- control groups ---- */

/* The processes in the group that DIR is. In a threaded group this cannot be read; its
 * processes are those of the group above. */
static void add_group(struct top_list *list, int dir)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[32];
	uint32_t pid;

	if (!f) {
		fd_close(&fd);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		/* 0: somebody of another process namespace. */
		if (num_u32(line, &pid) == 0)
			add(list, (pid_t)pid);
	}
	fclose(f);
}

/* DIR, which is closed, and all below it. */
static void add_groups(struct top_list *list, int dir, unsigned depth)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;

	if (!d) {
		close(dir);
		return;
	}
	add_group(list, dir);
	while (depth && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		int below = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			add_groups(list, below, depth - 1);
	}
	closedir(d);
}

/* ---- /proc ---- */

/* Call FN for each process that there is. */
static int each_process(void (*fn)(void *ctx, pid_t pid), void *ctx)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	uint32_t pid;

	if (!d)
		return fail("open /proc");
	while ((e = readdir(d)))
		if (num_u32(e->d_name, &pid) == 0)
			fn(ctx, (pid_t)pid);
	closedir(d);
	return 0;
}

static int open_namespace(pid_t pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool is_same(int fd, const struct stat *ns)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == ns->st_ino && st.st_dev == ns->st_dev;
}

struct in_namespace {
	struct top_list *list;
	struct stat ns;
};

static void add_if_inside(void *ctx, pid_t pid)
{
	struct in_namespace *in = ctx;
	AUTO_FD int fd = open_namespace(pid);

	for (unsigned i = 0; fd >= 0 && i < DEPTH_MAX; i++) {
		if (is_same(fd, &in->ns)) {
			add(in->list, pid);
			return;
		}
		/* Above the caller's own there is nothing to be seen, EPERM. */
		int above = ioctl(fd, NS_GET_PARENT);
		fd_close(&fd);
		fd = above;
	}
}

/* ---- descendants ---- */

struct family {
	struct pool *pool;
	struct relation {
		pid_t pid, parent;
	} * row;
	size_t n;
};

static void add_relation(void *ctx, pid_t pid)
{
	struct family *f = ctx;
	char path[40], text[1024];
	struct top_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (f->n < PROCS_MAX && fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) > 0 &&
	    top_stat(text, &stat) == 0)
		POOL_PUSH(f->pool, f->row, f->n, ((struct relation){ pid, stat.parent }));
}

static int add_descendants(struct top_list *list, pid_t init)
{
	struct family f = { .pool = list->pool };

	if (each_process(add_relation, &f) < 0)
		return -1;
	add(list, init);
	/* The list grows while it is gone through: children of children. */
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < f.n; k++)
			if (f.row[k].parent == list->pid[i] && f.row[k].pid != list->pid[i])
				add(list, f.row[k].pid);
	return 0;
}

int top_find(struct top_list *list, const struct measured *m)
{
	int dir = m->cgroup[0] ? open(m->cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) :
				 -1;
	struct in_namespace in = { .list = list };
	AUTO_FD int own = -1, its = -1;

	if (dir >= 0)
		add_groups(list, dir, DEPTH_MAX);
	if (list->n) {
		put_in_order(list);
		return 0;
	}
	own = open_namespace(getpid());
	its = open_namespace(m->pid);
	if (its < 0 || fstat(its, &in.ns) < 0)
		return fail("look at process %d", (int)m->pid);
	if (is_same(own, &in.ns) ? add_descendants(list, m->pid) < 0 :
				   each_process(add_if_inside, &in) < 0)
		return -1;
	put_in_order(list);
	return 0;
}
