/* What is said about networks: each refusal of net/sane.c, and the least that passes. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "net.h"
#include "tests/unit/tap.h"

static struct net_addr addr(const char *text)
{
	struct net_addr a = { 0 };

	if (net_addr_parse(text, strchr(text, '/') != NULL, &a) < 0)
		printf("# %s is no address\n", text);
	return a;
}

static void test_names(void)
{
	char full[NET_NAME_MAX];

	ok(net_name_ok("web-1.A_b", 32), "letters, digits, dot, hyphen, underscore");
	ok(!net_name_ok("", 32), "an empty name is none");
	ok(!net_name_ok("-a", 32) && !net_name_ok(".", 32) && !net_name_ok("..", 32) &&
		   !net_name_ok("_a", 32),
	   "a name begins with a letter or digit");
	ok(!net_name_ok("a/b", 32) && !net_name_ok("a b", 32) && !net_name_ok("a\nb", 32) &&
		   !net_name_ok("\303\244", 32) && !net_name_ok("a%", 32),
	   "nothing else is in a name");
	memset(full, 'a', sizeof(full));
	ok(!net_name_ok(full, sizeof(full)), "a name that does not end is none");
	full[sizeof(full) - 1] = '\0';
	ok(net_name_ok(full, sizeof(full)), "the longest name");
	ok(net_ifname_ok("eth0") && !net_ifname_ok("lo"), "lo is the kernel's");
}

static void test_addresses(void)
{
	struct net_addr a = addr("10.0.0.1");

	ok(net_addr_ok(&a, AF_INET, false) && net_addr_ok(&a, 0, false), "an address");
	ok(!net_addr_ok(&a, AF_INET6, false), "of the other family");
	a.byte[4] = 1;
	ok(!net_addr_ok(&a, AF_INET, false), "bytes behind an IPv4 address");
	a = addr("10.0.0.1");
	a.plen = 33;
	ok(!net_addr_ok(&a, AF_INET, false), "a length that there is not");
	a = addr("10.0.0.0/24");
	ok(net_addr_ok(&a, AF_INET, true), "a prefix");
	a.byte[3] = 1;
	ok(!net_addr_ok(&a, AF_INET, true) && net_addr_ok(&a, AF_INET, false),
	   "bits behind a prefix");
	a = addr("10.0.0.1");
	a.spare[1] = 1;
	ok(!net_addr_ok(&a, AF_INET, false), "something in what is spare");
	a.family = 0;
	ok(!net_addr_ok(&a, 0, false), "no family");
	a.family = AF_UNIX;
	ok(!net_addr_ok(&a, 0, false), "another family");
	a = addr("fd00::1");
	ok(net_addr_ok(&a, AF_INET6, false), "IPv6");
	memset(a.byte, 0, 10);
	a.byte[10] = a.byte[11] = 0xff;
	ok(!net_addr_ok(&a, AF_INET6, false), "IPv4 in IPv6's clothes");
}

static void test_hosts(void)
{
	static const struct {
		const char *a, *prefix, *gateway;
		bool good;
	} row[] = {
		{ "10.0.0.2", "10.0.0.0/24", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.0/24", "10.0.0.1", false },
		{ "10.0.0.1", "10.0.0.0/24", "10.0.0.254", true },
		{ "10.0.0.0", "10.0.0.0/24", "10.0.0.1", false },
		{ "10.0.0.255", "10.0.0.0/24", "10.0.0.1", false },
		{ "10.0.1.255", "10.0.0.0/22", "10.0.0.1", true },
		{ "10.0.1.0", "10.0.0.0/24", "10.0.0.1", false },
		{ "fd00::2", "10.0.0.0/24", "10.0.0.1", false },
		{ "fd00::2", "fd00::/64", "fd00::1", true },
		{ "fd00::", "fd00::/64", "fd00::1", false },
		{ "fd00::1", "fd00::/64", "fd00::1", false },
		{ "fd00::ffff:ffff:ffff:ffff", "fd00::/64", "fd00::1", true },
		{ "fd00:0:0:1::2", "fd00::/64", "fd00::1", false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct net_addr a = addr(row[i].a), p = addr(row[i].prefix),
				g = addr(row[i].gateway);

		ok(net_addr_host(&a, &p, &g) == row[i].good, "%s is %s for a container of %s",
		   row[i].a, row[i].good ? "one" : "none", row[i].prefix);
	}
}

static struct net_def def;

/* What net_def_check() says about the default with CHANGE made to it. */
#define DEF_SAYS(change, words)                                                                    \
	do {                                                                                       \
		def = (struct net_def){ .name = "n", .driver = NET_ROUTED };                       \
		change;                                                                            \
		err_clear();                                                                       \
		is_int(net_def_check(&def), *(words) ? -1 : 0, "%s", #change);                     \
		is_str(err_text(), words, "and says why");                                         \
	} while (0)

static void test_defs(void)
{
	static const char
		parent[] = "this driver needs a parent",
		length4[] = "a subnet of IPv4 has a length of 8 to 30, and no bits behind it",
		length6[] = "a subnet of IPv6 has a length of 32 to 126, and no bits behind it",
		driver[] = "there is no such driver, or it has no such mode",
		vxlan[] = "only vxlan has an id, a port and peers";

	DEF_SAYS((void)0, "");
	DEF_SAYS(strcpy(def.name, "a/b"), "the name of a network is 1 to 31 of A-Z a-z 0-9 . _ -");
	DEF_SAYS(def.driver = 0, driver);
	DEF_SAYS(def.driver = NET_DRIVERS, driver);
	DEF_SAYS(def.mode = NET_MODE_BRIDGE, driver);
	DEF_SAYS((def.driver = NET_MACVLAN, def.mode = NET_MODE_L2), driver);
	DEF_SAYS((def.driver = NET_IPVLAN, def.mode = NET_MODE_VEPA), driver);
	DEF_SAYS((def.driver = NET_IPVLAN, def.mode = NET_MODES), driver);
	DEF_SAYS(def.flags = 1u << 31, "there is no such flag");
	DEF_SAYS(def.mtu = 67, "an mtu is at least 68, and 1280 with IPv6");
	DEF_SAYS((def.mtu = 1279, def.subnet6 = addr("fd00::/64")),
		 "an mtu is at least 68, and 1280 with IPv6");
	DEF_SAYS(def.mtu = 9000, "");
	DEF_SAYS(strcpy(def.parent, "eth0"), "this driver has no parent");
	DEF_SAYS(def.driver = NET_MACVLAN, parent);
	DEF_SAYS(def.driver = NET_MACVTAP, parent);
	DEF_SAYS((def.driver = NET_IPVLAN, strcpy(def.parent, "a/b")),
		 "the parent is not the name of an interface");
	DEF_SAYS((def.driver = NET_IPVLAN, strcpy(def.parent, "eth0")),
		 "this driver needs a subnet: its addresses are the parent's");
	DEF_SAYS((def.driver = NET_IPVLAN, strcpy(def.parent, "eth0"), def.mode = NET_MODE_L3,
		  def.subnet4 = addr("192.168.1.0/24")),
		 "");
	DEF_SAYS((def.driver = NET_MACVLAN, strcpy(def.parent, "eth0"),
		  def.mode = NET_MODE_PASSTHRU, def.subnet6 = addr("fd00::/64")),
		 "");
	DEF_SAYS(def.vxlan_id = 1, vxlan);
	DEF_SAYS(def.vxlan_port = 1, vxlan);
	DEF_SAYS(def.npeers = 1, vxlan);
	DEF_SAYS(def.driver = NET_VXLAN, "the id of a vxlan is 1 to 16777215");
	DEF_SAYS((def.driver = NET_VXLAN, def.vxlan_id = 1 << 24),
		 "the id of a vxlan is 1 to 16777215");
	DEF_SAYS((def.driver = NET_VXLAN, def.vxlan_id = 1, def.npeers = NET_PEERS_MAX + 1),
		 "a vxlan has at most 16 peers");
	DEF_SAYS((def.driver = NET_VXLAN, def.vxlan_id = 1, def.npeers = 1),
		 "a peer of a vxlan is an address");
	DEF_SAYS((def.driver = NET_VXLAN, def.vxlan_id = 1, def.npeers = 1,
		  def.peers[0] = addr("192.0.2.1")),
		 "");
	DEF_SAYS((def.driver = NET_BRIDGE, def.flags = NET_F_UNLOCKED), "");
	DEF_SAYS((def.driver = NET_BRIDGE, def.flags = NET_F_UNLOCKED | NET_F_INTERNAL),
		 "an internal network has locked ports");
	DEF_SAYS(def.subnet4 = addr("fd00::/64"), length4);
	DEF_SAYS(def.subnet4 = addr("10.0.0.0/31"), length4);
	DEF_SAYS(def.subnet4 = addr("8.0.0.0/7"), length4);
	DEF_SAYS((def.subnet4 = addr("10.0.0.0/24"), def.subnet4.byte[3] = 1), length4);
	DEF_SAYS(def.subnet6 = addr("10.0.0.0/24"), length6);
	DEF_SAYS(def.subnet6 = addr("fd00::/127"), length6);
	DEF_SAYS(def.subnet6 = addr("fd00::/31"), length6);
	DEF_SAYS(def.subnet4 = addr("0.0.0.0/8"), "no container can have an address of 0.0.0.0/8");
	DEF_SAYS(def.subnet4 = addr("127.0.0.0/16"),
		 "no container can have an address of 127.0.0.0/16");
	DEF_SAYS(def.subnet4 = addr("224.0.0.0/16"),
		 "no container can have an address of 224.0.0.0/16");
	DEF_SAYS(def.subnet6 = addr("ff00::/64"), "no container can have an address of ff00::/64");
	DEF_SAYS(def.subnet6 = addr("::/64"), "no container can have an address of ::/64");
	DEF_SAYS(def.gateway4 = addr("10.0.0.1"),
		 "the gateway 10.0.0.1 is not an address of the subnet");
	DEF_SAYS((def.subnet4 = addr("10.0.0.0/24"), def.gateway4 = addr("10.0.1.1")),
		 "the gateway 10.0.1.1 is not an address of the subnet");
	DEF_SAYS((def.subnet4 = addr("10.0.0.0/24"), def.gateway4 = addr("10.0.0.255")),
		 "the gateway 10.0.0.255 is not an address of the subnet");
	DEF_SAYS((def.subnet4 = addr("10.0.0.0/24"), def.gateway4 = addr("10.0.0.254")),
		 "the gateway of a routed network is the first address");
	DEF_SAYS((def.subnet4 = addr("10.0.0.0/24"), def.gateway4 = addr("10.0.0.1")), "");
	DEF_SAYS((def.driver = NET_BRIDGE, def.subnet4 = addr("10.0.0.0/24"),
		  def.gateway4 = addr("10.0.0.254")),
		 "");
	DEF_SAYS((def.subnet6 = addr("fd00::/64"), def.gateway6 = addr("10.0.0.1")),
		 "the gateway 10.0.0.1 is not an address of the subnet");
	DEF_SAYS((def.subnet6 = addr("fd00::/64"), def.flags = NET_F_NO_IP6),
		 "a network without IPv6 has no subnet of it");
}

static void test_wanted(void)
{
	static const uint8_t any[6], mine[6] = { 2, 0, 0, 0, 0, 1 }, group[6] = { 3 };
	const struct net_addr no = { 0 }, in = addr("10.0.0.9"), out = addr("10.0.1.9"),
			      in6 = addr("fd00::9"), out6 = addr("fd01::9");

	def = (struct net_def){ .driver = NET_ROUTED };
	ok(net_wanted_check(&def, &no, &no, any) == 0, "nothing is wanted");
	ok(net_wanted_check(&def, &in, &no, any) < 0, "an address where there is no subnet");
	def.subnet4 = addr("10.0.0.0/24");
	def.subnet6 = addr("fd00::/64");
	ok(net_wanted_check(&def, &in, &in6, any) == 0, "addresses of the network");
	ok(net_wanted_check(&def, &out, &no, any) < 0, "IPv4 outside of it");
	ok(net_wanted_check(&def, &no, &out6, any) < 0, "IPv6 outside of it");
	ok(net_wanted_check(&def, &in6, &no, any) < 0, "IPv6 in the place of IPv4");
	ok(net_wanted_check(&def, &no, &no, mine) == 0, "a MAC");
	ok(net_wanted_check(&def, &no, &no, group) < 0, "a group's MAC");
	const struct net_addr last = addr("fd00::7fff:ffff:ffff:ffff"),
			      host = addr("fd00::8000:0:0:0");
	ok(net_wanted_check(&def, &no, &last, any) == 0, "the last of the lower half");
	ok(net_wanted_check(&def, &no, &host, any) < 0, "the first of the host's half");
	def.driver = NET_BRIDGE;
	ok(net_wanted_check(&def, &no, &host, any) == 0, "on a bridge there are no halves");
	ok(net_wanted_check(&def, &no, &no, mine) < 0, "a MAC on a locked bridge");
	def.driver = NET_VXLAN;
	ok(net_wanted_check(&def, &no, &no, mine) < 0, "a MAC on a locked vxlan");
	def.flags = NET_F_UNLOCKED;
	ok(net_wanted_check(&def, &no, &no, mine) == 0, "a MAC on an unlocked one");
}

static void test_egress(void)
{
	const struct net_egress good = { .allow = 1,
					 .proto = IPPROTO_TCP,
					 .port_first = 80,
					 .port_last = 90,
					 .to = addr("0.0.0.0/0") };
	struct net_egress e[NET_EGRESS_MAX + 1] = { good };

	ok(net_egress_check(e, 0) == 0, "no rows");
	ok(net_egress_check(e, 1) == 0, "a row");
	ok(net_egress_check(e, 2) < 0, "a row of nothing");
	is_str(err_text(), "egress row 2 means nothing", "is named");
	ok(net_egress_check(e, NET_EGRESS_MAX + 1) < 0, "too many rows");
#define BAD(change)                                                                                \
	do {                                                                                       \
		e[0] = good;                                                                       \
		change;                                                                            \
		ok(net_egress_check(e, 1) < 0, "%s", #change);                                     \
	} while (0)
	BAD(e[0].allow = 2);
	BAD(e[0].port_first = 91);
	BAD(e[0].port_first = 0);
	BAD(e[0].proto = IPPROTO_ICMP);
	BAD(e[0].to.byte[0] = 1);
	BAD(e[0].to.family = 0);
	e[0] = good;
	e[0].proto = IPPROTO_ICMP;
	e[0].port_first = e[0].port_last = 0;
	ok(net_egress_check(e, 1) == 0, "a protocol without ports");
#undef BAD
}

static void test_ports(void)
{
	const struct net_port good = {
		.proto = IPPROTO_TCP, .host_first = 8080, .inside_first = 80, .count = 10
	};
	struct net_port p = good;

	ok(net_port_check(&p) == 0, "a row of ports");
	p = (struct net_port){ .proto = IPPROTO_UDP,
			       .host_first = 1,
			       .inside_first = 1,
			       .count = 65535,
			       .host = addr("192.0.2.1") };
	ok(net_port_check(&p) == 0, "all ports of an address");
#define BAD(change)                                                                                \
	do {                                                                                       \
		p = good;                                                                          \
		change;                                                                            \
		ok(net_port_check(&p) < 0, "%s", #change);                                         \
	} while (0)
	BAD(p.proto = IPPROTO_ICMP);
	BAD(p.count = 0);
	BAD(p.host_first = 0);
	BAD(p.inside_first = 0);
	BAD(p.host_first = 65527);
	BAD(p.inside_first = 65527);
	BAD(p.count = 65535);
	BAD(p.spare = 1);
	BAD(p.host = addr("127.0.0.1"));
	BAD(p.host = addr("127.255.0.1"));
	BAD(p.host = addr("::1"));
	BAD(p.host.byte[3] = 1);
	BAD((p.host = addr("192.0.2.1"), p.host.byte[9] = 1));
#undef BAD
}

/* Whose a name is shows from its beginning, for every pair of users and kinds. */
static void test_slots(void)
{
	/* 33400 is "prs", 1000 "rs": the second would be what is left of the first. */
	static const uint32_t uids[] = { 0, 1, 25, 35, 36, 1000, 33400, 13000, 46656, UINT32_MAX };
	static const char *const kinds[] = { NET_LINKS, NET_PORTS, "cib" };
	const size_t n = sizeof(uids) / sizeof(*uids);
	char a[NET_IFNAME_MAX], b[NET_IFNAME_MAX];
	size_t meet = 0;

	for (size_t i = 0; i < 3 * n; i++)
		for (size_t k = 0; k < 2 * n; k++) {
			net_slot_prefix(b, kinds[k / n], uids[k % n]);
			if (i < 2 * n)
				net_slot_name(a, kinds[i / n], uids[i % n], 7);
			else
				net_bridge_name(a, uids[i % n]);
			if ((strncmp(a, b, strlen(b)) == 0) != (i == k))
				printf("# %s and %s\n", a, b), meet++;
		}
	is_int(meet, 0, "no name of one is another's");
	net_slot_name(a, NET_PORTS, UINT32_MAX, 36 * 36 * 36 * 36 - 1);
	is_str(a, "cp1z141z3-zzzz", "the longest name");
}

int main(void)
{
	test_slots();
	test_names();
	test_addresses();
	test_hosts();
	test_defs();
	test_wanted();
	test_egress();
	test_ports();
	return done();
}
