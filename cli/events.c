/* cli/events.c - `cinit events`: what happens to containers, as it happens.
 *
 * The process that the user started runs this, until it is told to stop. It waits for the
 * run directory to change (inotify(7)), for triggers of pressure, for a signal, and for
 * --until. Nothing is asked of any container. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/cli.h"
#include "cli/events.h"
#include "lib/dirs.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "runtime/box.h"

enum { FILTERS_MAX = 32 };

struct events_args {
	const char *since, *until, *format;
	/* Of those of one kind any will do, of each kind one must. */
	const char *container[FILTERS_MAX], *type[FILTERS_MAX];
	size_t ncontainers, ntypes;
	struct pressure pressure;
};

static int read_filter(void *ctx, const char *value)
{
	struct events_args *a = ctx;
	const char *equal = strchr(value, '=');
	const char **to = NULL;
	size_t *n = NULL;

	if (strncmp(value, "container=", 10) == 0) {
		to = a->container;
		n = &a->ncontainers;
	} else if (strncmp(value, "type=", 5) == 0 || strncmp(value, "event=", 6) == 0) {
		to = a->type;
		n = &a->ntypes;
	}
	if (!to || !equal[1])
		return fail_plain("\"%.64s\": container=NAME or type=TYPE is wanted", value);
	if (*n == FILTERS_MAX)
		return fail_plain("more than %d of a kind", FILTERS_MAX);
	to[(*n)++] = equal + 1;
	return 0;
}

static int read_pressure(void *ctx, const char *value)
{
	struct events_args *a = ctx;

	return pressure_parse(&a->pressure, value);
}

const struct opt cli_events_opts[] = {
	{ .name = "since",
	  .kind = OPT_STR,
	  .arg = "TIME",
	  .help = "begin with what has been since then: a date, or 10m ago",
	  .offset = offsetof(struct events_args, since) },
	{ .name = "until",
	  .kind = OPT_STR,
	  .arg = "TIME",
	  .help = "end then",
	  .offset = offsetof(struct events_args, until) },
	{ .name = "filter",
	  .letter = 'f',
	  .kind = OPT_CALL,
	  .read = read_filter,
	  .arg = "container=NAME|type=TYPE",
	  .complete = "container=|type=start|type=die|type=oom|type=pause|type=unpause|"
		      "type=pressure",
	  .help = "only these; several of one kind add up" },
	CLI_FORMAT_ROW(struct events_args, format),
	{ .name = "pressure",
	  .kind = OPT_CALL,
	  .read = read_pressure,
	  .arg = "RESOURCE=STALL/WINDOW",
	  .complete = "cpu=|memory=|io=",
	  .help = "tell when cpu, memory or io are waited for so long in a window" },
	{ 0 },
};

/* ---- one line ---- */

struct events {
	const struct events_args *args;
	int64_t since, until; /* ns; 0 and INT64_MAX: not said */
	bool json;
	struct tail tail;
	int inotify, signals; /* owned */
};

/* Numbers are read as they are written: a time in ns has more digits than a double. */
static int64_t number(yyjson_val *v)
{
	const char *raw = yyjson_get_raw(v);
	uint64_t n;

	return raw && num_u64(raw, &n) == 0 && n <= INT64_MAX ? (int64_t)n : -1;
}

static bool is_one_of(const char *s, const char *const *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s && strcmp(s, all[i]) == 0)
			return true;
	return n == 0;
}

static bool is_wanted(const struct events *e, yyjson_val *o)
{
	const struct events_args *a = e->args;
	const char *name = yyjson_get_str(yyjson_obj_get(o, "name"));
	const char *id = yyjson_get_str(yyjson_obj_get(o, "id"));
	const int64_t at = number(yyjson_obj_get(o, "time"));

	if (at < 0 || at < e->since || at > e->until ||
	    !is_one_of(yyjson_get_str(yyjson_obj_get(o, "type")), a->type, a->ntypes))
		return false;
	if (is_one_of(name, a->container, a->ncontainers))
		return true;
	for (size_t i = 0; i < a->ncontainers; i++)
		if (id && strlen(a->container[i]) >= 4 &&
		    strncmp(id, a->container[i], strlen(a->container[i])) == 0)
			return true;
	return false;
}

/* Values are what a container's user may have chosen. */
static void put_words(const char *s)
{
	for (; *s; s++)
		putchar((unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s);
}

/* docker's form: "TIME container die ID (exit=0, name=web)". */
static void print_text(yyjson_val *o)
{
	const char *type = yyjson_get_str(yyjson_obj_get(o, "type"));
	const char *id = yyjson_get_str(yyjson_obj_get(o, "id"));
	yyjson_val *key, *value;
	char when[40];
	size_t i, max;
	int n = 0;

	printf("%s container ", when_text(when, number(yyjson_obj_get(o, "time"))));
	put_words(type ? type : "?");
	putchar(' ');
	put_words(id ? id : "-");
	yyjson_obj_foreach(o, i, max, key, value)
	{
		const char *k = yyjson_get_str(key);
		const char *v = yyjson_is_str(value) ? yyjson_get_str(value) :
				yyjson_is_raw(value) ? yyjson_get_raw(value) :
				yyjson_is_bool(value) ?
						       (yyjson_get_bool(value) ? "true" : "false") :
						       NULL;

		if (!v || strcmp(k, "time") == 0 || strcmp(k, "type") == 0 || strcmp(k, "id") == 0)
			continue;
		fputs(n++ ? ", " : " (", stdout);
		put_words(k);
		putchar('=');
		put_words(v);
	}
	puts(n ? ")" : "");
}

static void show(void *ctx, const char *line, size_t n)
{
	struct events *e = ctx;
	/* Lines that nobody of ours has written are left out. */
	yyjson_doc *doc = yyjson_read(line, n, YYJSON_READ_NUMBER_AS_RAW);
	yyjson_val *o = yyjson_doc_get_root(doc);

	if (yyjson_is_obj(o) && is_wanted(e, o)) {
		if (e->json)
			printf("%.*s\n", (int)n, line);
		else
			print_text(o);
	}
	yyjson_doc_free(doc);
}

/* ---- waiting ---- */

/* Signals that end us are read from now on, but for those that our caller ignores. */
static int open_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction now;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The run directory for the log; the records' for containers that come and go. */
static int watch(struct events *e, const char *run)
{
	char containers[300];

	snprintf(containers, sizeof(containers), "%s/containers", run);
	e->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (e->inotify < 0 ||
	    inotify_add_watch(e->inotify, run, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) <
		    0 ||
	    (pressure_asked(&e->args->pressure) &&
	     inotify_add_watch(e->inotify, containers, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0))
		return fail("watch %s", run);
	return 0;
}

/* What has changed does not matter: everything is looked at again. */
static bool drain(int fd)
{
	char buf[4096];
	bool any = false;

	while (read(fd, buf, sizeof(buf)) > 0)
		any = true;
	return any;
}

/* ms until T, rounded up. */
static int wait_until(int64_t t)
{
	const int64_t now = journal_now();

	if (t == INT64_MAX || t - now > 3600ll * 1000000000)
		return t == INT64_MAX ? -1 : 3600 * 1000;
	return t <= now ? 0 : (int)((t - now + 999999) / 1000000);
}

static int follow(struct events *e, struct pressure *pressure)
{
	struct pollfd fds[2 + PRESSURE_TRIGGERS];

	for (;;) {
		tail_read(&e->tail);
		if (fflush(stdout) != 0 || ferror(stdout) || journal_now() >= e->until)
			return 0;
		fds[0] = (struct pollfd){ .fd = e->inotify, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = e->signals, .events = POLLIN };
		pressure_poll(pressure, fds + 2);
		if (poll(fds, 2 + (nfds_t)pressure->n, wait_until(e->until)) < 0) {
			if (errno != EINTR)
				return fail("wait for events");
			continue;
		}
		pressure_fired(pressure, fds + 2, show, e);
		if (fds[1].revents) {
			tail_read(&e->tail);
			return 0;
		}
		if (fds[0].revents && drain(e->inotify) && pressure_scan(pressure) < 0)
			return -1;
	}
}

static int run(struct events *e, struct pressure *pressure)
{
	char path[256];
	AUTO_FD int containers = record_dir();

	if (containers < 0 || dirs_run(path, sizeof(path)) < 0)
		return -1;
	AUTO_FD int dir = dirs_open(path);
	if (dir < 0 || watch(e, path) < 0)
		return -1;
	e->tail.dir = dir;
	e->tail.line = show;
	e->tail.ctx = e;
	/* With an end in the past, all that has been is meant. */
	tail_open(&e->tail, e->args->since || e->until <= journal_now());
	int failed = pressure_scan(pressure);
	if (!failed)
		failed = follow(e, pressure);
	tail_close(&e->tail);
	return failed;
}

static int read_time(const char *option, const char *word, int64_t *out)
{
	if (!word || when_parse(word, journal_now(), out) == 0)
		return 0;
	return fail_plain("events: --%s: \"%.64s\": a time is wanted, like 10m (ago), "
			  "2026-11-26T16:30:00Z or 1790000000",
			  option, word);
}

int cli_events(int argc, char **argv)
{
	struct events_args a = { 0 };
	struct events e = { .args = &a, .until = INT64_MAX, .inotify = -1, .signals = -1 };
	int first, code;

	if (cli_parse("events", &a, argc, argv, &first, &code) < 0)
		return code;
	int json = cli_format_is_json("events", a.format);
	if (json < 0 || read_time("since", a.since, &e.since) < 0 ||
	    read_time("until", a.until, &e.until) < 0)
		return cli_fail();
	e.json = json;
	e.signals = open_signals();
	int failed = e.signals < 0 ? fail("events: read signals") : run(&e, &a.pressure);
	if (failed && e.signals >= 0)
		fail_in("events");
	pressure_close(&a.pressure);
	fd_close(&e.inotify);
	fd_close(&e.signals);
	return failed ? cli_fail() : 0;
}
