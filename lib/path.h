/* lib/path.h - paths that come from users and from images.
 *
 * Text is cleaned once, when an argument is read. Paths of a container's root are
 * never given to the kernel as plain text: they are looked up with openat2(2)
 * RESOLVE_IN_ROOT from a descriptor of that root, so that "..", absolute links and
 * procfs's magic links cannot lead out of it.
 */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <stdbool.h>

#include "lib/pool.h"

/* PATH without "//", "." and "name/..", in POOL. NULL (errno EINVAL) when it is
 * relative, EXDEV when its ".." would climb above "/", ENAMETOOLONG from PATH_MAX. */
char *path_clean(struct pool *pool, const char *path);
/* PATH made absolute with the current directory if need be, then cleaned; ".." stops
 * at "/" as everywhere. For paths of the caller's own machine. NULL with errno. */
char *path_absolute(struct pool *pool, const char *path);
/* Is PATH equal to DIR or below it? Both cleaned. */
bool path_is_below(const char *path, const char *dir);
/* Number of components of a cleaned path; "/" has none. */
unsigned path_depth(const char *path);

enum path_want {
	PATH_EXISTS, /* whatever is there; nothing is created */
	PATH_DIR,    /* a directory, created (0755) with its parents */
	PATH_FILE,   /* no directory; an empty file (0644) is created */
};

/* Open PATH (cleaned, absolute) below ROOT as O_PATH, links followed inside ROOT
 * only, what is missing created as WANT says: a link that points to nothing gets
 * its target made, inside ROOT too. The caller owns the descriptor. -1 with errno:
 * ELOOP, ENOTDIR, EISDIR (PATH_FILE found a directory), ENOENT ... path_resolution(7). */
int path_open_in(int root, const char *path, enum path_want want);

#endif
