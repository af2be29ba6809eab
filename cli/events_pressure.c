/* cli/events_pressure.c - word when the processes of a container wait too long for the
 * processor, for memory or for disks. Documentation/accounting/psi.rst.
 *
 * The process that the user started runs this. A trigger is written to a file of the
 * container's cgroup and lives as long as that descriptor; poll(2) says when it fires. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/cg.h"
#include "cli/events.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "runtime.h"

static const char *const resources[PRESSURES] = { "cpu", "memory", "io" };

/* Kernel: what a window may be. */
enum { WINDOW_MIN_US = 500000, WINDOW_MAX_US = 10000000, WINDOW_UNPRIVILEGED_US = 2000000 };

int pressure_parse(struct pressure *p, const char *value)
{
	const char *equal = strchr(value, '='), *slash = equal ? strchr(equal, '/') : NULL;
	uint64_t stall, window;
	char part[32];
	int of;

	if (!slash || (size_t)(slash - equal) > sizeof(part))
		return fail_plain("\"%.64s\": RESOURCE=STALL/WINDOW is wanted, like cpu=100ms/1s",
				  value);
	for (of = 0; of < PRESSURES; of++)
		if (strlen(resources[of]) == (size_t)(equal - value) &&
		    strncmp(resources[of], value, (size_t)(equal - value)) == 0)
			break;
	if (of == PRESSURES)
		return fail_plain("\"%.*s\" is none of cpu, memory, io", (int)(equal - value),
				  value);
	memcpy(part, equal + 1, (size_t)(slash - equal - 1));
	part[slash - equal - 1] = '\0';
	if (num_duration(part, &stall) < 0 || num_duration(slash + 1, &window) < 0)
		return fail_plain("\"%.64s\": times are wanted, like 100ms/1s", equal + 1);
	if (window / 1000 < WINDOW_MIN_US || window / 1000 > WINDOW_MAX_US)
		return fail_plain("\"%.64s\": the window may be from 500ms to 10s", equal + 1);
	if (stall / 1000 == 0 || stall > window)
		return fail_plain("\"%.64s\": the stall may be from 1us to the whole window",
				  equal + 1);
	p->want[of].stall_us = stall / 1000;
	p->want[of].window_us = window / 1000;
	return 0;
}

bool pressure_asked(const struct pressure *p)
{
	for (int of = 0; of < PRESSURES; of++)
		if (p->want[of].window_us)
			return true;
	return false;
}

static struct pressure_trigger *find(struct pressure *p, const struct cg *c, enum pressure_of of)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->trigger[i].of == of && strcmp(p->trigger[i].name, c->name) == 0 &&
		    strcmp(p->trigger[i].id, c->id) == 0)
			return &p->trigger[i];
	return NULL;
}

/* 0: *OUT is set, or -1 and why has been said; -1 with fail(): nobody can have that. */
static int set_trigger(const struct pressure *p, const struct cg *c, enum pressure_of of, int *out)
{
	char file[32], text[64];
	const uint64_t window = p->want[of].window_us;

	snprintf(file, sizeof(file), "%s.pressure", resources[of]);
	snprintf(text, sizeof(text), "some %llu %llu", (unsigned long long)p->want[of].stall_us,
		 (unsigned long long)window);
	AUTO_FD int fd = cg_open_file(c->fd, file, O_RDWR | O_NONBLOCK);
	/* The '\0' as well: the kernel wants it. */
	if (fd >= 0 && write(fd, text, strlen(text) + 1) >= 0) {
		*out = fd_take(&fd);
		return 0;
	}
	if (fd >= 0 && errno == EINVAL && window % WINDOW_UNPRIVILEGED_US) {
		fail("write a trigger to %s of %s", file, c->name);
		err_hint("without CAP_SYS_RESOURCE windows are whole multiples of 2 seconds: "
			 "--pressure %s=200ms/2s",
			 resources[of]);
		return -1;
	}
	if (errno == EOPNOTSUPP)
		return fail("write a trigger to %s of %s", file, c->name);
	note("events: no pressure of %s: %s: %s", c->name, file, strerror(errno));
	*out = -1;
	return 0;
}

static int add(struct pressure *p, const struct cg *c, enum pressure_of of)
{
	struct pressure_trigger *t;
	int fd = -1;

	if (p->n == PRESSURE_TRIGGERS) {
		if (!p->full)
			note("events: more than %d triggers are not watched", PRESSURE_TRIGGERS);
		p->full = true;
		return 0;
	}
	if (set_trigger(p, c, of, &fd) < 0)
		return -1;
	t = &p->trigger[p->n++];
	*t = (struct pressure_trigger){ .of = of, .fd = fd, .seen = true };
	strcpy(t->name, c->name);
	strcpy(t->id, c->id);
	return 0;
}

static int scan_record(void *ctx, const char *name, yyjson_val *record)
{
	struct pressure *p = ctx;
	struct cg c;
	int got = cg_open_record(name, record, &c), ret = 0;

	/* Without a cgroup it has no pressure of its own; one that has just gone is dead. */
	err_clear();
	for (int of = 0; of < PRESSURES && got > 0 && !ret; of++) {
		struct pressure_trigger *t = find(p, &c, (enum pressure_of)of);

		if (t)
			t->seen = true;
		else if (p->want[of].window_us)
			ret = add(p, &c, (enum pressure_of)of);
	}
	cg_close(&c);
	return ret;
}

static void drop(struct pressure *p, size_t i)
{
	fd_close(&p->trigger[i].fd);
	p->trigger[i] = p->trigger[--p->n];
}

int pressure_scan(struct pressure *p)
{
	if (!pressure_asked(p))
		return 0;
	if (!p->trigger && access("/proc/pressure", F_OK) < 0)
		return fail_plain("this kernel has no figures of pressure: it is built without "
				  "CONFIG_PSI, or was started without psi=1");
	if (!p->trigger)
		p->trigger = calloc(PRESSURE_TRIGGERS, sizeof(*p->trigger));
	if (!p->trigger)
		return fail("watch pressure");
	for (size_t i = 0; i < p->n; i++)
		p->trigger[i].seen = false;
	if (record_each(scan_record, p) < 0)
		return -1;
	for (size_t i = p->n; i-- > 0;)
		if (!p->trigger[i].seen)
			drop(p, i);
	return 0;
}

void pressure_poll(const struct pressure *p, struct pollfd *fds)
{
	for (size_t i = 0; i < p->n; i++)
		fds[i] = (struct pollfd){ .fd = p->trigger[i].fd, .events = POLLPRI };
}

/* The figure behind "some avg10=", as the kernel has written it. */
static bool read_some10(int fd, char out[16])
{
	static const char begin[] = "some avg10=";
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (strncmp(text, begin, strlen(begin)) != 0)
		return false;
	const char *at = text + strlen(begin);
	size_t len = strspn(at, "0123456789.");
	if (len == 0 || len > 15 || at[0] == '.' || at[len - 1] == '.')
		return false;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

static void say_fired(const struct pressure_trigger *t,
		      void (*say)(void *ctx, const char *line, size_t n), void *ctx)
{
	char line[JOURNAL_LINE_MAX + 1], some10[16];
	struct journal_pair pairs[2] = { JOURNAL_TEXT("resource", resources[t->of]) };
	size_t n = 1;

	if (read_some10(t->fd, some10))
		pairs[n++] = (struct journal_pair){ .key = "some10", .raw = some10 };
	n = journal_line(line, journal_now(), "pressure", t->name, t->id, pairs, n);
	say(ctx, line, n - 1);
}

void pressure_fired(struct pressure *p, const struct pollfd *fds,
		    void (*say)(void *ctx, const char *line, size_t n), void *ctx)
{
	for (size_t i = p->n; i-- > 0;) {
		/* Kernel: POLLERR beside POLLPRI says that the cgroup is gone. */
		if (fds[i].revents & (POLLERR | POLLNVAL))
			fd_close(&p->trigger[i].fd);
		else if (fds[i].revents & POLLPRI)
			say_fired(&p->trigger[i], say, ctx);
	}
}

void pressure_close(struct pressure *p)
{
	while (p->n)
		drop(p, p->n - 1);
	free(p->trigger);
	p->trigger = NULL;
}
