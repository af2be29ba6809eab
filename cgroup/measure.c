/* cgroup/measure.c - what a container uses: the figures that the kernel keeps for its
 * control group. Runs in commands that show them; only reads.
 *
 * Which files there are depends on the kernel's age and on the controllers that are on, so
 * each is read for itself, and one that is not there leaves its figures at -1. All are read
 * one after another: a sample is no moment but the millisecond that this takes. The clock
 * is read beside cpu.stat, since a rate is made of these two. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/measure.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fd.h"

/* memory.stat of Linux 6.18 has 2 KiB; io.stat has some 100 bytes for each disk. */
enum { TEXT_MAX = 32 << 10 };

/* ---- text ---- */

/* The digits at *P, at most INT64_MAX; -1 when there are none. */
static int64_t take_digits(const char **p)
{
	int64_t n = 0;

	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		int64_t digit = **p - '0';

		n = n > (INT64_MAX - digit) / 10 ? INT64_MAX : n * 10 + digit;
	}
	return n;
}

static bool ends_word(char c)
{
	return c == '\0' || c == '\n' || c == ' ';
}

/* The whole word at TEXT. */
static int64_t word_number(const char *text)
{
	if (strncmp(text, "max", 3) == 0 && ends_word(text[3]))
		return INT64_MAX;
	int64_t n = take_digits(&text);
	return ends_word(*text) ? n : -1;
}

static const char *next_line(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* The next word of this line; NULL: there is none. */
static const char *next_word(const char *p)
{
	p += strcspn(p, " \n");
	p += strspn(p, " ");
	return *p && *p != '\n' ? p : NULL;
}

int64_t measure_number(const char *text)
{
	int64_t n = word_number(text);

	return *next_line(text) || next_word(text) ? -1 : n;
}

int64_t measure_flat(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; *p; p = next_line(p))
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return word_number(p + n + 1);
	return -1;
}

static int64_t sum(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a > b ? a : b;
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* "8:0" */
static bool is_device(const char *p)
{
	return take_digits(&p) >= 0 && *p++ == ':' && take_digits(&p) >= 0 && ends_word(*p);
}

/* The number behind KEY ("rbytes=") in this line. */
static int64_t word_of_line(const char *line, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = next_word(line); p; p = next_word(p))
		if (strncmp(p, key, n) == 0)
			return word_number(p + n);
	return -1;
}

void measure_io(const char *text, struct cgroup_sample *out)
{
	int64_t none = *text ? -1 : 0;

	out->io_read = out->io_written = out->io_reads = out->io_writes = none;
	for (const char *p = text; *p; p = next_line(p)) {
		if (!is_device(p))
			continue;
		out->io_read = sum(out->io_read, word_of_line(p, "rbytes="));
		out->io_written = sum(out->io_written, word_of_line(p, "wbytes="));
		out->io_reads = sum(out->io_reads, word_of_line(p, "rios="));
		out->io_writes = sum(out->io_writes, word_of_line(p, "wios="));
	}
}

/* "avg10=12.34" of this line; 0 when it does not say. */
static double percent_of_line(const char *line)
{
	for (const char *p = next_word(line); p; p = next_word(p)) {
		if (strncmp(p, "avg10=", 6) != 0)
			continue;
		p += 6;
		int64_t whole = take_digits(&p);
		/* The kernel writes two digits behind the point. */
		if (whole < 0 || whole > 100 || p[0] != '.' || p[1] < '0' || p[1] > '9' ||
		    p[2] < '0' || p[2] > '9')
			return 0;
		return (double)(whole * 100 + (p[1] - '0') * 10 + (p[2] - '0')) / 100;
	}
	return 0;
}

void measure_pressure(const char *text, struct cgroup_pressure *out)
{
	*out = (struct cgroup_pressure){ .some_us = -1, .full_us = -1 };
	for (const char *p = text; *p; p = next_line(p)) {
		if (strncmp(p, "some ", 5) == 0) {
			out->some10 = percent_of_line(p);
			out->some_us = word_of_line(p, "total=");
		} else if (strncmp(p, "full ", 5) == 0) {
			out->full10 = percent_of_line(p);
			out->full_us = word_of_line(p, "total=");
		}
	}
}

/* ---- files ---- */

#define FIELD(field) offsetof(struct cgroup_sample, field)

static const struct {
	const char *file;
	size_t field;
} numbers[] = {
	{ "memory.current", FIELD(memory) },   { "memory.peak", FIELD(memory_peak) },
	{ "memory.max", FIELD(memory_limit) }, { "memory.swap.current", FIELD(swap) },
	{ "pids.current", FIELD(pids) },       { "pids.max", FIELD(pids_limit) },
};

/* Rows of one file stand together: it is read once. */
static const struct {
	const char *file, *key;
	size_t field;
} keyed[] = {
	{ "cpu.stat", "usage_usec", FIELD(cpu_us) },
	{ "cpu.stat", "user_usec", FIELD(cpu_user_us) },
	{ "cpu.stat", "system_usec", FIELD(cpu_system_us) },
	{ "cpu.stat", "throttled_usec", FIELD(throttled_us) },
	{ "cpu.stat", "nr_throttled", FIELD(nr_throttled) },
	{ "memory.stat", "inactive_file", FIELD(memory_cache) },
	{ "memory.events", "oom", FIELD(events.oom) },
	{ "memory.events", "oom_kill", FIELD(events.oom_kill) },
	{ "memory.events", "max", FIELD(events.max) },
};

static const struct {
	const char *file;
	size_t field;
} pressures[] = {
	{ "cpu.pressure", FIELD(cpu_pressure) },
	{ "memory.pressure", FIELD(memory_pressure) },
	{ "io.pressure", FIELD(io_pressure) },
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static int64_t *number_at(struct cgroup_sample *s, size_t field)
{
	return (int64_t *)(void *)((char *)s + field);
}

/* NULL: not there, or nothing that this program could understand. */
static const char *read_text(int dirfd, const char *file, char buf[TEXT_MAX + 1])
{
	return fd_read_file(dirfd, file, buf, TEXT_MAX) < 0 ? NULL : buf;
}

static void read_keyed(int dirfd, char *buf, struct cgroup_sample *out)
{
	const char *file = "", *text = NULL;

	for (size_t i = 0; i < LENGTH(keyed); i++) {
		if (strcmp(keyed[i].file, file) != 0) {
			file = keyed[i].file;
			text = read_text(dirfd, file, buf);
		}
		*number_at(out, keyed[i].field) = text ? measure_flat(text, keyed[i].key) : -1;
	}
}

static void read_rest(int dirfd, char *buf, struct cgroup_sample *out)
{
	const char *text;

	for (size_t i = 0; i < LENGTH(numbers); i++) {
		text = read_text(dirfd, numbers[i].file, buf);
		*number_at(out, numbers[i].field) = text ? measure_number(text) : -1;
	}
	for (size_t i = 0; i < LENGTH(pressures); i++) {
		/* Kernel: where PSI is switched off (psi=0, cgroup.pressure) a file that is
		 * there cannot be read, EOPNOTSUPP. */
		text = read_text(dirfd, pressures[i].file, buf);
		measure_pressure(text ? text : "", (void *)((char *)out + pressures[i].field));
	}
	text = read_text(dirfd, "io.stat", buf);
	if (text)
		measure_io(text, out);
	else
		out->io_read = out->io_written = out->io_reads = out->io_writes = -1;
	text = read_text(dirfd, "cgroup.events", buf);
	out->events.populated = text ? (int)measure_flat(text, "populated") : -1;
	out->events.frozen = text ? (int)measure_flat(text, "frozen") : -1;
}

int cgroup_measure(int dirfd, struct cgroup_sample *out)
{
	char buf[TEXT_MAX + 1];

	/* cpu.stat comes first. */
	out->at_ns = clock_ns();
	read_keyed(dirfd, buf, out);
	read_rest(dirfd, buf, out);
	/* Every group has this file. A group that has gone has none, and it may have gone
	 * while we were reading: so this is asked last. */
	if (faccessat(dirfd, "cgroup.procs", F_OK, 0) < 0)
		return fail("measure the control group");
	return 0;
}

double cgroup_cpu_percent(const struct cgroup_sample *before, const struct cgroup_sample *now)
{
	int64_t ns = now->at_ns - before->at_ns, us = now->cpu_us - before->cpu_us;

	if (before->cpu_us < 0 || now->cpu_us < 0 || ns <= 0)
		return -1;
	/* It never runs backwards; another container of the same name may. */
	return us < 0 ? 0 : (double)us * 1000 * 100 / (double)ns;
}
