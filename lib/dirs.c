/* lib/dirs.c - the directories of cinit. Any process; owns nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/err.h"
#include "lib/fd.h"

static int put(char *buf, size_t size, const char *base, const char *rest)
{
	if ((size_t)snprintf(buf, size, "%s%s", base, rest) >= size)
		return fail_plain("the path %s%s is too long", base, rest);
	return 0;
}

/* The value of NAME if it is an absolute path; XDG says to ignore others. */
static const char *xdg(const char *name)
{
	const char *dir = getenv(name);

	return dir && dir[0] == '/' ? dir : NULL;
}

static int tmp_dir(char *buf, size_t size, const char *rest)
{
	if ((size_t)snprintf(buf, size, "/tmp/cinit-%u%s", (unsigned)geteuid(), rest) >= size)
		return fail_plain("no room for a path");
	return 0;
}

int dirs_run(char *buf, size_t size)
{
	const char *dir = xdg("XDG_RUNTIME_DIR");
	struct stat st;
	char user[48];

	if (geteuid() == 0)
		return put(buf, size, "/run/cinit", "");
	if (dir)
		return put(buf, size, dir, "/cinit");
	snprintf(user, sizeof(user), "/run/user/%u", (unsigned)geteuid());
	if (stat(user, &st) == 0 && st.st_uid == geteuid())
		return put(buf, size, user, "/cinit");
	return tmp_dir(buf, size, "");
}

static int home_dir(char *buf, size_t size, const char *var, const char *root, const char *under,
		    const char *tmp)
{
	const char *dir = xdg(var), *home = xdg("HOME");

	if (geteuid() == 0)
		return put(buf, size, root, "");
	if (dir)
		return put(buf, size, dir, "/cinit");
	if (home)
		return put(buf, size, home, under);
	return tmp_dir(buf, size, tmp);
}

int dirs_data(char *buf, size_t size)
{
	return home_dir(buf, size, "XDG_DATA_HOME", "/var/lib/cinit", "/.local/share/cinit",
			"/data");
}

int dirs_cache(char *buf, size_t size)
{
	return home_dir(buf, size, "XDG_CACHE_HOME", "/var/cache/cinit", "/.cache/cinit", "/cache");
}

static void make_parents(const char *path)
{
	char part[512];

	if (strlen(path) >= sizeof(part))
		return;
	strcpy(part, path);
	for (char *p = part + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(part, 0755);
		*p = '/';
	}
}

int dirs_open(const char *path)
{
	struct stat st;
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		make_parents(path);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return fail("make directory %s", path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return fail("open directory %s", path);
	if (fstat(fd, &st) < 0)
		return fail("look at directory %s", path);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return fail_plain("directory %s is not yours alone: owner %u, mode %o", path,
				  (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
	return fd_take(&fd);
}
