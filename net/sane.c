/* net/sane.c - is what somebody says about networks sane at all?
 *
 * Pure functions over the structs of net.h, whose bytes may come from anybody. The
 * command line calls them to refuse early and in the user's words, the privileged helper
 * before it asks whether it is allowed. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "net.h"

bool net_name_ok(const char *s, size_t size)
{
	size_t i = 0;

	for (; i < size && s[i]; i++) {
		bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
			      (s[i] >= '0' && s[i] <= '9');

		if (!letter && (i == 0 || !strchr("._-", s[i])))
			return false;
	}
	return i > 0 && i < size;
}

bool net_ifname_ok(const char *name)
{
	return net_name_ok(name, NET_IFNAME_MAX) && strcmp(name, "lo") != 0;
}

static const struct net_addr none;

static bool is_none(const struct net_addr *a)
{
	return memcmp(a, &none, sizeof(*a)) == 0;
}

/* An IPv4 address in IPv6's clothes would be judged by the wrong rules. */
static bool is_mapped(const struct net_addr *a)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 && memcmp(a->byte, head, sizeof(head)) == 0;
}

bool net_addr_ok(const struct net_addr *a, int family, bool prefix)
{
	unsigned bits = a->family == AF_INET ? 32 : 128;

	if (is_mapped(a) || (a->family != AF_INET && a->family != AF_INET6) ||
	    (family && a->family != family) || a->plen > bits || a->spare[0] || a->spare[1])
		return false;
	for (unsigned i = prefix ? a->plen : bits; i < 128; i++)
		if (a->byte[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

bool net_addr_host(const struct net_addr *a, const struct net_addr *prefix,
		   const struct net_addr *gateway)
{
	struct net_addr last = *prefix;

	if (!net_addr_ok(a, prefix->family, false) || !net_addr_in(a, prefix) ||
	    net_addr_equal(a, gateway) || net_addr_equal(a, prefix))
		return false;
	for (unsigned i = prefix->plen; i < 32; i++)
		last.byte[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return prefix->family == AF_INET6 || !net_addr_equal(a, &last);
}

bool net_has_parent(unsigned driver)
{
	return driver == NET_MACVLAN || driver == NET_IPVLAN || driver == NET_MACVTAP;
}

static bool mode_fits(unsigned driver, unsigned mode)
{
	if (mode == NET_MODE_DEFAULT)
		return true;
	if (driver == NET_MACVLAN || driver == NET_MACVTAP)
		return mode >= NET_MODE_BRIDGE && mode <= NET_MODE_PASSTHRU;
	return driver == NET_IPVLAN && mode >= NET_MODE_L2 && mode <= NET_MODE_L3S;
}

static int parent_check(const struct net_def *d)
{
	if (!d->parent[0])
		return net_has_parent(d->driver) ? fail_plain("this driver needs a parent") : 0;
	if (!net_has_parent(d->driver) && d->driver != NET_VXLAN)
		return fail_plain("this driver has no parent");
	if (!net_ifname_ok(d->parent))
		return fail_plain("the parent is not the name of an interface");
	return 0;
}

static int vxlan_check(const struct net_def *d)
{
	if (d->driver != NET_VXLAN)
		return d->vxlan_id || d->vxlan_port || d->npeers ?
			       fail_plain("only vxlan has an id, a port and peers") :
			       0;
	if (d->vxlan_id < 1 || d->vxlan_id >= 1 << 24)
		return fail_plain("the id of a vxlan is 1 to 16777215");
	if (d->npeers > NET_PEERS_MAX)
		return fail_plain("a vxlan has at most %u peers", (unsigned)NET_PEERS_MAX);
	for (size_t i = 0; i < d->npeers; i++)
		if (!net_addr_ok(&d->peers[i], 0, false))
			return fail_plain("a peer of a vxlan is an address");
	return 0;
}

static int subnet_check(const struct net_addr *subnet, int family, const struct net_addr *gateway)
{
	unsigned least = family == AF_INET ? 8 : 32, most = family == AF_INET ? 30 : 126;
	char text[52];

	if (!is_none(subnet) &&
	    (!net_addr_ok(subnet, family, true) || subnet->plen < least || subnet->plen > most))
		return fail_plain("a subnet of IPv%u has a length of %u to %u, and no bits behind it",
				  family == AF_INET ? 4 : 6, least, most);
	/* 0/8, 127/8, multicast and above; ::/8 and ff00::/8 */
	if (!is_none(subnet) &&
	    (subnet->byte[0] == 0 ||
	     (family == AF_INET ? subnet->byte[0] == 127 || subnet->byte[0] >= 224 :
				  subnet->byte[0] == 0xff)))
		return fail_plain("no container can have an address of %s",
				  net_addr_text(text, subnet, true));
	if (is_none(gateway))
		return 0;
	if (!subnet->family || !net_addr_host(gateway, subnet, &none))
		return fail_plain("the gateway %s is not an address of the subnet",
				  net_addr_text(text, gateway, false));
	return 0;
}

static bool is_first(const struct net_addr *gateway, const struct net_addr *subnet)
{
	struct net_addr first;

	return is_none(gateway) ||
	       (net_addr_nth(subnet, 1, &first) && net_addr_equal(gateway, &first));
}

int net_def_check(const struct net_def *d)
{
	const uint32_t known = NET_F_INTERNAL | NET_F_ISOLATE | NET_F_UNLOCKED | NET_F_NO_IP6;

	if (!net_name_ok(d->name, sizeof(d->name)))
		return fail_plain("the name of a network is 1 to %u of A-Z a-z 0-9 . _ -",
				  (unsigned)sizeof(d->name) - 1);
	if (d->driver < NET_ROUTED || d->driver >= NET_DRIVERS || !mode_fits(d->driver, d->mode))
		return fail_plain("there is no such driver, or it has no such mode");
	if (d->flags & ~known)
		return fail_plain("there is no such flag");
	/* Whose address a packet really has is known where ports are locked alone. */
	if ((d->flags & NET_F_INTERNAL) && (d->flags & NET_F_UNLOCKED))
		return fail_plain("an internal network has locked ports");
	if (d->mtu && (d->mtu < 68 || (d->mtu < 1280 && d->subnet6.family)))
		return fail_plain("an mtu is at least 68, and 1280 with IPv6");
	if (parent_check(d) < 0 || vxlan_check(d) < 0 ||
	    subnet_check(&d->subnet4, AF_INET, &d->gateway4) < 0 ||
	    subnet_check(&d->subnet6, AF_INET6, &d->gateway6) < 0)
		return -1;
	/* Their host ends all have that one. */
	if (d->driver == NET_ROUTED &&
	    !(is_first(&d->gateway4, &d->subnet4) && is_first(&d->gateway6, &d->subnet6)))
		return fail_plain("the gateway of a routed network is the first address");
	if (d->subnet6.family && (d->flags & NET_F_NO_IP6))
		return fail_plain("a network without IPv6 has no subnet of it");
	if (net_has_parent(d->driver) && !d->subnet4.family && !d->subnet6.family)
		return fail_plain("this driver needs a subnet: its addresses are the parent's");
	return 0;
}

static bool upper_half(const struct net_addr *a, unsigned plen)
{
	return plen < 128 && (a->byte[plen / 8] & 0x80 >> plen % 8);
}

int net_wanted_check(const struct net_def *d, const struct net_addr *ip4,
		     const struct net_addr *ip6, const uint8_t mac[6])
{
	static const uint8_t any[6];

	if ((!is_none(ip4) && !net_addr_host(ip4, &d->subnet4, &d->gateway4)) ||
	    (!is_none(ip6) && !net_addr_host(ip6, &d->subnet6, &d->gateway6)))
		return fail_plain("a wanted address is not one for containers of the network");
	/* There the host's ends of routed links have theirs. */
	if (!is_none(ip6) && d->driver == NET_ROUTED && upper_half(ip6, d->subnet6.plen))
		return fail_plain("a wanted IPv6 address is of the half that is the host's");
	if (memcmp(mac, any, 6) == 0)
		return 0;
	if (mac[0] & 1)
		return fail_plain("a wanted MAC is that of a group");
	/* There a MAC stands for an address: whose frame it is shows from that alone. */
	if ((d->driver == NET_BRIDGE || d->driver == NET_VXLAN) && !(d->flags & NET_F_UNLOCKED))
		return fail_plain("on a locked segment the MAC is given, not wanted");
	return 0;
}

int net_egress_check(const struct net_egress *rows, size_t n)
{
	if (n > NET_EGRESS_MAX)
		return fail_plain("there are at most %u egress rows", (unsigned)NET_EGRESS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct net_egress *e = &rows[i];
		bool ports = e->proto == 0 || e->proto == IPPROTO_TCP || e->proto == IPPROTO_UDP ||
			     e->proto == IPPROTO_SCTP;

		if (e->allow > 1 || !net_addr_ok(&e->to, 0, true) || e->port_first > e->port_last ||
		    (e->port_last && (!e->port_first || !ports)))
			return fail_plain("egress row %zu means nothing", i + 1);
	}
	return 0;
}

static bool is_loopback(const struct net_addr *a)
{
	static const struct net_addr lo6 = { .family = AF_INET6, .byte = { [15] = 1 } };

	return a->family == AF_INET ? a->byte[0] == 127 : net_addr_equal(a, &lo6);
}

int net_port_check(const struct net_port *r)
{
	uint32_t host = (uint32_t)r->host_first + r->count;
	uint32_t inside = (uint32_t)r->inside_first + r->count;

	if ((r->proto != IPPROTO_TCP && r->proto != IPPROTO_UDP && r->proto != IPPROTO_SCTP) ||
	    !r->count || !r->host_first || !r->inside_first || host > 65536 || inside > 65536 ||
	    r->spare)
		return fail_plain("a row of ports means nothing");
	if ((!is_none(&r->host) && !net_addr_ok(&r->host, 0, false)) || is_loopback(&r->host))
		return fail_plain("no rule publishes ports on this address");
	return 0;
}
