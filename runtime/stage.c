/* runtime/stage.c - the stage: the first process in the container's namespaces.
 *
 * It is born by launch.c as process 1 of the new pid namespace (unless that is
 * shared), lives for some milliseconds, and becomes init by executing the
 * embedded image. It owns its copy of the box. In order:
 *
 *  1 OOM score; the mount plan, if the launcher had no need	(no ids needed yet;
 *  2 the other namespaces, loopback, hostname, clocks;	 newuidmap runs meanwhile)
 *    INSIDE, NEED_NET; first half of the mount plan
 *  3 HAVE_IDS: not dumpable any more, uid 0 and gid 0 inside; the init image
 *  4 sysctls, second half of the mount plan, pivot_root: the host is gone; HOSTS
 *  5 HAVE_NET; terminal; user and groups looked up in the new root; U volumes
 *  6 security: runtime/sec.h has the order, the filter comes last
 *  7 READY, GO; exec of init, or 125-127 with words for the launcher
 *
 * Needs: all capabilities in its user namespace. Leaves: nothing but the payload's
 * init, with descriptors 0-2 and those that --preserve-fds named.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "net.h"
#include "runtime/box.h"
#include "runtime/priv.h"

/* A filter of the user's may refuse any call, exit included: the C library would
 * try that one for ever. An illegal instruction needs no call. */
static _Noreturn void stage_die(struct box *b)
{
	wire_send_failed(b->sock, EXIT_CINIT);
	syscall(SYS_exit_group, EXIT_CINIT);
	__builtin_trap();
}

/* ---- 2 ---- */

/* Kernel: offsets can be written only while no process is in the namespace, so
 * unshare() is for children at first. The stage then goes in itself: before 6.3 a
 * process outside may not vfork into it. time_namespaces(7). */
static int set_clocks(const struct spec *spec)
{
	char text[96];
	const int64_t ns = 1000000000, mono = spec->time_mono_ns, boot = spec->time_boot_ns;
	int64_t ms = mono / ns, mn = mono % ns, bs = boot / ns, bn = boot % ns;

	if (mn < 0) {
		mn += ns;
		ms--;
	}
	if (bn < 0) {
		bn += ns;
		bs--;
	}
	int n = snprintf(text, sizeof(text), "monotonic %lld %lld\nboottime %lld %lld\n",
			 (long long)ms, (long long)mn, (long long)bs, (long long)bn);
	if (fd_write_file(AT_FDCWD, "/proc/self/timens_offsets", 0, text, (size_t)n) < 0)
		return fail("--time-offset");
	AUTO_FD int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return fail("--time-offset: enter the time namespace");
	return 0;
}

static int enter_namespaces(struct box *b)
{
	const struct spec *spec = b->spec;
	uint64_t flags = launch_new_namespaces(spec, &b->ids) &
			 ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWPID);

	for (int k = NS_NET; k <= NS_CGROUP; k++)
		if (b->join[k] >= 0 && setns(b->join[k], launch_ns_flag[k]) < 0)
			return fail("enter the %s namespace of container %s", launch_ns_name[k],
				    spec->ns[k].who);
	if (unshare((int)flags) < 0) {
		fail("make new namespaces");
		if (err_errno() == EPERM || err_errno() == ENOSPC)
			err_hint("`cinit check` says what this machine allows");
		return -1;
	}
	if (spec->time_offset && set_clocks(spec) < 0)
		return -1;
	if ((spec->ns[NS_NET].mode == NS_NONE || spec->ns[NS_NET].mode == NS_PRIVATE) &&
	    net_loopback_up() < 0)
		return -1;
	if (spec->ns[NS_UTS].mode == NS_PRIVATE &&
	    sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return fail("set hostname %s", spec->hostname);
	return 0;
}

/* Whoever makes the interfaces needs the namespace; later the monitor keeps it, to
 * have more of them made. And a socket from inside, to give them addresses without going
 * in: this process has its mounts to make meanwhile. */
static int ask_for_networks(const struct box *b)
{
	enum ns_mode mode = b->spec->ns[NS_NET].mode;
	AUTO_FD int inside = -1;

	if (mode != NS_NONE && mode != NS_PRIVATE)
		return 0;
	if (b->spec->nnets > 0) {
		inside = net_inside_open();
		if (inside < 0 || wire_send(b->sock, WIRE_INSIDE, 0, inside) < 0)
			return -1;
	}
	AUTO_FD int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return fail("open the network namespace");
	return wire_send(b->sock, WIRE_NEED_NET, 0, netns);
}

static int open_image(const struct box *b)
{
	const struct init_conf conf = {
		.mask = b->old_mask,
		.ignored = b->ignored,
		.direct = !b->spec->init,
		.tty = b->spec->tty,
		/* Without a pid namespace of its own nobody else ends the rest. */
		.kill_orphans = b->spec->ns[NS_PID].mode != NS_PRIVATE && !b->spec->wait_all,
		.wait_all = b->spec->wait_all,
		.follow = b->spec->follow && !b->spec->wait_all,
		.listen_pid = b->spec->listen_fds,
	};

	return init_image_open(&conf);
}

/* ---- 3 ---- */

/* From here on /proc/PID of this process belongs to nobody inside: a container
 * whose pid namespace is joined cannot look at the host's binary or descriptors
 * through it (CVE-2016-9962). */
static int become_root(const struct box *b)
{
	if (wire_expect(b->sock, WIRE_HAVE_IDS) < 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail("turn dumping off");
	/* keep-id without subordinate ids: the caller's own id is the only one there
	 * is, and it has all capabilities inside. */
	if (!b->ids.userns || (b->ids.by_self && b->spec->userns == USERNS_KEEP_ID))
		return 0;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail("become root inside");
	return 0;
}

/* Names go into a file that is out of reach for whoever is outside: they get it open. */
static int hand_out_hosts(struct box *b)
{
	AUTO_FD int hosts = fs_plan_take_hosts(b->plan);

	return hosts < 0 ? 0 : wire_send(b->sock, WIRE_HOSTS, 0, hosts);
}

/* ---- 5 ---- */

/* The interfaces have their addresses, the ports lead there. */
static int wait_for_networks(const struct box *b)
{
	return nets_awaited(b->spec) ? wire_expect(b->sock, WIRE_HAVE_NET) : 0;
}

/* The pty's slave becomes 0, 1, 2 and the controlling terminal; the master goes
 * to the launcher. Opened through the master's fd: no path, nothing to swap. */
static int take_terminal(struct box *b, int master, const struct sec_user *user)
{
	AUTO_FD int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0)
		return fail("open the terminal");
	/* Gid 5 is tty on every distribution; unmapped ids leave it as it is. */
	if (fchown(slave, user->uid, (gid_t)-1) < 0 && errno != EINVAL)
		return fail("give the terminal to user %u", user->uid);
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail("make it the controlling terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return fail("use the terminal as descriptor %d", fd);
	return wire_send(b->sock, WIRE_TTY, 0, master);
}

static bool has_env(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return true;
	return false;
}

/* The spec's environment, and HOME from the container's passwd if it has none. */
static char **final_env(struct box *b, const struct sec_user *user)
{
	size_t n = 0;

	while (b->spec->env[n])
		n++;
	char **env = pool_alloc(b->pool, (n + 2) * sizeof(*env));
	memcpy(env, b->spec->env, n * sizeof(*env));
	if (!has_env(b->spec->env, "HOME"))
		env[n] = pool_printf(b->pool, "HOME=%s", user->home[0] ? user->home : "/");
	return env;
}

static char **final_argv(struct box *b)
{
	size_t n = 0;

	while (b->spec->argv[n])
		n++;
	char **argv = pool_alloc(b->pool, (n + 3) * sizeof(*argv));
	argv[0] = (char *)"/sbin/init";
	argv[1] = (char *)"--";
	memcpy(argv + 2, b->spec->argv, n * sizeof(*argv));
	return argv;
}

/* ---- 7 ---- */

/* When the launcher dies the container dies. Kernel: a change of credentials
 * forgets the request, so it is made after the last one; and it comes too late if
 * the launcher is dead already, which the wire tells. prctl(2). */
static int die_with_launcher(const struct box *b)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail("tie the container to its monitor");
	if (wire_peer_gone(b->sock))
		_exit(EXIT_CINIT);
	return 0;
}

/* What the launcher would find out before it starts anything, if it had the time. On
 * failure nothing has been made; but newuidmap may be about to look at this process,
 * and should find it: wait for the launcher's word. */
static void first_steps(struct box *b)
{
	/* The lock is to be the monitor's alone: it says whether that lives. */
	fd_close(&b->record.lock);
	fd_close(&b->record.dir);
	if (b->oom_set || sec_oom_apply(b->spec) == 0) {
		if (!b->plan)
			b->plan = fs_plan_build(b->pool, b->spec, &b->facts);
		if (b->plan)
			return;
	}
	wire_send_failed(b->sock, EXIT_CINIT);
	wire_expect(b->sock, WIRE_HAVE_IDS);
	_exit(EXIT_CINIT);
}

static int write_sysctls(struct box *b)
{
	const struct spec *spec = b->spec;
	/* Not in one that another container has made, and set as it wants it. */
	const enum ns_mode mode = spec->ns[NS_NET].mode;
	const bool network = mode == NS_PRIVATE || mode == NS_NONE;
	AUTO_FD int proc = -1;

	if (!network && !spec->nsysctls)
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return fail("open /proc");
	if (network)
		sec_sysctl_network(b->ids.userns ? &b->ids.gids : NULL, proc);
	if (!spec->nsysctls)
		return 0;
	/* One may name an interface, or take away what it was just given. */
	if (wait_for_networks(b) < 0)
		return -1;
	return sec_sysctl_apply(spec, proc);
}

static int stage_setup(struct box *b, struct sec_user *user, int *image)
{
	const struct spec *spec = b->spec;
	AUTO_FD int master = -1;

	first_steps(b);
	if (enter_namespaces(b) < 0 || ask_for_networks(b) < 0 || fs_plan_prepare(b->plan) < 0)
		return -1;
	if (become_root(b) < 0)
		return -1;
	/* Now, since a file on a tmpfs serves where memfds may not be executed, and its
	 * maker needs an id. */
	*image = open_image(b);
	if (*image < 0)
		return -1;
	if (write_sysctls(b) < 0)
		return -1;
	if (fs_plan_apply(b->plan, spec->tty ? &master : NULL) < 0 || hand_out_hosts(b) < 0)
		return -1;
	if (!spec->nsysctls && wait_for_networks(b) < 0)
		return -1;
	if (setsid() < 0 && errno != EPERM)
		return fail("start a session");
	if (sec_user_resolve(spec, user) < 0 || fs_plan_chown(b->plan, user->uid, user->gid) < 0)
		return -1;
	if (spec->tty)
		return take_terminal(b, master, user);
	if (b->null_fd >= 0 && dup2(b->null_fd, 0) < 0)
		return fail("use /dev/null as input");
	return 0;
}

_Noreturn void stage_main(struct box *b)
{
	struct sec_user user;
	int image = -1;

	prctl(PR_SET_NAME, "cinit:stage", 0, 0, 0);
	priv_forget();
	if (stage_setup(b, &user, &image) < 0)
		stage_die(b);
	char **env = final_env(b, &user), **argv = final_argv(b);
	/* Close-on-exec now: a strict filter may not know close_range(2). */
	if (fd_cloexec_from(3 + b->spec->preserve_fds) < 0) {
		fail("close descriptors");
		stage_die(b);
	}
	if (sec_apply(b->spec, &user, &b->filter, !b->ids.setgroups_deny) < 0 ||
	    die_with_launcher(b) < 0 || wire_send(b->sock, WIRE_READY, 0, -1) < 0 ||
	    wire_expect(b->sock, WIRE_GO) < 0 || sec_apply_filter(b->spec, &b->filter) < 0)
		stage_die(b);
	sys_execveat(image, "", argv, env, AT_EMPTY_PATH);
	fail("execute the init image");
	stage_die(b);
}
