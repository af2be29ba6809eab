/* lib/dirs.h - where cinit keeps what, for users and for root. */
#ifndef LIB_DIRS_H
#define LIB_DIRS_H

#include <stddef.h>

/* Run state, gone with the machine: /run/cinit for root; else
 * $XDG_RUNTIME_DIR/cinit, /run/user/UID/cinit, or /tmp/cinit-UID.
 * Kept data: /var/lib/cinit; else $XDG_DATA_HOME/cinit or ~/.local/share/cinit.
 * Caches: /var/cache/cinit; else $XDG_CACHE_HOME/cinit or ~/.cache/cinit.
 * The path is written into BUF. -1 with fail_plain() when it does not fit. */
int dirs_run(char *buf, size_t size);
int dirs_data(char *buf, size_t size);
int dirs_cache(char *buf, size_t size);

/* Open PATH, made with mode 0700 (and its parents with 0755) if it is missing. The
 * last part must be a directory that the caller owns and no one else may write:
 * /tmp is everybody's. Returns a descriptor (the caller's); -1 with fail(). */
int dirs_open(const char *path);

#endif
