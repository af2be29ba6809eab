/* tests/fuzz/fuzz_priv.c - any bytes as a frame for the privileged helper, with any
 * facts beside it. What passes must be what acting upon it relies on: words that end,
 * numbers within their arrays, ids that are the caller's. */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "runtime/helper/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct priv_req req;
static struct facts facts;
static struct policy policy;
static struct priv_publish earlier;
static const struct caller caller = { .uid = 1000, .gid = 1000, .pid = 1, .name = "alice" };
static const char subid[] = "alice:100000:65536\n", passwd[] = "alice:x:1000:1000:\n";

static void check(bool held)
{
	if (!held)
		abort();
}

/* N bytes of what is left. */
static void take(void *to, size_t n, const uint8_t **data, size_t *size)
{
	size_t have = n < *size ? n : *size;

	memset(to, 0, n);
	memcpy(to, *data, have);
	*data += have;
	*size -= have;
}

static void check_ids(const struct idmaps *maps)
{
	check(maps->n >= 1 && maps->n <= IDMAP_MAX);
	for (size_t i = 0; i < maps->n; i++) {
		uint64_t first = maps->row[i].outside, end = first + maps->row[i].count;

		check((first == 1000 && end == 1001) || (first >= 100000 && end <= 165536));
	}
}

static void check_passed(void)
{
	const struct priv_net_join *j = &req.u.net_join;
	const struct priv_publish *b = &req.u.publish;

	switch (req.type) {
	case PRIV_MAP_IDS:
		check_ids(&req.u.map_ids.uids);
		check_ids(&req.u.map_ids.gids);
		break;
	case PRIV_NETWORK:
		if (req.u.network.verb != PRIV_NETWORK_NEXT)
			check(memchr(req.u.network.def.name, 0, NET_NAME_MAX));
		if (req.u.network.verb == PRIV_NETWORK_MAKE)
			check(req.u.network.def.npeers <= NET_PEERS_MAX &&
			      memchr(req.u.network.def.parent, 0, NET_IFNAME_MAX));
		break;
	case PRIV_NET_JOIN:
		check(memchr(j->who, 0, sizeof(j->who)) && memchr(j->net, 0, sizeof(j->net)) &&
		      memchr(j->ifname, 0, sizeof(j->ifname)) && j->negress <= NET_EGRESS_MAX);
		check(facts.netns && !facts.our_netns && facts.owned);
		break;
	case PRIV_PUBLISH:
		check(b->nports >= 1 && b->nports <= NET_PORTS_MAX && facts.link_owned &&
		      !facts.our_netns);
		for (size_t i = 0; i < b->nports; i++)
			check(b->ports[i].host_first >= 1024 &&
			      b->ports[i].host_first + b->ports[i].count <= 65536);
		break;
	case PRIV_CGROUP:
		check(facts.cgroup_real && facts.cgroup_top && !facts.cgroup_managed &&
		      policy.cgroups);
		break;
	case PRIV_NET_RATE:
		check(facts.link_owned && memchr(req.u.net_rate.lease.ifname, 0, NET_IFNAME_MAX));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[4];

	policy_read((struct slice){ NULL, 0 }, &caller, &policy);
	take(head, sizeof(head), &data, &size);
	size_t nfds = head[0], n = head[1] | (size_t)head[2] << 8;
	const size_t most = sizeof(req);

	/* Mostly frames of the right size, or none would get through the table. */
	take(&req, sizeof(req), &data, &size);
	if (head[3] & 1 && helper_nrows) {
		const struct helper_row *row = &helper_rows[head[1] % helper_nrows];

		req.type = row->type;
		req.size = row->size;
		n = offsetof(struct priv_req, u) + row->size;
		nfds = nfds < row->fds_min ? row->fds_min : nfds;
	}
	const struct helper_row *row = serve_row(&req, n < most ? n : most, nfds);

	if (!row)
		return 0;
	check(nfds <= 1 + PRIV_PROOFS);
	take(&facts, sizeof(facts), &data, &size);
	/* A bool is 0 or 1 for the compiler, and these were bytes. */
	facts.netns = head[3] & 2;
	facts.our_netns = head[3] & 4;
	facts.owned = head[3] & 8;
	facts.alive = facts.child = facts.userns_owned = facts.userns_child = head[3] & 16;
	facts.found = head[3] & 32;
	facts.foreign = head[3] & 64;
	facts.busy = head[3] & 1;
	facts.link_owned = head[3] & 128;
	facts.cgroup_real = head[3] & 2;
	facts.cgroup_top = head[3] & 4;
	facts.cgroup_managed = head[3] & 8;
	facts.passwd = facts.group = (struct slice){ passwd, sizeof(passwd) - 1 };
	facts.subuid = facts.subgid = (struct slice){ subid, sizeof(subid) - 1 };
	facts.nproofs = nfds ? nfds - 1 : 0;
	for (size_t i = 0; i < PRIV_PROOFS; i++) {
		struct proof *x = &facts.proof[i];

		x->reuseport = x->reuseaddr = false;
		x->listening = x->v6only = x->our_netns = true;
	}
	/* What the registry and the kernel say is sane. */
	if (net_def_check(&facts.def) < 0)
		facts.def = (struct net_def){ .name = "n", .driver = NET_ROUTED };
	earlier = req.u.publish;
	facts.earlier = &earlier;
	err_clear();
	if (row->check(&req, &caller, &policy, &facts) == 0)
		check_passed();
	else
		check(err_text()[0]);
	check_has_subgid(&req, &facts, &caller);
	return 0;
}
