/* tests/unit/cgroup_measure.c - cgroup/measure.c: texts of the kernel's files, and files
 * that look like them in a directory that is no control group. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/measure.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/cinit-unit-measure.XXXXXX";
static int fd;

static void put(const char *file, const char *text)
{
	if (fd_write_file(fd, file, O_CREAT | O_TRUNC, text, strlen(text)) < 0)
		fail("write %s", file);
}

static void test_numbers(void)
{
	static const char *const bad[] = {
		"",       "\n",   " 1",     "-1\n",  "+1\n",  "1x\n",     "x\n",   "0x10\n",
		"maxi\n", "ma\n", "1\n2\n", "1 2\n", "1.5\n", "\xff\xfe", "MAX\n",
	};

	is_int(measure_number("0\n"), 0, "zero");
	is_int(measure_number("123\n"), 123, "a line");
	is_int(measure_number("123"), 123, "without its end");
	is_int(measure_number("max\n"), INT64_MAX, "no limit");
	is_int(measure_number("9223372036854775807\n"), INT64_MAX, "the largest");
	is_int(measure_number("9223372036854775808\n"), INT64_MAX, "one more stays the largest");
	is_int(measure_number("99999999999999999999999999999999\n"), INT64_MAX, "much more, too");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(measure_number(bad[i]), -1, "bad text %zu is no number", i);
}

static void test_flat(void)
{
	const char *text = "low 1\noom 3\noom_kill 2\nmax 18446744073709551615\nbad x\ncut";

	is_int(measure_flat(text, "low"), 1, "the first line");
	is_int(measure_flat(text, "oom"), 3, "a key that begins another one");
	is_int(measure_flat(text, "oom_kill"), 2, "and that one");
	is_int(measure_flat(text, "oo"), -1, "half a key is none");
	is_int(measure_flat(text, "max"), INT64_MAX, "more than fits");
	is_int(measure_flat(text, "bad"), -1, "no number");
	is_int(measure_flat(text, "cut"), -1, "no value");
	is_int(measure_flat("oom_kill 2\noom 3\n", "oom"), 3, "the longer one may come first");
	is_int(measure_flat("", "low"), -1, "an empty text");
	is_int(measure_flat("a low 1\n", "low"), -1, "keys begin lines");
}

static void test_io(void)
{
	struct cgroup_sample s;

	measure_io("8:0 rbytes=1000 wbytes=20 rios=3 wios=4 dbytes=9 dios=9\n"
		   "254:16 rbytes=1 wbytes=2 rios=5 wios=6 dbytes=0 dios=0 cost.usage=7\n",
		   &s);
	is_int(s.io_read, 1001, "bytes read of two disks");
	is_int(s.io_written, 22, "bytes written");
	is_int(s.io_reads, 8, "reads");
	is_int(s.io_writes, 10, "writes");
	measure_io("", &s);
	ok(s.io_read == 0 && s.io_writes == 0, "nothing yet is zero");
	/* Kernel: before 5.14 a disk without figures has its numbers alone. */
	measure_io("8:0 \n8:16 rbytes=7 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n", &s);
	is_int(s.io_read, 7, "a disk without figures");
	measure_io("8:0 rbytes=9223372036854775807\n8:1 rbytes=5\n", &s);
	is_int(s.io_read, INT64_MAX, "a sum that does not fit stays the largest");
	is_int(s.io_written, -1, "what is not said is not known");
	measure_io("rbytes=5\nx:0 rbytes=5\n8:0x rbytes=5\nrubbish", &s);
	is_int(s.io_read, -1, "lines that are no disk's");
	measure_io("8:0 rbytes=x wbytes= rios=-1 wios=1y\n", &s);
	ok(s.io_read == -1 && s.io_written == -1 && s.io_reads == -1 && s.io_writes == -1,
	   "values that are no numbers");
}

static void test_pressure(void)
{
	struct cgroup_pressure p;

	measure_pressure("some avg10=12.34 avg60=1.00 avg300=0.50 total=9876543\n"
			 "full avg10=100.00 avg60=0.00 avg300=0.00 total=12\n",
			 &p);
	ok(p.some10 > 12.339 && p.some10 < 12.341, "12.34 percent");
	ok(p.full10 > 99.99 && p.full10 < 100.01, "all of the time");
	is_int(p.some_us, 9876543, "time of some");
	is_int(p.full_us, 12, "time of all");
	measure_pressure("some avg10=0.05 avg60=0.00 avg300=0.00 total=1\n", &p);
	ok(p.some10 > 0.049 && p.some10 < 0.051, "0.05 is not 0.5");
	is_int(p.full_us, -1, "a kernel that has only some");
	measure_pressure("", &p);
	ok(p.some_us == -1 && p.full_us == -1 && p.some10 == 0, "an empty text");
	measure_pressure("some avg10=x total=\nfull avg10=1e9 avg10=7.5\n", &p);
	ok(p.some_us == -1 && p.full_us == -1 && p.some10 == 0 && p.full10 == 0, "rubbish");
	measure_pressure("some avg10=999999999999999999999.99 total=1\n", &p);
	ok(p.some10 == 0 && p.some_us == 1, "more than all of the time");
	measure_pressure("some avg10=1.", &p);
	ok(p.some10 == 0, "a text that was cut off");
}

static void test_files(void)
{
	struct cgroup_sample s;

	put("cgroup.procs", "");
	put("cgroup.events", "populated 1\nfrozen 0\n");
	put("cpu.stat", "usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 9\n"
			"nr_throttled 4\nthrottled_usec 500\n");
	ok(cgroup_measure(fd, &s) == 0, "a group without controllers");
	ok(s.cpu_us == 3000 && s.cpu_user_us == 2000 && s.cpu_system_us == 1000, "its time");
	ok(s.nr_throttled == 4 && s.throttled_us == 500, "how often it was stopped");
	ok(s.events.populated == 1 && s.events.frozen == 0, "its state");
	ok(s.memory == -1 && s.memory_peak == -1 && s.memory_limit == -1 && s.memory_cache == -1 &&
		   s.swap == -1 && s.pids == -1 && s.pids_limit == -1,
	   "files that are not there");
	ok(s.io_read == -1 && s.io_written == -1 && s.io_reads == -1 && s.io_writes == -1,
	   "io.stat neither");
	ok(s.events.oom == -1 && s.events.oom_kill == -1 && s.events.max == -1,
	   "memory.events neither");
	ok(s.cpu_pressure.some_us == -1 && s.memory_pressure.some_us == -1 &&
		   s.io_pressure.full_us == -1,
	   "nor pressure");

	put("memory.current", "1048576\n");
	put("memory.peak", "2097152\n");
	put("memory.max", "max\n");
	put("memory.swap.current", "5\n");
	put("memory.stat", "anon 1\ninactive_anon 3\ninactive_file 4096\nfile 2\n");
	put("memory.events", "low 0\nhigh 0\nmax 6\noom 2\noom_kill 1\noom_group_kill 0\n");
	put("pids.current", "7\n");
	put("pids.max", "2048\n");
	put("io.stat", "");
	put("cpu.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=10\n");
	put("memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=20\n");
	put("io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=30\n"
			   "full avg10=0.00 avg60=0.00 avg300=0.00 total=25\n");
	ok(cgroup_measure(fd, &s) == 0, "a group with all of them");
	ok(s.memory == 1048576 && s.memory_peak == 2097152 && s.memory_limit == INT64_MAX &&
		   s.memory_cache == 4096 && s.swap == 5,
	   "its memory");
	ok(s.pids == 7 && s.pids_limit == 2048, "its processes");
	ok(s.io_read == 0 && s.io_writes == 0, "its disks");
	ok(s.events.max == 6 && s.events.oom == 2 && s.events.oom_kill == 1, "its events");
	ok(s.cpu_pressure.some_us == 10 && s.memory_pressure.some_us == 20 &&
		   s.io_pressure.some_us == 30 && s.io_pressure.full_us == 25,
	   "its pressure");
}

static void test_bad_files(void)
{
	static char huge[1 << 18];
	struct cgroup_sample s;

	memset(huge, '8', sizeof(huge) - 1);
	put("memory.current", huge);
	put("cpu.stat", huge);
	put("io.stat", huge);
	put("memory.max", "");
	put("memory.peak", "\xff\xfe\n");
	put("memory.pressure", "some");
	put("pids.max", "12");
	put("cgroup.events", "populated");
	unlinkat(fd, "pids.current", 0);
	ok(mkdirat(fd, "pids.current", 0700) == 0 && cgroup_measure(fd, &s) == 0,
	   "files with what no kernel writes");
	ok(s.memory == -1 && s.cpu_us == -1 && s.io_read == -1, "much too long");
	ok(s.memory_limit == -1 && s.memory_peak == -1, "empty, or no text");
	ok(s.memory_pressure.some_us == -1 && s.events.populated == -1, "cut off");
	ok(s.pids_limit == 12, "a missing end of line does not matter");
	ok(s.pids == -1, "no file at all");
	ok(s.memory_cache == 4096 && s.swap == 5, "and the others are read all the same");
	ok(unlinkat(fd, "cgroup.procs", 0) == 0 && cgroup_measure(fd, &s) < 0 &&
		   err_errno() == ENOENT,
	   "a group that is gone is an error");
	err_clear();
}

static void test_percent(void)
{
	struct cgroup_sample a = { .at_ns = 1000000000, .cpu_us = 500 }, b = a;

	b.at_ns += 500000000;
	b.cpu_us += 100000;
	ok(cgroup_cpu_percent(&a, &b) > 19.99 && cgroup_cpu_percent(&a, &b) < 20.01,
	   "100 ms of 500 are a fifth");
	b.cpu_us = 500 + 1000000;
	ok(cgroup_cpu_percent(&a, &b) > 199.9, "two processors are 200 percent");
	b.cpu_us = 500;
	ok(cgroup_cpu_percent(&a, &b) == 0, "nothing was done");
	b.cpu_us = 1;
	ok(cgroup_cpu_percent(&a, &b) == 0, "never less than that");
	b.cpu_us = -1;
	ok(cgroup_cpu_percent(&a, &b) < 0, "not known now");
	ok(cgroup_cpu_percent(&b, &a) < 0, "not known before");
	ok(cgroup_cpu_percent(&a, &a) < 0, "no time between them");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	test_numbers();
	test_flat();
	test_io();
	test_pressure();
	test_percent();
	test_files();
	test_bad_files();
	if (*err_text())
		err_print();
	char line[80];
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line) == 0 ? done() : 1;
}
