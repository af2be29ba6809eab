/* runtime/nets.c - the launcher's part of a container's networks.
 *
 * The launcher runs this when the stage has told its network namespace; meanwhile the
 * stage mounts. In order:
 *
 *  1 the helper makes each interface, first eth0, and gives back its lease and a socket;
 *    the rules that belong to it live as long as the socket
 *  2 the launcher gives the interfaces their addresses, over a socket from inside
 *  3 the ports, whose sockets have been bound before there was a stage
 *  4 HAVE_NET
 *
 * The leases and sockets stay with the launcher, which becomes the monitor. There is
 * nothing to undo: interfaces end with the namespace, so with the stage, and rules with
 * their sockets, whatever kills whom.
 */
#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sys.h"
#include "runtime/box.h"
#include "runtime/ports.h"
#include "runtime/priv.h"

bool nets_leads_out(const struct net_lease *l)
{
	return !(l->flags & NET_F_INTERNAL) && (l->gw4.family || l->gw6.family);
}

static void put_aliases(struct box_net *net, const struct net_want *want)
{
	size_t n = 0;

	for (size_t i = 0; i < want->naliases && n < sizeof(net->aliases); i++)
		n += (size_t)snprintf(net->aliases + n, sizeof(net->aliases) - n, "%s%s",
				      i ? " " : "", want->aliases[i]);
}

int nets_join(const struct spec *spec, const struct net_want *want, const char *who,
	      const char *ifname, int netns, struct box_net *out)
{
	struct priv_req req = { .type = PRIV_NET_JOIN };
	struct priv_net_join *j = &req.u.net_join;
	struct priv_reply reply;

	snprintf(j->net, sizeof(j->net), "%s", want->name);
	snprintf(j->owner, sizeof(j->owner), "%s", want->owner ? want->owner : "");
	snprintf(j->who, sizeof(j->who), "%s", who);
	snprintf(j->ifname, sizeof(j->ifname), "%s", ifname);
	j->ip4 = want->ip4;
	j->ip6 = want->ip6;
	memcpy(j->mac, want->mac, sizeof(j->mac));
	j->rate = spec->net_rate;
	j->max_conns = spec->max_conns;
	j->egress_deny = spec->egress_deny;
	j->negress = (uint16_t)spec->negress;
	if (spec->negress)
		memcpy(j->egress, spec->egress, spec->negress * sizeof(*spec->egress));
	*out = (struct box_net){ .rules = -1 };
	if (priv_ask(&req, &netns, 1, &reply, &out->rules) < 0) {
		/* It need not have been asked for. */
		if (!want->owner && strcmp(want->name, "default") == 0)
			err_hint("--net none runs the container without a network");
		return fail_in("network %s", want->arg);
	}
	out->lease = reply.u.lease;
	put_aliases(out, want);
	return 0;
}

static int join_all(struct box *b)
{
	const struct spec *spec = b->spec;
	bool out = false;

	for (size_t i = 0; i < spec->nnets; i++) {
		struct box_net *net = &b->net[i];
		char ifname[NET_IFNAME_MAX];

		snprintf(ifname, sizeof(ifname), "eth%u", (unsigned)i);
		if (nets_join(spec, &spec->nets[i], b->record.name, ifname, b->netns, net) < 0)
			return -1;
		b->nnets++;
		/* The first network with a way out is the way out. */
		net->lease.default_route = !out && nets_leads_out(&net->lease);
		out |= net->lease.default_route;
	}
	return 0;
}

/* Kernel: what comes over a netlink socket is allowed if both who made it and who sends have
 * the capability; and the owner of a user namespace has all in it. netlink_net_capable(),
 * user_namespaces(7). At 1,000 links the kernel keeps whoever asks waiting for 1 ms; the stage
 * has its mounts and pivot_root() to do meanwhile. */
static int bring_up(struct box *b)
{
	for (size_t i = 0; i < b->nnets; i++)
		if (net_inside_up_by(b->inside, &b->net[i].lease) < 0)
			return fail_in("network %s", b->net[i].lease.net);
	fd_close(&b->inside);
	return 0;
}

/* The interface that published ports lead to. */
static const struct net_lease *reached_by(const struct box *b)
{
	for (size_t i = 0; i < b->nnets; i++)
		if (b->net[i].lease.host_if[0])
			return &b->net[i].lease;
	return NULL;
}

static int publish(struct box *b)
{
	const struct net_lease *l = reached_by(b);
	const char *why = b->nnets || geteuid() == 0 ? NULL : priv_missing();

	if (b->ports.n && b->nnets && !l)
		return fail_plain("--publish: network %s leads past the host, so no port of the host "
				  "leads there",
				  b->net[0].lease.net);
	/* Worth a line always: a program may decide by the address. */
	if (b->ports.n && !l)
		note("published ports go through a proxy, so programs see 192.0.0.8 and not "
		     "their clients: %s",
		     why ? why : "the container is on no network that has rules");
	if ((l && ports_publish(&b->ports, b->netns, l) < 0) ||
	    ports_start(&b->ports, b->netns, l) < 0)
		return -1;
	/* The proxy gets ready while the stage goes on; the launcher asks it before GO. But
	 * sysctls come behind its addresses. */
	return b->spec->nsysctls ? ports_ready(&b->ports) : 0;
}

int nets_up(struct box *b)
{
	if (join_all(b) < 0 || bring_up(b) < 0 || publish(b) < 0)
		return -1;
	/* A stage that is gone has said why; its words are worth more than EPIPE. */
	if (nets_awaited(b->spec) && wire_send(b->sock, WIRE_HAVE_NET, 0, -1) < 0)
		err_clear();
	return 0;
}

bool nets_awaited(const struct spec *spec)
{
	return spec->nnets > 0 || spec->nports > 0;
}

void nets_release(struct box *b)
{
	ports_end(&b->ports);
	for (size_t i = 0; i < b->nnets; i++)
		fd_close(&b->net[i].rules);
	b->nnets = 0;
	fd_close(&b->inside);
	fd_close(&b->netns);
}

/* ---- later, from outside ---- */

static bool is_own_userns(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/proc/self/ns/user", &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Needs: to be the owner of the user namespace that NETNS belongs to, or root. Leaves:
 * all capabilities there, none anywhere else. */
static int enter(int netns)
{
	AUTO_FD int userns = ioctl(netns, NS_GET_USERNS);

	if (userns < 0)
		return fail("ask for the container's user namespace");
	if (!is_own_userns(userns) && setns(userns, CLONE_NEWUSER) < 0)
		return fail("enter the container's user namespace");
	if (setns(netns, CLONE_NEWNET) < 0)
		return fail("enter the container's network namespace");
	return 0;
}

int nets_inside(int netns, int (*change)(const struct net_lease *l), const struct net_lease *l)
{
	struct wire_msg m;
	int pair[2], r;

	if (wire_pair(pair) < 0)
		return -1;
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		/* Root inside must not look at the host through this process
		 * (CVE-2016-9962). */
		if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && enter(netns) == 0 &&
		    change(l) == 0 && wire_send(pair[1], WIRE_READY, 0, -1) == 0)
			_exit(0);
		wire_send_failed(pair[1], EXIT_CINIT);
		_exit(EXIT_CINIT);
	}
	close(pair[1]);
	r = pid < 0 ? fail("fork") : wire_recv(pair[0], &m, NULL);
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		return fail_plain("the process inside was killed");
	return r < 0 || m.type != WIRE_READY ? -1 : 0;
}
