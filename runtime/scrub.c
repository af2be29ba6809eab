/* runtime/scrub.c - removing a scratch root whose files have subordinate owners.
 *
 * The launcher (or whoever finds a dead container) forks a child into a user
 * namespace where the caller is root and has all subordinate ids, whatever maps the
 * container had: there every owner is known, and root may remove what is theirs. Only kernels whose tmpfs has no user xattrs need it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sys.h"
#include "runtime/box.h"

static _Noreturn void scrub_child(int sock, int dirfd, const char *name)
{
	if (wire_expect(sock, WIRE_HAVE_IDS) < 0)
		_exit(EXIT_CINIT);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		_exit(EXIT_CINIT);
	if (fs_remove_tree(dirfd, name) < 0) {
		wire_send_failed(sock, EXIT_CINIT);
		_exit(EXIT_CINIT);
	}
	_exit(0);
}

int scrub(struct pool *pool, int dirfd, const char *name)
{
	int pair[2];
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	const struct spec any = { .userns = USERNS_AUTO };
	struct ids_plan ids;
	struct wire_msg m;
	int failed = 0;

	if (geteuid() == 0)
		return fs_remove_tree(dirfd, name);
	if (ids_plan(pool, &any, &ids) < 0 || wire_pair(pair) < 0)
		return -1;
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		/* Else this end would outlive the launcher, and the child wait for ever. */
		close(pair[0]);
		scrub_child(pair[1], dirfd, name);
	}
	close(pair[1]);
	if (pid < 0)
		failed = fail("fork");
	else if (ids_write(&ids, pid) < 0 || wire_send(pair[0], WIRE_HAVE_IDS, 0, -1) < 0)
		failed = -1;
	else if (wire_recv(pair[0], &m, NULL) != 0)
		failed = -1;
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return failed ? fail_in("remove %s", name) : 0;
}
