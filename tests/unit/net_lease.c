/* tests/unit/net_lease.c - net/lease.c: which addresses a container gets. */
#include <sys/socket.h>

#include "net.h"
#include "tests/unit/tap.h"

static const struct net_addr any;

static struct net_def network(const char *subnet4, const char *subnet6)
{
	struct net_def def = { .driver = NET_ROUTED };

	if (subnet4)
		net_addr_parse(subnet4, true, &def.subnet4);
	if (subnet6)
		net_addr_parse(subnet6, true, &def.subnet6);
	return def;
}

/* How many different choices there are for WHO until there are no more. */
static unsigned choices(const struct net_def *def, const char *who, unsigned most)
{
	struct net_lease l, first = { 0 };
	unsigned n = 0;

	for (; n < most && net_lease_choose(def, who, &any, &any, n, &l); n++) {
		if (n == 0)
			first = l;
		else if (def->subnet4.family && net_addr_equal(&l.ip4, &first.ip4))
			return 0;
	}
	return n;
}

int main(void)
{
	struct net_def both = network("10.78.0.0/29", "fd00::/64"), none = network(NULL, NULL);
	struct net_def four = network("10.78.0.0/30", NULL), six = network(NULL, "fd00::/64");
	struct net_addr wanted;
	struct net_lease l, again;

	is_int(choices(&both, "web", 1000), 5, "IPv4 ends first: each of its addresses once");
	is_int(choices(&four, "web", 1000), 1, "a /30 has one");
	is_int(choices(&six, "web", 1000), 1000, "IPv6 alone has plenty");
	is_int(choices(&none, "web", 1000), 0, "no subnet, no address");
	net_addr_parse("10.78.0.3", false, &wanted);
	ok(net_lease_choose(&both, "web", &wanted, &any, 0, &l) && l.ip4.byte[3] == 3,
	   "a wanted one");
	ok(net_lease_choose(&both, "web", &any, &any, 0, &l) &&
		   net_lease_choose(&both, "web", &any, &any, 0, &again) &&
		   net_addr_equal(&l.ip4, &again.ip4) && net_addr_equal(&l.ip6, &again.ip6),
	   "the same name gets the same");
	return done();
}
