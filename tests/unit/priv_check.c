/* The privileged helper's verdicts: for each request one that passes, and each way in
 * which it does not. Facts are made up here; that they are the kernel's word is what
 * tests/helper shows. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/helper/helper.h"
#include "tests/unit/tap.h"

static struct priv_req req;
static struct caller caller;
static struct policy policy;
static struct facts facts;
static struct priv_publish earlier;

static struct net_addr addr(const char *text)
{
	struct net_addr a = { 0 };

	if (net_addr_parse(text, strchr(text, '/') != NULL, &a) < 0)
		printf("# %s is no address\n", text);
	return a;
}

static struct slice text(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

typedef int check_fn(const struct priv_req *, const struct caller *, const struct policy *,
		     const struct facts *);

/* CHECK's words about what MAKE made with CHANGE applied to it; "": it passes. */
#define SAYS(make, check, change, words)                                                           \
	do {                                                                                       \
		make();                                                                            \
		change;                                                                            \
		says(check, #change, words);                                                       \
	} while (0)

static void says(check_fn *check, const char *what, const char *words)
{
	err_clear();
	int rc = check(&req, &caller, &policy, &facts);
	is_int(rc, *words ? -1 : 0, "%s", what);
	is_str(err_text(), words, "... and says why");
}

static void make_common(void)
{
	memset(&req, 0, sizeof(req));
	memset(&facts, 0, sizeof(facts));
	caller = (struct caller){ .uid = 1000, .gid = 1000, .pid = 1, .name = "alice" };
	policy_read((struct slice){ NULL, 0 }, &caller, &policy);
	policy.pool6 = addr("fd01:2345:6789::/48");
}

/* ---- MAP_IDS ---- */

static void make_ids(void)
{
	make_common();
	req.u.map_ids.uids = (struct idmaps){ .row = { { 0, 1000, 1 }, { 1, 100000, 65536 } },
					      .n = 2 };
	req.u.map_ids.gids = req.u.map_ids.uids;
	facts.alive = facts.child = facts.userns_owned = facts.userns_child = true;
	facts.passwd = text("root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"
			    "bob:x:1001:1001::/:/bin/sh\n");
	facts.group = text("root:x:0:\nalice:x:1000:\nblocked:x:1500:alice\n");
	facts.subuid = facts.subgid = text("alice:100000:65536\nbob:165536:65536\n");
}

#define IDS(change, words) SAYS(make_ids, check_map_ids, change, words)

static void test_map_ids(void)
{
	static const char child[] =
		"id maps are written for a child in a user namespace of yours alone";
	struct idmaps *u = &req.u.map_ids.uids, *g = &req.u.map_ids.gids;

	IDS((void)0, "");
	IDS(facts.alive = false, child);
	IDS(facts.child = false, child);
	IDS(facts.userns_owned = false, child);
	IDS(facts.userns_child = false, child);
	IDS(u->n = 0, "a uid map has 1 to 32 rows");
	IDS(u->n = 33, "a uid map has 1 to 32 rows");
	IDS(u->n = SIZE_MAX, "a uid map has 1 to 32 rows");
	IDS(g->n = 0, "a gid map has 1 to 32 rows");
	IDS(u->row[0].count = 0, "a range of uids is empty or goes beyond 4294967294");
	IDS(u->row[1].count = 4294867296u, "a range of uids is empty or goes beyond 4294967294");
	IDS(u->row[1].inside = 4294901760u, "a range of uids is empty or goes beyond 4294967294");
	IDS(u->row[0].outside = 0, "uids 0 to 0 are not yours in /etc/subuid");
	IDS(u->row[0].outside = 1001, "uids 1001 to 1001 are not yours in /etc/subuid");
	IDS(u->row[0].count = 2, "uids 1000 to 1001 are not yours in /etc/subuid");
	IDS(u->row[1].outside = 99999, "uids 99999 to 165534 are not yours in /etc/subuid");
	IDS(u->row[1].outside = 100001, "uids 100001 to 165536 are not yours in /etc/subuid");
	IDS((u->row[1].outside = 165535, u->row[1].count = 2),
	    "uids 165535 to 165536 are not yours in /etc/subuid");
	IDS((u->row[1].outside = 165536, u->row[1].count = 1),
	    "uids 165536 to 165536 are not yours in /etc/subuid");
	IDS(g->row[0].outside = 1500, "gids 1500 to 1500 are not yours in /etc/subgid");
	IDS(g->row[1].outside = 4294967294u, "a range of gids is empty or goes beyond 4294967294");
	IDS(u->row[1] = ((struct idmap){ 1, 100000, 1 }), "");
	IDS((u->row[1].outside = 165535, u->row[1].count = 1), "");
	IDS(facts.subuid = text(""), "uids 100000 to 165535 are not yours in /etc/subuid");
	IDS(facts.subuid = text("1000:100000:65536\n"), "");
	IDS((facts.subuid = text("alice:100000:65536\n"), caller.name[0] = '\0'),
	    "uids 100000 to 165535 are not yours in /etc/subuid");
	IDS(facts.subuid = text("bob:100000:65536\nalice:100000:65536\n"),
	    "uids 100000 to 165535 are in part another user's as well, by /etc/subuid");
	IDS(facts.subuid = text("alice:100000:65536\nbob:165535:1\n"),
	    "uids 100000 to 165535 are in part another user's as well, by /etc/subuid");
	IDS(facts.subuid = text("alice:100000:65536\nbob:99999:1\nbob:165536:1\n"), "");
	IDS(facts.passwd = text("eve:x:165535:1::/:/bin/sh\n"),
	    "uids 100000 to 165535 include 165535 of /etc/passwd");
	IDS(facts.passwd = text("eve:x:100000:1::/:/bin/sh\n"),
	    "uids 100000 to 165535 include 100000 of /etc/passwd");
	IDS(facts.passwd = text("eve:x:165536:1::/:/bin/sh\neve:x:99999:1::/:/bin/sh\n"), "");
	IDS(facts.group = text("eve:x:100000:\n"),
	    "gids 100000 to 165535 include 100000 of /etc/group");
	IDS(policy.user = 100500, "uid 100500 is that of cinit's helper");
	IDS(u->row[1].inside = 0, "--uidmap 0:100000:65536 overlaps 0:1000:1 inside");
	IDS(g->row[0] = ((struct idmap){ 0, 165535, 1 }),
	    "--gidmap 1:100000:65536 overlaps 0:165535:1 outside");

	make_ids();
	ok(check_has_subgid(&req, &facts, &caller), "who has groups may leave groups");
	g->n = 1;
	ok(!check_has_subgid(&req, &facts, &caller), "who has but his own may not");
}

/* The same question answered by 128-bit sums over sets. */
static bool oracle(const struct idmap *m, const struct subid_range *sub, size_t n)
{
	unsigned __int128 end = (unsigned __int128)m->outside + m->count;

	if (m->count == 0 || end > UINT32_MAX ||
	    (unsigned __int128)m->inside + m->count > UINT32_MAX)
		return false;
	if (m->outside == caller.uid && m->count == 1)
		return true;
	for (unsigned __int128 id = m->outside; id < end;) {
		unsigned __int128 to = id;

		for (size_t i = 0; i < n; i++) {
			unsigned __int128 last = (unsigned __int128)sub[i].first + sub[i].count;

			if (last <= UINT32_MAX && sub[i].first <= id && id < last && last > to)
				to = last;
		}
		if (to == id)
			return false;
		id = to;
	}
	return true;
}

static uint32_t edge(void)
{
	static const uint32_t edges[] = { 0,
					  1,
					  999,
					  1000,
					  1001,
					  65535,
					  65536,
					  100000,
					  1u << 31,
					  UINT32_MAX - 65536,
					  UINT32_MAX - 1,
					  UINT32_MAX };

	return edges[(unsigned)rand() % 12] + (uint32_t)(rand() % 5) - 2;
}

static void test_ranges(void)
{
	unsigned agreed = 0, allowed = 0, rounds = 200000;

	srand(1);
	for (unsigned round = 0; round < rounds; round++) {
		struct subid_range sub[3];
		char file[200];
		int n = 0;

		make_ids();
		for (int i = 0; i < 3; i++) {
			sub[i] = (struct subid_range){ edge(), edge() };
			n += sprintf(file + n, "alice:%u:%u\n", sub[i].first, sub[i].count);
		}
		facts.subuid = text(file);
		facts.passwd = text("");
		policy.user = 0;
		req.u.map_ids.uids.n = 1;
		/* Half of them begin where a range does, so that some are allowed. */
		req.u.map_ids.uids.row[0] = (struct idmap){ rand() % 2 ? 0 : edge(),
							    rand() % 2 ? sub[0].first : edge(),
							    rand() % 2 ? sub[0].count : edge() };
		bool want = oracle(&req.u.map_ids.uids.row[0], sub, 3);
		bool helpers = req.u.map_ids.uids.row[0].outside == 0;

		err_clear();
		bool got = check_map_ids(&req, &caller, &policy, &facts) == 0;
		agreed += got == want || (helpers && !got);
		allowed += got;
	}
	is_int(agreed, rounds, "ranges are judged as by numbers that cannot wrap");
	ok(allowed > rounds / 100, "%u of them were allowed", allowed);
}

/* ---- NETWORK ---- */

static const char no_net[] = "there is no such network for you";

static void make_make(void)
{
	make_common();
	req.u.network = (struct priv_network){ .verb = PRIV_NETWORK_MAKE,
					       .def = { .name = "web", .driver = NET_ROUTED } };
}

static void make_get(void)
{
	make_make();
	req.u.network.verb = PRIV_NETWORK_GET;
	facts.found = true;
	facts.def = (struct net_def){ .name = "web", .owner = 1000, .driver = NET_ROUTED };
}

static void make_remove(void)
{
	make_get();
	req.u.network.verb = PRIV_NETWORK_REMOVE;
}

#define MAKE(change, words) SAYS(make_make, check_network, change, words)
#define GET(change, words) SAYS(make_get, check_network, change, words)
#define REMOVE(change, words) SAYS(make_remove, check_network, change, words)

static void test_network(void)
{
	struct net_def *d = &req.u.network.def;

	MAKE((void)0, "");
	MAKE(req.u.network.verb = 0, "there is no such verb");
	MAKE(req.u.network.verb = 5, "there is no such verb");
	MAKE(memset(d->name, 'a', sizeof(d->name)), no_net);
	MAKE(d->driver = 0, "there is no such driver, or it has no such mode");
	MAKE(d->driver = NET_BRIDGE, "");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1), "this driver is not allowed to you");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1, policy.drivers |= 1 << NET_VXLAN), "");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1, policy.drivers |= 1 << NET_VXLAN,
	      strcpy(d->parent, "eth0")),
	     "this parent is not allowed to you");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1, policy.drivers |= 1 << NET_VXLAN,
	      strcpy(d->parent, "eth0"), policy.nparents = 1, strcpy(policy.parents[0], "eth0")),
	     "");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1, policy.drivers |= 1 << NET_VXLAN,
	      strcpy(d->parent, "eth0"), policy.nparents = 1, strcpy(policy.parents[0], "eth1")),
	     "this parent is not allowed to you");
	MAKE((d->driver = NET_VXLAN, d->vxlan_id = 1, policy.drivers |= 1 << NET_VXLAN,
	      strcpy(d->parent, "eth0"), policy.nparents = 2, strcpy(policy.parents[0], "eth0"),
	      strcpy(policy.parents[1], "eth1")),
	     "");
	MAKE(policy.networks = 0, "a network of your own is not allowed to you");
	MAKE(d->subnet4 = addr("10.200.0.0/24"), "");
	MAKE(d->subnet4 = addr("10.192.0.0/12"), "");
	MAKE(d->subnet4 = addr("10.0.0.0/24"), "10.0.0.0/24 is not allowed to you");
	MAKE(d->subnet4 = addr("10.192.0.0/11"), "10.192.0.0/11 is not allowed to you");
	MAKE(d->subnet4 = addr("10.0.0.0/8"), "10.0.0.0/8 is not allowed to you");
	MAKE((d->subnet4 = addr("172.20.1.0/24"), policy.nsubnets = 1,
	      policy.subnets[0] = addr("172.20.0.0/16")),
	     "");
	MAKE((d->subnet4 = addr("172.16.0.0/12"), policy.nsubnets = 1,
	      policy.subnets[0] = addr("172.20.0.0/16")),
	     "172.16.0.0/12 is not allowed to you");
	MAKE((d->subnet4 = addr("172.21.1.0/24"), policy.nsubnets = 2,
	      policy.subnets[0] = addr("172.20.0.0/16"), policy.subnets[1] = addr("172.21.0.0/16")),
	     "");
	MAKE((d->subnet4 = addr("172.20.1.0/24"), policy.nsubnets = 2,
	      policy.subnets[0] = addr("172.20.0.0/16"), policy.subnets[1] = addr("172.21.0.0/16")),
	     "");
	MAKE(d->subnet6 = addr("fd01:2345:6789:1::/64"), "");
	MAKE(d->subnet6 = addr("fd01:2345:6780::/44"), "fd01:2345:6780::/44 is not allowed to you");
	MAKE(d->subnet6 = addr("2001:db8::/64"), "2001:db8::/64 is not allowed to you");
	MAKE((policy.root = true, d->driver = NET_MACVLAN, strcpy(d->parent, "eth0"),
	      d->subnet4 = addr("192.168.0.0/16"), policy.networks = 0),
	     "");

	GET((void)0, "");
	GET(facts.found = false, no_net);
	GET((facts.found = false, strcpy(d->name, "default")), "");
	GET((facts.found = false, strcpy(d->name, "default2")), no_net);
	GET(d->name[0] = '/', no_net);
	GET(req.u.network.verb = PRIV_NETWORK_NEXT, "");
	GET((req.u.network.verb = PRIV_NETWORK_NEXT, facts.found = false), "");

	REMOVE((void)0, "");
	REMOVE(facts.found = false, no_net);
	REMOVE(facts.def.owner = 1001, no_net);
	REMOVE((facts.def.owner = 1001, facts.busy = true), no_net);
	REMOVE(facts.busy = true, "a container is on it");
	is_int(err_errno(), EBUSY, "which prune passes over");
	GET(facts.busy = true, "");
	REMOVE((facts.found = false, strcpy(d->name, "default")), no_net);
}

/* ---- NET_JOIN ---- */

static const char no_netns[] = "this is no container's network namespace of yours";

static void make_join(void)
{
	make_common();
	struct priv_net_join *j = &req.u.net_join;

	strcpy(j->net, "web");
	strcpy(j->who, "c1");
	strcpy(j->ifname, "eth0");
	facts.netns = facts.owned = facts.found = true;
	facts.def = (struct net_def){ .name = "web",
				      .owner = 1000,
				      .driver = NET_ROUTED,
				      .subnet4 = addr("10.192.0.0/22"),
				      .gateway4 = addr("10.192.0.1") };
}

#define JOIN(change, words) SAYS(make_join, check_net_join, change, words)

static void test_join(void)
{
	static const char names[] = "the name of the container or of its interface is none",
			  wanted[] = "a wanted address is not one for containers of the network",
			  rate[] = "this rate is not allowed to you";
	struct priv_net_join *j = &req.u.net_join;

	JOIN((void)0, "");
	JOIN(facts.netns = false, no_netns);
	JOIN(facts.our_netns = true, no_netns);
	JOIN(facts.owned = false, no_netns);
	JOIN((facts.owned = false, policy.root = true), "");
	JOIN((facts.our_netns = true, policy.root = true), no_netns);
	JOIN((facts.netns = false, policy.root = true), no_netns);
	JOIN(facts.found = false, no_net);
	JOIN(memset(j->net, 'a', sizeof(j->net)), no_net);
	JOIN(strcpy(j->owner, "../x"), no_net);
	JOIN(strcpy(j->owner, "bob"), "");
	JOIN(memset(j->owner, 'a', sizeof(j->owner)), no_net);
	JOIN((facts.found = false, strcpy(j->net, "default")), "");
	JOIN((facts.found = false, facts.foreign = true, strcpy(j->net, "default")), no_net);
	JOIN((facts.found = false, strcpy(j->net, "default"), j->ip4 = addr("10.192.0.9")), wanted);
	JOIN(memset(j->who, 'a', sizeof(j->who)), names);
	JOIN(strcpy(j->who, "../x"), names);
	JOIN(j->who[0] = '\0', names);
	JOIN(strcpy(j->ifname, "lo"), names);
	JOIN(strcpy(j->ifname, "eth 0"), names);
	JOIN(memset(j->ifname, 'a', sizeof(j->ifname)), names);
	JOIN(policy.drivers = 0, "this network's driver is not allowed to you");
	JOIN((policy.drivers = 0, facts.foreign = true), "");
	JOIN(policy.interfaces = 0, "an interface is not allowed to you");
	JOIN(j->max_conns = 16384, "");
	JOIN(j->max_conns = 16385, "this number of connections is not allowed to you");
	JOIN((j->max_conns = 1 << 30, policy.max_conns = 0), "");
	JOIN(j->rate.up = UINT64_MAX, "");
	JOIN(policy.rate = 1000, "");
	JOIN((policy.rate = 1000, j->rate.up = 1001), rate);
	JOIN((policy.rate = 1000, j->rate.down = 1001), rate);
	JOIN((policy.rate = 1000, j->rate.down = 1001, policy.root = true), "");
	JOIN((policy.rate = 1000, j->rate.down = j->rate.up = 1000), "");
	JOIN(j->ip4 = addr("10.192.0.9"), "");
	JOIN(j->ip4 = addr("10.192.0.1"), wanted);
	JOIN(j->ip4 = addr("10.192.0.0"), wanted);
	JOIN(j->ip4 = addr("10.192.4.1"), wanted);
	JOIN(j->ip6 = addr("fd00::9"), wanted);
	JOIN(j->mac[0] = 1, "a wanted MAC is that of a group");
	JOIN((j->mac[0] = 2, facts.def.driver = NET_BRIDGE),
	     "on a locked segment the MAC is given, not wanted");
	JOIN(j->egress_deny = 2, "egress is denied or it is not");
	JOIN(j->negress = 1, "egress row 1 means nothing");
	JOIN(j->negress = NET_EGRESS_MAX + 1, "there are at most 32 egress rows");
}

/* ---- PUBLISH ---- */

static void make_publish(void)
{
	make_common();
	struct priv_publish *b = &req.u.publish;

	b->host_index = 7;
	b->ip4 = addr("10.192.0.9");
	b->ip6 = addr("fd00::9");
	b->nports = 2;
	b->ports[0] = (struct net_port){ IPPROTO_TCP, 0, 8080, 80, 2, { 0 } };
	b->ports[1] = (struct net_port){ IPPROTO_UDP, 0, 5353, 53, 1, addr("192.0.2.1") };
	b->nproofs = 3;
	facts.netns = facts.owned = facts.link_owned = true;
	facts.lease.ip4 = addr("10.192.0.9");
	facts.lease.ip6 = addr("fd00::9");
	facts.nproofs = 3;
	for (int i = 0; i < 2; i++)
		facts.proof[i] = (struct proof){ .domain = AF_INET6,
						 .type = SOCK_STREAM,
						 .protocol = IPPROTO_TCP,
						 .listening = true,
						 .our_netns = true,
						 .addr = addr("::"),
						 .port = (uint16_t)(8080 + i) };
	facts.proof[2] = (struct proof){ .domain = AF_INET,
					 .type = SOCK_DGRAM,
					 .protocol = IPPROTO_UDP,
					 .our_netns = true,
					 .addr = addr("192.0.2.1"),
					 .port = 5353 };
	earlier = *b;
	facts.earlier = &earlier;
}

#define PUBLISH(change, words) SAYS(make_publish, check_publish, change, words)

static void test_publish(void)
{
	static const char address[] = "this is no address of an interface of yours",
			  frames[] = "the frames of a publication do not fit together",
			  first[] = "port 8080 is not proved to be yours",
			  second[] = "port 8081 is not proved to be yours",
			  udp[] = "port 5353 is not proved to be yours",
			  count[] = "there are more or less proofs than ports",
			  ports[] = "one of these ports is not allowed to you";
	struct priv_publish *b = &req.u.publish;
	struct proof *x = facts.proof;

	PUBLISH((void)0, "");
	PUBLISH(facts.netns = false, no_netns);
	PUBLISH(facts.our_netns = true, no_netns);
	PUBLISH(facts.owned = false, no_netns);
	PUBLISH(facts.link_owned = false, address);
	PUBLISH(b->ip4 = addr("10.192.0.10"), address);
	PUBLISH(b->ip6 = addr("fd00::a"), address);
	PUBLISH(b->ip4 = (struct net_addr){ 0 }, "");
	PUBLISH(b->ip4 = b->ip6 = (struct net_addr){ 0 }, address);
	PUBLISH((b->ip4 = addr("10.192.0.9"), b->ip4.family = AF_INET6), address);
	PUBLISH(b->nports = 0, frames);
	PUBLISH(b->nports = NET_PORTS_MAX + 1, frames);
	PUBLISH(b->more = 2, frames);
	PUBLISH(b->spare = 1, frames);
	PUBLISH(b->nproofs = 2, frames);
	PUBLISH(b->first_proof = 1, frames);
	PUBLISH(b->ports[0].count = 0, "a row of ports means nothing");
	PUBLISH(b->ports[1].host = addr("127.0.0.1"), "no rule publishes ports on this address");
	PUBLISH(b->ports[0].host_first = 1023, ports);
	PUBLISH((b->ports[0].host_first = 79, policy.root = true),
		"port 79 is not proved to be yours");
	PUBLISH((policy.ports[0].last = 8080), ports);
	PUBLISH((policy.nports = 0), ports);
	PUBLISH((policy.nports = 0, policy.root = true), "");
	PUBLISH(facts.published = 4093, "");
	PUBLISH(facts.published = 4094, "this number of ports is not allowed to you");
	PUBLISH(facts.published = UINT32_MAX, "this number of ports is not allowed to you");
	PUBLISH((facts.published = UINT32_MAX, policy.root = true), "");
	/* each word of a proof */
	PUBLISH(x[0].our_netns = false, first);
	PUBLISH(x[0].reuseport = true, first);
	PUBLISH(x[0].protocol = IPPROTO_UDP, first);
	PUBLISH(x[0].port = 8081, first);
	PUBLISH(x[0].domain = AF_INET, first);
	PUBLISH(x[0].addr = addr("::1"), first);
	PUBLISH(x[0].v6only = true, first);
	PUBLISH(x[0].type = SOCK_DGRAM, first);
	PUBLISH(x[0].listening = false, first);
	PUBLISH(x[1].port = 0, second);
	PUBLISH(x[2].addr = addr("192.0.2.2"), udp);
	PUBLISH(x[2].domain = AF_INET6, udp);
	PUBLISH(x[2].type = SOCK_STREAM, udp);
	PUBLISH(x[2].reuseaddr = true, udp);
	PUBLISH(memset(&x[2], 0, sizeof(x[2])), udp);
	PUBLISH((b->ports[1].host = addr("2001:db8::1"), x[2].domain = AF_INET6,
		 x[2].addr = addr("2001:db8::1")),
		udp);
	PUBLISH((b->ports[1].host = addr("2001:db8::1"), x[2].domain = AF_INET6,
		 x[2].addr = addr("2001:db8::1"), x[2].v6only = true),
		"");
	PUBLISH((b->ports[1].proto = IPPROTO_SCTP, x[2].protocol = IPPROTO_SCTP), udp);
	PUBLISH((b->ports[1].proto = IPPROTO_SCTP, x[2].protocol = IPPROTO_SCTP,
		 x[2].type = SOCK_STREAM),
		"");
	/* several frames */
	PUBLISH(b->nproofs = (uint16_t)(facts.nproofs = 2), count);
	PUBLISH(b->nproofs = (uint16_t)(facts.nproofs = 4), count);
	PUBLISH((b->nproofs = (uint16_t)(facts.nproofs = 2), b->more = 1), "");
	PUBLISH((b->nproofs = (uint16_t)(facts.nproofs = 0), b->more = 1), "");
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2]),
		"");
	PUBLISH((facts.proved = 2, b->first_proof = 1), frames);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1), udp);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2], earlier.ports[0].host_first = 9000),
		frames);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2], earlier.host_index = 8),
		frames);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2], earlier.ip4.byte[3] = 1),
		frames);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2], earlier.nports = 1),
		frames);
	PUBLISH((facts.proved = 2, b->first_proof = 2, b->nproofs = 1, facts.nproofs = 1,
		 x[0] = x[2], earlier.ip6 = addr("fd00::1")),
		frames);
	PUBLISH((facts.proved = 3, b->first_proof = 3, b->nproofs = 1, facts.nproofs = 1), count);
}

/* ---- NET_RATE ---- */

static void make_rate(void)
{
	make_common();
	strcpy(req.u.net_rate.lease.ifname, "eth0");
	facts.netns = facts.owned = facts.link_owned = true;
}

#define RATE(change, words) SAYS(make_rate, check_net_rate, change, words)

static void test_rate(void)
{
	static const char rate[] = "this rate is not allowed to you";
	struct priv_net_rate *r = &req.u.net_rate;

	RATE((void)0, "");
	RATE(facts.netns = false, no_netns);
	RATE(facts.our_netns = true, no_netns);
	RATE(facts.owned = false, no_netns);
	RATE(facts.link_owned = false, "this is no interface of yours");
	RATE(r->lease.ifname[0] = '/', "this is no interface of yours");
	RATE(policy.rate = 1000, rate);
	RATE((policy.rate = 1000, r->rate.up = 1000), rate);
	RATE((policy.rate = 1000, r->rate.up = r->rate.down = 1000), "");
	RATE((policy.rate = 1000, r->rate.up = 1001, r->rate.down = 1000), rate);
	RATE((policy.rate = 1000, r->rate.up = 1000, r->rate.down = 1001), rate);
	RATE((policy.rate = 1000, policy.root = true), "");
}

/* ---- CGROUP ---- */

static void make_cgroup(void)
{
	make_common();
	req.u.cgroup.verb = 1;
	facts.cgroup_real = facts.cgroup_top = true;
}

#define CGROUP(change, words) SAYS(make_cgroup, check_cgroup, change, words)

static void test_cgroup(void)
{
	static const char denied[] = "a cgroup of your own is not allowed to you";

	CGROUP((void)0, "");
	CGROUP(req.u.cgroup.verb = 0, "there is no such verb");
	CGROUP(req.u.cgroup.verb = 2, "there is no such verb");
	CGROUP(facts.cgroup_real = false,
	       "this machine's cgroups, version 2, are not at /sys/fs/cgroup");
	CGROUP(facts.cgroup_managed = true, "a service manager hands out this machine's cgroups");
	CGROUP(facts.cgroup_top = false, "you are in a cgroup whose limits are not to be left");
	CGROUP(policy.cgroups = 0, denied);
	CGROUP((policy.cgroups = 0, policy.root = true), "");
}

/* ---- frames ---- */

static void test_frames(void)
{
	const size_t head = offsetof(struct priv_req, u);

	for (size_t i = 0; i < helper_nrows; i++) {
		const struct helper_row *row = &helper_rows[i];
		size_t n = head + row->size;

		req.type = row->type;
		req.size = row->size;
		ok(serve_row(&req, n, row->fds_min) == row, "request %u", row->type);
		ok(serve_row(&req, n, row->fds_max) == row, "with all descriptors it may have");
		ok(!serve_row(&req, n - 1, row->fds_min), "a byte too short");
		ok(!serve_row(&req, n + 1, row->fds_min), "a byte too long");
		ok(!serve_row(&req, n, row->fds_max + 1), "a descriptor too many");
		ok(!row->fds_min || !serve_row(&req, n, row->fds_min - 1), "one too few");
		req.size--;
		ok(!serve_row(&req, n - 1, row->fds_min), "a size that is not the type's");
		ok(!serve_row(&req, 7, row->fds_min), "less than a head");
	}
	req.type = 0;
	ok(!serve_row(&req, head, 0), "no type");
	req.type = PRIV_TYPES;
	ok(!serve_row(&req, head, 0), "a type that there is not");
	is_int(helper_nrows, PRIV_TYPES - 1, "every request has its row");
}

int main(void)
{
	test_map_ids();
	test_ranges();
	test_network();
	test_join();
	test_publish();
	test_rate();
	test_cgroup();
	test_frames();
	return done();
}
