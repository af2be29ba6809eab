/* cli/events.h - the parts of `cinit events`. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/journal.h"

/* ---- when.c ---- */

/* "2026-11-26T04:13:14Z", "1764130394", "10m" (ago) to ns since 1970. 0, or -1. */
int when_parse(const char *s, int64_t now_ns, int64_t *out);
/* NS as RFC 3339, UTC, in BUF; returns BUF. */
char *when_text(char buf[40], int64_t ns);

/* ---- events_tail.c: the file that grows, and the one that it was ---- */

struct tail_file {
	int fd;        /* owned, -1 */
	uint64_t ino;  /* its number */
	size_t n;      /* bytes of an unfinished line */
	bool overlong; /* ... whose beginning has been thrown away */
	char buf[JOURNAL_LINE_MAX + 1];
};

struct tail {
	int dir; /* borrowed: the run directory */
	struct tail_file old, now;
	void (*line)(void *ctx, const char *line, size_t n); /* without its newline */
	void *ctx;
};

/* Begin with all that is there, or (PAST is false) with what comes. */
void tail_open(struct tail *t, bool past);
/* Hand out what has come. */
void tail_read(struct tail *t);
void tail_close(struct tail *t);

/* ---- events_pressure.c: triggers in the containers' cgroups ---- */

enum pressure_of { PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, PRESSURES };
enum { PRESSURE_TRIGGERS = 1024 };

struct pressure_trigger {
	char name[80], id[16];
	enum pressure_of of;
	int fd;    /* owned; -1: could not be set, and that was said */
	bool seen; /* by the scan that is on */
};

struct pressure {
	struct {
		uint64_t stall_us, window_us; /* 0: not asked for */
	} want[PRESSURES];
	struct pressure_trigger *trigger; /* owned, PRESSURE_TRIGGERS of them */
	size_t n;
	bool full; /* that was said */
};

/* "cpu=100ms/1s". -1 with fail_plain(). */
int pressure_parse(struct pressure *p, const char *value);
bool pressure_asked(const struct pressure *p);
/* Every container gets its triggers, those of the dead are closed. -1 with fail(). */
int pressure_scan(struct pressure *p);
/* One place for each trigger. */
void pressure_poll(const struct pressure *p, struct pollfd *fds);
/* Hand a line to SAY for each that has fired. */
void pressure_fired(struct pressure *p, const struct pollfd *fds,
		    void (*say)(void *ctx, const char *line, size_t n), void *ctx);
void pressure_close(struct pressure *p);

#endif
