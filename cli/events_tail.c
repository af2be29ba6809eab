/* cli/events_tail.c - the log of events, read as it grows.
 *
 * The process that the user started runs this. Writers rename the file when it is long, and
 * one that had opened it before may still append to it then. So the file that was is kept
 * open beside the one that is, until that is renamed in its turn. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/events.h"
#include "lib/fd.h"

static void open_file(const struct tail *t, struct tail_file *f, const char *name)
{
	struct stat st;

	f->n = 0;
	f->overlong = false;
	f->fd = openat(t->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f->fd >= 0 && (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)))
		fd_close(&f->fd);
	if (f->fd >= 0)
		f->ino = st.st_ino;
}

/* Hand out the lines that are whole. */
static void cut(struct tail *t, struct tail_file *f)
{
	size_t from = 0;
	char *end;

	while ((end = memchr(f->buf + from, '\n', f->n - from))) {
		size_t to = (size_t)(end - f->buf);

		if (!f->overlong && to > from)
			t->line(t->ctx, f->buf + from, to - from);
		f->overlong = false;
		from = to + 1;
	}
	f->n -= from;
	memmove(f->buf, f->buf + from, f->n);
	/* None of ours is as long as that. */
	if (f->n == sizeof(f->buf)) {
		f->overlong = true;
		f->n = 0;
	}
}

static void read_file(struct tail *t, struct tail_file *f)
{
	ssize_t n;

	while (f->fd >= 0) {
		n = read(f->fd, f->buf + f->n, sizeof(f->buf) - f->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		f->n += (size_t)n;
		cut(t, f);
	}
}

/* Has the name gone to another file than the one that is read? */
static bool is_renamed(const struct tail *t)
{
	struct stat st;

	return fstatat(t->dir, JOURNAL_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (t->now.fd < 0 || st.st_ino != t->now.ino);
}

void tail_read(struct tail *t)
{
	read_file(t, &t->old);
	read_file(t, &t->now);
	/* Each turn is a MiB; a writer that fast is left behind and found later. */
	for (int turns = 0; turns < 4 && is_renamed(t); turns++) {
		read_file(t, &t->now);
		if (t->now.fd >= 0) {
			fd_close(&t->old.fd);
			t->old = t->now;
		}
		open_file(t, &t->now, JOURNAL_FILE);
		read_file(t, &t->now);
	}
}

void tail_open(struct tail *t, bool past)
{
	t->old.fd = -1;
	open_file(t, &t->now, JOURNAL_FILE);
	if (!past) {
		if (t->now.fd >= 0)
			lseek(t->now.fd, 0, SEEK_END);
		return;
	}
	/* If it was renamed between the two, the same file is found twice. */
	open_file(t, &t->old, JOURNAL_OLD);
	if (t->old.fd >= 0 && t->now.fd >= 0 && t->old.ino == t->now.ino) {
		fd_close(&t->now.fd);
		open_file(t, &t->now, JOURNAL_FILE);
	}
}

void tail_close(struct tail *t)
{
	fd_close(&t->old.fd);
	fd_close(&t->now.fd);
}
