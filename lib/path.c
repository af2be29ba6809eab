/* lib/path.c - cleaning of paths, and lookups that stay inside a root. Any process;
 * owns nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "lib/sys.h"

/* Append the components of PATH to OUT (LEN bytes in use, room for PATH_MAX).
 * Returns the new length, -1 with errno. "/" has length 0. */
static int path_append(char *out, int len, const char *path, bool may_climb)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (!len && !may_climb) {
				errno = EXDEV;
				return -1;
			}
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && path[0] == '.')) {
			if ((size_t)len + n + 2 > PATH_MAX || n > NAME_MAX) {
				errno = ENAMETOOLONG;
				return -1;
			}
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += (int)n;
		}
		path += n;
		path += *path == '/';
	}
	return len;
}

static char *path_copy(struct pool *pool, const char *text, int len)
{
	if (len < 0)
		return NULL;
	return len ? pool_strndup(pool, text, (size_t)len) : pool_strdup(pool, "/");
}

char *path_clean(struct pool *pool, const char *path)
{
	char buf[PATH_MAX];

	if (path[0] != '/') {
		errno = EINVAL;
		return NULL;
	}
	return path_copy(pool, buf, path_append(buf, 0, path, false));
}

char *path_absolute(struct pool *pool, const char *path)
{
	char cwd[PATH_MAX], buf[PATH_MAX];
	int len = 0;

	if (path[0] != '/') {
		if (!getcwd(cwd, sizeof(cwd)))
			return NULL;
		/* Kernel: a cwd outside of the root reads "(unreachable)/...". */
		if (cwd[0] != '/') {
			errno = ENOENT;
			return NULL;
		}
		len = path_append(buf, 0, cwd, true);
		if (len < 0)
			return NULL;
	}
	return path_copy(pool, buf, path_append(buf, len, path, true));
}

bool path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1)
		return true;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

unsigned path_depth(const char *path)
{
	unsigned n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

enum {
	LINKS_MAX = 40, /* as the kernel's own MAXSYMLINKS */
	TRIES = 64,     /* lookups that a concurrent rename spoiled */
};

static int path_openat2(int root, const char *path, uint64_t flags)
{
	int fd = -1;

	/* Kernel: RESOLVE_IN_ROOT answers EAGAIN when it met ".." while something
	 * was renamed anywhere; openat2(2) says to try again. */
	for (int i = 0; i < TRIES; i++) {
		fd = sys_openat2(root, path, flags | O_PATH | O_CLOEXEC, 0,
				 RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* Where a walk stands: DONE is a path without links that exists (as far as nobody
 * renames things meanwhile; the kernel keeps us inside ROOT even then), LEFT is
 * what still has to be walked. */
struct path_walk {
	int root;
	enum path_want want;
	char done[PATH_MAX];
	int len;
	char left[PATH_MAX];
	int links;
};

static int path_create(struct path_walk *w, const char *name, bool as_dir)
{
	AUTO_FD int parent = path_openat2(w->root, w->len ? w->done : "/", O_DIRECTORY);

	if (parent < 0)
		return -1;
	if (as_dir ? mkdirat(parent, name, 0755) < 0 :
		     mknodat(parent, name, S_IFREG | 0644, 0) < 0) {
		if (errno != EEXIST)
			return -1;
	}
	return 0;
}

/* Put the link FD's target before what is left. */
static int path_follow(struct path_walk *w, int fd)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(fd, "", text, sizeof(text) - 1);
	size_t rest = strlen(w->left);

	if (n < 0)
		return -1;
	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if ((size_t)n + 1 + rest + 1 > sizeof(w->left)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(w->left + n + 1, w->left, rest + 1);
	memcpy(w->left, text, (size_t)n);
	w->left[n] = '/';
	if (text[0] == '/')
		w->len = 0;
	w->done[w->len] = '\0';
	return 0;
}

/* One component: 1 when the walk is at its end (*OUT opened), 0 to go on. */
static int path_step(struct path_walk *w, int *out)
{
	char name[NAME_MAX + 1];
	struct stat st;
	size_t skip = strspn(w->left, "/");
	size_t n = strcspn(w->left + skip, "/");
	int before = w->len;

	if (!n) {
		*out = path_openat2(w->root, w->len ? w->done : "/", O_NOFOLLOW);
		return *out < 0 ? -1 : 1;
	}
	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, w->left + skip, n);
	name[n] = '\0';
	memmove(w->left, w->left + skip + n, strlen(w->left + skip + n) + 1);
	bool last = w->left[strspn(w->left, "/")] == '\0';

	/* ".." comes only from links; what is done has none, so text is enough. */
	w->len = path_append(w->done, w->len, name, true);
	if (w->len < 0)
		return -1;
	w->done[w->len] = '\0';
	if (w->len <= before)
		return 0;

	AUTO_FD int fd = path_openat2(w->root, w->done, O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		w->done[before] = '\0';
		int len = w->len;
		w->len = before;
		if (path_create(w, name, !last || w->want == PATH_DIR) < 0)
			return -1;
		w->len = len;
		w->done[before] = '/';
		fd = path_openat2(w->root, w->done, O_NOFOLLOW);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		w->len = before;
		return path_follow(w, fd);
	}
	return 0;
}

int path_open_in(int root, const char *path, enum path_want want)
{
	struct path_walk w;
	struct stat st;
	int done = 0;
	int fd = path_openat2(root, path, want == PATH_DIR ? O_DIRECTORY : 0);

	if (fd < 0 && errno == ENOENT && want != PATH_EXISTS) {
		if (strlen(path) >= sizeof(w.left)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		w.root = root;
		w.want = want;
		w.done[0] = '\0';
		w.len = w.links = 0;
		strcpy(w.left, path);
		while (!done)
			done = path_step(&w, &fd);
		if (done < 0)
			return -1;
		if (want == PATH_DIR && (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))) {
			fd_close(&fd);
			errno = ENOTDIR;
			return -1;
		}
	}
	if (fd >= 0 && want == PATH_FILE && (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode))) {
		fd_close(&fd);
		errno = EISDIR;
		return -1;
	}
	return fd;
}
