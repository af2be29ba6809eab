/* runtime/ports_proxy.c - the monitor and its proxy `cinit:ports`: starting it, telling it
 * about ports that come and go, starting another when it was killed.
 *
 * The monitor cannot do the proxy's work itself: a socket belongs to the network namespace
 * that its maker is in, and the monitor stays outside. The child that becomes the proxy, in
 * order:
 *
 *  1 no signals but SIGKILL; not dumpable; 0-2 on /dev/null; every descriptor closed but
 *    the ports' sockets, the control socket and the namespace
 *  2 into the container's user and network namespaces
 *  3 without a lease: addresses that stand in for one
 *  4 not root any more if it was; no capability, no way to one
 *  5 dies with the monitor
 *
 * Then proxy_main(). It stays in the host's mount and pid namespaces, so nobody in the
 * container can see it; what it could see itself the filter of proxy_main() forbids.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/proxy.h"
#include "runtime/sec_steps.h"
#include "runtime/wire.h"

enum { NOBODY = 65534 };
#define TOO_SOON_NS INT64_C(1000000000)

/* ---- the child ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Close what lies between the descriptors that are kept. */
static int close_others(const struct ports *p)
{
	size_t n = 0;
	int *keep = proxy_table(p->nsocks + 3, sizeof(*keep));
	unsigned from;

	if (!keep)
		return -1;
	keep[n++] = 2;
	keep[n++] = p->ctl;
	keep[n++] = p->netns;
	for (size_t i = 0; i < p->nsocks; i++)
		if (p->sock[i].fd >= 0)
			keep[n++] = p->sock[i].fd;
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		from = (unsigned)keep[i] + 1;
		unsigned to = i + 1 < n ? (unsigned)keep[i + 1] : ~0u;

		if (from < to && sys_close_range(from, to - (to != ~0u), 0) < 0)
			return fail("close descriptors");
	}
	munmap(keep, (p->nsocks + 3) * sizeof(*keep));
	return 0;
}

static int forget_everything(const struct ports *p)
{
	const uint64_t all = ~0ull;
	AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* What a terminal sends to all of a job is the monitor's to answer; and splice(2)
	 * cannot be told to leave SIGPIPE out. */
	sys_sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, "cinit:ports", 0, 0, 0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail("turn dumping off");
	if (null < 0)
		return fail("open /dev/null");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return fail("use /dev/null as descriptor %d", fd);
	if (chdir("/") < 0)
		return fail("leave the working directory");
	fd_close(&null);
	return close_others(p);
}

/* Into the namespaces. *MAPPED: the user namespace is another one now. */
static int enter(const struct ports *p, bool *mapped)
{
	struct stat theirs, ours;
	AUTO_FD int userns = ioctl(p->netns, NS_GET_USERNS);

	if (userns < 0)
		return fail("ask whose network namespace it is");
	if (fstat(userns, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		return fail("look at the user namespace");
	*mapped = theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev;
	if (*mapped && setns(userns, CLONE_NEWUSER) < 0)
		return fail("enter the user namespace");
	if (setns(p->netns, CLONE_NEWNET) < 0)
		return fail("enter the network namespace");
	return 0;
}

/* The machine's root becomes the container's, which owns nothing outside; or nobody,
 * when there is no user namespace. A user stays who they are. */
static int become_harmless(bool was_root, bool mapped)
{
	uid_t id = mapped ? 0 : NOBODY;

	/* Kernel: EINVAL for an id that has no meaning here: "root" is somebody who has
	 * entered a namespace of their own, and there is no lesser one. */
	if (was_root &&
	    (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0) &&
	    errno != EINVAL && errno != EPERM)
		return fail("become user %u", id);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("set no_new_privs");
	if (caps_set(0, 0) < 0 || caps_verify(0, 0) < 0)
		return -1;
	return 0;
}

static int become_proxy(struct ports *p)
{
	bool mapped = false, was_root = geteuid() == 0;

	if (forget_everything(p) < 0 || enter(p, &mapped) < 0 ||
	    (p->standin && net_standin_up(&p->ip4, &p->ip6) < 0))
		return -1;
	fd_close(&p->netns);
	if (become_harmless(was_root, mapped) < 0)
		return -1;
	/* Kernel: a change of credentials forgets it, so after the last; prctl(2). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail("tie it to the monitor");
	if (wire_peer_gone(p->ctl))
		_exit(0);
	return 0;
}

/* ---- the monitor ---- */

static int spawn(struct ports *p)
{
	int pair[2];
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&p->pidfd,
		.exit_signal = SIGCHLD,
	};

	if (wire_pair(pair) < 0)
		return -1;
	p->started_ns = clock_ns();
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		p->ctl = pair[1];
		if (become_proxy(p) == 0)
			proxy_main(p);
		proxy_failed(p);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return fail("fork");
	}
	p->pid = pid;
	p->ctl = pair[0];
	p->ready = false;
	return 0;
}

int ports_start(struct ports *p, int netns, const struct net_lease *l)
{
	char text[96];
	bool needed = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct net_port *port = &p->row[i].port;
		bool sctp = port->proto == IPPROTO_SCTP;

		/* Streams and bounds of messages have no place in a pipe. */
		if (sctp && (!l || ports_is_loopback(&port->host)))
			return fail_plain("publish %s: SCTP needs a network with rules, the proxy "
					  "carries TCP and UDP",
					  ports_text(text, port));
		needed |= !sctp;
	}
	p->standin = !l;
	if (l) {
		p->ip4 = l->ip4;
		p->ip6 = l->ip6;
	}
	fd_close(&p->netns);
	p->netns = fcntl(netns, F_DUPFD_CLOEXEC, 0);
	if (p->netns < 0)
		return fail("keep the network namespace");
	if (needed && spawn(p) < 0)
		return fail_in("serve published ports");
	return 0;
}

int ports_ready(struct ports *p)
{
	struct proxy_msg m;

	if (p->pid == 0 || p->ready)
		return 0;
	ssize_t n = fd_recv(p->ctl, &m, sizeof(m), NULL, 0);
	if (n == (ssize_t)sizeof(m) && m.verb == PROXY_READY) {
		p->ready = true;
		return 0;
	}
	if (n < 0)
		fail("hear from the proxy");
	else if (n == 0)
		fail_plain("the proxy ended without a word");
	else {
		m.text[sizeof(m.text) - 1] = '\0';
		fail_plain("%s", m.text);
	}
	return fail_in("serve published ports");
}

static void reap(struct ports *p, int *status)
{
	while (p->pid > 0 && waitpid(p->pid, status, __WALL) < 0 && errno == EINTR)
		;
	p->pid = 0;
	fd_close(&p->pidfd);
	fd_close(&p->ctl);
}

void ports_died(struct ports *p)
{
	int status = 0;

	reap(p, &status);
	if (clock_ns() - p->started_ns < TOO_SOON_NS) {
		note("cinit:ports ended again (%d): published ports are served no more",
		     exitcode_of(status));
		ports_unbind(p);
		return;
	}
	note("cinit:ports ended (%d): connections through it are gone, new ones are served",
	     exitcode_of(status));
	if (spawn(p) < 0) {
		fail_in("serve published ports");
		err_print();
		ports_unbind(p);
	}
}

/* ---- ports that come and go ---- */

/* COUNT free slots in a row; -1: there are none. */
static int64_t find_slots(const struct ports *p, unsigned count)
{
	size_t run = 0;

	for (size_t i = 0; i < PORT_SOCKS_MAX; i++) {
		run = i >= p->nsocks || p->sock[i].fd < 0 ? run + 1 : 0;
		if (run == count)
			return (int64_t)(i + 1 - count);
	}
	return -1;
}

static void tell(struct ports *p, enum proxy_verb verb, size_t slot)
{
	struct proxy_msg m = { .verb = verb, .slot = (uint32_t)slot, .sock = p->sock[slot] };

	fd_send(p->ctl, &m, sizeof(m), &p->sock[slot].fd, verb == PROXY_ADD);
}

int ports_adopt(struct ports *p, struct pool *pool, const struct net_port *port, const int *fd,
		int rules, const char *table)
{
	struct port_row row = { .port = *port, .rules = rules };

	if (rules >= 0)
		memccpy(row.table, table, '\0', sizeof(row.table) - 1);

	if (!p->sock && ports_table(p) < 0)
		return -1;
	int64_t slot = find_slots(p, port->count);
	if (slot < 0)
		return fail_plain("there are %u ports already", PORT_SOCKS_MAX);
	row.slot = (uint32_t)slot;
	for (; p->nsocks < row.slot + port->count; p->nsocks++)
		p->sock[p->nsocks].fd = -1;
	for (unsigned i = 0; i < port->count; i++)
		p->sock[row.slot + i] = (struct port_sock){
			.fd = fd[i],
			.inside = (uint16_t)(port->inside_first + i),
			.proto = port->proto,
			.family = port->host.family ? port->host.family : AF_INET6,
		};
	POOL_PUSH(pool, p->row, p->n, row);
	if (port->proto == IPPROTO_SCTP)
		return 0;
	/* One that starts now finds them in the table; one that cannot be told is dead, and
	 * the next one will. */
	for (unsigned i = 0; i < port->count && p->pid > 0; i++)
		tell(p, PROXY_ADD, row.slot + i);
	if (p->pid > 0 || (spawn(p) == 0 && ports_ready(p) == 0))
		return 0;
	for (unsigned i = 0; i < port->count; i++)
		p->sock[row.slot + i].fd = -1;
	p->n--;
	return -1;
}

int ports_drop(struct ports *p, const struct net_port *port)
{
	size_t i = 0;

	while (i < p->n && memcmp(&p->row[i].port, port, sizeof(*port)) != 0)
		i++;
	if (i == p->n)
		return fail_plain("no such port is published");
	for (unsigned k = 0; k < port->count; k++) {
		size_t slot = p->row[i].slot + k;

		/* One that cannot be told is dead, and the next one will not know of it. */
		if (p->pid > 0)
			tell(p, PROXY_DROP, slot);
		fd_close(&p->sock[slot].fd);
	}
	fd_close(&p->row[i].rules);
	memmove(&p->row[i], &p->row[i + 1], (p->n - i - 1) * sizeof(*p->row));
	p->n--;
	return 0;
}

void ports_end(struct ports *p)
{
	if (p->pidfd >= 0)
		sys_pidfd_send_signal(p->pidfd, SIGKILL, NULL);
	reap(p, NULL);
	fd_close(&p->netns);
	ports_unbind(p);
}
