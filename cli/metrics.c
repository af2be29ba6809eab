/* cli/metrics.c - `cinit metrics`: what running containers use, as OpenMetrics text.
 *
 * The process that the user started runs this. All containers are measured once, then
 * printed family by family as the format wants it. A file is written under another name
 * and renamed: a collector that reads at this moment finds the old one, whole. What the
 * kernel does not say about a container has no line.
 *
 * https://prometheus.io/docs/specs/om/open_metrics_spec/ */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/measured.h"
#include "lib/err.h"
#include "lib/fd.h"

struct metrics_args {
	const char *output;
};

const struct opt cli_metrics_opts[] = {
	{ .name = "output",
	  .letter = 'o',
	  .kind = OPT_STR,
	  .arg = "FILE",
	  .complete = "file",
	  .help = "write FILE, for a node exporter's textfile collector",
	  .offset = offsetof(struct metrics_args, output) },
	{ 0 },
};

enum scale { WHOLE, MICRO }; /* MICRO: the field is in us, the sample in seconds */

struct family {
	const char *name, *unit, *help; /* unit NULL: it has none */
	bool counter;
	enum scale scale;
	size_t field; /* of struct measured */
};

#define USE(field) (offsetof(struct measured, use) + offsetof(struct cgroup_sample, field))

/* The names end with their units, and samples of counters with _total besides. */
static const struct family families[] = {
	{ "cpu_seconds", "seconds", "Processor time used.", true, MICRO, USE(cpu_us) },
	{ "cpu_user_seconds", "seconds", "Processor time used outside of the kernel.", true, MICRO,
	  USE(cpu_user_us) },
	{ "cpu_system_seconds", "seconds", "Processor time used inside of the kernel.", true, MICRO,
	  USE(cpu_system_us) },
	{ "cpu_throttled_seconds", "seconds", "Time for which the processor limit stopped it.",
	  true, MICRO, USE(throttled_us) },
	{ "cpu_throttled_periods", NULL, "Periods in which the processor limit stopped it.", true,
	  WHOLE, USE(nr_throttled) },
	{ "memory_bytes", "bytes", "Memory in use, the page cache included.", false, WHOLE,
	  USE(memory) },
	{ "memory_inactive_file_bytes", "bytes", "Page cache that can be given back at once.",
	  false, WHOLE, USE(memory_cache) },
	{ "memory_peak_bytes", "bytes", "The most memory that was ever in use.", false, WHOLE,
	  USE(memory_peak) },
	{ "memory_limit_bytes", "bytes", "Memory limit, if there is one.", false, WHOLE,
	  USE(memory_limit) },
	{ "swap_bytes", "bytes", "Swap space in use.", false, WHOLE, USE(swap) },
	{ "oom_events", NULL, "How often the memory limit could not be held.", true, WHOLE,
	  USE(events.oom) },
	{ "oom_kills", NULL, "Processes killed for want of memory.", true, WHOLE,
	  USE(events.oom_kill) },
	{ "pids", NULL, "Processes and threads.", false, WHOLE, USE(pids) },
	{ "pids_limit", NULL, "Limit of processes and threads, if there is one.", false, WHOLE,
	  USE(pids_limit) },
	{ "io_read_bytes", "bytes", "Bytes read from block devices.", true, WHOLE, USE(io_read) },
	{ "io_written_bytes", "bytes", "Bytes written to block devices.", true, WHOLE,
	  USE(io_written) },
	{ "io_reads", NULL, "Reads from block devices.", true, WHOLE, USE(io_reads) },
	{ "io_writes", NULL, "Writes to block devices.", true, WHOLE, USE(io_writes) },
	{ "network_received_bytes", "bytes", "Bytes received by all interfaces but lo.", true,
	  WHOLE, offsetof(struct measured, net_received) },
	{ "network_sent_bytes", "bytes", "Bytes sent by all interfaces but lo.", true, WHOLE,
	  offsetof(struct measured, net_sent) },
};

static const struct {
	const char *resource;
	size_t field;
} resources[] = {
	{ "cpu", USE(cpu_pressure) },
	{ "memory", USE(memory_pressure) },
	{ "io", USE(io_pressure) },
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* ---- text ---- */

/* A label's value: three characters are written in another way. */
static void put_label(FILE *out, const char *value)
{
	for (; *value; value++)
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
}

static void put_head(FILE *out, const char *name, const char *unit, bool counter, const char *help)
{
	fprintf(out, "# TYPE cinit_container_%s %s\n", name, counter ? "counter" : "gauge");
	if (unit)
		fprintf(out, "# UNIT cinit_container_%s %s\n", name, unit);
	fprintf(out, "# HELP cinit_container_%s %s\n", name, help);
}

/* MORE: labels behind those of the container, with a comma in front. */
static void put_sample(FILE *out, const char *name, bool counter, const struct measured *m,
		       const char *more, enum scale scale, int64_t value)
{
	/* INT64_MAX: no limit. */
	if (value < 0 || value == INT64_MAX)
		return;
	fprintf(out, "cinit_container_%s%s{name=\"", name, counter ? "_total" : "");
	put_label(out, m->name);
	fputs("\",id=\"", out);
	put_label(out, m->id);
	fprintf(out, "\"%s} ", more);
	if (scale == MICRO)
		fprintf(out, "%lld.%06lld\n", (long long)(value / 1000000),
			(long long)(value % 1000000));
	else
		fprintf(out, "%lld\n", (long long)value);
}

static int64_t field_of(const struct measured *m, size_t field)
{
	return *(const int64_t *)(const void *)((const char *)m + field);
}

static void put_pressures(FILE *out, const struct measured *row, int n)
{
	static const char name[] = "pressure_seconds";
	char more[64];

	put_head(out, name, "seconds", true,
		 "Time for which some or all processes waited for a resource.");
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < LENGTH(resources); k++) {
			const struct cgroup_pressure *p = (const void *)((const char *)&row[i] +
									 resources[k].field);

			for (int full = 0; full < 2; full++) {
				snprintf(more, sizeof(more), ",resource=\"%s\",kind=\"%s\"",
					 resources[k].resource, full ? "full" : "some");
				put_sample(out, name, true, &row[i], more, MICRO,
					   full ? p->full_us : p->some_us);
			}
		}
}

static void put_all(FILE *out, const struct measured *row, int n)
{
	fprintf(out,
		"# TYPE cinit_containers gauge\n"
		"# HELP cinit_containers Running containers.\n"
		"cinit_containers %d\n",
		n);
	for (const struct family *f = families; f < families + LENGTH(families); f++) {
		put_head(out, f->name, f->unit, f->counter, f->help);
		for (int i = 0; i < n; i++)
			put_sample(out, f->name, f->counter, &row[i], "", f->scale,
				   field_of(&row[i], f->field));
	}
	put_pressures(out, row, n);
	fputs("# EOF\n", out);
}

/* ---- a file ---- */

static int write_to(int fd, const char *name, const struct measured *row, int n)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
	mode_t mask = umask(0);

	umask(mask);
	if (!out) {
		fd_close(&copy);
		return fail("write %s", name);
	}
	put_all(out, row, n);
	bool bad = fflush(out) != 0 || ferror(out);
	if (fclose(out) != 0 || bad)
		return fail("write %s", name);
	/* The collector is another user. */
	if (fchmod(fd, 0644 & ~mask) < 0)
		return fail("change the mode of %s", name);
	return 0;
}

/* The name for the time of writing does not end in .prom: collectors skip it. */
static int replace(struct pool *pool, const char *file, const struct measured *row, int n)
{
	char *tmp = pool_printf(pool, "%s.XXXXXX", file);
	AUTO_FD int fd = mkostemp(tmp, O_CLOEXEC);

	if (fd < 0)
		return fail("make a file beside %s", file);
	if (write_to(fd, tmp, row, n) == 0) {
		if (rename(tmp, file) == 0)
			return 0;
		fail("replace %s", file);
	}
	unlink(tmp);
	return -1;
}

int cli_metrics(int argc, char **argv)
{
	struct metrics_args a = { 0 };
	struct pool pool = POOL_INIT;
	struct measured *row;
	int first, code, n;

	if (cli_parse("metrics", &a, argc, argv, &first, &code) < 0)
		return code;
	n = measured_all(&pool, NULL, 0, false, &row);
	if (n >= 0 && !a.output)
		put_all(stdout, row, n);
	else if (n >= 0 && replace(&pool, a.output, row, n) < 0)
		n = -1;
	pool_release(&pool);
	if (n < 0) {
		fail_in("metrics");
		return cli_fail();
	}
	return 0;
}
