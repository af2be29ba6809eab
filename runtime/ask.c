/* runtime/ask.c - the launcher's end of the privileged helper.
 *
 * The launcher runs this; it owns the socket and the child. Nothing here is trusted by
 * the helper, and the helper's words are shown as they come. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/helper/helper.h"

struct priv_link priv_link = { .sock = -1 };

/* ---- why there is none ---- */

static bool in_userns(void)
{
	char text[64] = "";

	fd_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text) - 1);
	return strcmp(text, "         0          0 4294967295\n") != 0;
}

static const char *why_not(void)
{
	static char words[800];
	char self[300] = "", value[64];
	struct statvfs vfs;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || n == sizeof(self) - 1)
		strcpy(self, "cinit");
	if (getxattr("/proc/self/exe", "security.capability", value, sizeof(value)) < 0)
		snprintf(words, sizeof(words),
			 "%s has no capabilities (sudo make install, or sudo setcap "
			 "cap_net_admin,cap_setuid,cap_setgid+ep %s)",
			 self, self);
	else if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		snprintf(words, sizeof(words),
			 "no_new_privs is set here, so the capabilities of %s do not count", self);
	else if (in_userns())
		snprintf(words, sizeof(words),
			 "this is a user namespace, where the capabilities of %s do not count",
			 self);
	else if (statvfs("/proc/self/exe", &vfs) == 0 && (vfs.f_flag & ST_NOSUID))
		snprintf(words, sizeof(words),
			 "%s is on a file system that is mounted nosuid, so its capabilities do "
			 "not count",
			 self);
	else
		snprintf(words, sizeof(words),
			 "the capabilities of %s do not count here: a tracer, or a bounding set "
			 "without them",
			 self);
	return words;
}

const char *priv_missing(void)
{
	static char words[200];

	if (priv_link.sock >= 0)
		return NULL;
	if (priv_link.ended)
		return "the privileged helper has ended";
	if (priv_link.error) {
		snprintf(words, sizeof(words), "the privileged helper could not be started: %s",
			 strerror(priv_link.error));
		return words;
	}
	if (geteuid() != 0)
		return why_not();
	if (!priv_able())
		return "root has no CAP_NET_ADMIN, CAP_SETUID and CAP_SETGID here";
	const struct caller root = { .uid = getuid(), .gid = getgid(), .pid = getpid() };
	if (helper_start(&root) < 0) {
		priv_link.error = err_errno();
		err_clear();
		return priv_missing();
	}
	return NULL;
}

bool priv_maps(void)
{
	return priv_missing() == NULL && !priv_link.moved;
}

/* ---- asking ---- */

static const size_t sizes[PRIV_TYPES] = {
	[PRIV_MAP_IDS] = sizeof(struct priv_map_ids),
	[PRIV_NETWORK] = sizeof(struct priv_network),
	[PRIV_NET_JOIN] = sizeof(struct priv_net_join),
	[PRIV_PUBLISH] = sizeof(struct priv_publish),
	[PRIV_NET_RATE] = sizeof(struct priv_net_rate),
	[PRIV_CGROUP] = sizeof(struct priv_cgroup),
};

int priv_ask(const struct priv_req *req, const int *fds, size_t nfds, struct priv_reply *reply,
	     int *fd)
{
	static struct priv_reply mine;
	struct priv_req sized = *req;
	const char *why = priv_missing();
	int got = -1;

	if (fd)
		*fd = -1;
	if (why)
		return fail_plain("%s", why);
	if (req->type == 0 || req->type >= PRIV_TYPES || nfds > 1 + PRIV_PROOFS)
		return fail_plain("there is no such request");
	sized.size = (uint32_t)sizes[req->type];
	priv_link.moved |= req->type != PRIV_MAP_IDS && req->type != PRIV_CGROUP;
	if (!reply)
		reply = &mine;
	/* Kernel: a peer that has ended with something unread is an ECONNRESET. */
	if (fd_send(priv_link.sock, &sized, offsetof(struct priv_req, u) + sized.size, fds, nfds) <
		    0 ||
	    fd_recv(priv_link.sock, reply, sizeof(*reply), &got, 1) <= 0) {
		priv_end();
		priv_link.ended = true;
		return fail_plain("the privileged helper has ended");
	}
	if (fd)
		*fd = got;
	else
		fd_close(&got);
	if (reply->error) {
		reply->text[sizeof(reply->text) - 1] = '\0';
		reply->hint[sizeof(reply->hint) - 1] = '\0';
		err_set(reply->text, reply->hint, reply->error);
		return -1;
	}
	return 0;
}

void priv_forget(void)
{
	fd_close(&priv_link.sock);
	priv_link.pid = 0;
	priv_link.ended = true;
}

void priv_end(void)
{
	pid_t pid = priv_link.pid;

	/* Faster than to let it get to where it reads end of file, if it is still ours to
	 * kill: most commands never ask it anything. */
	if (pid > 0)
		kill(pid, SIGKILL);
	priv_forget();
	if (pid > 0)
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
}
