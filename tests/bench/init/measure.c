/* measure.c - inits side by side: start-up, signal round trip, reaping, memory.
 *
 *	measure ROUNDS NOP LABEL 'INIT WORDS' [LABEL 'INIT WORDS']...
 *
 * The first one is the yardstick. All are taken in turn, round by round, so that a
 * machine whose speed drifts is unfair to none. NOP is a program that does nothing;
 * started without an init it is the base that start-up is counted from. Reaping is
 * measured as PID 1 of a namespace, which needs root; else it is left out. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { INITS = 12, WORDS = 16, ROUNDS = 20000, ORPHANS = 5000 };

struct init {
	const char *label;
	char *argv[WORDS];
	int words;
	double start[ROUNDS], trip[ROUNDS];
	double ns_per_orphan;
	long wakeups, rss, dirty, size;
};

static struct init inits[INITS], direct;
static int count, rounds;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_size);
	return v[n / 2];
}

/* INIT's words, then MORE. */
static char **words(const struct init *i, char *const *more)
{
	static char *argv[WORDS * 2];
	int n = 0;

	for (int w = 0; w < i->words; w++)
		argv[n++] = i->argv[w];
	while (*more)
		argv[n++] = *more++;
	argv[n] = NULL;
	return argv;
}

/* ---- start-up ---- */

static double start_once(const struct init *i, char *nop)
{
	char *const more[] = { nop, NULL };
	char **argv = words(i, more);
	double begin = now_us();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0)
		die(argv[0]);
	waitpid(pid, &status, 0);
	if (status != 0) {
		fprintf(stderr, "%s ended with status %d\n", argv[0], status);
		exit(1);
	}
	return now_us() - begin;
}

/* ---- signals ---- */

/* "answer PID": USR2 to PID for each USR1. */
static void answer(pid_t to)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(to, SIGUSR2);
	for (;;)
		if (sigwait(&set, &sig) == 0)
			kill(to, SIGUSR2);
}

static pid_t start(const struct init *i, char *const *more, int flags)
{
	char **argv = words(i, more);
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | flags, 0, 0, 0, 0);

	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		die("clone");
	return pid;
}

static void signals(char *self)
{
	char pid_text[16];
	char *const more[] = { self, (char *)"answer", pid_text, NULL };
	pid_t pid[INITS];
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	snprintf(pid_text, sizeof(pid_text), "%d", getpid());
	for (int i = 0; i < count; i++) {
		pid[i] = start(&inits[i], more, 0);
		sigwait(&set, &sig);
	}
	nap(300);
	for (int round = 0; round < rounds; round++) {
		for (int n = 0; n < count; n++) {
			/* Each is first as often as any other: that place is a bad one. */
			int i = (n + round) % count;
			double begin = now_us();

			kill(pid[i], SIGUSR1);
			sigwait(&set, &sig);
			inits[i].trip[round] = now_us() - begin;
		}
	}
	for (int i = 0; i < count; i++) {
		kill(pid[i], SIGTERM);
		waitpid(pid[i], NULL, 0);
	}
}

/* ---- /proc ---- */

/* The number behind KEY in /proc/PID/FILE; with KEY NULL its first number. */
static long proc_number(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	long number = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (number < 0 && fgets(line, sizeof(line), f)) {
		if (!key)
			number = atol(line);
		else if (strncmp(line, key, strlen(key)) == 0)
			number = atol(line + strlen(key));
	}
	fclose(f);
	return number;
}

/* ---- reaping ---- */

static bool there(const char *file, bool yes)
{
	for (int i = 0; i < 2000; i++) {
		if ((access(file, F_OK) == 0) == yes)
			return true;
		nap(5);
	}
	return false;
}

static void touch(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		die(file);
	close(fd);
}

/* "orphans FILE": FILE appears, when it is gone ORPHANS are made, FILE appears. */
static int orphans(const char *file)
{
	touch(file);
	there(file, false);
	for (int i = 0; i < ORPHANS; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			pid = vfork();
			_exit(pid < 0);
		}
		waitpid(pid, NULL, 0);
	}
	nap(100);
	touch(file);
	for (;;)
		pause();
}

static void reaping(struct init *i, char *self, char *file)
{
	char *const more[] = { self, (char *)"orphans", file, NULL };
	long cpu, woken;
	pid_t pid;

	unlink(file);
	pid = start(i, more, CLONE_NEWPID);
	if (!there(file, true))
		die("orphans");
	nap(100);
	cpu = proc_number(pid, "schedstat", NULL);
	woken = proc_number(pid, "status", "voluntary_ctxt_switches:");
	unlink(file);
	if (!there(file, true))
		die("orphans");
	i->ns_per_orphan = (double)(proc_number(pid, "schedstat", NULL) - cpu) / ORPHANS;
	i->wakeups = proc_number(pid, "status", "voluntary_ctxt_switches:") - woken;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(file);
}

static void memory(struct init *i, char *self)
{
	char *const more[] = { self, (char *)"sleep", NULL };
	pid_t pid = start(i, more, 0);
	struct stat st;

	nap(300);
	i->rss = proc_number(pid, "smaps_rollup", "Rss:");
	i->dirty = proc_number(pid, "smaps_rollup", "Private_Dirty:");
	i->size = stat(i->argv[0], &st) == 0 ? (long)st.st_size : -1;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	char file[64];
	double base, floor_start, floor_trip;

	if (argc > 2 && strcmp(argv[1], "answer") == 0)
		answer(atoi(argv[2]));
	if (argc > 2 && strcmp(argv[1], "orphans") == 0)
		return orphans(argv[2]);
	if (argc > 1 && strcmp(argv[1], "sleep") == 0)
		return (int)sleep(1000);
	rounds = argc > 4 ? atoi(argv[1]) : 0;
	if (rounds < 1 || rounds > ROUNDS)
		return 96;
	for (int a = 3; a + 1 < argc && count < INITS; a += 2) {
		struct init *i = &inits[count++];

		i->label = argv[a];
		for (char *w = strtok(argv[a + 1], " "); w && i->words < WORDS - 1;
		     w = strtok(NULL, " "))
			i->argv[i->words++] = w;
	}
	for (int round = -10; round < rounds; round++) {
		for (int i = -1; i < count; i++) {
			struct init *it = i < 0 ? &direct : &inits[i];
			double took = start_once(it, argv[2]);

			if (round >= 0)
				it->start[round] = took;
		}
	}
	signals(argv[0]);
	snprintf(file, sizeof(file), "/tmp/cinit-measure.%d", getpid());
	for (int i = 0; i < count; i++) {
		memory(&inits[i], argv[0]);
		if (geteuid() == 0)
			reaping(&inits[i], argv[0], file);
	}

	base = median(direct.start, rounds);
	floor_start = median(inits[0].start, rounds);
	floor_trip = median(inits[0].trip, rounds);
	printf("%-22s %8s %9s %10s %6s %6s %8s %6s %9s %8s\n", "", "size", "rss/dirty", "start-up",
	       "ratio", "over", "signal", "ratio", "an orphan", "wake-ups");
	printf("%-22s %8s %9s %10s %6s %6s %8s %6s %9s %8s\n", "", "bytes", "kB", "us", "",
	       "direct", "us", "", "ns", "");
	printf("%-22s %8s %9s %10.0f\n", "(no init)", "", "", base);
	for (int i = 0; i < count; i++) {
		struct init *it = &inits[i];
		double s = median(it->start, rounds), t = median(it->trip, rounds);
		char mem[24];

		snprintf(mem, sizeof(mem), "%ld/%ld", it->rss, it->dirty);
		printf("%-22s %8ld %9s %10.0f %6.2f %6.2f %8.1f %6.2f", it->label, it->size, mem, s,
		       s / floor_start, (s - base) / (floor_start - base), t, t / floor_trip);
		if (geteuid() == 0)
			printf(" %9.0f %8ld", it->ns_per_orphan, it->wakeups);
		putchar('\n');
	}
	return 0;
}
