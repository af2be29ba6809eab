/* tests/unit/events.c - the log of events: its lines, its file, its reader; and the times and
 * triggers that `cinit events` is told. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/events.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/journal.h"
#include "tests/unit/tap.h"

static char top[] = "/tmp/cinit-events.XXXXXX";
static char line[JOURNAL_LINE_MAX + 1];

static void test_line(void)
{
	const struct journal_pair exit[] = { JOURNAL_NUMBER("exit", -3),
					     JOURNAL_TEXT("why", "a\"b"),
					     { .key = "some10", .raw = "1.25" } };
	char long_text[2000];
	struct journal_pair many[12];
	size_t n;

	n = journal_line(line, 1, "start", "web", "0123456789ab", NULL, 0);
	is_str(line, "{\"time\":1,\"type\":\"start\",\"name\":\"web\",\"id\":\"0123456789ab\"}\n",
	       "a line");
	is_int(n, strlen(line), "its length");
	journal_line(line, INT64_MAX, "die", "web", "x", exit, 3);
	is_str(line,
	       "{\"time\":9223372036854775807,\"type\":\"die\",\"name\":\"web\",\"id\":\"x\","
	       "\"exit\":-3,\"why\":\"a\\\"b\",\"some10\":1.25}\n",
	       "more pairs");
	journal_line(line, 1, "a\nb\x7f\\", NULL, "\xff\xc3\xa4\xed\xa0\x80", NULL, 0);
	is_str(line,
	       "{\"time\":1,\"type\":\"a\\u000ab\\u007f\\\\\",\"name\":\"?\xc3\xa4???\","
	       "\"id\":\"?\xc3\xa4???\"}\n",
	       "control characters and bytes that are no UTF-8; no name is the id");
	memset(long_text, '\n', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (size_t i = 0; i < 12; i++)
		many[i] = JOURNAL_TEXT("k", long_text);
	many[11] = JOURNAL_NUMBER("last", 7);
	n = journal_line(line, 1, "x", "y", "z", many, 12);
	ok(n == strlen(line) && n <= JOURNAL_LINE_MAX, "never longer than it may be");
	yyjson_doc *doc = yyjson_read(line, n, 0);
	is_int(yyjson_get_int(yyjson_obj_get(yyjson_doc_get_root(doc), "last")), 7,
	       "still JSON, with what fits");
	yyjson_doc_free(doc);
}

/* ---- the file ---- */

static char heard[4096];
static int lines;

static void hear(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	lines++;
	if (strlen(heard) + n + 2 < sizeof(heard)) {
		strncat(heard, text, n);
		strcat(heard, "|");
	}
}

static const char *read_on(struct tail *t)
{
	heard[0] = '\0';
	lines = 0;
	tail_read(t);
	return heard;
}

static void append(int dir, const char *text)
{
	journal_append(dir, text, strlen(text));
}

/* As a writer that has not yet seen that it was renamed. */
static void append_to(int dir, const char *file, const char *text)
{
	fd_write_file(dir, file, O_APPEND | O_CREAT, text, strlen(text));
}

static void make_long(int dir)
{
	AUTO_FD int fd = openat(dir, JOURNAL_FILE, O_RDWR);
	static char filler[1024];

	memset(filler, 'x', sizeof(filler));
	filler[sizeof(filler) - 1] = '\n';
	lseek(fd, 0, SEEK_END);
	for (int i = 0; i < JOURNAL_FILE_MAX / (int)sizeof(filler); i++)
		if (write(fd, filler, sizeof(filler)) < 0)
			ok(false, "room for a long file");
}

static void test_file(void)
{
	AUTO_FD int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tail from_now = { .dir = dir, .line = hear }, past = { .dir = dir, .line = hear };
	struct stat st;

	tail_open(&from_now, false);
	is_str(read_on(&from_now), "", "no file yet");
	append(dir, "1\n");
	is_str(read_on(&from_now), "1|", "the first line of all");
	append(dir, "2\n");
	append(dir, "3\n");
	is_str(read_on(&from_now), "2|3|", "what came since");
	is_str(read_on(&from_now), "", "once");
	tail_close(&from_now);
	tail_open(&from_now, false);
	is_str(read_on(&from_now), "", "a new reader begins with what comes");
	tail_open(&past, true);
	is_str(read_on(&past), "1|2|3|", "or with what has been");
	append_to(dir, JOURNAL_FILE, "ha");
	is_str(read_on(&past), "", "half a line is none");
	append_to(dir, JOURNAL_FILE, "lf\n");
	is_str(read_on(&past), "half|", "until it is whole");
	is_str(read_on(&from_now), "half|", "for all readers");
	fstatat(dir, JOURNAL_FILE, &st, 0);
	is_int(st.st_mode & 0777, 0600, "it is the caller's alone");

	make_long(dir);
	read_on(&from_now);
	append(dir, "new\n");
	ok(fstatat(dir, JOURNAL_OLD, &st, 0) == 0 && st.st_size >= JOURNAL_FILE_MAX,
	   "a long file is renamed");
	ok(fstatat(dir, JOURNAL_FILE, &st, 0) == 0 && st.st_size == 4, "and a new one begun");
	is_str(read_on(&from_now), "new|", "a reader goes over to it");
	append_to(dir, JOURNAL_OLD, "late\n");
	append(dir, "newer\n");
	is_str(read_on(&from_now), "late|newer|", "and hears late writers to the old one");
	tail_close(&past);
	tail_open(&past, true);
	read_on(&past);
	is_int(lines, 4 + 1024 + 1 + 2, "a reader of the past hears both files");
	tail_close(&past);
	tail_close(&from_now);
}

static void test_trouble(void)
{
	AUTO_FD int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct rlimit little = { 4096, RLIM_INFINITY },
			    all = { RLIM_INFINITY, RLIM_INFINITY };
	struct tail t = { .dir = dir, .line = hear };
	struct stat st;

	setrlimit(RLIMIT_FSIZE, &little);
	append(dir, "limited\n");
	setrlimit(RLIMIT_FSIZE, &all);
	ok(true, "a limit on files kills nobody");
	unlinkat(dir, JOURNAL_FILE, 0);
	unlinkat(dir, JOURNAL_OLD, 0);
	symlinkat("elsewhere", dir, JOURNAL_FILE);
	append(dir, "1\n");
	ok(fstatat(dir, "elsewhere", &st, 0) < 0, "links are not followed");
	unlinkat(dir, JOURNAL_FILE, 0);
	mkfifoat(dir, JOURNAL_FILE, 0600);
	append(dir, "1\n");
	tail_open(&t, true);
	is_str(read_on(&t), "", "a pipe is neither written nor read");
	tail_close(&t);
	unlinkat(dir, JOURNAL_FILE, 0);
	for (int i = 0; i < 20; i++)
		append_to(dir, JOURNAL_FILE,
			  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
			  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
			  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
			  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
	append_to(dir, JOURNAL_FILE, "\nshort\n");
	tail_open(&t, true);
	is_str(read_on(&t), "short|", "a line that is none of ours is passed over");
	tail_close(&t);
	unlinkat(dir, JOURNAL_FILE, 0);

	/* The monitor's own error is not lost. */
	fail_plain("kept");
	errno = EXDEV;
	journal_write("start", "none", "none", NULL, 0);
	ok(errno == EXDEV, "errno stays");
	is_str(err_text(), "kept", "and the error that is remembered");
	err_clear();
}

/* ---- words ---- */

static int64_t when(const char *s)
{
	int64_t ns;

	return when_parse(s, 1000000000000000000, &ns) < 0 ? -1 : ns;
}

static void test_when(void)
{
	static const char *const bad[] = { "",
					   "x",
					   "-1",
					   "1x",
					   "1.",
					   "1.5.5",
					   "2026-13-01",
					   "2026-02-30",
					   "2026-06-31T00:00Z",
					   "2026-01-01T24:00Z",
					   "2026-01-01T00:60Z",
					   "2026-01-01T00:00:00.Z",
					   "2026-01-01T00:00:00Zx",
					   "2026-01-01T00:00:00+1:00",
					   "2026-1-1",
					   "99999999999999999999",
					   "yesterday" };
	char text[40];

	is_int(when("1790000000"), 1790000000000000000, "seconds since 1970");
	is_int(when("1790000000.25"), 1790000000250000000, "and a part of one");
	is_int(when("0"), 0, "the beginning");
	is_int(when("10m"), 1000000000000000000 - 600000000000, "a time ago");
	is_int(when("0s"), 1000000000000000000, "now");
	is_int(when("2026-11-26T04:13:14Z"), 1795666394000000000, "a date");
	is_int(when("2026-11-26T04:13:14.000000001Z"), 1795666394000000001, "to the nanosecond");
	is_int(when("2026-11-26T05:13:14+01:00"), 1795666394000000000, "in another zone");
	is_int(when("2026-11-25T22:43:14-05:30"), 1795666394000000000, "and west of it");
	is_int(when("2026-11-26T04:13Z"), 1795666380000000000, "to the minute");
	setenv("TZ", "XXX-2", 1);
	is_int(when("2026-11-26T06:13:14"), 1795666394000000000, "local time");
	is_int(when("2026-11-26"), 1795644000000000000, "a day of it");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(when(bad[i]) == -1, "\"%s\" is no time", bad[i]);
	is_str(when_text(text, 1795666394012345678), "2026-11-26T04:13:14.012345678Z", "as text");
	is_str(when_text(text, 0), "1970-01-01T00:00:00.000000000Z", "the beginning as text");
	when_text(text, INT64_MAX);
	ok(strlen(text) == 30, "the end as text: %s", text);
	when_text(text, -1);
	ok(strlen(text) < 40, "before the beginning nothing is written where it should not");
}

static void test_pressure(void)
{
	static const struct {
		const char *words, *error;
	} bad[] = {
		{ "cpu", "\"cpu\": RESOURCE=STALL/WINDOW is wanted, like cpu=100ms/1s" },
		{ "cpu=100ms", "\"cpu=100ms\": RESOURCE=STALL/WINDOW is wanted, like cpu=100ms/1s" },
		{ "gpu=1ms/1s", "\"gpu\" is none of cpu, memory, io" },
		{ "cp=1ms/1s", "\"cp\" is none of cpu, memory, io" },
		{ "cpu=x/1s", "\"x/1s\": times are wanted, like 100ms/1s" },
		{ "cpu=1ms/1s/1s", "\"1ms/1s/1s\": times are wanted, like 100ms/1s" },
		{ "cpu=1ms/499ms", "\"1ms/499ms\": the window may be from 500ms to 10s" },
		{ "cpu=1ms/11s", "\"1ms/11s\": the window may be from 500ms to 10s" },
		{ "cpu=2s/1s", "\"2s/1s\": the stall may be from 1us to the whole window" },
		{ "cpu=0/1s", "\"0/1s\": the stall may be from 1us to the whole window" },
	};
	struct pressure p = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok(pressure_parse(&p, bad[i].words) < 0, "refused: %s", bad[i].words);
		is_str(err_text(), bad[i].error, "and why");
		err_clear();
	}
	ok(!pressure_asked(&p), "nothing of that was taken");
	ok(pressure_parse(&p, "io=100ms/1s") == 0 && p.want[PRESSURE_IO].stall_us == 100000 &&
		   p.want[PRESSURE_IO].window_us == 1000000,
	   "a trigger");
	ok(pressure_parse(&p, "memory=1/10") == 0 && p.want[PRESSURE_MEMORY].stall_us == 1000000,
	   "in seconds");
	ok(pressure_asked(&p), "asked for");
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	test_line();
	test_file();
	test_trouble();
	test_when();
	test_pressure();
	rmdir(top);
	return done();
}
