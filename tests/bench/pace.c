/* tests/bench/pace.c - time whole commands against each other, in turn.
 *
 *	pace [-w] ROUNDS LABEL 'COMMAND WORDS' [LABEL 'COMMAND WORDS']...
 *
 * Every command once a round, so that a machine whose speed drifts is unfair to none;
 * each round in an order of its own, and a pause before each command: the kernel takes
 * network namespaces apart in the background, and nobody is to pay always for what the
 * same neighbour has left, nor to find the processors awake because of it. The
 * first command is the yardstick, and each whose label begins with "=" is that of those
 * behind it: the table has each one's median and 10th percentile in milliseconds, CPU
 * time (median), peak resident set, and the ratio of the medians. A command that does not
 * exit with 0 ends the run with 1: a fast failure must not look like a fast success. With
 * -w a command's time ends with its first word on stdout: what it takes to start, without
 * the end.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <time.h>

extern char **environ;

enum { COMMANDS = 16, ROUNDS = 5000, WORDS = 64 };

struct run {
	double wall, cpu;
};

struct command {
	const char *label;
	char *argv[WORDS + 1];
	struct run runs[ROUNDS];
	long peak_kb;
};

static struct command commands[COMMANDS];
static double sorted[ROUNDS];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void split(struct command *c, char *words)
{
	int n = 0;

	for (char *w = strtok(words, " "); w && n < WORDS; w = strtok(NULL, " "))
		c->argv[n++] = w;
}

static int words[2] = { -1, -1 }; /* -w: a pipe to the command's stdout */

static int once(struct command *c, struct run *r, posix_spawn_file_actions_t *quiet)
{
	struct rusage use;
	const struct timespec pause = { .tv_nsec = 20000000 };
	int status;
	pid_t pid;

	nanosleep(&pause, NULL);
	double start = now_ms();

	if (posix_spawnp(&pid, c->argv[0], quiet, NULL, c->argv, environ) != 0)
		return 127;
	if (words[0] >= 0) {
		char word[64];

		if (read(words[0], word, sizeof(word)) <= 0)
			return 126;
		r->wall = now_ms() - start;
	}
	if (wait4(pid, &status, 0, &use) != pid)
		return 125;
	if (words[0] < 0)
		r->wall = now_ms() - start;
	r->cpu = ms(use.ru_utime) + ms(use.ru_stime);
	if (use.ru_maxrss > c->peak_kb)
		c->peak_kb = use.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The same orders in every run (xorshift32, Fisher and Yates). */
static void shuffle(int *order, int n)
{
	static uint32_t seed = 2463534242u;

	for (int i = 0; i < n; i++)
		order[i] = i;
	for (int i = n - 1; i > 0; i--) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		int k = (int)(seed % (uint32_t)(i + 1)), was = order[i];

		order[i] = order[k];
		order[k] = was;
	}
}

static int by_size(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double percentile(const struct command *c, int rounds, int percent, int cpu)
{
	for (int i = 0; i < rounds; i++)
		sorted[i] = cpu ? c->runs[i].cpu : c->runs[i].wall;
	qsort(sorted, (size_t)rounds, sizeof(*sorted), by_size);
	return sorted[(rounds - 1) * percent / 100];
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	int rounds, n = 0;

	if (argc > 1 && strcmp(argv[1], "-w") == 0) {
		if (pipe(words) < 0)
			return 1;
		argv++;
		argc--;
	}
	rounds = argc > 1 ? atoi(argv[1]) : 0;
	if (rounds < 1 || rounds > ROUNDS || argc < 4 || argc % 2) {
		fprintf(stderr, "usage: pace [-w] ROUNDS LABEL COMMAND [LABEL COMMAND]...\n");
		return 2;
	}
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	if (words[1] >= 0)
		posix_spawn_file_actions_adddup2(&quiet, words[1], 1);
	else
		posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 2; i + 1 < argc && n < COMMANDS; i += 2, n++) {
		commands[n].label = argv[i];
		split(&commands[n], argv[i + 1]);
	}
	for (int i = -2; i < rounds; i++) {
		int order[COMMANDS];

		shuffle(order, n);
		for (int j = 0; j < n; j++) {
			int k = order[j];
			int code = once(&commands[k], &commands[k].runs[i < 0 ? 0 : i], &quiet);

			if (code) {
				fprintf(stderr, "pace: %s exited with %d\n", commands[k].label,
					code);
				return 1;
			}
		}
	}
	double yard = 0;
	printf("%-34s %9s %9s %9s %9s %7s\n", "", "median ms", "p10 ms", "CPU ms", "peak KiB",
	       "ratio");
	for (int k = 0; k < n; k++) {
		const bool first = commands[k].label[0] == '=';
		const double median = percentile(&commands[k], rounds, 50, 0);

		if (first || k == 0)
			yard = median;
		printf("%-34s %9.2f %9.2f %9.2f %9ld %7.2f\n", commands[k].label + first, median,
		       percentile(&commands[k], rounds, 10, 0),
		       percentile(&commands[k], rounds, 50, 1), commands[k].peak_kb, median / yard);
	}
	return 0;
}
