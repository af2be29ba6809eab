/* tests/probe/list.c - the state of a directory, to compare with later. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/probe/probe.h"

static uint64_t hash_file(const char *file)
{
	static unsigned char buf[65536];
	uint64_t h = 14695981039346656037ull; /* FNV-1a: differences, not attackers */
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			h = (h ^ buf[i]) * 1099511628211ull;
	close(fd);
	return h;
}

static char **lines;
static size_t nlines, room;
static bool quick; /* no content: size and time of change stand for it */

static int list_one(const char *file, const struct stat *st, int type, struct FTW *ftw)
{
	char extra[4200] = "", xattr[4096], *line = NULL;
	ssize_t x = llistxattr(file, xattr, sizeof(xattr));

	(void)type;
	(void)ftw;
	if (S_ISREG(st->st_mode) && quick)
		snprintf(extra, sizeof(extra), " changed %lld.%09ld", (long long)st->st_ctim.tv_sec,
			 st->st_ctim.tv_nsec);
	else if (S_ISREG(st->st_mode))
		snprintf(extra, sizeof(extra), " %016llx", (unsigned long long)hash_file(file));
	else if (S_ISLNK(st->st_mode))
		snprintf(extra, sizeof(extra), " -> %s", link_of(file));
	else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		snprintf(extra, sizeof(extra), " %u:%u", major(st->st_rdev), minor(st->st_rdev));
	if (asprintf(&line, "%s %o %u:%u %lld %lld.%09ld%s%s%.*s", file, st->st_mode, st->st_uid,
		     st->st_gid, S_ISDIR(st->st_mode) ? 0LL : (long long)st->st_size,
		     (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, extra,
		     x > 0 ? " xattr " : "", x > 0 ? (int)x : 0, xattr) < 0)
		die("memory");
	if (nlines == room) {
		room = room ? room * 2 : 4096;
		lines = realloc(lines, room * sizeof(*lines));
		if (!lines)
			die("memory");
	}
	lines[nlines++] = line;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* probe list|stat DIR: path, mode, owner, size, mtime, and hash of the content
 * (list) or time of change (stat); link target, device numbers, xattr names. */
int cmd_list(int argc, char **argv)
{
	quick = !strcmp(argv[0], "stat");
	if (argc < 2 || nftw(argv[1], list_one, 64, FTW_PHYS | FTW_MOUNT) < 0)
		die("list");
	qsort(lines, nlines, sizeof(*lines), by_text);
	for (size_t i = 0; i < nlines; i++)
		puts(lines[i]);
	return 0;
}
