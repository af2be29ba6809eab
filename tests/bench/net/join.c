/* tests/bench/net/join.c - what it takes to put one more container on a routed network.
 *
 *	join [COUNT...]		default: 1 100 1000
 *
 * As root: makes a network namespace of its own as the host, containers in it, and times
 * the last ones before each COUNT. Prints medians in microseconds:
 *	join.COUNT.attach 480.1		net_attach(), in the host's namespace
 *	join.COUNT.rules 310.0		net_forward_enable(), and a table of rules
 *	join.COUNT.inside 102.5		net_inside_up()
 *	join.COUNT.whole 900.0		all three
 *	join.COUNT.attach.best 420.3	and how fast it is when nobody else does anything
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "net.h"

enum { SAMPLES = 31, MOST = 4000 };

static int boxes[MOST + SAMPLES], rules[MOST + SAMPLES], nboxes, host;
enum { ATTACH, RULES, INSIDE, WHOLE, STEPS };
static const char *const step_names[STEPS] = { "attach", "rules", "inside", "whole" };
static struct net_def def = { .name = "bench", .id = 1, .driver = NET_ROUTED };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void need(int rc, const char *what)
{
	if (rc >= 0)
		return;
	if (!err_text()[0])
		fail("%s", what);
	err_print();
	exit(125);
}

static int new_netns(void)
{
	int fd;

	need(unshare(CLONE_NEWNET), "unshare");
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	need(fd, "open a namespace");
	return fd;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

/* One more container; how long each step took. */
static void add(double took[STEPS])
{
	static struct net_rules r;
	struct net_lease l = { .ifname = "eth0", .default_route = 1, .mac = { 2, 1 } };
	double t0, t1, t2, t3;

	boxes[nboxes] = new_netns();
	need(net_loopback_up(), "lo");
	need(setns(host, CLONE_NEWNET), "setns");
	snprintf(l.host_if, sizeof(l.host_if), "ci0-%d", nboxes);
	net_addr_nth(&def.subnet4, (uint64_t)nboxes + 2, &l.ip4);
	net_addr_nth(&def.subnet6, (uint64_t)nboxes + 2, &l.ip6);
	memcpy(l.mac + 2, l.ip4.byte, 4);
	t0 = now();
	need(-net_attach(&def, boxes[nboxes], NULL, &l), "attach");
	t1 = now();
	need(net_forward_enable(&l), "forward");
	memset(&r, 0, sizeof(r));
	memcpy(r.table, l.host_if, sizeof(r.table));
	r.lease = l;
	r.max_conns = 16384;
	rules[nboxes] = net_rules_open();
	need(rules[nboxes], "rules");
	need(-net_rules_apply(rules[nboxes], &r), "rules");
	t2 = now();
	need(setns(boxes[nboxes], CLONE_NEWNET), "setns");
	t3 = now();
	need(net_inside_up(&l), "inside");
	took[INSIDE] = now() - t3;
	took[ATTACH] = t1 - t0;
	took[RULES] = t2 - t1;
	took[WHOLE] = took[ATTACH] + took[RULES] + took[INSIDE];
	need(setns(host, CLONE_NEWNET), "setns");
	nboxes++;
}

static void measure(int count)
{
	static double samples[STEPS][SAMPLES];
	double took[STEPS];

	/* Kernel: no more than 1,024 tables with these hooks. */
	while (nboxes < count - SAMPLES)
		add(took);
	for (int i = 0; i < SAMPLES; i++) {
		add(took);
		for (int k = 0; k < STEPS; k++)
			samples[k][i] = took[k];
	}
	for (int k = 0; k < STEPS; k++) {
		printf("join.%d.%s %.1f\n", count, step_names[k], median(samples[k], SAMPLES));
		printf("join.%d.%s.best %.1f\n", count, step_names[k], samples[k][0]);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char *none[] = { (char *)"1", (char *)"100", (char *)"1000", NULL };
	char **counts = argc > 1 ? argv + 1 : none;
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	net_addr_parse("10.192.0.0/18", true, &def.subnet4);
	net_addr_parse("fd00:c1::/64", true, &def.subnet6);
	host = new_netns();
	need(net_loopback_up(), "lo");
	for (; *counts; counts++) {
		int n = atoi(*counts);

		if (n < 1 || n > MOST) {
			fprintf(stderr, "join: %s?\n", *counts);
			return 125;
		}
		measure(n);
	}
	return 0;
}
