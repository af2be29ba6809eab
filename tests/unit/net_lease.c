/* tests/unit/net_lease.c - net/lease.c: which addresses a container gets. */
#include <stdio.h>
#include <string.h>
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

/* How many addresses WHO is led to until there are no more. */
static unsigned choices(const struct net_def *def, const char *who, unsigned most)
{
	static struct net_lease seen[2100];
	unsigned found = 0, i;

	for (unsigned n = 0; n < most && net_lease_choose(def, who, &any, &any, n, &seen[found]);
	     n++) {
		for (i = 0; i < found; i++)
			if (def->subnet4.family ? net_addr_equal(&seen[i].ip4, &seen[found].ip4) :
						  net_addr_equal(&seen[i].ip6, &seen[found].ip6))
				break;
		found += i == found;
	}
	return found;
}

/* How many are tried, on average, by one more container of a network where only one address
 * in FREE_OF of its SIZE is free. */
static unsigned tries(const struct net_def *def, unsigned size, unsigned free_of)
{
	static bool taken[1 << 16];
	struct net_lease l;
	unsigned sum = 0, rounds = 200;
	char who[16];

	memset(taken, false, sizeof(taken));
	for (unsigned i = 0; i < size + rounds; i++) {
		unsigned n = 0, at;
		bool more;

		snprintf(who, sizeof(who), "%08x", i * 2654435761u);
		do {
			more = net_lease_choose(def, who, &any, &any, n++, &l);
			at = (unsigned)(l.ip4.byte[2] << 8 | l.ip4.byte[3]);
		} while (more && taken[at]);
		if (i < size - size / free_of)
			taken[at] = true;
		else if (i >= size)
			sum += n;
	}
	return sum / rounds;
}

int main(void)
{
	struct net_def both = network("10.78.0.0/29", "fd00::/64"), none = network(NULL, NULL);
	struct net_def four = network("10.78.0.0/30", NULL), six = network(NULL, "fd00::/64");
	struct net_addr wanted;
	struct net_lease l, again;

	is_int(choices(&both, "web", 1000), 5,
	       "IPv4 ends first, when each of its addresses was tried");
	is_int(choices(&four, "web", 1000), 1, "a /30 has one");
	is_int(choices(&six, "web", 1000), 1000, "IPv6 alone has plenty");
	struct net_def big = network("10.78.0.0/24", "fd00::/64"),
		       auto4 = network("10.78.0.0/22", NULL);
	is_int(choices(&big, "web", 1000), 253, "a /24 has 253");
	is_int(choices(&auto4, "db", 2000), 1021, "a /22 has 1,021");
	ok(tries(&auto4, 1021, 50) < 100,
	   "one of the last fiftieth is found in less than 100 tries");
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
