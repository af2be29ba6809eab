/* tests/fs/driver.c - the room of file systems on its own.
 *
 * What the launcher and the stage do around a mount plan, and nothing else: a spec
 * from a few options, namespaces, an id map, prepare, apply, exec. So the hostile
 * tests of tests/fs/run see this room's faults only, and it can be traced and timed
 * alone. It gives no security: the program runs with all capabilities of its user
 * namespace. Exit code: the program's, 125 for errors (one line on stderr).
 *
 *	driver [OPTIONS] ROOTFS|host COMMAND [ARG...]
 *	  -v, --mount, --tmpfs, --device ARG	as cinit run has them
 *	  --rw --ro --upper DIR --prop WORD --dns ADDR --add-host NAME:ADDR --unmask
 *	  --net-host --pid-host --tty --no-early --chown UID
 *	  --userns-host	  no user namespace (root)
 *	  --idmapped	  as root: 0 inside is 100000 outside, owners mapped
 *	  --scratch DIR	  upper and work directories there, not on a tmpfs
 *	  --print	  print the plan only
 *	  --time N	  run N times and print medians of prepare and apply
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/sys.h"
#include "net.h"

struct run {
	struct pool pool;
	struct spec spec;
	struct fs_facts facts;
	struct fs_plan *plan;
	bool idmapped, print;
	int times;
	uid_t chown_to;
	double *took[2];
};

static _Noreturn void die(void)
{
	err_print();
	_exit(125);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

enum {
	RW = 256,
	RO,
	UPPER,
	PROP,
	DNS,
	ADD_HOST,
	UNMASK,
	NET_HOST,
	PID_HOST,
	TTY,
	NO_EARLY,
	CHOWN,
	USERNS_NONE,
	IDMAPPED,
	SCRATCH,
	PRINT,
	TIME,
	MOUNT,
	TMPFS,
	DEVICE
};

static const struct option options[] = {
	{ "rw", 0, NULL, RW },
	{ "ro", 0, NULL, RO },
	{ "upper", 1, NULL, UPPER },
	{ "prop", 1, NULL, PROP },
	{ "dns", 1, NULL, DNS },
	{ "add-host", 1, NULL, ADD_HOST },
	{ "unmask", 0, NULL, UNMASK },
	{ "net-host", 0, NULL, NET_HOST },
	{ "pid-host", 0, NULL, PID_HOST },
	{ "tty", 0, NULL, TTY },
	{ "no-early", 0, NULL, NO_EARLY },
	{ "chown", 1, NULL, CHOWN },
	{ "userns-host", 0, NULL, USERNS_NONE },
	{ "idmapped", 0, NULL, IDMAPPED },
	{ "scratch", 1, NULL, SCRATCH },
	{ "print", 0, NULL, PRINT },
	{ "time", 1, NULL, TIME },
	{ "mount", 1, NULL, MOUNT },
	{ "tmpfs", 1, NULL, TMPFS },
	{ "device", 1, NULL, DEVICE },
	{ NULL, 0, NULL, 0 },
};

static void add_mount(struct run *r, int (*parse)(struct pool *, const char *, struct mount_want *))
{
	struct mount_want m;

	if (parse(&r->pool, optarg, &m) < 0)
		die();
	POOL_PUSH(&r->pool, r->spec.mounts, r->spec.nmounts, m);
}

static void add_host(struct run *r)
{
	char *name = pool_strdup(&r->pool, optarg), *at = strchr(name, ':');

	if (!at)
		exit(125);
	*at++ = '\0';
	struct pair p = { name, at };
	POOL_PUSH(&r->pool, r->spec.add_hosts, r->spec.nadd_hosts, p);
}

static void one_option(struct run *r, int c)
{
	struct spec *s = &r->spec;

	switch (c) {
	case 'v':
		add_mount(r, fs_volume_parse);
		break;
	case MOUNT:
		add_mount(r, fs_mount_parse);
		break;
	case TMPFS:
		add_mount(r, fs_tmpfs_parse);
		break;
	case DEVICE:
		add_mount(r, fs_device_parse);
		break;
	case RW:
		s->rootfs_rw = true;
		break;
	case RO:
		s->read_only = true;
		break;
	case UPPER:
		s->overlay_upper = path_absolute(&r->pool, optarg);
		break;
	case PROP:
		if (fs_propagation_parse(optarg, &s->rootfs_propagation) < 0)
			die();
		break;
	case DNS:
		POOL_PUSH(&r->pool, s->dns, s->ndns, optarg);
		break;
	case ADD_HOST:
		add_host(r);
		break;
	case UNMASK:
		s->unmask = true;
		break;
	case NET_HOST:
		r->facts.own_net = false;
		break;
	case PID_HOST:
		r->facts.own_pid = false;
		break;
	case TTY:
		s->tty = true;
		break;
	case NO_EARLY:
		r->facts.caller_is_root = false;
		break;
	case CHOWN:
		r->chown_to = (uid_t)atoi(optarg);
		break;
	case USERNS_NONE:
		r->facts.userns = false;
		break;
	case IDMAPPED:
		r->idmapped = true;
		r->facts.caller_is_root = false;
		break;
	case SCRATCH:
		r->facts.scratch = path_absolute(&r->pool, optarg);
		break;
	case PRINT:
		r->print = true;
		break;
	case TIME:
		r->times = atoi(optarg);
		break;
	default:
		exit(125);
	}
}

static void write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	if (fd_write_file(AT_FDCWD, path, 0, text, strlen(text)) < 0) {
		fail("write %s", path);
		die();
	}
}

static void map_ids(const struct run *r, pid_t pid)
{
	char map[64];

	if (r->idmapped) {
		write_file(pid, "uid_map", "0 100000 65536");
		write_file(pid, "gid_map", "0 100000 65536");
		return;
	}
	write_file(pid, "setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	write_file(pid, "uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", getegid());
	write_file(pid, "gid_map", map);
}

static _Noreturn void stage(struct run *r, int go, int report, char **argv)
{
	double t[4];
	int ptmx = -1;
	char c;

	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		    (r->facts.own_net ? CLONE_NEWNET : 0)) < 0) {
		fail("unshare");
		die();
	}
	t[0] = now();
	if (fs_plan_prepare(r->plan) < 0)
		die();
	t[1] = now();
	if (read(go, &c, 1) != 1)
		_exit(125);
	if (r->facts.userns && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) {
		fail("become root inside");
		die();
	}
	t[2] = now();
	if (fs_plan_apply(r->plan, r->spec.tty ? &ptmx : NULL) < 0)
		die();
	t[3] = now();
	if (fs_plan_chown(r->plan, r->chown_to, r->chown_to) < 0)
		die();
	if (report >= 0) {
		double took[2] = { t[1] - t[0], t[3] - t[2] };

		_exit(write(report, took, sizeof(took)) == sizeof(took) ? 0 : 125);
	}
	if (ptmx >= 0) {
		int slave = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

		setsid();
		ioctl(slave, TIOCSCTTY, 0);
	}
	sys_close_range(3, ~0u, SYS_CLOSE_RANGE_CLOEXEC);
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	execvp(argv[0], argv);
	fail("execute %s", argv[0]);
	die();
}

/* A user namespace of its own with the maps of --idmapped. */
static int make_userns(const struct run *r)
{
	struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	char path[40];
	pid_t pid = sys_clone3(&a);

	if (pid == 0)
		for (;;)
			pause();
	map_ids(r, pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

static pid_t start_mapped(struct run *r, int go, int report, char **argv)
{
	struct clone_args a = { .flags = r->facts.own_pid ? CLONE_NEWPID : 0,
				.exit_signal = SIGCHLD };
	int userns = make_userns(r);

	if (userns < 0 || fs_plan_map_owners(r->plan, userns) < 0)
		die();
	pid_t nursery = fork();
	if (nursery == 0) {
		if (setns(userns, CLONE_NEWUSER) < 0) {
			fail("setns");
			die();
		}
		pid_t pid = sys_clone3(&a);
		if (pid == 0)
			stage(r, go, report, argv);
		int status;
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	fs_plan_release(r->plan);
	close(userns);
	return nursery;
}

static int run_once(struct run *r, int report, char **argv)
{
	struct clone_args a = { .flags = (r->facts.own_pid ? CLONE_NEWPID : 0) |
					 (r->facts.userns ? CLONE_NEWUSER : 0),
				.exit_signal = SIGCHLD };
	int go[2], status;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		exit(125);
	if (r->idmapped) {
		pid = start_mapped(r, go[0], report, argv);
	} else {
		pid = sys_clone3(&a);
		if (pid == 0)
			stage(r, go[0], report, argv);
		if (r->facts.userns)
			map_ids(r, pid);
	}
	if (write(go[1], "x", 1) != 1)
		exit(125);
	close(go[0]);
	close(go[1]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static int time_it(struct run *r, char **argv)
{
	double *prepare = calloc((size_t)r->times, sizeof(double));
	double *apply = calloc((size_t)r->times, sizeof(double));
	double *build = calloc((size_t)r->times, sizeof(double));
	int out[2], code = 0;

	if (!prepare || !apply || !build || pipe2(out, O_CLOEXEC) < 0)
		return 125;
	for (int i = 0; i < r->times && !code; i++) {
		double took[2], t = now();

		r->plan = fs_plan_build(&r->pool, &r->spec, &r->facts);
		build[i] = now() - t;
		code = run_once(r, out[1], argv);
		if (code || read(out[0], took, sizeof(took)) != sizeof(took))
			return 125;
		prepare[i] = took[0];
		apply[i] = took[1];
	}
	size_t n = (size_t)r->times;
	qsort(build, n, sizeof(double), by_value);
	qsort(prepare, n, sizeof(double), by_value);
	qsort(apply, n, sizeof(double), by_value);
	printf("build %.0f prepare %.0f apply %.0f us (p10 %.0f %.0f %.0f)\n", build[n / 2],
	       prepare[n / 2], apply[n / 2], build[n / 10], prepare[n / 10], apply[n / 10]);
	return code;
}

int main(int argc, char **argv)
{
	struct run r = { .pool = POOL_INIT };
	struct stat st;
	int c;

	r.facts = (struct fs_facts){ .userns = true,
				     .own_net = true,
				     .own_pid = true,
				     .own_ipc = true,
				     .own_cgroup = true,
				     .caller_is_root = true };
	r.spec.shm_size = 64 << 20;
	r.spec.hostname = "box";
	while ((c = getopt_long(argc, argv, "+v:", options, NULL)) != -1)
		one_option(&r, c);
	if (argc - optind < (r.print ? 1 : 2))
		return 125;
	r.spec.rootfs_arg = argv[optind];
	if (strcmp(argv[optind], "host") == 0) {
		r.spec.root = ROOT_HOST;
		r.spec.rootfs = "/";
	} else {
		r.spec.rootfs = path_absolute(&r.pool, argv[optind]);
	}
	r.facts.foreign = stat(r.spec.rootfs, &st) == 0 && st.st_uid != geteuid();
	r.plan = fs_plan_build(&r.pool, &r.spec, &r.facts);
	if (!r.plan)
		die();
	if (r.print) {
		fs_plan_print(r.plan, stdout);
		return 0;
	}
	if (r.times)
		return time_it(&r, argv + optind + 1);
	return run_once(&r, -1, argv + optind + 1);
}
