/* tests/unit/num.c - lib/num.c: what is a number, and what only looks like one. */
#include <signal.h>

#include "lib/num.h"
#include "tests/unit/tap.h"

static void test_whole(void)
{
	static const char *const bad[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1 ",
		"007",
		"00",
		"0x1",
		"1e3",
		"1.0",
		"1,000",
		"18446744073709551616",
		"99999999999999999999",
		"\xd9\xa1",
	};
	uint64_t n = 42;
	uint32_t u = 42;

	ok(num_u64("0", &n) == 0 && n == 0, "0");
	ok(num_u64("18446744073709551615", &n) == 0 && n == UINT64_MAX, "the largest");
	ok(num_u32("4294967295", &u) == 0 && u == UINT32_MAX, "the largest of 32 bits");
	n = u = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_u64(bad[i], &n) < 0 && n == 42, "\"%s\" is no number", bad[i]);
	ok(num_u64("1\n", &n) < 0, "a line is no number");
	ok(num_u32("4294967296", &u) < 0 && u == 42, "one more than 32 bits hold");
	ok(num_u32("18446744073709551617", &u) < 0, "2^64+1 does not wrap to 1");
}

static void test_ids(void)
{
	static const char *const bad[] = {
		"-1", "4294967295", "4294967296", "+0", "0x0", "1:2", "root", "1 ", "010", "",
	};
	uint32_t id = 7;

	ok(num_id("0", &id) == 0 && id == 0, "root is an id");
	ok(num_id("4294967294", &id) == 0 && id == 4294967294u, "the last id");
	ok(num_id("2147483648", &id) == 0 && id == 2147483648u, "ids are unsigned");
	id = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_id(bad[i], &id) < 0 && id == 7, "\"%s\" is no id", bad[i]);
}

static void test_size(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "1b", 1 },
		{ "1k", 1024 },
		{ "1K", 1024 },
		{ "1kb", 1024 },
		{ "1KiB", 1024 },
		{ "64m", 64 << 20 },
		{ "1.5g", 1536ull << 20 },
		{ "2t", 2ull << 40 },
		{ "1p", 1ull << 50 },
		{ "0.5k", 512 },
		{ "16383p", 16383ull << 50 },
	};
	static const char *const bad[] = {
		"",     "m",   "1x",  "1mm", "1 m",   "-1m",    "1.5",
		"1.5b", ".5m", "1.m", "1ib", "64mbb", "16384p", "1e6",
	};
	uint64_t n;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(num_size(good[i].text, &n) == 0 && n == good[i].bytes, "%s is %llu bytes",
		   good[i].text, (unsigned long long)good[i].bytes);
	n = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_size(bad[i], &n) < 0 && n == 42, "\"%s\" is no size", bad[i]);
}

static void test_time(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "10", 10000000000ull },
		{ "1.5s", 1500000000ull },
		{ "100ms", 100000000ull },
		{ "250us", 250000ull },
		{ "5ns", 5 },
		{ "2m", 120000000000ull },
		{ "1h", 3600000000000ull },
		{ "1d", 86400000000000ull },
		{ "0", 0 },
	};
	static const char *const bad[] = {
		"", "s", "1 s", "-1s", "1min", "1.s", "1s1", "99999999999d",
	};
	uint64_t n = 42;
	int64_t o = 42;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(num_duration(good[i].text, &n) == 0 && n == good[i].ns, "%s lasts %llu ns",
		   good[i].text, (unsigned long long)good[i].ns);
	n = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_duration(bad[i], &n) < 0 && n == 42, "\"%s\" is no duration", bad[i]);
	ok(num_offset("-7d", &o) == 0 && o == -604800000000000ll, "an offset may be negative");
	ok(num_offset("+1s", &o) == 0 && o == 1000000000, "or say that it is not");
	o = 42;
	ok(num_offset("--1s", &o) < 0 && num_offset("-", &o) < 0 && o == 42, "one sign at most");
	ok(num_offset("300000d", &o) < 0 && o == 42, "more than a clock holds");
}

static void test_modes(void)
{
	static const char *const bad[] = {
		"", "8", "0o22", "-1", "10000", "77777", "u=rwx", "000022",
	};
	uint32_t m = 42;

	ok(num_mode("755", &m) == 0 && m == 0755, "755");
	ok(num_mode("0022", &m) == 0 && m == 022, "0022");
	ok(num_mode("7777", &m) == 0 && m == 07777, "all bits");
	m = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_mode(bad[i], &m) < 0 && m == 42, "\"%s\" is no mode", bad[i]);
}

static void test_signals(void)
{
	static const struct {
		const char *text;
		int sig;
	} good[] = {
		{ "TERM", SIGTERM },    { "SIGTERM", SIGTERM }, { "term", SIGTERM },
		{ "sigkill", SIGKILL }, { "15", 15 },           { "64", 64 },
		{ "RTMIN", 34 },        { "RTMIN+3", 37 },      { "SIGRTMAX-1", 63 },
		{ "rtmax", 64 },        { "POLL", SIGIO },      { "SIGWINCH", SIGWINCH },
	};
	static const char *const bad[] = {
		"",        "0",       "65",       "-1",     "SIG",  "SIGSIGTERM", "TERM ",
		"RTMIN-1", "RTMAX+1", "RTMIN+31", "RTMIN+", "NOPE", "015",
	};
	int sig = 42;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(num_signal(good[i].text, &sig) == 0 && sig == good[i].sig, "%s is %d",
		   good[i].text, good[i].sig);
	sig = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(num_signal(bad[i], &sig) < 0 && sig == 42, "\"%s\" is no signal", bad[i]);
	for (int i = 1; i <= 64; i++)
		if (i != 32 && i != 33)
			ok(num_signal(num_signal_name(i), &sig) == 0 && sig == i,
			   "the name of %d is read back", i);
}

static void test_text(void)
{
	char buf[24];

	is_str(num_text(buf, 0), "0", "zero as text");
	is_str(num_text(buf, UINT64_MAX), "18446744073709551615", "the largest as text");
}

int main(void)
{
	test_whole();
	test_ids();
	test_size();
	test_time();
	test_modes();
	test_signals();
	test_text();
	return done();
}
