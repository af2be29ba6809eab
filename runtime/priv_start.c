/* runtime/priv_start.c - the fork between privilege and the user.
 *
 * The first code of every cinit, and the launcher's alone: the helper begins with
 * helper_serve(). When the kernel says that this program's file gave it
 * privileges (AT_SECURE, never a name or an option), two processes are made of it
 * before a word of the user is looked at: the helper keeps three capabilities and
 * reads nothing but frames; the launcher, which goes on, has nothing left but what its
 * user had anyway.
 *
 *	Needs:    cap_net_admin, cap_setuid, cap_setgid on the file, or set-user-ID root.
 *	Leaves:   in the launcher: ids, capabilities and dumpability as if the file had
 *	          given nothing, all of it read back; or no process at all.
 *	Must not: look at argv, environment, locale or any file. */
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "lib/sys.h"
#include "runtime/helper/helper.h"
#include "runtime/sec_steps.h"

bool priv_ids_are(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	return getresuid(&u[0], &u[1], &u[2]) == 0 && getresgid(&g[0], &g[1], &g[2]) == 0 &&
	       u[0] == uid && u[1] == uid && u[2] == uid && g[0] == gid && g[1] == gid &&
	       g[2] == gid;
}

bool priv_able(void)
{
	struct caps_sets now;

	return caps_read(&now) == 0 && (now.permitted & PHASE_A) == PHASE_A;
}

int helper_start(const struct caller *caller)
{
	/* No signal at its end, and invisible to a wait() for just any child: whatever
	 * the launcher becomes, it is not told of a child that it did not make. */
	struct clone_args args = { .exit_signal = 0 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("make a socket pair");
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		close(pair[0]);
		helper_serve(pair[1], caller);
	}
	close(pair[1]);
	if (pid < 0) {
		fail("fork");
		close(pair[0]);
		return -1;
	}
	priv_link = (struct priv_link){ .sock = pair[0], .pid = pid };
	return 0;
}

/* Become the caller and nothing else. Capabilities of the bounding set and the groups
 * are the caller's own and stay. */
static int drop(const struct caller *c)
{
	/* Kernel: in a user namespace without maps even one's own id cannot be set; there no
	 * file changes it either. */
	if (!priv_ids_are(c->uid, c->gid) &&
	    (setresgid(c->gid, c->gid, c->gid) < 0 || setresuid(c->uid, c->uid, c->uid) < 0))
		return fail("become user %u, group %u", (unsigned)c->uid, (unsigned)c->gid);
	if (caps_clear() < 0)
		return -1;
	if (!priv_ids_are(c->uid, c->gid))
		return fail_plain("user and group are not the caller's after all");
	/* Kernel: a program that gained capabilities by its file is not dumpable even
	 * without them, and /proc/PID/uid_map of its children belongs to root then. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return fail("turn dumping on again");
	return 0;
}

void priv_start(void)
{
	struct caller c = { .pid = getpid() };
	uid_t unused_uid;
	gid_t unused_gid;

	if (!getauxval(AT_SECURE))
		return;
	if (getresuid(&c.uid, &unused_uid, &unused_uid) < 0 ||
	    getresgid(&c.gid, &unused_gid, &unused_gid) < 0) {
		fail("read the caller's ids");
		goto failed;
	}
	if (priv_able() && helper_start(&c) < 0) {
		priv_link.error = err_errno();
		err_clear();
	}
	if (drop(&c) == 0)
		return;
failed:
	fail_in("give up privileges");
	err_print();
	_exit(EXIT_CINIT);
}
