/* runtime/journal.h - what has happened to containers, for `cinit events`.
 *
 * The run directory has a file `events`: one JSON object a line, appended by whoever sees
 * something happen, with one write(2):
 *
 *	{"time":1764130394123456789,"type":"die","name":"web","id":"0123456789ab","exit":0}
 *
 * From 1 MiB on it is renamed to `events.old`, and the one before that is gone.
 */
#ifndef RUNTIME_JOURNAL_H
#define RUNTIME_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	JOURNAL_LINE_MAX = 4095,    /* bytes of a line, its newline included */
	JOURNAL_TEXT_MAX = 512,     /* bytes of one value; longer ones are cut */
	JOURNAL_FILE_MAX = 1 << 20, /* from this size on it is renamed */
};
#define JOURNAL_FILE "events"
#define JOURNAL_OLD "events.old"

/* One more pair of a line. */
struct journal_pair {
	const char *key;
	const char *text; /* as a string, whatever bytes it has; or ... */
	const char *raw;  /* ... as it stands: "1.25", "true"; or ... */
	int64_t number;   /* ... if both are NULL */
};
#define JOURNAL_TEXT(k, v) ((struct journal_pair){ .key = (k), .text = (v) })
#define JOURNAL_NUMBER(k, v) ((struct journal_pair){ .key = (k), .number = (v) })

/* Append a line about the container NAME with ID, now. There is nobody to tell of a failure
 * (no directory, no room, a limit on the size of files): the line is missing then. errno and
 * the error that is remembered stay; nothing is allocated, nothing waited for. */
void journal_write(const char *type, const char *name, const char *id,
		   const struct journal_pair *pairs, size_t n);
/* That line, its newline and '\0' in BUF; its length. Pairs that do not fit are left out. */
size_t journal_line(char buf[JOURNAL_LINE_MAX + 1], int64_t time_ns, const char *type,
		    const char *name, const char *id, const struct journal_pair *pairs, size_t n);
/* CLOCK_REALTIME in ns. */
int64_t journal_now(void);

/* Append LINE to the events of the directory DIR, renaming what has grown too long. */
void journal_append(int dir, const char *line, size_t n);

#endif
