/* cli/cg.h - what the commands about cgroups share: which cgroup is meant, and the names
 * of its files. */
#ifndef CLI_CG_H
#define CLI_CG_H

#include <stdbool.h>
#include <stddef.h>

#include "cgroup.h"
#include "cli/cli.h"
#include "lib/pool.h"

struct yyjson_val;

/* A cgroup that somebody has named. */
struct cg {
	char name[80];              /* the container's */
	char id[16];                /* "" if its record has none */
	char sub[CGROUP_PATH_MAX];  /* below the container's cgroup, "": that itself */
	char root[CGROUP_PATH_MAX]; /* the container's cgroup */
	int fd;                     /* owned, O_PATH; -1 */
};

/* CONTAINER[/SUB], as it was typed, to a cgroup that is there. -1 with fail(). */
int cg_open(const char *word, struct cg *out);
/* CONTAINER alone. */
int cg_open_container(const char *word, struct cg *out);
/* That of a record; 0: it names none. */
int cg_open_record(const char *name, struct yyjson_val *record, struct cg *out);
void cg_close(struct cg *c);

/* May WORD be a path below a cgroup, or a file of one? -1 with fail_plain(). */
int cg_check_sub(const char *word);
int cg_check_file(const char *file);
/* Open FILE of the cgroup C with O_RDONLY, O_WRONLY or O_RDWR; the caller owns it. -1 with
 * errno. */
int cg_open_file(int c, const char *file, int flags);
/* All of FILE without its last newline, in POOL. NULL with errno. */
char *cg_read(struct pool *pool, int c, const char *file);

/* One entry of a cgroup's directory. */
struct cg_file {
	const char *name;
	bool readable, writable; /* by those bits that cgroupfs gives its owner */
};
/* The files of C that are a controller's, sorted; they live in POOL. -1 with fail(). */
int cg_files(struct pool *pool, int c, struct cg_file **out, size_t *n);

/* Call FN for C and for each cgroup below it, parents first, names sorted. DEPTH is 0 for C;
 * fn's cgroup has its own `sub` and fd. -1 with fail(), or what FN returned if that is not 0. */
int cg_walk(struct pool *pool, const struct cg *c, int depth,
	    int (*fn)(void *ctx, const struct cg *c, int depth), void *ctx);
/* Likewise for all containers. */
int cg_walk_all(struct pool *pool, int (*fn)(void *ctx, const struct cg *c, int depth), void *ctx);

/* Writing to FILE does something that nothing can take back. */
bool cg_is_deed(const char *file);
/* What is written to FILE is a process or a question. */
bool cg_is_no_setting(const char *file);

extern const struct opt cg_ls_opts[], cg_get_opts[];
int cg_ls(int argc, char **argv);
int cg_get(int argc, char **argv);
int cg_set(int argc, char **argv);
int cg_snapshot(int argc, char **argv);

#endif
