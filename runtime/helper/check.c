/* runtime/helper/check.c - request, caller, policy, facts -> verdict.
 *
 * The helper runs this between looking and acting. Pure functions: what they judge is
 * in their arguments, what they say is in err.h. Each refusal has a unit test
 * (tests/unit/priv_check.c). What is not there and what is not allowed are told in the
 * same words, or the words would tell what there is. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime.h"
#include "runtime/helper/helper.h"

/* ---- MAP_IDS ---- */

/* One of the two tables, and what the machine says about ids of its kind. */
struct side {
	const char *which, *map, *sub_file, *real_file;
	const struct idmaps *maps;
	struct slice sub, real;
	uint32_t own; /* the caller's own id */
};

static struct side side_of(bool uids, const struct priv_req *req, const struct facts *f,
			   const struct caller *c)
{
	const struct priv_map_ids *m = &req->u.map_ids;

	return uids ? (struct side){ "uid",    "uidmap",  "/etc/subuid", "/etc/passwd",
				     &m->uids, f->subuid, f->passwd,     c->uid } :
		      (struct side){ "gid",    "gidmap",  "/etc/subgid", "/etc/group",
				     &m->gids, f->subgid, f->group,      c->gid };
}

static bool is_own(const struct side *s, const struct idmap *m)
{
	return m->outside == s->own && m->count == 1;
}

/* The ids of ROW are nobody else's. newuidmap does not ask. */
static int check_nobody_else(const struct side *s, const struct idmap *m, const struct caller *c,
			     const struct policy *p)
{
	const struct subid_range want = { m->outside, m->count };
	uint32_t last = m->outside + m->count - 1;
	struct subid_row who;

	switch (subid_clash(s->sub, s->real, c->name, c->uid, s->own, want, &who)) {
	case SUBID_ANOTHERS:
		return fail_plain("%ss %u to %u are in part another user's as well, by %s",
				  s->which, m->outside, last, s->sub_file);
	case SUBID_REAL:
		return fail_plain("%ss %u to %u include %u of %s", s->which, m->outside, last,
				  who.range.first, s->real_file);
	default:
		break;
	}
	if (p->user >= m->outside && p->user <= last)
		return fail_plain("%s %u is that of cinit's helper", s->which, p->user);
	return 0;
}

static int check_side(const struct side *s, const struct caller *c, const struct policy *p)
{
	if (s->maps->n < 1 || s->maps->n > IDMAP_MAX)
		return fail_plain("a %s map has 1 to %u rows", s->which, (unsigned)IDMAP_MAX);
	for (size_t i = 0; i < s->maps->n; i++) {
		const struct idmap *m = &s->maps->row[i];

		if (m->count == 0 || (uint64_t)m->outside + m->count > UINT32_MAX ||
		    (uint64_t)m->inside + m->count > UINT32_MAX)
			return fail_plain("a range of %ss is empty or goes beyond 4294967294",
					  s->which);
		if (is_own(s, m))
			continue;
		if (!subid_allows(s->sub, c->name, c->uid,
				  (struct subid_range){ m->outside, m->count }))
			return fail_plain("%ss %u to %u are not yours in %s", s->which, m->outside,
					  m->outside + m->count - 1, s->sub_file);
		if (check_nobody_else(s, m, c, p) < 0) {
			err_hint("`cinit check` says how to get other ids");
			return -1;
		}
	}
	return ids_map_check(s->maps, s->map);
}

/* Does any row need /etc/subgid's word? */
bool check_has_subgid(const struct priv_req *req, const struct facts *f, const struct caller *c)
{
	const struct side s = side_of(false, req, f, c);

	for (size_t i = 0; i < s.maps->n && i < IDMAP_MAX; i++)
		if (!is_own(&s, &s.maps->row[i]))
			return true;
	return false;
}

int check_map_ids(const struct priv_req *req, const struct caller *c, const struct policy *p,
		  const struct facts *f)
{
	const struct side uids = side_of(true, req, f, c), gids = side_of(false, req, f, c);

	if (!f->alive || !f->child || !f->userns_owned || !f->userns_child)
		return fail_plain("id maps are written for a child in a user namespace of yours "
				  "alone");
	if (check_side(&uids, c, p) < 0 || check_side(&gids, c, p) < 0)
		return -1;
	return 0;
}

/* ---- CGROUP ---- */

/* `root` has no limits: what net.conf says counts for others. */
static int not_by_policy(const char *what, const char *key)
{
	fail_plain("%s is not allowed to you", what);
	err_hint("an administrator can allow it: `%s` in /etc/cinit/net.conf", key);
	return -1;
}

int check_cgroup(const struct priv_req *req, const struct caller *c, const struct policy *p,
		 const struct facts *f)
{
	(void)c;
	if (req->u.cgroup.verb != 1)
		return fail_plain("there is no such verb");
	if (!f->cgroup_real)
		return fail_plain("this machine's cgroups, version 2, are not at /sys/fs/cgroup");
	if (f->cgroup_managed)
		return fail_plain("a service manager hands out this machine's cgroups");
	if (!f->cgroup_top)
		return fail_plain("you are in a cgroup whose limits are not to be left");
	return p->root || p->cgroups ? 0 : not_by_policy("a cgroup of your own", "cgroups");
}

/* ---- NETWORK ---- */

static bool no_address(const struct net_addr *a)
{
	static const struct net_addr none;

	return memcmp(a, &none, sizeof(*a)) == 0;
}

static int no_network(void)
{
	err_set("there is no such network for you", NULL, ENOENT);
	return -1;
}

/* Within these the choice is the user's; docs/security.md says why not wider. */
static int check_subnet(const struct net_addr *a, const struct net_addr *pool,
			const struct policy *p)
{
	bool ok = no_address(a) || (a->plen >= pool->plen && net_addr_in(a, pool));
	char text[52];

	for (size_t i = 0; i < p->nsubnets; i++)
		ok = ok || (a->plen >= p->subnets[i].plen && net_addr_in(a, &p->subnets[i]));
	return ok ? 0 : not_by_policy(net_addr_text(text, a, true), "subnets");
}

static int check_make(const struct net_def *d, const struct policy *p)
{
	bool parent = !d->parent[0];

	if (net_def_check(d) < 0)
		return -1;
	if (p->root)
		return 0;
	for (size_t i = 0; i < p->nparents; i++)
		parent = parent || strcmp(p->parents[i], d->parent) == 0;
	if (!(p->drivers & 1u << d->driver))
		return not_by_policy("this driver", "drivers");
	if (!parent)
		return not_by_policy("this parent", "parents");
	if (!p->networks)
		return not_by_policy("a network of your own", "networks");
	if (check_subnet(&d->subnet4, &p->pool4, p) < 0 ||
	    check_subnet(&d->subnet6, &p->pool6, p) < 0)
		return -1;
	return 0;
}

int check_network(const struct priv_req *req, const struct caller *c, const struct policy *p,
		  const struct facts *f)
{
	const struct priv_network *n = &req->u.network;

	if (n->verb == PRIV_NETWORK_NEXT)
		return 0;
	if (!net_name_ok(n->def.name, sizeof(n->def.name)))
		return no_network();
	switch (n->verb) {
	case PRIV_NETWORK_MAKE:
		return check_make(&n->def, p);
	case PRIV_NETWORK_GET:
		return f->found || strcmp(n->def.name, "default") == 0 ? 0 : no_network();
	case PRIV_NETWORK_REMOVE:
		if (!f->found || f->def.owner != c->uid)
			return no_network();
		if (!f->busy)
			return 0;
		err_set("a container is on it", "", EBUSY);
		return -1;
	default:
		return fail_plain("there is no such verb");
	}
}

/* ---- NET_JOIN ---- */

static int check_netns(const struct facts *f, const struct policy *p)
{
	/* Root owns every namespace, and so the host's: that one is nobody's. */
	if (!f->netns || f->our_netns || !(f->owned || p->root))
		return fail_plain("this is no container's network namespace of yours");
	return 0;
}

static int check_rate(const struct net_rate *r, const struct policy *p, bool may_be_none)
{
	uint64_t least = may_be_none ? 0 : 1;

	if (p->root || !p->rate ||
	    (r->up >= least && r->up <= p->rate && r->down >= least && r->down <= p->rate))
		return 0;
	return not_by_policy("this rate", "rate");
}

int check_net_join(const struct priv_req *req, const struct caller *c, const struct policy *p,
		   const struct facts *f)
{
	const struct priv_net_join *j = &req->u.net_join;
	/* The default network may have to be made yet: no address of it can be wanted. */
	static const struct net_def unmade = { .driver = NET_ROUTED };
	const struct net_def *d = f->found ? &f->def : &unmade;

	(void)c;
	if (check_netns(f, p) < 0)
		return -1;
	if (!net_name_ok(j->net, sizeof(j->net)) ||
	    (j->owner[0] && !net_name_ok(j->owner, sizeof(j->owner))))
		return no_network();
	if (!f->found && (f->foreign || strcmp(j->net, "default") != 0))
		return no_network();
	if (!net_name_ok(j->who, sizeof(j->who)) || !net_ifname_ok(j->ifname))
		return fail_plain("the name of the container or of its interface is none");
	if (!p->root && !f->foreign && !(p->drivers & 1u << d->driver))
		return not_by_policy("this network's driver", "drivers");
	if (!p->interfaces)
		return not_by_policy("an interface", "interfaces");
	if (!p->root && p->max_conns && j->max_conns > p->max_conns)
		return not_by_policy("this number of connections", "max-conns");
	if (j->egress_deny > 1 || check_rate(&j->rate, p, true) < 0 ||
	    net_wanted_check(d, &j->ip4, &j->ip6, j->mac) < 0 ||
	    net_egress_check(j->egress, j->negress) < 0)
		return j->egress_deny > 1 ? fail_plain("egress is denied or it is not") : -1;
	return 0;
}

/* ---- PUBLISH ---- */

static int check_port_row(const struct net_port *r, const struct policy *p)
{
	uint32_t last = (uint32_t)r->host_first + r->count - 1;

	if (net_port_check(r) < 0)
		return -1;
	for (size_t i = 0; i < p->nports; i++)
		if (r->host_first >= p->ports[i].first && last <= p->ports[i].last)
			return 0;
	return p->root ? 0 : not_by_policy("one of these ports", "ports");
}

/* Does X hold port PORT of row R, and nobody beside it? */
static bool proves(const struct proof *x, const struct net_port *r, uint32_t port)
{
	static const struct net_addr any6 = { .family = AF_INET6 };
	const struct net_addr *want = r->host.family ? &r->host : &any6;

	if (!x->our_netns || x->reuseport || x->protocol != r->proto || x->port != port ||
	    x->domain != want->family || !net_addr_equal(&x->addr, want))
		return false;
	/* One socket for both families, where no address was said. */
	if (x->domain == AF_INET6 && x->v6only != (r->host.family != 0))
		return false;
	if (r->proto == IPPROTO_TCP)
		return x->type == SOCK_STREAM && x->listening;
	return !x->reuseaddr && x->type == (r->proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM);
}

/* The frame's proofs are those of the ports from the FIRSTth on, in order. */
static int check_proofs(const struct priv_publish *b, const struct facts *f)
{
	uint32_t at = 0;
	size_t i = 0;

	for (size_t row = 0; row < b->nports; row++)
		for (uint32_t k = 0; k < b->ports[row].count; k++, at++) {
			uint32_t port = b->ports[row].host_first + k;

			if (at < b->first_proof || i == f->nproofs)
				continue;
			if (!proves(&f->proof[i++], &b->ports[row], port))
				return fail_plain("port %u is not proved to be yours", port);
		}
	if (i != f->nproofs || (!b->more && b->first_proof + i != at))
		return fail_plain("there are more or less proofs than ports");
	return 0;
}

/* A later frame says the same as the one before, and goes on where that ended. */
static bool goes_on(const struct priv_publish *b, const struct facts *f)
{
	const struct priv_publish *e = f->earlier;

	if (b->first_proof != f->proved)
		return false;
	return f->proved == 0 ||
	       (b->host_index == e->host_index && b->nports == e->nports &&
		net_addr_equal(&b->ip4, &e->ip4) && net_addr_equal(&b->ip6, &e->ip6) &&
		memcmp(b->ports, e->ports, sizeof(b->ports)) == 0);
}

static bool is_lease(const struct priv_publish *b, const struct net_lease *l)
{
	return (no_address(&b->ip4) || net_addr_equal(&b->ip4, &l->ip4)) &&
	       (no_address(&b->ip6) || net_addr_equal(&b->ip6, &l->ip6)) &&
	       !(no_address(&b->ip4) && no_address(&b->ip6));
}

int check_publish(const struct priv_req *req, const struct caller *c, const struct policy *p,
		  const struct facts *f)
{
	const struct priv_publish *b = &req->u.publish;
	uint64_t total = f->published;

	(void)c;
	if (check_netns(f, p) < 0)
		return -1;
	if (!f->link_owned || !is_lease(b, &f->lease))
		return fail_plain("this is no address of an interface of yours");
	if (b->nports < 1 || b->nports > NET_PORTS_MAX || b->more > 1 || b->spare ||
	    b->nproofs != f->nproofs || !goes_on(b, f))
		return fail_plain("the frames of a publication do not fit together");
	for (size_t i = 0; i < b->nports; i++) {
		if (check_port_row(&b->ports[i], p) < 0)
			return -1;
		total += b->ports[i].count;
	}
	if (!p->root && total > p->published)
		return not_by_policy("this number of ports", "published");
	return check_proofs(b, f);
}

/* ---- NET_RATE ---- */

int check_net_rate(const struct priv_req *req, const struct caller *c, const struct policy *p,
		   const struct facts *f)
{
	const struct priv_net_rate *r = &req->u.net_rate;

	(void)c;
	if (check_netns(f, p) < 0)
		return -1;
	if (!f->link_owned || !net_ifname_ok(r->lease.ifname))
		return fail_plain("this is no interface of yours");
	return check_rate(&r->rate, p, false);
}
