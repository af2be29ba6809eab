/* runtime/helper/clean.c - how the helper gets out of what its caller prepared.
 *
 * The helper runs this, in two phases, since id maps can be written by nobody but the
 * owner of the user namespace, and everything else is better done by somebody whom the
 * caller can neither stop, kill, trace nor limit.
 *
 * What needs no cleaning: groups, securebits, no_new_privs, seccomp filters and
 * personality cannot be prepared by somebody who still gains privileges by exec (or
 * the kernel clears them then); interval timers and pending signals are not inherited
 * by a fork. Priority, scheduler, cgroup and OOM score can, and would have to be: they
 * make the helper slow or end it. So it holds no lock that another user waits for
 * (registry.c), and whenever it ends, nothing is left that the kernel does not take
 * back. */
#include <grp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "lib/sys.h"
#include "runtime/helper/helper.h"
#include "runtime/sec_steps.h"

static uint64_t permitted;

static int caps_put(uint64_t effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, 0 },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0 },
	};

	return syscall(SYS_capset, &head, data) < 0 ? fail("set capabilities") : 0;
}

/* Permitted is exactly WANT, nothing is effective or inheritable. */
static int caps_read_back(uint64_t want)
{
	struct caps_sets now;

	if (caps_read(&now) < 0)
		return -1;
	return now.permitted == want && !now.effective && !now.inheritable ?
		       0 :
		       fail_plain("capabilities are not what they were set to");
}

int clean_raise(uint64_t caps)
{
	return caps_put(caps & permitted);
}

void clean_lower(void)
{
	/* Less is always granted; if not, nobody is to learn what more would do. */
	if (caps_put(0) < 0)
		_exit(EXIT_CINIT);
}

/* ---- phase A ---- */

static int only_socket(int *sock)
{
	if (*sock != 3 && dup3(*sock, 3, O_CLOEXEC) < 0)
		return fail("move the socket");
	*sock = 3;
	if (sys_close_range(4, ~0u, 0) < 0)
		return fail("close what was inherited");
	for (int i = 0; i < 3; i++)
		close(i);
	return fd_fill_std() == 7 && fcntl(2, F_GETFD) >= 0 ? 0 : fail("open /dev/null");
}

/* The kernel lays words, environment and the file's name behind each other; what is
 * between the first and the last is gone, and with it what ps would show. */
static void no_words(void)
{
	static const char name[] = "cinit:helper";
	char **argv = environ - 1, *from, *end = (char *)getauxval(AT_EXECFN);

	for (long argc = 0; (long)argv[-1] != argc; argc++)
		argv--;
	from = argv[0] ? argv[0] : environ[0];
	if (from && from < end) {
		memset(from, 0, (size_t)(end - from));
		if ((size_t)(end - from) >= sizeof(name))
			memcpy(from, name, sizeof(name));
	}
	environ[0] = NULL;
}

static void no_signals(void)
{
	const uint64_t all_but_alarm = ~BIT(SIGALRM - 1);

	for (int sig = 1; sig <= 64; sig++)
		signal(sig, SIG_DFL);
	sys_sigprocmask(SIG_SETMASK, &all_but_alarm, NULL);
}

void clean_deadline(unsigned seconds)
{
	const struct itimerval when = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_REAL, &when, NULL);
}

static const struct {
	int resource;
	rlim_t least;
} limits[] = {
	{ RLIMIT_FSIZE, 1 << 20 }, { RLIMIT_NOFILE, 256 },   { RLIMIT_STACK, 512 << 10 },
	{ RLIMIT_DATA, 16 << 20 }, { RLIMIT_AS, 128 << 20 }, { RLIMIT_CPU, 2 },
};

/* A hard limit cannot be raised without CAP_SYS_RESOURCE, which nobody here has. */
static int sane_limits(void)
{
	const struct rlimit none = { 0, 0 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit lim;

		if (sys_prlimit(limits[i].resource, NULL, &lim) < 0)
			return fail("read the limit %s", limits_name(limits[i].resource));
		if (lim.rlim_max < limits[i].least)
			return fail_plain("ulimit %s is %llu, the helper needs %llu",
					  limits_name(limits[i].resource),
					  (unsigned long long)lim.rlim_max,
					  (unsigned long long)limits[i].least);
		lim.rlim_cur = lim.rlim_max;
		if (sys_prlimit(limits[i].resource, &lim, NULL) < 0)
			return fail("set the limit %s", limits_name(limits[i].resource));
	}
	return setrlimit(RLIMIT_CORE, &none) < 0 ? fail("forbid core files") : 0;
}

static int become(uid_t uid, gid_t gid)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return fail("become user %u, group %u", (unsigned)uid, (unsigned)gid);
	return priv_ids_are(uid, gid) ? 0 : fail_plain("ids are not what they were set to");
}

/* Needs:    a fresh fork, all signals blocked, nothing of the caller's looked at.
 * Leaves:   uid and gid of the caller, whoever owns the file; PHASE_A permitted and
 *           nothing effective; the socket and no other descriptor.
 * Must not: be believed to be out of the caller's reach: same uid, so it can be
 *           stopped, killed and limited (not traced: it is not dumpable). */
int clean_inherited(int *sock, const struct caller *caller)
{
	permitted = PHASE_A;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail("turn dumping off");
	no_signals();
	prctl(PR_SET_NAME, "cinit:helper", 0, 0, 0);
	if (getauxval(AT_SECURE))
		no_words();
	if (only_socket(sock) < 0 || sane_limits() < 0)
		return -1;
	umask(077);
	if (chdir("/") < 0)
		return fail("go to /");
	if (caps_put(PHASE_A) < 0 || become(caller->uid, caller->gid) < 0)
		return -1;
	clean_lower();
	if (caps_read_back(PHASE_A) < 0)
		return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != caller->pid)
		return fail_plain("the launcher is gone");
	return 0;
}

/* ---- phase B ---- */

int clean_see_as(uid_t user, gid_t group)
{
	setfsgid(group);
	setfsuid(user);
	if ((uid_t)setfsuid((uid_t)-1) != user || (gid_t)setfsgid((gid_t)-1) != group)
		return fail_plain("cannot look at files as user %u", (unsigned)user);
	return 0;
}

/* What both phases ask: who the caller is by name, and what he may. */
int clean_policy(struct helper *h)
{
	if (h->ready)
		return 0;
	h->ready = true;
	h->policy.user = POLICY_USER;
	h->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	h->userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (h->netns < 0 || h->userns < 0)
		return fail("open the namespaces of the host");
	if (ids_text("/etc/passwd", &h->passwd) < 0)
		return -1;
	subid_user_name(h->passwd, h->caller.uid, h->caller.name);
	if (clean_raise(PHASE_A) < 0 || clean_see_as(0, 0) < 0)
		return -1;
	int rc = policy_load(&h->caller, &h->policy);

	if (clean_see_as(h->caller.uid, h->caller.gid) < 0)
		_exit(EXIT_CINIT);
	clean_lower();
	if (rc < 0) {
		snprintf(h->refused, sizeof(h->refused), "%s", err_text());
		h->policy.user = POLICY_USER;
		err_clear();
	}
	return 0;
}

/* Needs:    phase A, and a policy that is believed.
 * Leaves:   the helper's own uid and gid and no group; CAP_NET_ADMIN permitted and
 *           nothing effective; registry and namespaces open; sane limits; Landlock,
 *           seccomp. The caller's signals, ptrace and prlimit get EPERM from here on.
 * Must not: be tried again when it fails. */
int clean_move(struct helper *h)
{
	uid_t own = h->policy.user;

	if (h->refused[0])
		return fail_plain("%s", h->refused);
	if (clean_raise(PHASE_A) < 0)
		return -1;
	/* Root of a user namespace has no attacker above himself, and often no other ids. */
	if (h->caller.uid == 0 && clean_see_as(own, own) < 0)
		own = h->policy.user = 0;
	if (clean_see_as(0, h->policy.user) < 0 || registry_open(&h->policy, &h->registry) < 0)
		return -1;
	if (setgroups(0, NULL) < 0 && own != 0)
		return fail("leave all groups");
	if (become(own, own) < 0)
		return -1;
	permitted = PHASE_B;
	clean_lower();
	/* Kernel: a change of ids turns dumping on where fs.suid_dumpable is 1, and
	 * forgets whose death was to be ours. prctl(2) */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || caps_read_back(PHASE_B) < 0)
		return fail_in("leave the caller");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != h->caller.pid)
		return fail_plain("the launcher is gone");
	/* Until now the caller could have changed them by prlimit(2). */
	if (sane_limits() < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("set no_new_privs");
	if (sandbox_files(h->registry) < 0 || sandbox_calls() < 0)
		return -1;
	h->moved = true;
	return 0;
}
