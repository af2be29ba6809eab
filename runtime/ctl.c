/* runtime/ctl.c - the monitor answers other commands about its container.
 *
 * The monitor runs this in its loop; it owns the listening socket and the connections,
 * none of which it ever waits for. Who may ask is decided twice: the socket's directory
 * is the user's alone, and the kernel says who has connected. What they say, and in which
 * order, is in runtime/ctl.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/ctl.h"

/* The path may be longer than a socket's address. */
void ctl_address(struct sockaddr_un *a, int dir, const char *name)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s.sock", dir, name);
}

void ctl_start(struct box *b)
{
	struct ctl *c = pool_alloc(b->pool, sizeof(*c));
	struct sockaddr_un a;
	mode_t old = umask(0177);

	for (size_t i = 0; i < CTL_CLIENTS; i++)
		c->client[i].sock = -1;
	ctl_address(&a, b->record.dir, b->record.name);
	/* The name is ours, so what is there is a dead container's. */
	unlink(a.sun_path);
	c->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->sock < 0 || bind(c->sock, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(c->sock, CTL_CLIENTS) < 0) {
		note("commands cannot reach this container: %s", strerror(errno));
		fd_close(&c->sock);
	}
	umask(old);
	b->ctl = c;
}

/* ---- requests ---- */

struct call {
	struct ctl *ctl;
	struct box *box;
	struct ctl_client *from;
	struct ctl_req req;
	int fd[1 + CTL_PORTS_MAX]; /* owned: descriptors that came along; -1 behind them */
	int give;                  /* borrowed: one that goes back; -1 */
	struct ctl_reply reply;
};

static struct box_net *find_net(struct box *b, const char *ifname)
{
	for (size_t i = 0; i < b->nnets; i++)
		if (strcmp(b->net[i].lease.ifname, ifname) == 0)
			return &b->net[i];
	return NULL;
}

/* What is known has changed: for the names, and for whoever reads the record. */
static void tell(struct box *b)
{
	names_enter(b);
	names_write(b);
	if (record_write(b) < 0) {
		note("%s", err_text());
		err_clear();
	}
}

static void put_port(struct ctl_port *to, const struct port_row *row)
{
	to->port = row->port;
	memcpy(to->table, row->table, sizeof(to->table));
}

static int on_state(struct call *c)
{
	struct ctl_state *s = &c->reply.u.state;
	const struct box *b = c->box;
	const struct spec *spec = b->spec;

	snprintf(s->name, sizeof(s->name), "%s", b->record.name);
	snprintf(s->id, sizeof(s->id), "%s", spec->id);
	s->rate = b->rate;
	s->max_conns = spec->max_conns;
	s->egress_deny = spec->egress_deny;
	s->negress = (uint16_t)spec->negress;
	if (spec->negress)
		memcpy(s->egress, spec->egress, spec->negress * sizeof(*spec->egress));
	s->nnets = (uint32_t)b->nnets;
	for (size_t i = 0; i < b->nnets; i++) {
		s->net[i].lease = b->net[i].lease;
		memcpy(s->net[i].aliases, b->net[i].aliases, sizeof(s->net[i].aliases));
	}
	for (size_t i = 0; i < b->ports.n && i < NET_PORTS_MAX; i++)
		put_port(&s->port[s->nports++], &b->ports.row[i]);
	c->give = b->netns;
	return 0;
}

static bool is_reserved(const struct ctl *ctl, const char *ifname)
{
	for (size_t i = 0; i < CTL_CLIENTS; i++)
		if (ctl->client[i].sock >= 0 && strcmp(ctl->client[i].reserved, ifname) == 0)
			return true;
	return false;
}

static int on_net_reserve(struct call *c)
{
	char *ifname = c->reply.u.ifname;
	unsigned n = 0;

	if (c->box->nnets == BOX_NETS_MAX)
		return fail_plain("it is on %d networks already", BOX_NETS_MAX);
	c->from->reserved[0] = '\0';
	do
		snprintf(ifname, NET_IFNAME_MAX, "eth%u", n++);
	while (find_net(c->box, ifname) || is_reserved(c->ctl, ifname));
	memcpy(c->from->reserved, ifname, NET_IFNAME_MAX);
	return 0;
}

static int on_net_add(struct call *c)
{
	struct box *b = c->box;
	struct ctl_net *net = &c->req.u.net;

	net->lease.ifname[NET_IFNAME_MAX - 1] = net->aliases[BOX_ALIASES_MAX - 1] = '\0';
	if (!c->from->reserved[0] || strcmp(c->from->reserved, net->lease.ifname) != 0)
		return fail_plain("this interface was not promised");
	if (b->nnets == BOX_NETS_MAX)
		return fail_plain("it is on %d networks already", BOX_NETS_MAX);
	c->from->reserved[0] = '\0';
	b->net[b->nnets] = (struct box_net){ .lease = net->lease, .rules = fd_take(&c->fd[0]) };
	memcpy(b->net[b->nnets].aliases, net->aliases, BOX_ALIASES_MAX);
	b->nnets++;
	tell(b);
	return 0;
}

/* The first network that can be the way out becomes it. */
static int move_way_out(struct box *b)
{
	for (size_t i = 0; i < b->nnets; i++) {
		struct net_lease *l = &b->net[i].lease;

		if (!nets_leads_out(l))
			continue;
		l->default_route = 1;
		return nets_inside(b->netns, net_inside_default, l);
	}
	return 0;
}

static int on_net_drop(struct call *c)
{
	struct box *b = c->box;
	struct box_net *net;
	bool was_way_out;

	c->req.u.ifname[NET_IFNAME_MAX - 1] = '\0';
	net = find_net(b, c->req.u.ifname);
	if (!net)
		return fail_plain("it has no interface %s", c->req.u.ifname);
	was_way_out = net->lease.default_route;
	fd_close(&net->rules);
	b->nnets--;
	memmove(net, net + 1, (size_t)(&b->net[b->nnets] - net) * sizeof(*net));
	int failed = was_way_out ? move_way_out(b) : 0;
	tell(b);
	return failed;
}

/* The first descriptor is the rules' where there are some: a socket more than ports. */
static int on_port_add(struct call *c)
{
	struct box *b = c->box;
	const struct net_port *port = &c->req.u.port.port;
	size_t n = 0, rules;

	while (n <= CTL_PORTS_MAX && c->fd[n] >= 0)
		n++;
	rules = n - port->count;
	if (!port->count || port->count > CTL_PORTS_MAX || n < port->count || rules > 1)
		return fail_plain("%u ports and %zu descriptors", port->count, n);
	if (b->ports.n >= NET_PORTS_MAX)
		return fail_plain("it has %d rows of ports already", NET_PORTS_MAX);
	if (ports_adopt(&b->ports, b->pool, port, c->fd + rules, rules ? c->fd[0] : -1,
			c->req.u.port.table) < 0)
		return -1;
	memset(c->fd, 0xff, sizeof(c->fd)); /* all of them are the ports' now */
	return record_write(b);
}

static int on_port_drop(struct call *c)
{
	if (ports_drop(&c->box->ports, &c->req.u.port.port) < 0)
		return -1;
	return record_write(c->box);
}

static int on_rate(struct call *c)
{
	struct box *b = c->box;

	b->rate = c->req.u.rate;
	for (size_t i = 0; i < b->nnets; i++)
		b->net[i].lease.rate = b->rate;
	return record_write(b);
}

static int (*const acts[])(struct call *c) = {
	[CTL_STATE] = on_state,       [CTL_NET_RESERVE] = on_net_reserve,
	[CTL_NET_ADD] = on_net_add,   [CTL_NET_DROP] = on_net_drop,
	[CTL_PORT_ADD] = on_port_add, [CTL_PORT_DROP] = on_port_drop,
	[CTL_RATE] = on_rate,
};
static_assert(sizeof(acts) / sizeof(*acts) == CTL_TYPES, "every request has its function");

/* ---- connections ---- */

/* Whoever was promised an interface and did not hand it over may have made it. */
static void drop_client(struct box *b, struct ctl_client *from)
{
	struct net_lease l = { 0 };

	fd_close(&from->sock);
	if (!from->reserved[0])
		return;
	memcpy(l.ifname, from->reserved, sizeof(l.ifname));
	from->reserved[0] = '\0';
	/* As a rule it was not made: then there is nothing to say. */
	if (nets_inside(b->netns, net_inside_down, &l) < 0)
		err_clear();
}

static void answer(struct ctl *ctl, struct box *b, struct ctl_client *from)
{
	struct call c = { .ctl = ctl, .box = b, .from = from, .give = -1 };
	ssize_t n = fd_recv(from->sock, &c.req, sizeof(c.req), c.fd, 1 + CTL_PORTS_MAX);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop_client(b, from);
		return;
	}
	c.reply.type = c.req.type;
	int failed = c.req.type > 0 && c.req.type < CTL_TYPES ?
			     acts[c.req.type](&c) :
			     fail_plain("there is no such request");
	if (failed) {
		c.reply.error = err_errno() ? err_errno() : EINVAL;
		snprintf(c.reply.text, sizeof(c.reply.text), "%s", err_text());
		err_clear();
	}
	if (fd_send(from->sock, &c.reply, sizeof(c.reply), &c.give, c.give >= 0) < 0)
		drop_client(b, from);
	for (size_t i = 0; i <= CTL_PORTS_MAX; i++)
		fd_close(&c.fd[i]);
}

static bool may_ask(int sock)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

static void welcome(struct ctl *c, struct box *b)
{
	AUTO_FD int sock = accept4(c->sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;

	if (sock < 0 || !may_ask(sock))
		return;
	while (i < CTL_CLIENTS && c->client[i].sock >= 0)
		i++;
	if (i == CTL_CLIENTS) {
		i = c->oldest++ % CTL_CLIENTS;
		drop_client(b, &c->client[i]);
	}
	c->client[i] = (struct ctl_client){ .sock = fd_take(&sock) };
}

void ctl_want(const struct ctl *c, struct pollfd *p)
{
	p[0] = (struct pollfd){ c ? c->sock : -1, POLLIN, 0 };
	for (size_t i = 0; i < CTL_CLIENTS; i++)
		p[1 + i] = (struct pollfd){ c ? c->client[i].sock : -1, POLLIN, 0 };
}

void ctl_move(struct box *b, const struct pollfd *p)
{
	struct ctl *c = b->ctl;

	if (!c)
		return;
	for (size_t i = 0; i < CTL_CLIENTS; i++)
		if (p[1 + i].revents)
			answer(c, b, &c->client[i]);
	if (p[0].revents)
		welcome(c, b);
}

void ctl_end(struct box *b)
{
	struct ctl *c = b->ctl;
	struct sockaddr_un a;

	if (!c)
		return;
	ctl_address(&a, b->record.dir, b->record.name);
	unlink(a.sun_path);
	fd_close(&c->sock);
	for (size_t i = 0; i < CTL_CLIENTS; i++)
		fd_close(&c->client[i].sock);
	b->ctl = NULL;
}
