/* runtime/live.c - changing a container that runs, from outside.
 *
 * Commands run this (`cinit network connect`, `cinit update` ...). The monitor tells what
 * there is and lends the network namespace; the helper of this process makes what needs
 * privilege; a child inside does what needs the container's; the monitor takes over what
 * has to live as long as the container. In this order, so that whatever is killed when,
 * nothing stays that nobody owns (see ctl.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/err.h"
#include "runtime/ctl.h"
#include "runtime/priv.h"

static int ask_with(struct live *l, const struct ctl_req *req, const int *fds, size_t nfds,
		    struct ctl_reply *reply, int *got)
{
	if (fd_send(l->sock, req, sizeof(*req), fds, nfds) < 0)
		return fail("ask the container's monitor");
	ssize_t n = fd_recv(l->sock, reply, sizeof(*reply), got, got ? 1 : 0);
	if (n < 0)
		return fail("hear the container's monitor");
	if (n == 0)
		return fail_plain("the container has ended");
	if (!reply->error)
		return 0;
	reply->text[sizeof(reply->text) - 1] = '\0';
	err_set(reply->text, NULL, reply->error);
	return -1;
}

static int ask(struct live *l, const struct ctl_req *req, int fd, struct ctl_reply *reply, int *got)
{
	return ask_with(l, req, &fd, fd >= 0, reply, got);
}

static int reach(const char *name, int *sock)
{
	struct sockaddr_un a;
	AUTO_FD int dir = record_dir();
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (dir < 0)
		return -1;
	ctl_address(&a, dir, name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (errno == ENOENT)
			return fail_plain("it has no network of its own to be changed");
		return fail("reach its monitor");
	}
	*sock = fd_take(&fd);
	return 0;
}

int live_open(struct live *l, const char *who)
{
	const struct ctl_req req = { .type = CTL_STATE };
	struct ctl_reply reply;
	char name[80];
	pid_t pid;

	l->sock = l->netns = -1;
	if (record_find(who, &pid, name) < 0 || reach(name, &l->sock) < 0 ||
	    ask(l, &req, -1, &reply, &l->netns) < 0) {
		live_close(l);
		return fail_in("container %s", who);
	}
	l->state = reply.u.state;
	if (l->state.nnets > BOX_NETS_MAX || l->state.nports > NET_PORTS_MAX ||
	    l->state.negress > NET_EGRESS_MAX) {
		live_close(l);
		return fail_plain("container %s: its monitor is of another version", who);
	}
	return 0;
}

void live_close(struct live *l)
{
	fd_close(&l->sock);
	fd_close(&l->netns);
}

/* What is said to the helper about a container that runs, as a spec says it. */
static struct spec spec_of(const struct ctl_state *s)
{
	return (struct spec){
		.net_rate = s->rate,
		.max_conns = s->max_conns,
		.egress = (struct net_egress *)s->egress,
		.negress = s->negress,
		.egress_deny = s->egress_deny,
	};
}

static bool has_way_out(const struct ctl_state *s)
{
	for (uint32_t i = 0; i < s->nnets; i++)
		if (s->net[i].lease.default_route)
			return true;
	return false;
}

/* The interface that published ports lead to; NULL: none, a proxy serves them alone. */
const struct net_lease *live_reached_by(const struct ctl_state *s)
{
	for (uint32_t i = 0; i < s->nnets; i++)
		if (s->net[i].lease.host_if[0])
			return &s->net[i].lease;
	return NULL;
}

int live_connect(struct live *l, const struct net_want *want)
{
	const struct spec spec = spec_of(&l->state);
	struct ctl_req req = { .type = CTL_NET_RESERVE };
	struct ctl_reply reply;
	struct box_net net = { .rules = -1 };
	char ifname[NET_IFNAME_MAX];

	if (priv_missing())
		return fail_plain("%s", priv_missing());
	if (ask(l, &req, -1, &reply, NULL) < 0)
		return -1;
	memcpy(ifname, reply.u.ifname, sizeof(ifname));
	ifname[sizeof(ifname) - 1] = '\0';
	if (nets_join(&spec, want, l->state.name, ifname, l->netns, &net) < 0)
		return -1;
	/* Unsaid, the interface goes with the reservation: the monitor removes it. */
	for (uint32_t i = 0; i < l->state.nnets; i++) {
		if (l->state.net[i].lease.net_id != net.lease.net_id)
			continue;
		fd_close(&net.rules);
		return fail_plain("container %s is on network %s already", l->state.name, want->arg);
	}
	net.lease.default_route = !has_way_out(&l->state) && nets_leads_out(&net.lease);
	req.type = CTL_NET_ADD;
	req.u.net.lease = net.lease;
	memcpy(req.u.net.aliases, net.aliases, sizeof(net.aliases));
	int failed = nets_inside(l->netns, net_inside_up, &net.lease);
	if (!failed)
		failed = ask(l, &req, net.rules, &reply, NULL);
	fd_close(&net.rules);
	return failed ? fail_in("network %s", want->arg) : 0;
}

int live_disconnect(struct live *l, const char *name)
{
	struct ctl_req req = { .type = CTL_NET_DROP };
	struct ctl_reply reply;
	const struct net_lease *lease = NULL;

	for (uint32_t i = 0; i < l->state.nnets; i++)
		if (strcmp(l->state.net[i].lease.net, name) == 0 ||
		    strcmp(l->state.net[i].lease.ifname, name) == 0)
			lease = &l->state.net[i].lease;
	if (!lease)
		return fail_plain("container %s is not on network %s", l->state.name, name);
	if (l->state.nports && lease == live_reached_by(&l->state))
		return fail_plain("network %s: published ports lead through it; remove them first",
				  name);
	/* Killed behind this, the next one finds no interface, and goes on. */
	if (nets_inside(l->netns, net_inside_down, lease) < 0 && err_errno() != ENODEV)
		return fail_in("network %s", name);
	memcpy(req.u.ifname, lease->ifname, sizeof(req.u.ifname));
	return ask(l, &req, -1, &reply, NULL);
}

/* P has the one row PORT, bound. */
static int hand_over(struct live *l, const struct ports *p)
{
	struct ctl_req req = { .type = CTL_PORT_ADD, .u.port.port = p->row[0].port };
	struct ctl_reply reply;
	int fds[1 + CTL_PORTS_MAX];
	size_t n = 0;

	memcpy(req.u.port.table, p->row[0].table, sizeof(req.u.port.table));
	if (p->row[0].rules >= 0)
		fds[n++] = p->row[0].rules;
	for (size_t i = 0; i < p->row[0].port.count; i++)
		fds[n++] = p->sock[p->row[0].slot + i].fd;
	return ask_with(l, &req, fds, n, &reply, NULL);
}

int live_port_add(struct live *l, struct pool *pool, const struct net_port *port,
		  struct net_port *out)
{
	const struct net_lease *lease = live_reached_by(&l->state);
	struct ports p;
	int failed;

	if (port->count > CTL_PORTS_MAX)
		return fail_plain("at most %d ports at a time", CTL_PORTS_MAX);
	if (lease && priv_missing())
		return fail_plain("%s", priv_missing());
	ports_init(&p);
	if (ports_bind(pool, port, 1, &p) < 0)
		return -1;
	failed = lease ? ports_publish(&p, l->netns, lease) : 0;
	if (!failed)
		failed = hand_over(l, &p);
	if (!failed)
		*out = p.row[0].port;
	ports_unbind(&p);
	return failed;
}

int live_port_drop(struct live *l, const struct net_port *port)
{
	const struct ctl_req req = { .type = CTL_PORT_DROP, .u.port.port = *port };
	struct ctl_reply reply;

	return ask(l, &req, -1, &reply, NULL);
}

int live_rate(struct live *l, const struct net_rate *rate)
{
	struct priv_req priv = { .type = PRIV_NET_RATE };
	struct ctl_req req = { .type = CTL_RATE, .u.rate = l->state.rate };
	struct ctl_reply reply;

	if (rate->up != ~0ull)
		req.u.rate.up = rate->up;
	if (rate->down != ~0ull)
		req.u.rate.down = rate->down;
	if (rate->burst != ~0u)
		req.u.rate.burst = rate->burst;
	if (l->state.nnets == 0)
		return fail_plain("container %s is on no network", l->state.name);
	if (priv_missing())
		return fail_plain("%s", priv_missing());
	for (uint32_t i = 0; i < l->state.nnets; i++) {
		const struct net_lease *lease = &l->state.net[i].lease;

		struct net_lease inner = *lease;

		/* The helper limits what goes to the container, the child what comes. */
		inner.rate = req.u.rate;
		priv.u.net_rate = (struct priv_net_rate){ *lease, req.u.rate };
		if ((lease->host_if[0] && priv_ask(&priv, &l->netns, 1, NULL, NULL) < 0) ||
		    nets_inside(l->netns, net_inside_rate, &inner) < 0)
			return fail_in("network %s", lease->net);
	}
	return ask(l, &req, -1, &reply, NULL);
}
