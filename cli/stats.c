/* cli/stats.c - `cinit stats`: what running containers use, once or again and again.
 *
 * The process that the user started runs this. A rate needs two samples: each round is
 * compared with the one before it, and what was not there then has no rate yet. On a
 * terminal a round is drawn over the last one, line by line and in one write, so that
 * nothing flickers; there is no other screen to come back from, and Control-C may end it
 * at any moment. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/measured.h"
#include "lib/err.h"
#include "lib/num.h"

enum { LINE_MAX_ = 400 };
static const int64_t first_ns = 500000000; /* from the first sample to the second */

struct stats_args {
	bool no_stream, no_trunc;
	const char *format;
	uint64_t interval_ns;
};

static int read_interval(void *ctx, const char *value)
{
	struct stats_args *a = ctx;
	uint64_t ns;

	if (num_duration(value, &ns) < 0 || ns < 100000000 || ns > 86400ull * 1000000000)
		return fail_plain("\"%.64s\" is no time from 100ms to 1d, like 2 or 500ms", value);
	a->interval_ns = ns;
	return 0;
}

const struct opt cli_stats_opts[] = {
	{ .name = "no-stream",
	  .kind = OPT_FLAG,
	  .help = "print once and end",
	  .offset = offsetof(struct stats_args, no_stream) },
	{ .name = "interval",
	  .kind = OPT_CALL,
	  .read = read_interval,
	  .arg = "SECONDS",
	  .help = "how long to wait before the next time: 1" },
	CLI_FORMAT_ROW(struct stats_args, format),
	/* Nothing is ever cut short. */
	{ .name = "no-trunc", .kind = OPT_FLAG, .offset = offsetof(struct stats_args, no_trunc) },
	{ .kind = OPT_LATER, .complete = "a|all" },
	{ 0 },
};

/* One look at all containers. */
struct round {
	struct pool pool;
	struct measured *row;
	int n;
};

/* ---- figures that are computed ---- */

static const struct measured *same_in(const struct round *r, const struct measured *m)
{
	for (int i = 0; i < r->n; i++)
		if (r->row[i].pid == m->pid && strcmp(r->row[i].name, m->name) == 0 &&
		    strcmp(r->row[i].id, m->id) == 0)
			return &r->row[i];
	return NULL;
}

static double cpu_percent(const struct round *before, const struct measured *m)
{
	const struct measured *old = same_in(before, m);

	return old ? cgroup_cpu_percent(&old->use, &m->use) : -1;
}

/* Without what the kernel would give back at once, as docker has it. */
static int64_t memory_used(const struct cgroup_sample *s)
{
	return s->memory > s->memory_cache && s->memory_cache > 0 ? s->memory - s->memory_cache :
								    s->memory;
}

/* Its own limit, or all that there is. */
static int64_t memory_most(const struct cgroup_sample *s)
{
	struct sysinfo info;
	int64_t all = INT64_MAX;

	if (sysinfo(&info) == 0)
		all = (int64_t)((uint64_t)info.totalram * info.mem_unit);
	return s->memory_limit > all ? all : s->memory_limit;
}

static double memory_percent(const struct cgroup_sample *s)
{
	int64_t used = memory_used(s), most = memory_most(s);

	return used < 0 || most <= 0 ? -1 : (double)used * 100 / (double)most;
}

/* ---- as a table ---- */

static char *percent(char buf[24], double value, const char *unit)
{
	if (value < 0)
		return strcpy(buf, "--");
	snprintf(buf, 24, "%.2f%s", value, unit);
	return buf;
}

static char *two(char buf[52], const char *a, const char *b)
{
	snprintf(buf, 52, "%s / %s", a, b);
	return buf;
}

static char *pressure(char buf[52], const struct cgroup_pressure *p)
{
	char some[24], full[24];

	snprintf(buf, 52, "%s/%s", percent(some, p->some_us < 0 ? -1 : p->some10, ""),
		 percent(full, p->full_us < 0 ? -1 : p->full10, ""));
	return buf;
}

static const char row_format[] = "%-20s %8s %21s %7s %9s %19s %19s %6s %13s %13s %13s";

static void heading(char line[LINE_MAX_])
{
	snprintf(line, LINE_MAX_, row_format, "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "PEAK",
		 "NET I/O", "BLOCK I/O", "PIDS", "PSI CPU", "PSI MEM", "PSI IO");
}

static void table_row(char line[LINE_MAX_], const struct round *before, const struct measured *m)
{
	const struct cgroup_sample *s = &m->use;
	char cpu[24], mem[24], peak[24], pids[24], a[24], b[24];
	char memory[52], net[52], io[52], p1[52], p2[52], p3[52];

	two(memory, measured_size(a, memory_used(s)), measured_size(b, memory_most(s)));
	two(net, measured_traffic(a, m->net_received), measured_traffic(b, m->net_sent));
	two(io, measured_traffic(a, s->io_read), measured_traffic(b, s->io_written));
	if (s->pids < 0)
		strcpy(pids, "--");
	else
		num_text(pids, (uint64_t)s->pids);
	snprintf(line, LINE_MAX_, row_format, m->name, percent(cpu, cpu_percent(before, m), "%"),
		 memory, percent(mem, memory_percent(s), "%"), measured_size(peak, s->memory_peak),
		 net, io, pids, pressure(p1, &s->cpu_pressure), pressure(p2, &s->memory_pressure),
		 pressure(p3, &s->io_pressure));
}

static void print_table(const struct round *before, const struct round *now)
{
	char line[LINE_MAX_];

	heading(line);
	puts(line);
	for (int i = 0; i < now->n; i++) {
		table_row(line, before, &now->row[i]);
		puts(line);
	}
}

/* Over what stands there: the cursor goes home, each line is cleared behind its end. */
static void draw_table(const struct round *before, const struct round *now)
{
	struct winsize size = { 0 };
	char line[LINE_MAX_];
	int shown = now->n;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	int width = size.ws_col ? size.ws_col : LINE_MAX_;
	/* The heading, and the line on which the cursor rests. */
	int room = size.ws_row > 3 ? size.ws_row - 2 : 1;
	if (size.ws_row && shown > room)
		shown = room - 1;
	heading(line);
	printf("\033[H%.*s\033[K\n", width, line);
	for (int i = 0; i < shown; i++) {
		table_row(line, before, &now->row[i]);
		printf("%.*s\033[K\n", width, line);
	}
	if (shown < now->n)
		printf("%.*s%d more\033[K\n", width > 20 ? 4 : 0, "... ", now->n - shown);
	fputs("\033[J", stdout);
}

/* ---- as JSON ---- */

static void put_int(const char *key, int64_t n)
{
	/* No limit is none, as is what nobody knows. */
	if (n < 0 || n == INT64_MAX)
		printf(",\"%s\":null", key);
	else
		printf(",\"%s\":%lld", key, (long long)n);
}

static void put_percent(const char *key, double value)
{
	if (value < 0)
		printf(",\"%s\":null", key);
	else
		printf(",\"%s\":%.2f", key, value);
}

static void put_pressure(const char *between, const char *key, const struct cgroup_pressure *p)
{
	printf("%s\"%s\":", between, key);
	if (p->some_us < 0) {
		fputs("null", stdout);
		return;
	}
	printf("{\"some10\":%.2f,\"some_us\":%lld", p->some10, (long long)p->some_us);
	put_percent("full10", p->full_us < 0 ? -1 : p->full10);
	put_int("full_us", p->full_us);
	putchar('}');
}

static void print_json(const struct round *before, const struct measured *m, double time)
{
	const struct cgroup_sample *s = &m->use;

	printf("{\"time\":%.3f,\"name\":", time);
	cli_put_json(stdout, m->name);
	fputs(",\"id\":", stdout);
	cli_put_json(stdout, m->id);
	printf(",\"pid\":%d,\"cgroup\":", (int)m->pid);
	if (m->cgroup[0])
		cli_put_json(stdout, m->cgroup);
	else
		fputs("null", stdout);
	put_percent("cpu_percent", cpu_percent(before, m));
	put_int("cpu_us", s->cpu_us);
	put_int("cpu_user_us", s->cpu_user_us);
	put_int("cpu_system_us", s->cpu_system_us);
	put_int("throttled_us", s->throttled_us);
	put_int("throttled", s->nr_throttled);
	put_int("memory", s->memory);
	put_int("memory_used", memory_used(s));
	put_int("memory_limit", s->memory_limit);
	put_percent("memory_percent", memory_percent(s));
	put_int("memory_peak", s->memory_peak);
	put_int("inactive_file", s->memory_cache);
	put_int("swap", s->swap);
	put_int("pids", s->pids);
	put_int("pids_limit", s->pids_limit);
	put_int("net_received", m->net_received);
	put_int("net_sent", m->net_sent);
	put_int("io_read", s->io_read);
	put_int("io_written", s->io_written);
	put_int("io_reads", s->io_reads);
	put_int("io_writes", s->io_writes);
	put_int("oom", s->events.oom);
	put_int("oom_kill", s->events.oom_kill);
	put_pressure(",\"pressure\":{", "cpu", &s->cpu_pressure);
	put_pressure(",", "memory", &s->memory_pressure);
	put_pressure(",", "io", &s->io_pressure);
	puts("}}");
}

static void print_all_json(const struct round *before, const struct round *now)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	for (int i = 0; i < now->n; i++)
		print_json(before, &now->row[i], (double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

/* ---- again and again ---- */

static int take(struct round *r, char **who, int nwho, bool must)
{
	pool_release(&r->pool);
	*r = (struct round){ .pool = POOL_INIT };
	r->n = measured_all(&r->pool, who, nwho, must, &r->row);
	return r->n;
}

/* NS later than *AT, which becomes that moment; at once when it is over. */
static void sleep_on(struct timespec *at, int64_t ns)
{
	ns += at->tv_nsec;
	at->tv_sec += ns / 1000000000;
	at->tv_nsec = ns % 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL) == EINTR)
		;
}

static void show(const struct round *before, const struct round *now, bool json, bool draw,
		 bool again)
{
	if (json) {
		print_all_json(before, now);
	} else if (draw) {
		draw_table(before, now);
	} else {
		if (again)
			putchar('\n');
		print_table(before, now);
	}
	fflush(stdout);
}

static int stream(const struct stats_args *a, char **who, int nwho, bool json)
{
	struct round round[2] = { 0 };
	bool draw = !json && !a->no_stream && isatty(STDOUT_FILENO), again = false;
	int64_t wait = (int64_t)a->interval_ns < first_ns ? (int64_t)a->interval_ns : first_ns;
	struct timespec at;
	int now = 0, left;

	clock_gettime(CLOCK_MONOTONIC, &at);
	left = take(&round[0], who, nwho, true);
	if (draw && left >= 0)
		fputs("\033[H\033[J", stdout);
	/* Those that were named may all end; others may still come. */
	while (left > 0 || (left == 0 && !nwho)) {
		sleep_on(&at, wait);
		wait = (int64_t)a->interval_ns;
		now = !now;
		left = take(&round[now], who, nwho, false);
		if (left < 0)
			break;
		show(&round[!now], &round[now], json, draw, again);
		again = true;
		if (a->no_stream || ferror(stdout))
			break;
	}
	pool_release(&round[0].pool);
	pool_release(&round[1].pool);
	return left < 0 ? -1 : 0;
}

static void enough(int sig)
{
	(void)sig;
	_exit(0);
}

int cli_stats(int argc, char **argv)
{
	/* A screen full of containers is one write. */
	static char buf[64 << 10];
	struct stats_args a = { .interval_ns = 1000000000 };
	int first, code, json;

	if (cli_parse("stats", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("stats", a.format);
	if (json < 0)
		return cli_fail();
	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	if (!a.no_stream)
		signal(SIGINT, enough);
	if (stream(&a, argv + first, argc - first, json) < 0) {
		fail_in("stats");
		return cli_fail();
	}
	return 0;
}
