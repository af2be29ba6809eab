/* cli/cgroup_find.c - which cgroup is meant by CONTAINER/SUB, and what lies in it.
 *
 * The process that the user started runs this. A container's record names its cgroup;
 * what is below that may be the container's own (--cgroup-rw) and is never taken for good:
 * it is looked up from the descriptor of the container's cgroup, without links and without
 * a way up. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <yyjson.h>

#include "cli/cg.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime.h"
#include "runtime/box.h"

enum {
	FILE_MAX = 4 << 20, /* bytes of cgroup.procs, for one */
	WALK_DEPTH_MAX = 64,
};

#define BELOW (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

/* ---- names ---- */

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

int cg_check_sub(const char *word)
{
	if (has_control(word))
		return fail_plain("a cgroup's name has no control characters");
	if (word[0] == '/')
		return fail_plain("\"%.64s\": a path below the container's cgroup is wanted, "
				  "without / in front",
				  word);
	if (strlen(word) >= CGROUP_PATH_MAX)
		return fail_plain("\"%.64s...\": this path is too long", word);
	for (const char *part = word;; part++) {
		size_t n = strcspn(part, "/");

		if (n == 0)
			return fail_plain("\"%.64s\": a part of this path is empty", word);
		if ((n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return fail_plain("\"%.64s\": a path with . or .. in it is none", word);
		part += n;
		if (!*part)
			return 0;
	}
}

int cg_check_file(const char *file)
{
	size_t n = strspn(file, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (has_control(file))
		return fail_plain("a file's name has no control characters");
	if (file[n] || n > NAME_MAX || file[0] == '.' || !strchr(file, '.'))
		return fail_plain("\"%.64s\" is no file of a cgroup: a plain name with a dot in it "
				  "is, like memory.max",
				  file);
	return 0;
}

/* ---- one cgroup ---- */

void cg_close(struct cg *c)
{
	fd_close(&c->fd);
}

int cg_open_record(const char *name, yyjson_val *record, struct cg *out)
{
	const char *dir = yyjson_get_str(yyjson_obj_get(record, "cgroup"));
	const char *id = yyjson_get_str(yyjson_obj_get(record, "id"));
	struct statfs fs;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->id, sizeof(out->id), "%s", id ? id : "");
	if (!dir || !*dir)
		return 0;
	if (dir[0] != '/' || strlen(dir) >= sizeof(out->root) || has_control(dir))
		return fail_plain("the record names no cgroup that can be");
	strcpy(out->root, dir);
	out->fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd < 0)
		return fail("open cgroup %s", dir);
	if (fstatfs(out->fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
		cg_close(out);
		return fail_plain("%s is no cgroup of version 2", dir);
	}
	return 1;
}

struct pick {
	struct cg *out;
	int got; /* as cg_open_record() */
};

static int pick(void *ctx, const char *name, yyjson_val *record)
{
	struct pick *p = ctx;

	p->got = cg_open_record(name, record, p->out);
	return 0;
}

int cg_open_container(const char *word, struct cg *out)
{
	struct pick p = { .out = out };

	out->fd = -1;
	if (has_control(word))
		return fail_plain("a container's name has no control characters");
	if (record_with(word, pick, &p) < 0)
		return fail_in("%s", word);
	if (p.got < 0)
		return fail_in("%s", out->name);
	if (p.got == 0) {
		fail_plain("%s has no cgroup: none could be made when it was started", out->name);
		err_hint("`cinit check` says what this machine gives");
		return -1;
	}
	return 0;
}

int cg_open(const char *word, struct cg *out)
{
	const char *slash = strchr(word, '/');
	char name[80];

	out->fd = -1;
	if (!slash)
		return cg_open_container(word, out);
	if (slash == word)
		return fail_plain("\"%.64s\": CONTAINER[/SUB] is wanted, not a path of this machine",
				  word);
	if (cg_check_sub(slash + 1) < 0)
		return -1;
	if ((size_t)(slash - word) >= sizeof(name))
		return fail_plain("%.64s...: no running container has this name or id", word);
	memcpy(name, word, (size_t)(slash - word));
	name[slash - word] = '\0';
	if (cg_open_container(name, out) < 0)
		return -1;
	strcpy(out->sub, slash + 1);
	int sub = sys_openat2(out->fd, out->sub, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, BELOW);
	cg_close(out);
	out->fd = sub;
	return sub < 0 ? fail("open cgroup %s of %s", out->sub, out->name) : 0;
}

/* ---- its files ---- */

int cg_open_file(int c, const char *file, int flags)
{
	struct stat st;
	AUTO_FD int fd = sys_openat2(c, file, (uint64_t)(flags | O_CLOEXEC | O_NOCTTY), 0, BELOW);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return fd_take(&fd);
}

char *cg_read(struct pool *pool, int c, const char *file)
{
	AUTO_FD int fd = cg_open_file(c, file, O_RDONLY);
	AUTO_FREE char *buf = fd < 0 ? NULL : malloc(FILE_MAX + 1);
	ssize_t n = buf ? fd_read_all(fd, buf, FILE_MAX) : -1;

	if (n < 0)
		return NULL;
	if (n && buf[n - 1] == '\n')
		buf[--n] = '\0';
	return pool_strndup(pool, buf, (size_t)n);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cg_file *)a)->name, ((const struct cg_file *)b)->name);
}

/* The entries of C that are of TYPE, sorted. */
static int list(struct pool *pool, int c, unsigned char type, struct cg_file **out, size_t *n)
{
	int copy = openat(c, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	struct stat st;

	*out = NULL;
	*n = 0;
	if (!d) {
		fd_close(&copy);
		return fail("read a cgroup's directory");
	}
	while ((e = readdir(d))) {
		struct cg_file f = { .name = e->d_name };

		if (e->d_type != type || e->d_name[0] == '.')
			continue;
		if (type == DT_REG) {
			if (!strchr(e->d_name, '.') ||
			    fstatat(c, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			f.readable = st.st_mode & 0444;
			f.writable = st.st_mode & 0222;
		}
		f.name = pool_strdup(pool, e->d_name);
		POOL_PUSH(pool, *out, *n, f);
	}
	closedir(d);
	if (*n)
		qsort(*out, *n, sizeof(**out), by_name);
	return 0;
}

int cg_files(struct pool *pool, int c, struct cg_file **out, size_t *n)
{
	return list(pool, c, DT_REG, out, n);
}

/* ---- all below it ---- */

int cg_walk(struct pool *pool, const struct cg *c, int depth,
	    int (*fn)(void *ctx, const struct cg *c, int depth), void *ctx)
{
	struct cg_file *below;
	size_t n;
	int ret = fn(ctx, c, depth);

	if (ret || depth >= WALK_DEPTH_MAX)
		return ret;
	if (list(pool, c->fd, DT_DIR, &below, &n) < 0)
		/* It may end while it is looked at. */
		return err_errno() == ENOENT || err_errno() == ENODEV ? 0 : -1;
	for (size_t i = 0; i < n && !ret; i++) {
		struct cg *sub = pool_alloc(pool, sizeof(*sub));

		*sub = *c;
		if ((size_t)snprintf(sub->sub, sizeof(sub->sub), "%s%s%s", c->sub,
				     *c->sub ? "/" : "", below[i].name) >= sizeof(sub->sub))
			continue;
		sub->fd = sys_openat2(c->fd, below[i].name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
				      BELOW);
		if (sub->fd >= 0)
			ret = cg_walk(pool, sub, depth + 1, fn, ctx);
		cg_close(sub);
	}
	return ret;
}

struct walk {
	struct pool *pool;
	int (*fn)(void *ctx, const struct cg *c, int depth);
	void *ctx;
};

static int walk_record(void *ctx, const char *name, yyjson_val *record)
{
	struct walk *w = ctx;
	struct cg c;
	int ret = 0, got = cg_open_record(name, record, &c);

	if (got < 0) {
		/* The others are of interest all the same. */
		note("%s: %s", name, err_text());
		err_clear();
	} else if (got > 0) {
		ret = cg_walk(w->pool, &c, 0, w->fn, w->ctx);
		cg_close(&c);
	}
	return ret;
}

int cg_walk_all(struct pool *pool, int (*fn)(void *ctx, const struct cg *c, int depth), void *ctx)
{
	struct walk w = { pool, fn, ctx };

	return record_each(walk_record, &w);
}
