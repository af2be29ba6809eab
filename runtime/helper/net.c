/* runtime/helper/net.c - requests that make something: looking and acting.
 *
 * The helper runs this in phase B. What a request makes is tied to things the kernel
 * takes back by itself: links, addresses and routes to the network namespace, rules and
 * ports to a socket that only the caller holds when this has been answered. Quotas are
 * names in the kernel: an interface or table that is not free is a slot taken. */
#include <poll.h>
#include <sys/socket.h>

#include "runtime/helper/helper.h"

/* ---- networks ---- */

/* Was DEF, another user's, put at the caller's disposal? */
static bool is_shared(const struct helper *h, const struct net_def *def)
{
	uint32_t uid;

	for (size_t i = 0; i < h->policy.nshared; i++)
		if (strcmp(h->policy.shared[i].net, def->name) == 0 &&
		    subid_user_id(h->passwd, h->policy.shared[i].owner, &uid) && uid == def->owner)
			return true;
	return false;
}

static bool may_use(const struct helper *h, const struct net_def *def)
{
	return def->owner == h->caller.uid || h->policy.root || is_shared(h, def);
}

/* What is not the caller's to use is not there. */
static int find(struct helper *h, struct facts *f, uint32_t owner, const char *name)
{
	int rc = registry_get(h->registry, owner, name, &f->def);

	if (rc < 0)
		return -1;
	f->found = rc > 0 && may_use(h, &f->def);
	f->foreign = owner != h->caller.uid;
	return 0;
}

int network_look(struct helper *h, struct asked *a)
{
	const struct priv_network *n = &a->req.u.network;
	struct facts *f = &a->facts;

	if (n->verb == PRIV_NETWORK_NEXT) {
		int rc = registry_next(h->registry, n->def.id, may_use, h, &f->def);

		f->found = rc > 0;
		return rc < 0 ? -1 : 0;
	}
	/* Not before it is known to end; check() says so in words. */
	if (!net_name_ok(n->def.name, sizeof(n->def.name)))
		return 0;
	if (find(h, f, h->caller.uid, n->def.name) < 0)
		return -1;
	int rc = n->verb == PRIV_NETWORK_REMOVE && f->found ? net_def_members(&f->def) : 0;

	f->busy = rc > 0;
	return rc < 0 ? -1 : 0;
}

/* The caller's own DEF, made if it is not there: the default network's. */
static int make_default(struct helper *h, struct net_def *out)
{
	const struct net_def want = { .name = "default",
				      .owner = h->caller.uid,
				      .driver = NET_ROUTED };

	/* 1: another helper of the same user was faster. */
	return registry_make(h->registry, &h->policy, &want, out) < 0 ? -1 : 0;
}

int network_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	struct net_def def = a->req.u.network.def;
	int rc;

	(void)fd;
	switch (a->req.u.network.verb) {
	case PRIV_NETWORK_MAKE:
		def.owner = h->caller.uid;
		rc = registry_make(h->registry, &h->policy, &def, &reply->u.def);
		if (rc > 0)
			return fail_plain("there is a network %s already", def.name);
		if (rc < 0 || net_def_make(&reply->u.def) == 0)
			return rc;
		registry_remove(h->registry, &reply->u.def);
		return -1;
	case PRIV_NETWORK_REMOVE:
		if (net_def_undo(&a->facts.def) < 0)
			return -1;
		return registry_remove(h->registry, &a->facts.def);
	case PRIV_NETWORK_NEXT:
		reply->u.def = a->facts.def;
		return 0;
	default:
		reply->u.def = a->facts.def;
		return a->facts.found ? 0 : make_default(h, &reply->u.def);
	}
}

/* ---- NET_JOIN ---- */

int join_look(struct helper *h, struct asked *a)
{
	const struct priv_net_join *j = &a->req.u.net_join;
	uint32_t owner = h->caller.uid;

	if (facts_netns(h, a->fd[0], &a->facts) < 0)
		return -1;
	if (!net_name_ok(j->net, sizeof(j->net)) ||
	    (j->owner[0] && !net_name_ok(j->owner, sizeof(j->owner))))
		return 0;
	/* Nobody's is foreign too, or the caller's own `default` would stand in for it. */
	a->facts.foreign = true;
	if (j->owner[0] && !subid_user_id(h->passwd, j->owner, &owner))
		return 0;
	return find(h, &a->facts, owner, j->net);
}

/* What a NET_JOIN has tried. What is taken may belong to somebody whose last process has
 * ended: it is there for some moments more, until the kernel has taken down his namespace. */
struct search {
	uint32_t slots; /* known not to be free */
	uint64_t addrs; /* likewise */
	unsigned waits;
};

enum { WAITS = 30, WAIT_MS = 10 };

static bool wait_more(struct search *s)
{
	if (s->waits++ >= WAITS)
		return false;
	poll(NULL, 0, WAIT_MS);
	return true;
}

/* Make the interface in slot SLOT, with the first free address. */
static int attach_in(struct helper *h, const struct asked *a, const struct net_def *def,
		     uint32_t slot, struct search *s, struct net_lease *l)
{
	const struct priv_net_join *j = &a->req.u.net_join;
	bool wanted = j->ip4.family || j->ip6.family;
	int rc;

	net_slot_name(l->host_if, NET_LINKS, h->caller.uid, slot);
	for (;;) {
		if (!net_lease_choose(def, j->who, &j->ip4, &j->ip6, s->addrs, l))
			return fail_plain(s->addrs ? "its addresses are all in use" :
						     "it has no addresses");
		net_lease_mac(j->mac, l);
		rc = net_attach(def, a->fd[0], &l->rate, l);
		if (rc != NET_ADDR_TAKEN)
			return rc;
		s->addrs += !wanted;
		if (wanted && !wait_more(s))
			return fail_plain("the address is in use");
	}
}

/* Slots are the quota. But one that was lowered leaves interfaces in slots that it does not
 * reach any more, so these are counted: 1, 0, -1. */
static int quota_left(const struct helper *h)
{
	uint32_t used = 0;

	if (h->policy.interfaces < POLICY_INTERFACES &&
	    net_slots_used(NET_LINKS, h->caller.uid, POLICY_INTERFACES, &used) < 0)
		return -1;
	return used < h->policy.interfaces;
}

/* Make the interface in the next free slot. */
static int attach(struct helper *h, const struct asked *a, const struct net_def *def,
		  struct search *s, struct net_lease *l)
{
	const struct priv_net_join *j = &a->req.u.net_join;
	uint64_t hash = net_hash(2, j->who, strlen(j->who));
	uint32_t most = h->policy.interfaces;

	l->rate = j->rate;
	if (h->policy.rate && !h->policy.root) {
		l->rate.up = l->rate.up ? l->rate.up : h->policy.rate;
		l->rate.down = l->rate.down ? l->rate.down : h->policy.rate;
	}
	do {
		int left = quota_left(h);

		if (left < 0)
			return -1;
		for (; left && s->slots < most; s->slots++) {
			uint32_t slot = (uint32_t)((hash + s->slots) % most);
			int rc = attach_in(h, a, def, slot, s, l);

			/* Name and address that were meant for it, on one link: that of the
			 * container of this name that was there before. Who is started anew
			 * at once is to have his address again. */
			while (rc == NET_BOTH_TAKEN && !s->slots && !s->addrs && wait_more(s))
				rc = attach_in(h, a, def, slot, s, l);
			if (rc != NET_IFNAME_TAKEN && rc != NET_BOTH_TAKEN)
				return rc;
		}
		s->slots = 0;
	} while (wait_more(s));
	fail_plain("%u interfaces at a time are all that net.conf allows you", most);
	err_hint("`cinit ps` shows what runs");
	return -1;
}

static int give_rules(const struct helper *h, const struct asked *a, struct net_lease *l, int *fd)
{
	const struct priv_net_join *j = &a->req.u.net_join;
	static struct net_rules r;
	AUTO_FD int sock = net_rules_open();

	l->max_conns = j->max_conns ? j->max_conns : h->policy.max_conns;
	memset(&r, 0, sizeof(r));
	memcpy(r.table, l->host_if, sizeof(r.table));
	r.lease = *l;
	r.max_conns = l->max_conns;
	r.egress_deny = j->egress_deny;
	r.negress = j->negress;
	memcpy(r.egress, j->egress, sizeof(r.egress));
	if (sock < 0)
		return -1;
	int rc = net_rules_apply(sock, &r);
	if (rc == 0)
		*fd = fd_take(&sock);
	return rc;
}

int join_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	const struct priv_net_join *j = &a->req.u.net_join;
	struct net_def def = a->facts.def;
	struct net_lease *l = &reply->u.lease;
	struct search s = { 0 };
	int rc;

	if (!a->facts.found && make_default(h, &def) < 0)
		return -1;
	if (net_def_make(&def) < 0)
		return fail_in("network %s", def.name);
	do {
		net_lease_begin(&def, j->ifname, l);
		if (attach(h, a, &def, &s, l) < 0)
			return fail_in("network %s", def.name);
		if (!l->host_if[0])
			return 0;
		rc = net_forward_enable(l);
		if (rc == 0)
			rc = give_rules(h, a, l, fd);
		if (rc != 0)
			net_detach(l);
		/* 1: rules of an earlier container are still there: its monitor has not
		 * closed them yet. */
		s.slots++;
	} while (rc > 0);
	return rc < 0 ? fail_in("network %s", def.name) : 0;
}

/* ---- PUBLISH ---- */

static int link_look(struct helper *h, struct asked *a, uint32_t host_index,
		     const struct net_addr *ip4, const struct net_addr *ip6)
{
	struct facts *f = &a->facts;
	char prefix[NET_IFNAME_MAX];

	if (facts_netns(h, a->fd[0], f) < 0)
		return -1;
	if (!f->netns || f->our_netns)
		return 0;
	int rc = net_lease_read(host_index, a->fd[0], ip4, ip6, &f->lease);
	if (rc < 0)
		return -1;
	net_slot_prefix(prefix, NET_LINKS, h->caller.uid);
	f->link_owned = rc > 0 && strncmp(f->lease.host_if, prefix, strlen(prefix)) == 0;
	return 0;
}

int publish_look(struct helper *h, struct asked *a)
{
	const struct priv_publish *p = &a->req.u.publish;
	AUTO_FD int ours = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char prefix[NET_IFNAME_MAX];

	if (ours < 0)
		return fail("make a socket");
	a->facts.nproofs = a->nfds - 1;
	for (size_t i = 0; i < a->facts.nproofs; i++)
		facts_proof(ours, a->fd[1 + i], &a->facts.proof[i]);
	a->facts.proved = h->proved;
	a->facts.earlier = &h->publish;
	net_slot_prefix(prefix, NET_PORTS, h->caller.uid);
	/* Kernel: nf_tables answers nobody without the capability, not even about names. */
	if (clean_raise(BIT(CAP_NET_ADMIN)) < 0)
		return -1;
	int rc = net_publish_count(prefix, &a->facts.published);

	clean_lower();
	if (rc < 0)
		return -1;
	return link_look(h, a, p->host_index, &p->ip4, &p->ip6);
}

enum { PUBLICATIONS = 4096, SLOTS = 1000000 };

int publish_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	const struct priv_publish *p = &a->req.u.publish;
	static struct net_publish np;
	uint64_t hash = net_hash(0, p, sizeof(*p));
	AUTO_FD int sock = -1;
	int rc = 1;

	h->publish = *p;
	h->proved = p->more ? (uint32_t)p->first_proof + p->nproofs : 0;
	if (p->more)
		return 0;
	np = (struct net_publish){ .ip4 = p->ip4, .ip6 = p->ip6, .nports = p->nports };
	memcpy(np.ports, p->ports, sizeof(np.ports));
	sock = net_rules_open();
	if (sock < 0)
		return -1;
	for (uint32_t n = 0; n < PUBLICATIONS && rc > 0; n++) {
		/* Near each other, and not where every other container begins to look. */
		net_slot_name(np.table, NET_PORTS, h->caller.uid, (uint32_t)(hash + n) % SLOTS);
		rc = net_publish_apply(sock, &np);
	}
	if (rc > 0)
		return fail_plain("%u publications at a time are all there can be",
				  (unsigned)PUBLICATIONS);
	if (rc == 0) {
		memcpy(reply->u.table, np.table, sizeof(reply->u.table));
		*fd = fd_take(&sock);
	}
	return rc;
}

/* ---- NET_RATE ---- */

int rate_look(struct helper *h, struct asked *a)
{
	/* Rates are the link's, whatever its addresses are. */
	static const struct net_addr none;

	return link_look(h, a, a->req.u.net_rate.lease.host_index, &none, &none);
}

int rate_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd)
{
	/* Of the client's lease the number counts, the rest is the kernel's word. */
	struct net_lease l = a->facts.lease;

	(void)h;
	(void)reply;
	(void)fd;
	memcpy(l.ifname, a->req.u.net_rate.lease.ifname, sizeof(l.ifname));
	return net_rate_set(a->fd[0], &l, &a->req.u.net_rate.rate);
}
