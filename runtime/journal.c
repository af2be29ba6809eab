/* runtime/journal.c - the log of events in the run directory.
 *
 * Runs in the monitor, and in commands that change something. Nobody owns the file: each
 * writer opens it, appends one line and closes it. Lines of several writers do not mix,
 * since the kernel holds the file's lock during a write(2) with O_APPEND.
 *
 * A writer that finds it too long renames it. Of several one has its flock(), and the
 * others append to what is `events.old` a moment later; so readers look at both. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/fd.h"
#include "runtime/journal.h"

/* ---- a line ---- */

struct line {
	char *buf; /* borrowed, of JOURNAL_LINE_MAX + 1 */
	size_t n;
	bool full;
};

/* What ends each line: "}\n". */
enum { TAIL = 2 };

static void put(struct line *l, const char *s, size_t n)
{
	if (l->full || l->n + n > JOURNAL_LINE_MAX - TAIL) {
		l->full = true;
		return;
	}
	memcpy(l->buf + l->n, s, n);
	l->n += n;
}

/* How many bytes the UTF-8 character at S has, of at most MAX; 0: it is none. */
static size_t utf8_size(const unsigned char *s, size_t max)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n == 0 || n > max || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than need be, halves of surrogate pairs, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void put_text(struct line *l, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t left = strnlen(text, JOURNAL_TEXT_MAX);
	char escape[8];

	put(l, "\"", 1);
	while (left) {
		size_t n = utf8_size(s, left);

		if (*s == '"' || *s == '\\') {
			put(l, (char[]){ '\\', (char)*s }, 2);
		} else if (*s < ' ' || *s == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", *s);
			put(l, escape, 6);
		} else if (n == 0) {
			put(l, "?", 1);
			n = 1;
		} else {
			put(l, (const char *)s, n);
		}
		s += n;
		left -= n;
	}
	put(l, "\"", 1);
}

static void put_pair(struct line *l, const struct journal_pair *p)
{
	const size_t before = l->n;
	char number[24];

	put(l, ",", 1);
	put_text(l, p->key);
	put(l, ":", 1);
	if (p->text) {
		put_text(l, p->text);
	} else if (p->raw) {
		put(l, p->raw, strlen(p->raw));
	} else {
		snprintf(number, sizeof(number), "%" PRId64, p->number);
		put(l, number, strlen(number));
	}
	/* Half a pair would spoil the line for those that are whole. */
	if (l->full)
		l->n = before;
	l->full = false;
}

size_t journal_line(char buf[JOURNAL_LINE_MAX + 1], int64_t time_ns, const char *type,
		    const char *name, const char *id, const struct journal_pair *pairs, size_t n)
{
	struct line l = { .buf = buf };
	const struct journal_pair fixed[] = {
		JOURNAL_TEXT("type", type),
		JOURNAL_TEXT("name", name ? name : id),
		JOURNAL_TEXT("id", id),
	};

	l.n = (size_t)snprintf(buf, JOURNAL_LINE_MAX, "{\"time\":%" PRId64, time_ns);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (fixed[i].text)
			put_pair(&l, &fixed[i]);
	for (size_t i = 0; i < n; i++)
		put_pair(&l, &pairs[i]);
	memcpy(buf + l.n, "}\n", TAIL + 1);
	return l.n + TAIL;
}

int64_t journal_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the file ---- */

static int open_events(int dir, struct stat *st)
{
	/* Never a device or a pipe that somebody waits at the other end of. */
	AUTO_FD int fd = openat(dir, JOURNAL_FILE,
				O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
					O_CLOEXEC,
				0600);

	if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		return -1;
	return fd_take(&fd);
}

/* FD is too long: rename it, unless somebody else is about to or has done so. */
static void rename_events(int dir, int fd, const struct stat *st)
{
	struct stat named;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (fstatat(dir, JOURNAL_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    named.st_ino == st->st_ino && named.st_dev == st->st_dev)
		renameat(dir, JOURNAL_FILE, dir, JOURNAL_OLD);
}

/* Where files may not grow that long, the kernel answers with SIGXFSZ. */
static bool is_allowed(off_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	       limit.rlim_cur >= (rlim_t)size + JOURNAL_FILE_MAX;
}

void journal_append(int dir, const char *line, size_t n)
{
	struct stat st;
	AUTO_FD int fd = open_events(dir, &st);

	if (fd >= 0 && st.st_size >= JOURNAL_FILE_MAX) {
		rename_events(dir, fd, &st);
		fd_close(&fd);
		fd = open_events(dir, &st);
	}
	if (fd >= 0 && is_allowed(st.st_size)) {
		ssize_t done = write(fd, line, n);

		(void)done;
	}
}

void journal_write(const char *type, const char *name, const char *id,
		   const struct journal_pair *pairs, size_t n)
{
	const int before = errno;
	char path[256], line[JOURNAL_LINE_MAX + 1];
	struct stat st;

	/* Whoever has a container has made this directory and looked at it; that it is
	 * still the caller's alone costs nothing to see. */
	if (dirs_run(path, sizeof(path)) == 0) {
		AUTO_FD int dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir >= 0 && fstat(dir, &st) == 0 && st.st_uid == geteuid() &&
		    !(st.st_mode & 022))
			journal_append(dir, line,
				       journal_line(line, journal_now(), type, name, id, pairs, n));
	}
	errno = before;
}
