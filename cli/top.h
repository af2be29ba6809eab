/* cli/top.h - the parts of `cinit top`. */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "cli/measured.h"
#include "lib/pool.h"

/* ---- top_find.c: which processes ---- */

struct top_list {
	struct pool *pool;
	pid_t *pid; /* in rising order, each once */
	size_t n;
};
/* Fill LIST with the processes of container M. -1 with fail(). */
int top_find(struct top_list *list, const struct measured *m);

/* ---- top_read.c: texts of /proc as numbers; pure ---- */

struct top_stat { /* of /proc/PID/stat */
	char comm[64];
	pid_t parent;
	int64_t ticks; /* of processor time, outside and inside of the kernel */
	int64_t start; /* ticks since the machine started */
};
/* -1: that is no such text. Whatever the process calls itself. */
int top_stat(const char *text, struct top_stat *out);
/* The Nth number behind KEY ("Uid:") in the lines of /proc/PID/status; -1. */
int64_t top_status(const char *text, const char *key, unsigned n);
/* What UID is called by the rows "INSIDE OUTSIDE COUNT" of a uid_map; -1: nothing. */
int64_t top_inside(const char *uid_map, uint32_t uid);

#endif
