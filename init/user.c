/* init/user.c - who --setuid and --setgid mean. Before anything is started; reads
 * /etc/passwd and /etc/group itself: the C library's getpwnam(3) would ask name
 * services that an image does not have. passwd(5), group(5). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "init/opts.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"

enum { LINE_SIZE = 4096, FIELDS = 7 };

struct lines {
	int fd;
	size_t used, have;
	char buf[LINE_SIZE + 1];
};

/* The next line of L, without its end; NULL after the last one. Lines that do not
 * fit are skipped. */
static char *init_next_line(struct lines *l)
{
	bool skip = false;

	for (;;) {
		char *start = l->buf + l->used, *end = memchr(start, '\n', l->have - l->used);
		ssize_t n;

		if (end) {
			*end = '\0';
			l->used = (size_t)(end - l->buf) + 1;
			if (!skip)
				return start;
			skip = false;
			continue;
		}
		memmove(l->buf, start, l->have - l->used);
		l->have -= l->used;
		l->used = 0;
		if (l->have == LINE_SIZE) {
			skip = true;
			l->have = 0;
		}
		n = read(l->fd, l->buf + l->have, LINE_SIZE - l->have);
		if (n <= 0) {
			l->buf[l->have] = '\0';
			l->used = l->have;
			return n == 0 && l->have && !skip ? (l->have = l->used = 0, l->buf) : NULL;
		}
		l->have += (size_t)n;
	}
}

/* Cut LINE at its colons; returns how many fields there are. */
static size_t init_split(char *line, char *field[FIELDS])
{
	size_t n = 0;

	for (; line && n < FIELDS; n++)
		field[n] = strsep(&line, ":");
	return n;
}

/* Is WHO, a name or a number, the entry called NAME with the number ID? */
static bool init_is_entry(const char *who, const char *name, const char *id)
{
	return strcmp(who, name) == 0 || strcmp(who, id) == 0;
}

/* Supplementary groups of the user NAME. */
static int init_groups_of(const char *name, struct init_state *st)
{
	struct lines l = { .fd = open("/etc/group", O_RDONLY | O_CLOEXEC) };
	AUTO_FD int fd = l.fd;
	char *line, *field[FIELDS];

	while (fd >= 0 && (line = init_next_line(&l))) {
		uint32_t gid;

		if (init_split(line, field) < 4 || num_id(field[2], &gid) < 0)
			continue;
		for (char *member; (member = strsep(&field[3], ","));) {
			if (strcmp(member, name) != 0)
				continue;
			if (st->ngroups == INIT_GROUPS)
				return fail_plain("%s is in more than %d groups", name, INIT_GROUPS);
			st->groups[st->ngroups++] = gid;
		}
	}
	return 0;
}

int init_find_user(const char *who, struct init_state *st)
{
	struct lines l = { .fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC) };
	AUTO_FD int fd = l.fd;
	char *line, *field[FIELDS];

	st->set_uid = st->set_groups = true;
	while (fd >= 0 && (line = init_next_line(&l))) {
		if (init_split(line, field) < 4 || !init_is_entry(who, field[0], field[2]))
			continue;
		if (num_id(field[2], &st->uid) < 0 || num_id(field[3], &st->gid) < 0)
			return fail_plain("/etc/passwd has no valid ids for %s", who);
		st->set_gid = true;
		return init_groups_of(field[0], st);
	}
	if (num_id(who, &st->uid) == 0)
		return 0;
	return fail_plain("no user %s in /etc/passwd; a number from 0 to 4294967294 would do", who);
}

int init_find_group(const char *who, struct init_state *st)
{
	struct lines l = { .fd = open("/etc/group", O_RDONLY | O_CLOEXEC) };
	AUTO_FD int fd = l.fd;
	char *line, *field[FIELDS];

	st->set_gid = st->set_groups = true;
	if (num_id(who, &st->gid) == 0)
		return 0;
	while (fd >= 0 && (line = init_next_line(&l)))
		if (init_split(line, field) >= 3 && strcmp(who, field[0]) == 0 &&
		    num_id(field[2], &st->gid) == 0)
			return 0;
	return fail_plain("no group %s in /etc/group; a number from 0 to 4294967294 would do", who);
}
