/* cli/measured.c - running containers and what they use.
 *
 * The process that the user started runs this. The records say which containers there are
 * and where; the figures come from the kernel, by cgroup.h and /proc. All records are read
 * first and the containers measured then, so that a sample of all of them is as short as
 * can be. A container may end at any moment: that is no error, it is left out. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yyjson.h>

#include "cli/measured.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "runtime.h"

/* ---- which containers ---- */

struct finder {
	struct pool *pool;
	struct measured *row;
	size_t n;
	char **who;
	int nwho;
};

static bool is_called(const struct measured *m, const char *who)
{
	size_t n = strlen(who);

	return strcmp(m->name, who) == 0 || (n >= 4 && strncmp(m->id, who, n) == 0);
}

static bool is_wanted(const struct finder *f, const struct measured *m)
{
	for (int i = 0; i < f->nwho; i++)
		if (is_called(m, f->who[i]))
			return true;
	return f->nwho == 0;
}

static int add(void *ctx, const char *name, yyjson_val *record)
{
	struct finder *f = ctx;
	const char *id = yyjson_get_str(yyjson_obj_get(record, "id"));
	const char *cgroup = yyjson_get_str(yyjson_obj_get(record, "cgroup"));
	struct measured m = { .pid = (pid_t)yyjson_get_sint(yyjson_obj_get(record, "pid")) };

	snprintf(m.name, sizeof(m.name), "%s", name);
	if (id && strlen(id) < sizeof(m.id))
		strcpy(m.id, id);
	if (cgroup && cgroup[0] == '/' && strlen(cgroup) < sizeof(m.cgroup))
		strcpy(m.cgroup, cgroup);
	if (m.pid > 0 && is_wanted(f, &m))
		POOL_PUSH(f->pool, f->row, f->n, m);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct measured *)a)->name, ((const struct measured *)b)->name);
}

int measured_find(struct pool *pool, char **who, int n, bool must, struct measured **out)
{
	struct finder f = { .pool = pool, .who = who, .nwho = n };

	if (record_each(add, &f) < 0)
		return -1;
	for (int i = 0; must && i < n; i++) {
		size_t found = 0, k;

		for (k = 0; k < f.n && strcmp(f.row[k].name, who[i]) != 0; k++)
			found += is_called(&f.row[k], who[i]);
		if (k == f.n && found == 0)
			return fail_plain("%.64s: no running container has this name or id", who[i]);
		if (k == f.n && found > 1)
			return fail_plain("%.64s: the ids of %zu containers begin like that",
					  who[i], found);
	}
	if (f.n)
		qsort(f.row, f.n, sizeof(*f.row), by_name);
	*out = f.row;
	return (int)f.n;
}

/* ---- what they use ---- */

/* The number of bytes at the Nth word behind P. */
static int64_t nth_number(const char *p, unsigned n)
{
	for (;; n--) {
		p += strspn(p, " ");
		if (*p < '0' || *p > '9')
			return -1;
		if (n == 0)
			return strtoll(p, NULL, 10);
		p += strspn(p, "0123456789");
	}
}

void measured_net(const char *text, int64_t *received, int64_t *sent)
{
	bool any = false;

	*received = *sent = 0;
	/* Two lines of headings have a '|' in front of their numbers, and no ':'. */
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		p += strspn(p, " ");
		size_t name = strcspn(p, ":\n");
		if (p[name] != ':')
			continue;
		int64_t in = nth_number(p + name + 1, 0), out = nth_number(p + name + 1, 8);
		if (in < 0 || out < 0)
			continue;
		any = true;
		if (name == 2 && strncmp(p, "lo", 2) == 0)
			continue;
		*received = *received > INT64_MAX - in ? INT64_MAX : *received + in;
		*sent = *sent > INT64_MAX - out ? INT64_MAX : *sent + out;
	}
	if (!any)
		*received = *sent = -1;
}

static bool shares_our_network(pid_t pid)
{
	char path[40];
	struct stat own, its;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &own) == 0 && stat(path, &its) == 0 &&
	       own.st_ino == its.st_ino && own.st_dev == its.st_dev;
}

static void take_net(struct measured *m)
{
	enum { DEV_MAX = 64 << 10 };
	char *text = malloc(DEV_MAX + 1);
	char path[40];

	m->net_received = m->net_sent = -1;
	snprintf(path, sizeof(path), "/proc/%d/net/dev", (int)m->pid);
	/* With --net host these would be the machine's figures. */
	if (text && !shares_our_network(m->pid) && fd_read_file(AT_FDCWD, path, text, DEV_MAX) >= 0)
		measured_net(text, &m->net_received, &m->net_sent);
	free(text);
}

/* All figures at "not known". */
static void know_nothing(struct cgroup_sample *s)
{
	const struct cgroup_pressure no = { .some_us = -1, .full_us = -1 };

	memset(s, 0xff, sizeof(*s));
	s->cpu_pressure = s->memory_pressure = s->io_pressure = no;
}

void measured_take(struct measured *m)
{
	AUTO_FD int fd = -1;

	know_nothing(&m->use);
	m->has_cgroup = false;
	take_net(m);
	if (m->cgroup[0])
		fd = open(m->cgroup, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && cgroup_measure(fd, &m->use) == 0) {
		m->has_cgroup = true;
	} else {
		know_nothing(&m->use);
		err_clear();
	}
	m->gone = kill(m->pid, 0) < 0 && errno == ESRCH;
}

int measured_all(struct pool *pool, char **who, int n, bool must, struct measured **out)
{
	int found = measured_find(pool, who, n, must, out), left = 0;

	for (int i = 0; i < found; i++) {
		measured_take(&(*out)[i]);
		if (!(*out)[i].gone)
			(*out)[left++] = (*out)[i];
	}
	return found < 0 ? -1 : left;
}

/* ---- as text ---- */

/* Four digits, as docker does: 1.234, 12.34, 123.4, 1023. */
static char *scaled(char buf[24], int64_t n, int64_t base, const char *const *units)
{
	int64_t one = 1;
	unsigned u = 0;

	if (n < 0)
		return strcpy(buf, "--");
	while (units[u + 1] && n / one >= base) {
		one *= base;
		u++;
	}
	snprintf(buf, 24, "%.4g%s", (double)n / (double)one, units[u]);
	return buf;
}

char *measured_size(char buf[24], int64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", NULL };

	return scaled(buf, n, 1024, units);
}

char *measured_traffic(char buf[24], int64_t n)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB", NULL };

	return scaled(buf, n, 1000, units);
}

/* The length of the UTF-8 sequence at P and its character in *C; 0: it is none. */
static unsigned utf8_at(const unsigned char *p, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = p[0] < 0x80 ? 1 :
		     p[0] < 0xc2 ? 0 :
		     p[0] < 0xe0 ? 2 :
		     p[0] < 0xf0 ? 3 :
		     p[0] < 0xf5 ? 4 :
				   0;

	*c = n < 2 ? p[0] : p[0] & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000)))
		return 0;
	return n;
}

static bool is_harmless(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Marks that turn around or split what is shown behind them. */
	return !((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		 (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x061c);
}

void measured_plain(char *text)
{
	unsigned char *in = (unsigned char *)text, *out = in;

	while (*in) {
		uint32_t c;
		unsigned n = utf8_at(in, &c);

		if (n == 0 || !is_harmless(c)) {
			*out++ = '?';
			in += n ? n : 1;
			continue;
		}
		while (n--)
			*out++ = *in++;
	}
	*out = '\0';
}
