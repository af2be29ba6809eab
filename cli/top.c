/* cli/top.c - `cinit top`: the processes of a running container.
 *
 * The process that the user started runs this. Which processes there are is said by the
 * container's control group and those below it; without one by the process namespace of
 * its init and those below that; without one of these by who descends from init. Then
 * each is read from /proc. Processes come and go meanwhile: one that is gone is left out.
 * What they call themselves may be anything, and is made harmless before it is shown. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/measured.h"
#include "cli/top.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"

struct top_args {
	const char *format;
};

const struct opt cli_top_opts[] = {
	CLI_FORMAT_ROW(struct top_args, format),
	{ 0 },
};

/* ---- what a process is ---- */

struct process {
	pid_t pid, inside;  /* in the caller's view, and in the container's; 0: not known */
	uint32_t uid;       /* in the caller's view */
	int64_t uid_inside; /* -1: its user has no number there */
	double cpu;         /* percent of one processor, over its life */
	int64_t rss, time_ms;
	char command[512];
};

/* How the container sees users and processes. */
struct view {
	unsigned level; /* how many process namespaces its init is in, the caller's included */
	char uid_map[4096];
	int64_t now_ms; /* since the machine started */
};

static int64_t boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* /proc/PID/FILE; "" when it cannot be read. N: its length. */
static size_t read_proc(pid_t pid, const char *file, char *buf, size_t size)
{
	char path[48];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	do
		n = fd < 0 ? -1 : read(fd, buf, size - 1);
	while (n < 0 && fd >= 0 && errno == EINTR);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void read_view(struct view *v, pid_t init)
{
	char status[32 << 10];
	unsigned n = 0;

	read_proc(init, "uid_map", v->uid_map, sizeof(v->uid_map));
	read_proc(init, "status", status, sizeof(status));
	while (top_status(status, "NSpid:", n) >= 0)
		n++;
	v->level = n;
	v->now_ms = boot_ms();
}

static void read_command(pid_t pid, const struct top_stat *stat, char *out, size_t size)
{
	size_t n = read_proc(pid, "cmdline", out, size);

	while (n && out[n - 1] == '\0')
		n--;
	for (size_t i = 0; i < n; i++)
		if (out[i] == '\0')
			out[i] = ' ';
	/* Kernel threads, and who has wiped it out. */
	if (n == 0)
		snprintf(out, size, "[%s]", stat->comm);
	measured_plain(out);
}

/* False: it is gone. */
static bool read_process(const struct view *v, pid_t pid, struct process *p)
{
	/* With some thousand supplementary groups, which come first. */
	char text[32 << 10];
	struct top_stat stat;
	int64_t tick = sysconf(_SC_CLK_TCK), n;

	read_proc(pid, "stat", text, sizeof(text));
	/* A zombie has no memory and no command line, but a place. */
	if (top_stat(text, &stat) < 0)
		return false;
	read_proc(pid, "status", text, sizeof(text));
	/* The second one is the effective one. */
	if ((n = top_status(text, "Uid:", 1)) < 0)
		return false;
	p->pid = pid;
	p->uid = (uint32_t)n;
	p->uid_inside = top_inside(v->uid_map, p->uid);
	n = v->level ? top_status(text, "NSpid:", v->level - 1) : -1;
	p->inside = n > 0 ? (pid_t)n : 0;
	/* Kernel: in `stat` this is a counter that may lag behind by some dozen pages for
	 * each processor: 0 for an init of two pages. proc_pid_stat(5). */
	n = top_status(text, "VmRSS:", 0);
	p->rss = n > 0 ? n * 1024 : 0;
	p->time_ms = stat.ticks * 1000 / tick;
	int64_t life = v->now_ms - stat.start * 1000 / tick;
	p->cpu = life > 0 ? (double)p->time_ms * 100 / (double)life : 0;
	read_command(pid, &stat, p->command, sizeof(p->command));
	return true;
}

/* ---- as text and as JSON ---- */

static void print_text(const struct process *p)
{
	char inside[24] = "--", user[24] = "--", size[24];
	int64_t s = p->time_ms / 1000;

	if (p->inside)
		num_text(inside, (uint64_t)p->inside);
	if (p->uid_inside == 0)
		strcpy(user, "root");
	else if (p->uid_inside > 0)
		num_text(user, (uint64_t)p->uid_inside);
	printf("%8d %7s %-10s %6.1f %9s %3lld:%02d:%02d %s\n", (int)p->pid, inside, user, p->cpu,
	       measured_size(size, p->rss), (long long)(s / 3600), (int)(s / 60 % 60),
	       (int)(s % 60), p->command);
}

static void print_json(const struct process *p)
{
	printf("{\"pid\":%d,\"pid_inside\":", (int)p->pid);
	if (p->inside)
		printf("%d", (int)p->inside);
	else
		fputs("null", stdout);
	printf(",\"uid\":%u,\"uid_inside\":", p->uid);
	if (p->uid_inside >= 0)
		printf("%lld", (long long)p->uid_inside);
	else
		fputs("null", stdout);
	printf(",\"cpu_percent\":%.2f,\"rss\":%lld,\"time_ms\":%lld,\"command\":", p->cpu,
	       (long long)p->rss, (long long)p->time_ms);
	cli_put_json(stdout, p->command);
	puts("}");
}

int cli_top(int argc, char **argv)
{
	struct top_args a = { 0 };
	struct pool pool = POOL_INIT;
	struct measured *m;
	struct top_list list = { .pool = &pool };
	struct process p;
	struct view v;
	int first, code, json;

	if (cli_parse("top", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("top", a.format);
	if (json < 0)
		return cli_fail();
	if (argc - first != 1) {
		fail_plain("top: one container is wanted");
		return cli_fail();
	}
	if (measured_find(&pool, argv + first, 1, true, &m) < 0 || top_find(&list, m) < 0) {
		fail_in("top");
		pool_release(&pool);
		return cli_fail();
	}
	read_view(&v, m->pid);
	if (!json)
		printf("%8s %7s %-10s %6s %9s %9s %s\n", "PID", "INSIDE", "USER", "%CPU", "RSS",
		       "TIME", "COMMAND");
	for (size_t i = 0; i < list.n; i++) {
		if (!read_process(&v, list.pid[i], &p))
			continue;
		if (json)
			print_json(&p);
		else
			print_text(&p);
	}
	pool_release(&pool);
	return 0;
}
