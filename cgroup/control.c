/* cgroup/control.c - freeze, thaw, kill a cgroup with all that is below it, and what its
 * files of events say. cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
 *
 * Runs in the monitor and in commands. Owns nothing: each call opens what it needs below a
 * descriptor of the cgroup's directory, so a path that has changed its meaning meanwhile
 * leads nowhere. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup/control.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"

enum {
	EVENTS_MAX = 4096,       /* bytes; they are some hundred */
	KILL_WAIT_MS = 10000,    /* a fork bomb of thousands dies in a fraction */
	KILL_FREEZE_MS = 500,    /* helps, but is no condition */
	DEPTH_MAX = 64,          /* levels that are walked; descriptors are scarce */
	KILL_PROCS_MAX = 1 << 22 /* bytes of cgroup.procs read at a time */
};

int64_t cgroup_flat(const char *text, const char *key)
{
	size_t n = strlen(key);

	while (text && *text) {
		size_t line = strcspn(text, "\n");
		char number[24];
		uint64_t value;

		if (line > n + 1 && line - n - 1 < sizeof(number) && strncmp(text, key, n) == 0 &&
		    text[n] == ' ') {
			memcpy(number, text + n + 1, line - n - 1);
			number[line - n - 1] = '\0';
			if (num_u64(number, &value) == 0 && value <= INT64_MAX)
				return (int64_t)value;
			return -1;
		}
		text += line;
		text += *text == '\n';
	}
	return -1;
}

int cgroup_events(int dirfd, struct cgroup_events *out)
{
	char text[EVENTS_MAX + 1];

	*out = (struct cgroup_events){ -1, -1, -1, -1, -1 };
	if (fd_read_file(dirfd, "cgroup.events", text, EVENTS_MAX) < 0)
		return fail("read cgroup.events");
	out->populated = (int)cgroup_flat(text, "populated");
	out->frozen = (int)cgroup_flat(text, "frozen");
	/* Without the memory controller there is no such file. */
	if (fd_read_file(dirfd, "memory.events", text, EVENTS_MAX) < 0)
		return errno == ENOENT ? 0 : fail("read memory.events");
	out->oom = cgroup_flat(text, "oom");
	out->oom_kill = cgroup_flat(text, "oom_kill");
	out->max = cgroup_flat(text, "max");
	return 0;
}

/* ---- waiting ---- */

int control_wait(int dirfd, const char *key, int want, int wait_ms)
{
	const int64_t end = clock_ms() + wait_ms;
	AUTO_FD int fd = openat(dirfd, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[EVENTS_MAX + 1];

	if (fd < 0)
		return -1;
	for (;;) {
		/* Kernel: POLLPRI says that it has changed since it was read; so read
		 * first, from the beginning. */
		if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_all(fd, text, EVENTS_MAX) < 0)
			return -1;
		int64_t value = cgroup_flat(text, key);
		if (value == want)
			return 1;
		if (value < 0) {
			errno = ENODATA;
			return -1;
		}
		int64_t left = end - clock_ms();
		if (left <= 0)
			return 0;
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -1;
	}
}

/* ---- what is below ---- */

/* Call FN for each cgroup right below DIRFD until it returns other than 0; that is returned. */
static int each_below(int dirfd, int (*fn)(void *ctx, int dirfd), void *ctx)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	int ret = 0;

	if (!d) {
		fd_close(&copy);
		return 0;
	}
	while (!ret && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		AUTO_FD int sub = openat(dirfd, e->d_name,
					 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			ret = fn(ctx, sub);
	}
	closedir(d);
	return ret;
}

/* ---- freezing ---- */

static int write_freeze(int dirfd, bool freeze)
{
	return fd_write_file(dirfd, "cgroup.freeze", O_NOFOLLOW, freeze ? "1" : "0", 1);
}

struct frozen {
	int64_t end; /* of patience, clock_ms() */
	int depth;
};

/* Kernel: a cgroup with processes of its own says that it is frozen as soon as those are,
 * whatever is below (cgroup_update_frozen()). So each is asked. What has gone meanwhile is
 * as good as frozen. Returns 0, or 1 for one that is not. */
static int wait_frozen(void *ctx, int dirfd)
{
	struct frozen *f = ctx;
	int64_t left = f->end - clock_ms();

	if (control_wait(dirfd, "frozen", 1, left > 0 ? (int)left : 0) == 0)
		return 1;
	if (f->depth >= DEPTH_MAX)
		return 0;
	f->depth++;
	int ret = each_below(dirfd, wait_frozen, f);
	f->depth--;
	return ret;
}

int cgroup_freeze(int dirfd, bool freeze, int wait_ms)
{
	struct frozen all = { .end = clock_ms() + wait_ms };
	const char *what = freeze ? "freeze" : "thaw";

	if (write_freeze(dirfd, freeze) < 0) {
		if (errno == ENOENT)
			return fail_plain("%s: there is no cgroup.freeze: the cgroup is gone, or "
					  "Linux is older than 5.2",
					  what);
		return fail("%s: write cgroup.freeze", what);
	}
	int done = control_wait(dirfd, "frozen", freeze, wait_ms);
	if (done > 0 && freeze && each_below(dirfd, wait_frozen, &all) > 0)
		done = 0;
	if (done > 0)
		return 0;
	if (done < 0) {
		fail("%s: wait for cgroup.events", what);
	} else if (freeze) {
		fail_plain("freeze: not all processes have stopped within %d ms; one may be "
			   "waiting for a device",
			   wait_ms);
	} else {
		return fail_plain("thaw: still frozen after %d ms; a cgroup above may be frozen",
				  wait_ms);
	}
	/* Half frozen is nothing that anybody has asked for. */
	if (freeze)
		write_freeze(dirfd, false);
	return -1;
}

/* ---- killing ---- */

/* Each number of TEXT. A process that cannot be seen from this pid namespace is 0 there,
 * which kill(2) would take for the caller's own group. */
static void kill_listed(const char *text, int *error)
{
	while (*text) {
		long pid = strtol(text, NULL, 10);

		if (pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, SIGKILL) < 0 && errno != ESRCH)
			*error = errno;
		if (pid == 0)
			*error = ESRCH;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

struct killing {
	char *buf; /* of KILL_PROCS_MAX + 1 */
	int depth, error;
};

static int kill_tree(void *ctx, int dirfd)
{
	struct killing *k = ctx;

	/* Kernel: a threaded cgroup refuses (EOPNOTSUPP); its processes are listed by the
	 * one that is the root of its threads. */
	if (fd_read_file(dirfd, "cgroup.procs", k->buf, KILL_PROCS_MAX) >= 0)
		kill_listed(k->buf, &k->error);
	else if (errno != EOPNOTSUPP && errno != ENOENT && errno != ENODEV)
		k->error = errno;
	if (k->depth >= DEPTH_MAX)
		return 0;
	k->depth++;
	each_below(dirfd, kill_tree, k);
	k->depth--;
	return 0;
}

static int kill_each(int dirfd, int wait_ms, char *buf)
{
	const int64_t end = clock_ms() + wait_ms;
	struct killing k = { .buf = buf };
	int done;

	/* Only a cgroup that is not the root has this file; or all would die. */
	if (faccessat(dirfd, "cgroup.events", R_OK, 0) < 0)
		return fail("kill a cgroup: open cgroup.events");
	/* Who is frozen cannot fork, and dies of SIGKILL all the same. */
	write_freeze(dirfd, true);
	control_wait(dirfd, "frozen", 1, wait_ms < KILL_FREEZE_MS ? wait_ms : KILL_FREEZE_MS);
	do {
		k.error = 0;
		kill_tree(&k, dirfd);
		done = control_wait(dirfd, "populated", 0, k.error ? 100 : 20);
	} while (done == 0 && clock_ms() < end);
	int failed = errno;
	write_freeze(dirfd, false);
	if (done > 0)
		return 0;
	errno = done < 0 ? failed : k.error ? k.error : ETIME;
	return fail("kill a cgroup: processes are left");
}

int control_kill_each(int dirfd, int wait_ms)
{
	char *buf = malloc(KILL_PROCS_MAX + 1);
	int rc = buf ? kill_each(dirfd, wait_ms, buf) : fail("kill a cgroup");

	free(buf);
	return rc;
}

int cgroup_kill(int dirfd)
{
	if (fd_write_file(dirfd, "cgroup.kill", O_NOFOLLOW, "1", 1) == 0)
		return 0;
	if (errno != ENOENT)
		return fail("write cgroup.kill");
	return control_kill_each(dirfd, KILL_WAIT_MS);
}
