/* tests/unit/measured.c - cli/measured.c and cli/top_read.c: texts of /proc, sizes, and
 * what others wrote made harmless. */
#include <limits.h>

#include "cli/measured.h"
#include "cli/top.h"
#include "tests/unit/tap.h"

static const char heads[] =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
	"fifo colls carrier compressed\n";

static void net(const char *lines, int64_t *received, int64_t *sent)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", heads, lines);
	measured_net(text, received, sent);
}

static void test_net(void)
{
	int64_t in, out;

	net("    lo:   111    1 0 0 0 0 0 0      111   1 0 0 0 0 0 0\n"
	    "  eth0:  1000    2 0 0 0 0 0 0       20   2 0 0 0 0 0 0\n"
	    "  eth1:     3    2 0 0 0 0 0 0        4   2 0 0 0 0 0 0\n",
	    &in, &out);
	is_int(in, 1003, "bytes received by all but lo");
	is_int(out, 24, "bytes sent");
	net("    lo:   111    1 0 0 0 0 0 0      111   1 0 0 0 0 0 0\n", &in, &out);
	ok(in == 0 && out == 0, "with lo alone there are none");
	net("  eth0:1000000000000 2 0 0 0 0 0 0 2000000000000 2 0 0 0 0 0 0\n", &in, &out);
	ok(in == 1000000000000 && out == 2000000000000, "no blank in front of a large number");
	net("  lo0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n", &in, &out);
	ok(in == 1 && out == 2, "lo0 is not lo");
	net("  a: 9223372036854775807 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n"
	    "  b: 9223372036854775807 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n",
	    &in, &out);
	ok(in == INT64_MAX && out == 2, "a sum that does not fit stays the largest");
	net("", &in, &out);
	ok(in == -1 && out == -1, "no interface at all is not known");
	net("  eth0: 1 2 3\n  eth1: x\n:\n", &in, &out);
	ok(in == -1 && out == -1, "lines that were cut off");
	measured_net("", &in, &out);
	ok(in == -1 && out == -1, "an empty text");
}

static void test_sizes(void)
{
	char buf[24];

	is_str(measured_size(buf, -1), "--", "not known");
	is_str(measured_size(buf, 0), "0B", "nothing");
	is_str(measured_size(buf, 1023), "1023B", "bytes");
	is_str(measured_size(buf, 1024), "1KiB", "a KiB");
	is_str(measured_size(buf, 1536 * 1024), "1.5MiB", "one and a half MiB");
	is_str(measured_size(buf, 64ll << 20), "64MiB", "64 MiB");
	is_str(measured_size(buf, (1ll << 30) - 1), "1024MiB", "just below a GiB");
	is_str(measured_size(buf, INT64_MAX), "8EiB", "the largest");
	is_str(measured_traffic(buf, 999), "999B", "traffic has powers of 1000");
	is_str(measured_traffic(buf, 1234567), "1.235MB", "as docker has it");
}

static const char *plain(const char *text)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "%s", text);
	measured_plain(buf);
	return buf;
}

static void test_plain(void)
{
	is_str(plain("nginx: worker"), "nginx: worker", "words stay");
	is_str(plain("\033[31mred\a\r\n\t\x7f"), "?[31mred?????", "control characters do not");
	is_str(plain("Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x8b"),
	       "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x8b", "UTF-8 stays");
	is_str(plain("\xc2\x9b[31m"), "?[31m", "a control character in UTF-8 does not");
	is_str(plain("\x9b[31m"), "?[31m", "nor one in eight bits");
	is_str(plain("a\xe2\x80\xae"
		     "b"),
	       "a?b", "nor what turns the line around");
	is_str(plain("\xc0\xaf\xe0\x80\xaf"), "?????", "characters written too long");
	is_str(plain("\xed\xa0\x80"), "???", "half of a pair");
	is_str(plain("\xf4\x90\x80\x80\xff"), "?????", "beyond the last one");
	is_str(plain("cut \xe2\x82"), "cut ??", "cut off in the middle");
	is_str(plain(""), "", "nothing");
}

static void test_stat(void)
{
	struct top_stat s;
	const char rest[] = "S 7 42 42 0 -1 4194560 27 0 0 0 150 50 0 0 20 -5 1 0 3280307 184320 9\n";
	char text[512];

	snprintf(text, sizeof(text), "42 (bash) %s", rest);
	ok(top_stat(text, &s) == 0 && s.parent == 7 && s.ticks == 200 && s.start == 3280307,
	   "a process");
	is_str(s.comm, "bash", "its name");
	snprintf(text, sizeof(text), "42 (a) S 1 (x) ) %s", rest);
	ok(top_stat(text, &s) == 0 && s.parent == 7, "a name that pretends to be more");
	is_str(s.comm, "a) S 1 (x) ", "is a name");
	snprintf(text, sizeof(text), "42 () %s", rest);
	ok(top_stat(text, &s) == 0 && !*s.comm, "no name");
	ok(top_stat("", &s) < 0 && top_stat("42", &s) < 0 && top_stat(")(", &s) < 0 &&
		   top_stat("42 (x)", &s) < 0 && top_stat("42 (x) S 1 2 3", &s) < 0 &&
		   top_stat("42 (x) S a b c", &s) < 0,
	   "texts that were cut off, and rubbish");
	snprintf(text, sizeof(text), "42 (%0300d) %s", 7, rest);
	ok(top_stat(text, &s) == 0 && strlen(s.comm) < sizeof(s.comm), "a name that is too long");
}

static void test_status(void)
{
	const char text[] =
		"Name:\tx\nUid:\t1000\t33\t0\t5\nGroups:\t\nNSpid:\t812\t7\t1\nVmRSS:\t   8 kB\n";

	is_int(top_status(text, "Uid:", 0), 1000, "the first number");
	is_int(top_status(text, "Uid:", 1), 33, "the second one");
	is_int(top_status(text, "Uid:", 4), -1, "a fifth of four");
	is_int(top_status(text, "NSpid:", 2), 1, "the last one");
	is_int(top_status(text, "NSpid:", 3), -1, "numbers of the next line do not count");
	is_int(top_status(text, "Groups:", 0), -1, "no number");
	is_int(top_status(text, "VmRSS:", 0), 8, "blanks in front");
	is_int(top_status(text, "Name:", 0), -1, "a word");
	is_int(top_status(text, "VmSwap:", 0), -1, "a line that is not there");
	is_int(top_status("", "Uid:", 0), -1, "an empty text");
}

static void test_inside(void)
{
	const char map[] = "         0       1000          1\n         1     100000      65536\n";

	is_int(top_inside(map, 1000), 0, "the caller is root inside");
	is_int(top_inside(map, 100000), 1, "the first subordinate one");
	is_int(top_inside(map, 165535), 65536, "the last one");
	is_int(top_inside(map, 165536), -1, "one more");
	is_int(top_inside(map, 0), -1, "root is nobody");
	is_int(top_inside("0 0 4294967295\n", 4294967294u), 4294967294ll, "a map of all ids");
	is_int(top_inside("", 0), -1, "no map");
	is_int(top_inside("0 0\n5", 0), -1, "half a row");
	is_int(top_inside("0 0\n7 1 1\n", 1), 7, "which does not take from the next one");
}

int main(void)
{
	test_net();
	test_sizes();
	test_plain();
	test_stat();
	test_status();
	test_inside();
	return done();
}
