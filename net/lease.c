/* net/lease.c - which addresses a container may get on a network, and in which order they
 * are tried. Pure: whether one is free is for the kernel to say. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net.h"

/* How many addresses of PREFIX there are for containers: not the first two, IPv4's last,
 * and of IPv6 the half in which the host's ends have theirs. */
static uint64_t room(const struct net_addr *prefix)
{
	unsigned bits = prefix->family == AF_INET ? 32u - prefix->plen : 127u - prefix->plen;

	if (!prefix->family || bits < 2)
		return 0;
	return (UINT64_C(1) << (bits < 24 ? bits : 24)) - 3;
}

void net_lease_begin(const struct net_def *def, const char *ifname, struct net_lease *l)
{
	*l = (struct net_lease){
		.net_id = def->id,
		.flags = def->flags,
		.driver = def->driver,
		.default_route = !(def->flags & NET_F_INTERNAL),
		.subnet4 = def->subnet4,
		.subnet6 = def->subnet6,
		.gw4 = def->gateway4,
		.gw6 = def->gateway6,
	};
	memcpy(l->net, def->name, sizeof(l->net));
	strncpy(l->ifname, ifname, sizeof(l->ifname) - 1);
	l->mtu = def->mtu                    ? def->mtu :
		 net_has_parent(def->driver) ? 0 :
		 def->driver == NET_VXLAN    ? 1450 :
					       1500;
}

/* Tries that lead here and there, or those who begin side by side would find the same
 * addresses taken. Then all are looked at, one after the other. */
enum { GUESSES = 32 };

bool net_lease_choose(const struct net_def *def, const char *who, const struct net_addr *ip4,
		      const struct net_addr *ip6, uint64_t n, struct net_lease *l)
{
	uint64_t r4 = ip4->family ? 0 : room(&def->subnet4);
	uint64_t r6 = ip6->family ? 0 : room(&def->subnet6);
	uint64_t seed = 1 + (n < GUESSES ? n << 8 : 0), all = n < GUESSES ? 0 : n - GUESSES;
	uint64_t at = net_hash(seed, who, strlen(who)) + n;

	/* The Nth of each: where one family has no more, there is no pair. */
	if (n > 0 && ((r4 && all >= r4) || (r6 && all >= r6) || !(r4 | r6)))
		return false;
	l->ip4 = *ip4;
	l->ip6 = *ip6;
	if (r4)
		net_addr_nth(&def->subnet4, 2 + at % r4, &l->ip4);
	if (r6)
		net_addr_nth(&def->subnet6, 2 + at % r6, &l->ip6);
	if (l->ip4.family)
		l->ip4.plen = def->driver == NET_ROUTED ? 32 : def->subnet4.plen;
	if (l->ip6.family)
		l->ip6.plen = def->driver == NET_ROUTED ? 128 : def->subnet6.plen;
	return l->ip4.family || l->ip6.family;
}

void net_lease_mac(const uint8_t wanted[6], struct net_lease *l)
{
	static const uint8_t any[6];
	uint64_t hash = net_hash(0, l->ip6.byte, sizeof(l->ip6.byte));

	memcpy(l->mac, wanted, 6);
	if (memcmp(wanted, any, 6) != 0)
		return;
	l->mac[0] = 0x02;
	l->mac[1] = 0x42;
	memcpy(l->mac + 2, l->ip4.family ? (const void *)l->ip4.byte : &hash, 4);
}
