/* runtime/helper/facts.c - what the kernel says about descriptors that came along.
 *
 * The helper runs this, with no capability effective. A descriptor pins what it stands
 * for, so what is found here still holds when it is acted upon. */
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lib/num.h"
#include "lib/sys.h"
#include "runtime/helper/helper.h"

enum { NESTED = 32 }; /* as deep as the kernel lets user namespaces be */

/* Only behind this is an ioctl what nsfs says it is: a device may have its own idea. */
static bool is_ns(int fd, int kind)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) == kind;
}

static bool same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

static bool owned_by(int userns, uid_t uid)
{
	uid_t owner;

	return ioctl(userns, NS_GET_OWNER_UID, &owner) == 0 && owner == uid;
}

/* Is USERNS, or one above it and below OURS, the caller's? So a container within a
 * container counts as his, and the namespace that he lives in himself does not. */
static bool owned_above(int userns, int ours, uid_t uid)
{
	AUTO_FD int at = fcntl(userns, F_DUPFD_CLOEXEC, 3);

	for (int i = 0; i < NESTED && at >= 0 && !same(at, ours); i++) {
		if (owned_by(at, uid))
			return true;
		/* Kernel: EPERM for what is not below our own. ioctl_ns(2) */
		int up = ioctl(at, NS_GET_PARENT);
		fd_close(&at);
		at = up;
	}
	return false;
}

int facts_netns(const struct helper *h, int fd, struct facts *out)
{
	out->netns = is_ns(fd, CLONE_NEWNET);
	if (!out->netns)
		return 0;
	out->our_netns = same(fd, h->netns);
	AUTO_FD int userns = ioctl(fd, NS_GET_USERNS);
	out->owned = userns >= 0 && owned_above(userns, h->userns, h->caller.uid);
	return 0;
}

/* The number behind KEY, which begins with the end of a line, in a file of /proc; 0: none.
 * What a process calls itself cannot end a line there. */
static uint32_t proc_number(int dir, const char *path, const char *key)
{
	char text[4096];
	ssize_t n = fd_read_file(dir, path, text, sizeof(text) - 1);
	const char *at = n < 0 ? NULL : strstr(text, key);
	uint32_t value;

	if (!at)
		return 0;
	at += strlen(key);
	return slice_u32((struct slice){ at, strcspn(at, "\n") }, &value) ? value : 0;
}

/* Is DIR the /proc/PID of a child of ANCESTOR's, or of one's child? With a terminal the
 * launcher is a child of the process that the helper was forked from. */
static bool descends(int dir, uint32_t ancestor)
{
	uint32_t pid = proc_number(dir, "status", "\nPPid:\t");
	char path[48];

	for (int i = 0; i < 3 && pid > 1 && pid != ancestor; i++) {
		snprintf(path, sizeof(path), "/proc/%u/status", pid);
		pid = proc_number(AT_FDCWD, path, "\nPPid:\t");
	}
	return pid == ancestor;
}

int facts_child(const struct helper *h, int pidfd, struct facts *out, int *procdir)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	uint32_t pid = proc_number(AT_FDCWD, path, "\nPid:\t");
	snprintf(path, sizeof(path), "/proc/%u", pid);
	AUTO_FD int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct pollfd p = { pidfd, POLLIN, 0 };
	/* Not ended after the directory was opened: it is this process's and no
	 * successor's of the same number. A pidfd becomes readable at the end. */
	out->alive = pid && dir >= 0 && poll(&p, 1, 0) == 0;
	if (!out->alive)
		return 0;
	out->child = descends(dir, (uint32_t)h->caller.pid);
	AUTO_FD int ns = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return 0;
	AUTO_FD int parent = ioctl(ns, NS_GET_PARENT);
	out->userns_owned = owned_by(ns, h->caller.uid);
	out->userns_child = parent >= 0 && same(parent, h->userns);
	*procdir = fd_take(&dir);
	return 0;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, level, name, &value, &n) == 0 && n == sizeof(value) ? value : -1;
}

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static uint64_t netns_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t n = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &n) == 0 ? cookie : 0;
}

void facts_proof(int ours, int fd, struct proof *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	out->domain = option(fd, SOL_SOCKET, SO_DOMAIN);
	out->type = option(fd, SOL_SOCKET, SO_TYPE);
	out->protocol = option(fd, SOL_SOCKET, SO_PROTOCOL);
	out->reuseport = option(fd, SOL_SOCKET, SO_REUSEPORT) != 0;
	out->reuseaddr = option(fd, SOL_SOCKET, SO_REUSEADDR) != 0;
	out->listening = option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1;
	out->our_netns = netns_cookie(ours) && netns_cookie(fd) == netns_cookie(ours);
	if (out->domain == AF_INET6)
		out->v6only = option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1;
	net_addr_bound(fd, &out->addr, &out->port);
}
