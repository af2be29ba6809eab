/* cli/measured.h - running containers and what they use, for the commands that show it. */
#ifndef CLI_MEASURED_H
#define CLI_MEASURED_H

#include "cgroup.h"

struct measured {
	char name[80], id[16];        /* id "": the record does not say */
	pid_t pid;                    /* init's, in the caller's view */
	char cgroup[CGROUP_PATH_MAX]; /* "": it has none */
	bool has_cgroup;              /* use is filled; else all of it is -1 */
	bool gone;                    /* it ended while it was looked at */
	struct cgroup_sample use;
	int64_t net_received, net_sent; /* bytes; -1: its network is not its own, or not known */
};

/* The running containers in POOL, by name: all, or those that the N words WHO name (by
 * name or the beginning of an id; each must name one if MUST). Nothing is measured yet.
 * How many, or -1 with fail(). */
int measured_find(struct pool *pool, char **who, int n, bool must, struct measured **out);
/* Fill in what M uses now. */
void measured_take(struct measured *m);
/* measured_find() and measured_take(), without those that ended meanwhile. */
int measured_all(struct pool *pool, char **who, int n, bool must, struct measured **out);

/* The bytes that all interfaces but lo had, by TEXT of /proc/PID/net/dev. */
void measured_net(const char *text, int64_t *received, int64_t *sent);
/* N bytes in docker's style: "12.5MiB"; "--" below 0. */
char *measured_size(char buf[24], int64_t n);
/* The same with powers of 1000, as docker has it for traffic: "1.21kB". */
char *measured_traffic(char buf[24], int64_t n);
/* TEXT that others wrote, made harmless for a terminal in its place: '?' for control
 * characters, for what reverses the direction of writing, and for what is no UTF-8. */
void measured_plain(char *text);

#endif
