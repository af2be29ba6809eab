/* tests/unit/names.c - runtime/names.c: the table, the bell, the ring, the text.
 *
 * Each "monitor" here is a process that does what the real one does about names, with
 * its /etc/hosts as a file that the test reads. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/box.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/cinit-unit-names.XXXXXX";
static int dirfd_;
static struct pool pool;

static const char *path(const char *name, const char *suffix)
{
	return pool_printf(&pool, "%s/%s%s", dir, name, suffix);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whoever clears up after a dead one of the same name may have the lock for a moment, and
 * remove its file. */
static int lock(const char *file)
{
	struct stat a, b;

	for (;;) {
		int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &a) == 0 && stat(file, &b) == 0 &&
		    a.st_ino == b.st_ino)
			return fd;
		close(fd);
	}
}

/* A container NAME on network 1 with the address 10.0.0.N, and perhaps on network 2. */
static struct box *box(const char *name, unsigned n, bool second)
{
	struct box *b = pool_alloc(&pool, sizeof(*b));
	struct spec *spec = pool_alloc(&pool, sizeof(*spec));
	char text[32];

	spec_init(spec, &pool);
	spec->id = spec->hostname = pool_printf(&pool, "%012u", n);
	spec->name = name;
	spec->nnets = 1;
	spec->nets = pool_alloc(&pool, sizeof(*spec->nets));
	b->pool = &pool;
	b->spec = spec;
	b->names.table = b->names.fifo = b->names.bell = b->names.peer = -1;
	b->record.dir = dirfd_;
	snprintf(b->record.name, sizeof(b->record.name), "%s", name);
	for (unsigned i = 0; i < 1u + second; i++) {
		struct net_lease *l = &b->net[b->nnets].lease;

		b->net[b->nnets++].rules = -1;
		l->net_id = i + 1;
		l->driver = NET_ROUTED;
		snprintf(text, sizeof(text), "10.%u.0.%u", i, n);
		net_addr_parse(text, false, &l->ip4);
		snprintf(text, sizeof(text), "10.%u.0.1", i);
		net_addr_parse(text, false, &l->gw4);
	}
	b->record.lock = lock(path(name, ".lock"));
	b->hosts = open(path(name, ".hosts"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return b;
}

static _Noreturn void monitor(struct box *b)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	names_enter(b);
	names_write(b);
	for (;;) {
		struct pollfd p[2];
		int64_t due = names_due(b);
		int ms = due ? (int)((due - now()) / 1000000) + 1 : -1;

		names_want(b, &p[0], &p[1]);
		poll(p, 2, due && ms < 0 ? 0 : ms);
		names_move(b, &p[0], &p[1], now());
	}
}

static pid_t start(const char *name, unsigned n, bool second)
{
	pid_t pid = fork();

	if (pid == 0)
		monitor(box(name, n, second));
	return pid;
}

static const char *hosts(const char *name)
{
	static char text[1 << 16];

	memset(text, 0, sizeof(text));
	fd_read_file(AT_FDCWD, path(name, ".hosts"), text, sizeof(text) - 1);
	return pool_strdup(&pool, text);
}

/* Wait until NAME's /etc/hosts has LINE, or has it no more. */
static bool comes_to(const char *name, const char *line, bool there)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!strstr(hosts(name), line) == !there)
			return true;
		usleep(10000);
	}
	return false;
}

static void end(pid_t pid, int sig)
{
	kill(pid, sig);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void test_text(void)
{
	struct box *b = box("web", 2, true);
	struct spec *spec = (struct spec *)(uintptr_t)b->spec;
	struct pair gateway = { "outside", "host-gateway" };
	char want[1024];

	strcpy(b->net[0].aliases, "www shop");
	spec->add_hosts = &gateway;
	spec->nadd_hosts = 1;
	names_enter(b);
	names_write(b);
	snprintf(want, sizeof(want),
		 "%s"
		 "10.0.0.2\tweb 000000000002\n10.0.0.2\twww shop\n10.1.0.2\tweb 000000000002\n"
		 "10.0.0.1\thost.cinit.internal\n10.0.0.1\toutside\n",
		 fs_hosts_text(&pool, spec, NULL));
	is_str(hosts("web"), want, "own addresses, names of them, and the gateway's");
	spec->hostname = "box.example";
	names_write(b);
	ok(strstr(hosts("web"), "10.0.0.2\tbox.example web 000000000002\n"),
	   "a host name of its own comes first");
	ok(ftruncate(b->hosts, 0) == 0 && pwrite(b->hosts, "x", 1, 3000) == 1,
	   "whatever a program inside does to the file");
	names_write(b);
	is_int(strlen(hosts("web")), b->names.size, "it is whole again");

	struct pair link = { "db", "database" };
	pid_t db = start("db", 3, false), cache = start("cache", 4, false);
	spec->links = &link;
	spec->nlinks = 1;
	ok(comes_to("db", "10.0.0.4\tcache 000000000004\n", true) &&
		   comes_to("cache", "10.0.0.3\tdb 000000000003\n", true),
	   "others know each other");
	names_write(b);
	ok(strstr(hosts("web"), "10.0.0.3\tdatabase\n10.0.0.3\tdb 000000000003\n"),
	   "a link is one more name");
	ok(strstr(hosts("db"), "10.0.0.2\tweb 000000000002 www shop\n"), "with their aliases");
	ok(!strstr(hosts("db"), "10.1.0.2"), "but not on networks they are not on");
	names_leave(b);
	ok(comes_to("db", "web", false), "who has left is known no more");
	end(db, SIGKILL);
	end(cache, SIGKILL);
	close(b->record.lock);
}

static void test_aliases(void)
{
	struct box *b = box("many", 9, false);
	struct box *reader = box("reader", 8, false);
	char first[40], last[40];

	/* More than one row has room for. */
	for (unsigned i = 0, n = 0; i < 16; i++)
		n += (unsigned)snprintf(b->net[0].aliases + n, BOX_ALIASES_MAX - n,
					"%salias-number-%02u", i ? " " : "", i);
	names_enter(b);
	names_enter(reader);
	names_write(reader);
	snprintf(first, sizeof(first), "alias-number-%02u", 0);
	snprintf(last, sizeof(last), " alias-number-%02u\n", 15);
	ok(strstr(hosts("reader"), first) && strstr(hosts("reader"), last),
	   "all aliases, in as many rows as they take");
	names_leave(b);
	names_write(reader);
	ok(!strstr(hosts("reader"), "alias-number"), "and all rows are given back");
	names_leave(reader);
	close(b->record.lock);
	close(reader->record.lock);
}

/* Whoever is killed, in whatever order and number: the others notice. */
static void test_killed(void)
{
	enum { N = 6 };
	static const char *const name[N] = { "a", "b", "c", "d", "e", "f" };
	pid_t pid[N];
	unsigned n;

	for (n = 0; n < N; n++)
		pid[n] = start(name[n], 20 + n, false);
	for (n = 0; n < N; n++)
		for (unsigned k = 0; k < N; k++)
			if (k != n && !comes_to(name[n], pool_printf(&pool, "\t%s ", name[k]), true))
				break;
	ok(n == N, "six know each other");
	end(pid[2], SIGKILL);
	ok(comes_to("a", "\tc ", false) && comes_to("f", "\tc ", false), "one is killed");
	kill(pid[3], SIGKILL);
	kill(pid[4], SIGKILL);
	end(pid[3], SIGKILL);
	end(pid[4], SIGKILL);
	ok(comes_to("a", "\td ", false) && comes_to("a", "\te ", false) &&
		   comes_to("f", "\te ", false),
	   "two neighbours at once");
	end(pid[0], SIGKILL);
	ok(comes_to("b", "\ta ", false), "the lowest");
	end(pid[5], SIGKILL);
	ok(comes_to("b", "\tf ", false), "the highest: one is left alone");
	pid[0] = start("g", 30, false);
	ok(comes_to("b", "\tg ", true), "which still hears of a new one");
	end(pid[1], SIGKILL);
	ok(comes_to("g", "\tb ", false), "and is looked after by it");
	end(pid[0], SIGKILL);
}

enum { STORM = 200 };

/* Does each that lives know all that live, and nobody else? */
static bool storm_is_over(const pid_t *pid)
{
	for (unsigned i = 0; i < STORM; i++) {
		const char *text = pid[i] ? hosts(pool_printf(&pool, "s%03u", i)) : NULL;

		for (unsigned k = 0; text && k < STORM; k++)
			if (!strstr(text, pool_printf(&pool, "\ts%03u ", k)) != !pid[k])
				return false;
	}
	return true;
}

static bool storm_settles(const pid_t *pid)
{
	for (int tries = 0; tries < 300; tries++) {
		if (storm_is_over(pid))
			return true;
		usleep(100000);
	}
	return false;
}

/* How often the process PID has slept and been woken. */
static long woken(pid_t pid)
{
	char file[40], text[4096] = "";
	const char *at;

	snprintf(file, sizeof(file), "/proc/%d/status", pid);
	fd_read_file(AT_FDCWD, file, text, sizeof(text) - 1);
	at = strstr(text, "\nvoluntary_ctxt_switches:");
	return at ? strtol(at + strlen("\nvoluntary_ctxt_switches:"), NULL, 10) : -1;
}

/* It sleeps and has nothing to do: its number stays as it is for 50 ms. */
static long woken_at_rest(pid_t pid)
{
	long before, now = woken(pid);

	do {
		before = now;
		usleep(50000);
		now = woken(pid);
	} while (now != before);
	return now;
}

/* Containers that nobody knows by a name come and go: that is no news. */
static void test_quiet(void)
{
	pid_t pid = start("quiet", 60, false);
	long before;

	ok(comes_to("quiet", "\tquiet ", true), "a monitor listens");
	before = woken_at_rest(pid);
	for (unsigned i = 0; i < 5; i++) {
		struct box *b = box("unnamed", 61, false);

		((struct spec *)(uintptr_t)b->spec)->name = NULL;
		names_enter(b);
		names_write(b);
		names_leave(b);
		close(b->record.lock);
	}
	ok(before > 0 && woken_at_rest(pid) == before,
	   "and is not woken by five who come and go without a name");
	end(pid, SIGKILL);
	names_forget(dirfd_, "quiet");
}

/* The bell has room for so many bytes, and each ring is heard all the same. */
static void test_full_bell(void)
{
	int bell = openat(dirfd_, ".bell", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	static const char zeros[4096];
	pid_t a, b;

	while (write(bell, zeros, sizeof(zeros)) > 0)
		;
	ok(write(bell, "", 1) < 0 && errno == EAGAIN, "the bell is full");
	a = start("full-a", 70, false);
	ok(comes_to("full-a", "\tfull-a ", true), "one who listens to it");
	b = start("full-b", 71, false);
	ok(comes_to("full-a", "\tfull-b ", true), "hears of the next");
	while (write(bell, zeros, sizeof(zeros)) > 0)
		;
	while (write(bell, "", 1) > 0)
		;
	end(b, SIGKILL);
	ok(comes_to("full-a", "\tfull-b ", false), "and of its end");
	end(a, SIGKILL);
	names_forget(dirfd_, "full-a");
	close(bell);
}

/* Two hundred at once, killed while others start, in runs of neighbours, and one by one. */
static void test_storm(void)
{
	static pid_t pid[STORM];
	char *name[STORM];

	srandom(1);
	for (unsigned i = 0; i < STORM; i++)
		name[i] = (char *)pool_printf(&pool, "s%03u", i);
	for (unsigned i = 0; i < STORM; i++) {
		pid[i] = start(name[i], 1 + i, false);
		if (i && random() % 3 == 0) {
			unsigned k = (unsigned)random() % i;

			if (pid[k])
				end(pid[k], SIGKILL);
			pid[k] = 0;
		}
	}
	ok(storm_settles(pid), "200 starts, with kills in between: all who live know each other");
	for (unsigned i = 50; i < 100; i++) {
		if (pid[i])
			end(pid[i], SIGKILL);
		/* the same name again, at once */
		pid[i] = i % 2 ? start(name[i], 1 + i, false) : 0;
	}
	ok(storm_settles(pid), "a run of neighbours is killed, and half of them are back");
	for (unsigned i = 0; i < STORM; i++)
		if (pid[i] && i != 7 && i != 120)
			kill(pid[i], SIGKILL);
	for (unsigned i = 0; i < STORM; i++)
		if (pid[i] && i != 7 && i != 120) {
			end(pid[i], SIGKILL);
			pid[i] = 0;
		}
	if (!pid[7])
		pid[7] = start(name[7], 8, false);
	if (!pid[120])
		pid[120] = start(name[120], 121, false);
	ok(storm_settles(pid), "all but two are killed: the two are alone");
	end(pid[7], SIGKILL);
	pid[7] = 0;
	ok(storm_settles(pid), "and look after each other to the end");
	end(pid[120], SIGKILL);
	names_forget(dirfd_, "s120");
}

/* No table, no names: and nothing is due for ever. */
static void test_no_table(void)
{
	struct box *b = box("lone", 41, false);

	b->record.dir = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	names_enter(b);
	ok(b->names.table < 0 && names_due(b) == 0, "where no table can be, nothing is due");
	names_leave(b);
	close(b->record.dir);
	close(b->record.lock);
}

static void test_table(void)
{
	struct stat st;
	struct box *b = box("late", 40, false);
	int fd = open(path(".names", ""), O_RDWR | O_CLOEXEC);

	ok(pwrite(fd, "rubbish", 7, 0) == 7, "a row of another layout");
	names_enter(b);
	names_write(b);
	ok(strstr(hosts("late"), "10.0.0.40\tlate"), "harms nobody");
	names_leave(b);
	/* The last one killed is found by whoever collects; it has no neighbour. */
	names_forget(dirfd_, "g");
	fstat(fd, &st);
	is_int(st.st_size, 0, "the table is as long as its last row");
	ok(flock(fd, LOCK_EX) == 0, "somebody has stopped in the middle");
	names_enter(b);
	ok(b->names.table >= 0, "which is waited for, but not for ever");
	close(fd);
	names_leave(b);
	close(b->record.lock);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_text();
	test_aliases();
	test_killed();
	test_quiet();
	test_full_bell();
	test_storm();
	test_table();
	test_no_table();
	if (system(pool_printf(&pool, "rm -rf %s", dir)) != 0)
		return 1;
	pool_release(&pool);
	return done();
}
