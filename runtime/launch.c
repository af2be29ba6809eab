/* runtime/launch.c - from a plan to a process in its namespaces.
 *
 * The launcher runs this, with all signals blocked. In order:
 *
 *  1 open the namespaces to be joined (container:ID)
 *  2 root with mapped ids only: make the user namespace first, so that ROOTFS and
 *    volumes can be cloned with their owners mapped into it
 *  3 make its cgroup, with its limits; clone the stage into it - directly, or through the nursery: a short-lived process
 *    that enters user and pid namespaces first and clones the stage with
 *    CLONE_PARENT, so that it is the launcher's own child all the same
 *  4 write the id maps and make the record, while the stage builds the mount plan,
 *    makes its other namespaces and mounts what needs no ids: newuidmap takes as
 *    long as all of that, and there is more than one processor
 *  5 listen to the wire until the stage has executed init; networks are made when it
 *    has told its namespace, while it goes on mounting
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/sys.h"
#include "runtime/box.h"
#include "runtime/tty.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const int launch_ns_flag[NS_KINDS] = {
	[NS_USER] = CLONE_NEWUSER, [NS_MNT] = CLONE_NEWNS,        [NS_PID] = CLONE_NEWPID,
	[NS_NET] = CLONE_NEWNET,   [NS_IPC] = CLONE_NEWIPC,       [NS_UTS] = CLONE_NEWUTS,
	[NS_TIME] = CLONE_NEWTIME, [NS_CGROUP] = CLONE_NEWCGROUP,
};

const char *const launch_ns_name[NS_KINDS] = {
	[NS_USER] = "user", [NS_MNT] = "mnt", [NS_PID] = "pid",       [NS_NET] = "net",
	[NS_IPC] = "ipc",   [NS_UTS] = "uts", [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

uint64_t launch_new_namespaces(const struct spec *spec, const struct ids_plan *ids)
{
	uint64_t flags = CLONE_NEWNS;

	for (int k = NS_PID; k <= NS_CGROUP; k++)
		if (spec->ns[k].mode == NS_PRIVATE || spec->ns[k].mode == NS_NONE)
			flags |= (uint64_t)launch_ns_flag[k];
	if (spec->time_offset)
		flags |= CLONE_NEWTIME;
	if (ids->userns)
		flags |= CLONE_NEWUSER;
	return flags;
}

/* ---- namespaces of other containers ---- */

static int open_ns(pid_t pid, int kind, int *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, launch_ns_name[kind]);
	*out = open(path, O_RDONLY | O_CLOEXEC);
	if (*out < 0)
		return fail("open %s", path);
	return 0;
}

static int same_ns(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* A namespace can only be entered by root of the user namespace that owns it; so
 * joining one container's namespace means living in that container's user
 * namespace, and all joined ones must agree on it. */
static int join_user_of(struct box *b, pid_t pid)
{
	AUTO_FD int theirs = -1, ours = -1;

	if (open_ns(pid, NS_USER, &theirs) < 0 || open_ns(getpid(), NS_USER, &ours) < 0)
		return -1;
	if (b->spec->userns == USERNS_HOST)
		return 0;
	if (same_ns(theirs, ours))
		return fail_plain("its user namespace is the caller's own");
	if (b->userns >= 0 && !same_ns(b->userns, theirs))
		return fail_plain("it has another user namespace than the first one joined");
	if (b->userns < 0)
		b->userns = fd_take(&theirs);
	return 0;
}

static int open_joins(struct box *b)
{
	for (int k = NS_PID; k <= NS_CGROUP; k++) {
		const struct ns_want *want = &b->spec->ns[k];
		uint32_t n;
		pid_t pid;

		if (want->mode != NS_JOIN)
			continue;
		if (num_u32(want->who, &n) == 0 && n > 0 && n <= INT32_MAX)
			pid = (pid_t)n;
		else if (record_find(want->who, &pid, k == NS_NET ? b->names.joined_to : NULL) < 0)
			return fail_in("--%s container:%s", launch_ns_name[k], want->who);
		if (open_ns(pid, k, &b->join[k]) < 0 || join_user_of(b, pid) < 0)
			return fail_in("--%s container:%s", launch_ns_name[k], want->who);
	}
	return 0;
}

/* ---- a user namespace made in advance, by root ---- */

/* Leaves: b->userns holds a user namespace with b->ids written into it. */
static int make_userns(struct box *b)
{
	int gate[2];
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	if (pipe2(gate, O_CLOEXEC) < 0)
		return fail("make a pipe");
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		char byte;

		close(gate[1]);
		_exit(read(gate[0], &byte, 1) < 0);
	}
	close(gate[0]);
	int failed = pid < 0 ? fail("make a user namespace") : ids_write(&b->ids, pid);
	if (!failed)
		failed = open_ns(pid, NS_USER, &b->userns);
	close(gate[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return failed;
}

/* Born in its cgroup, so that not one page is charged elsewhere. clone(2), 5.7 */
static void into_cgroup(const struct box *b, struct clone_args *args)
{
	if (b->cgroup.fd < 0)
		return;
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = (unsigned)(b->cgroup.inner >= 0 ? b->cgroup.inner : b->cgroup.fd);
}

static int fail_born(const struct box *b)
{
	/* Kernel: who puts a process somewhere needs cgroup.procs of what is above both. */
	if (b->cgroup.fd >= 0 && errno == EACCES)
		return fail("put a process into cgroup %s", b->cgroup.dir);
	return fail("make a process in new namespaces");
}

/* ---- the nursery ---- */

static int enter(int fd, int kind)
{
	if (fd >= 0 && setns(fd, launch_ns_flag[kind]) < 0)
		return fail("enter the %s namespace", launch_ns_name[kind]);
	return 0;
}

/* Child of the launcher. Enters what must be entered before a fork takes effect
 * (user and pid), clones the stage as the launcher's child, tells its pid. */
static _Noreturn void nursery_main(struct box *b)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PARENT | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
	};

	into_cgroup(b, &args);

	close(b->sock);
	b->sock = fd_take(&b->other_sock);
	if (sec_oom_apply(b->spec) < 0)
		goto failed;
	b->oom_set = true;
	/* The stage may be born among the processes of a container that is joined.
	 * Its root must not find the host's cinit or our descriptors below the stage's
	 * /proc/PID (CVE-2016-9962, CVE-2019-5736); a fork inherits this. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		fail("turn dumping off");
		goto failed;
	}
	if (enter(b->userns, NS_USER) < 0 || enter(b->join[NS_PID], NS_PID) < 0)
		goto failed;
	if (b->spec->ns[NS_PID].mode == NS_PRIVATE)
		args.flags |= CLONE_NEWPID;
	pid_t pid = sys_clone3(&args);
	if (pid == 0)
		stage_main(b);
	if (pid < 0) {
		fail_born(b);
		goto failed;
	}
	if (wire_send(b->sock, WIRE_BORN, pid, pidfd) == 0)
		_exit(0);
failed:
	wire_send_failed(b->sock, EXIT_CINIT);
	_exit(EXIT_CINIT);
}

/* The nursery ends as soon as it has said BORN, or why not. It is waited for first: if
 * it was killed nothing is in the queue, and the stage, should there be one, ends when
 * our end of the wire is closed. The stage may have asked before BORN was said. */
static int born_by_nursery(struct box *b)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t nursery = sys_clone3(&args);

	if (nursery == 0)
		nursery_main(b);
	fd_close(&b->other_sock);
	if (nursery < 0)
		return fail("fork");
	while (waitpid(nursery, NULL, 0) < 0 && errno == EINTR)
		;
	while (wire_has_message(b->sock)) {
		struct wire_msg m;
		AUTO_FD int fd = -1;
		int r = wire_recv(b->sock, &m, &fd);

		if (r == 0)
			break;
		if (r < 0 || m.type == WIRE_FAILED)
			return -1;
		if (m.type == WIRE_INSIDE || m.type == WIRE_NEED_NET) {
			*(m.type == WIRE_INSIDE ? &b->inside : &b->netns) = fd_take(&fd);
			continue;
		}
		if (m.type != WIRE_BORN)
			return fail_plain("the nursery sent %s", wire_name(m.type));
		b->pidfd = fd_take(&fd);
		b->pid = m.value;
		return 0;
	}
	return fail_plain("the nursery was killed");
}

/* Advice for the commonest reason that nothing can be made at all. */
static int fail_no_userns(void)
{
	int err = errno;

	fail("make new namespaces");
	if (err == EPERM || err == ENOSPC || err == EACCES)
		err_hint("this machine forbids user namespaces; `cinit check` says which "
			 "setting does");
	return -1;
}

static int born_directly(struct box *b)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD |
			 (launch_new_namespaces(b->spec, &b->ids) & (CLONE_NEWUSER | CLONE_NEWPID)),
		.pidfd = (uintptr_t)&b->pidfd,
		.exit_signal = SIGCHLD,
	};

	into_cgroup(b, &args);
	b->pid = sys_clone3(&args);
	if (b->pid == 0) {
		close(b->sock);
		b->sock = fd_take(&b->other_sock);
		b->pidfd = -1;
		stage_main(b);
	}
	if (b->pid < 0)
		return b->cgroup.fd >= 0 && errno == EACCES ? fail_born(b) : fail_no_userns();
	return 0;
}

/* ---- listening ---- */

/* GO may be in the queue before the stage asks, if nobody has anything to wait for: a
 * terminal's size is set first, names are written, a process is moved. */
static bool goes_ahead(const struct spec *spec)
{
	return !spec->tty && !nets_awaited(spec) && spec->ns[NS_NET].mode != NS_JOIN &&
	       !spec->cgroup_rw;
}

/* What the container needs from us before its program starts is there. Said as early as
 * that, the word is in the queue when the stage asks for it. */
static int say_go(struct box *b, bool *said)
{
	if (*said)
		return 0;
	if (ports_ready(&b->ports) < 0)
		return -1;
	*said = true;
	/* A stage that is gone has said why; its words are worth more than EPIPE. */
	if (wire_send(b->sock, WIRE_GO, 0, -1) < 0)
		err_clear();
	return 0;
}

static int make_networks(struct box *b)
{
	if (nets_up(b) < 0)
		return -1;
	names_enter(b);
	return 0;
}

static int listen_to_stage(struct box *b, int *exit_code)
{
	struct wire_msg m;
	AUTO_FD int fd = -1;
	bool ready = false, said = goes_ahead(b->spec);

	if (b->netns >= 0 && make_networks(b) < 0)
		return -1;
	for (;;) {
		int r = wire_recv(b->sock, &m, &fd);

		if (r < 0)
			return -1;
		if (r == 0 && ready)
			return 0;
		if (r == 0)
			return fail_plain("the stage died while it set the container up");
		switch (m.type) {
		case WIRE_INSIDE:
			b->inside = fd_take(&fd);
			break;
		case WIRE_NEED_NET:
			b->netns = fd_take(&fd);
			if (make_networks(b) < 0)
				return -1;
			break;
		case WIRE_HOSTS:
			b->hosts = fd_take(&fd);
			if (b->spec->ns[NS_NET].mode == NS_JOIN)
				names_enter(b);
			names_write(b);
			if (!b->spec->tty && !b->spec->cgroup_rw && say_go(b, &said) < 0)
				return -1;
			break;
		case WIRE_TTY:
			b->tty_master = fd_take(&fd);
			tty_copy_size(b->tty_master);
			break;
		case WIRE_READY:
			ready = true;
			/* It has its cgroup namespace, of which inner is the root. */
			if (b->cgroup.inner >= 0 && cgroup_settle(&b->cgroup, b->pid) < 0)
				return -1;
			if (say_go(b, &said) < 0)
				return -1;
			break;
		case WIRE_FAILED:
			*exit_code = m.exit_code;
			return -1;
		default:
			return fail_plain("the stage sent %s", wire_name(m.type));
		}
	}
}

/* End a stage that is of no more use, and reap it. */
static void stage_undo(struct box *b)
{
	if (b->pidfd >= 0)
		sys_pidfd_send_signal(b->pidfd, SIGKILL, NULL);
	if (b->pid > 0)
		while (waitpid(b->pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	b->pid = 0;
	fd_close(&b->pidfd);
}

/* The mount plan, for those who are born through the nursery: root clones what it
 * names, and in a user namespace that is joined ids look different. */
static int plan_early(struct box *b)
{
	b->plan = fs_plan_build(b->pool, b->spec, &b->facts);
	if (!b->plan)
		return -1;
	if (b->userns >= 0 || !b->ids.as_root)
		return 0;
	return make_userns(b) < 0 ? -1 : fs_plan_map_owners(b->plan, b->userns);
}

/* Step 4. The record comes before HAVE_IDS, so before anything of the payload. */
static int register_and_map(struct box *b, bool mapped)
{
	struct ids_writers w = { .started = false };

	if (!mapped && b->ids.userns && ids_begin(&w, &b->ids, b->pid) < 0)
		return -1;
	if (b->record.lock < 0 && record_create(b) < 0) {
		/* Their words, if any, are not why. */
		ids_reap(&w);
		return -1;
	}
	return ids_end(&w);
}

int launch(struct box *b, int *exit_code)
{
	int pair[2];
	bool nursery;

	*exit_code = EXIT_CINIT;
	if (open_joins(b) < 0)
		return -1;
	nursery = b->userns >= 0 || b->join[NS_PID] >= 0 || b->ids.as_root;
	if (nursery && plan_early(b) < 0)
		return -1;
	if (cgroups_make(b) < 0)
		return -1;
	if (wire_pair(pair) < 0)
		return -1;
	b->sock = pair[0];
	b->other_sock = pair[1];
	if ((nursery ? born_by_nursery(b) : born_directly(b)) < 0)
		goto undo;
	fd_close(&b->other_sock);
	if (register_and_map(b, nursery) < 0)
		goto undo;
	/* If the stage has died, what it said before is worth more than EPIPE. */
	if (wire_send(b->sock, WIRE_HAVE_IDS, 0, -1) < 0 ||
	    (goes_ahead(b->spec) && wire_send(b->sock, WIRE_GO, 0, -1) < 0))
		err_clear();
	if (listen_to_stage(b, exit_code) < 0)
		goto undo;
	fd_close(&b->sock);
	return 0;
undo:
	fd_close(&b->sock);
	fd_close(&b->other_sock);
	stage_undo(b);
	return -1;
}
