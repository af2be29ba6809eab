/* tests/unit/net_addr.c - net/addr.c: what is an address, a prefix, a MAC. */
#include <sys/socket.h>

#include "net.h"
#include "tests/unit/tap.h"

static struct net_addr parse(const char *text, bool prefix)
{
	struct net_addr a = { .family = 99 };

	net_addr_parse(text, prefix, &a);
	return a;
}

static void test_parse(void)
{
	static const struct {
		const char *text, *plain, *whole;
		int family;
	} good[] = {
		{ "10.1.2.3", "10.1.2.3", "10.1.2.3/32", AF_INET },
		{ "10.192.0.0/22", "10.192.0.0", "10.192.0.0/22", AF_INET },
		{ "0.0.0.0/0", "0.0.0.0", "0.0.0.0/0", AF_INET },
		{ "255.255.255.255/32", "255.255.255.255", "255.255.255.255/32", AF_INET },
		{ "fd00::1", "fd00::1", "fd00::1/128", AF_INET6 },
		{ "FD00:0:0:0::/64", "fd00::", "fd00::/64", AF_INET6 },
		{ "::/0", "::", "::/0", AF_INET6 },
		{ "fd00:1:2:3:4:5:6:7", "fd00:1:2:3:4:5:6:7", "fd00:1:2:3:4:5:6:7/128", AF_INET6 },
	};
	static const char *const bad[] = {
		"",
		"/",
		"/24",
		"10",
		"10.1",
		"10.1.2",
		"10.1.2.3.4",
		"10.1.2.256",
		"10.1.2.03",
		"0x0a.1.2.3",
		" 10.1.2.3",
		"10.1.2.3 ",
		"10.1.2.3/",
		"10.1.2.3/33",
		"10.1.2.3/31",
		"10.1.2.0/-1",
		"10.1.2.0/024",
		"10.1.2.0/24/24",
		"10.1.2.0/255.255.255.0",
		"10.1.2.0/24x",
		"fd00::1/64",
		"fd00::/129",
		"fd00:::1",
		"fd00::1::2",
		"fd00::1%eth0",
		"[fd00::1]",
		"fd00:1:2:3:4:5:6:7:8",
		"::ffff:10.1.2.3",
		"::ffff:0:0/96",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"host",
	};
	struct net_addr a = { .family = 99 };
	char buf[52];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		is_int(net_addr_parse(good[i].text, true, &a), 0, "%s", good[i].text);
		is_int(a.family, good[i].family, "is of its family");
		is_str(net_addr_text(buf, &a, false), good[i].plain, "as text");
		is_str(net_addr_text(buf, &a, true), good[i].whole, "as a prefix");
	}
	a.family = 99;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(net_addr_parse(bad[i], true, &a) < 0 && a.family == 99, "\"%s\" is none", bad[i]);
	ok(net_addr_parse("10.0.0.0/8", false, &a) < 0 && a.family == 99,
	   "a prefix where an address is wanted");
	a.family = 0;
	is_str(net_addr_text(buf, &a, true), "-", "no address");
	net_addr_parse("fd00:1111:2222:3333:4444:5555:6666:7777", true, &a);
	ok(strlen(net_addr_text(buf, &a, true)) < 52, "the longest fits");
}

static void test_sets(void)
{
	struct net_addr ten = parse("10.0.0.0/8", true), part = parse("10.1.0.0/22", true),
			next = parse("10.1.4.0/22", true), all = parse("0.0.0.0/0", true),
			all6 = parse("::/0", true), ula = parse("fd00::/63", true), a;

	a = parse("10.1.3.255", false);
	ok(net_addr_in(&a, &part) && net_addr_in(&a, &ten) && net_addr_in(&a, &all),
	   "inside, to the last bit");
	ok(!net_addr_in(&a, &next) && !net_addr_in(&a, &all6), "not inside, another family");
	a = parse("fd00:0:0:1::9", false);
	ok(net_addr_in(&a, &ula), "IPv6, a prefix that ends within a byte");
	a = parse("fd00:0:0:2::9", false);
	ok(!net_addr_in(&a, &ula), "one bit further");
	ok(net_prefix_meet(&ten, &part) && net_prefix_meet(&part, &ten), "one holds the other");
	ok(!net_prefix_meet(&part, &next) && net_prefix_meet(&part, &part), "neighbours do not");
	ok(!net_prefix_meet(&all, &all6), "families never do");
	a = (struct net_addr){ .family = 0 };
	ok(!net_addr_in(&a, &a) && !net_prefix_meet(&a, &a), "no address is in nothing");
	a = parse("10.1.0.0", false);
	ok(net_addr_equal(&a, &part), "equal without the prefix's length");
	ok(!net_addr_equal(&a, &ten) && !net_addr_equal(&a, &all6), "not equal");
}

static void test_nth(void)
{
	static const struct {
		const char *prefix;
		uint64_t n;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ "10.1.0.0/22", 0, "10.1.0.0/32" },
		{ "10.1.0.0/22", 1, "10.1.0.1/32" },
		{ "10.1.0.0/22", 256, "10.1.1.0/32" },
		{ "10.1.0.0/22", 1023, "10.1.3.255/32" },
		{ "10.1.0.0/22", 1024, NULL },
		{ "10.1.0.0/22", 1ull << 32, NULL },
		{ "10.1.0.0/22", UINT64_MAX, NULL },
		{ "10.1.2.3/32", 0, "10.1.2.3/32" },
		{ "10.1.2.3/32", 1, NULL },
		{ "0.0.0.0/0", UINT32_MAX, "255.255.255.255/32" },
		{ "0.0.0.0/0", 1ull << 32, NULL },
		{ "fd00::/64", UINT64_MAX, "fd00::ffff:ffff:ffff:ffff/128" },
		{ "fd00::/64", 66000, "fd00::1:1d0/128" },
		{ "fd00::/120", 255, "fd00::ff/128" },
		{ "fd00::/120", 256, NULL },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 1, NULL },
	};
	char buf[52];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct net_addr prefix = parse(cases[i].prefix, true), out = { .family = 99 };

		if (!net_addr_nth(&prefix, cases[i].n, &out))
			ok(!cases[i].want && out.family == 99, "%s has no number %llu",
			   cases[i].prefix, (unsigned long long)cases[i].n);
		else
			is_str(net_addr_text(buf, &out, true), cases[i].want, "number %llu of %s",
			       (unsigned long long)cases[i].n, cases[i].prefix);
	}
}

static void test_mac(void)
{
	static const char *const bad[] = {
		"",
		"02",
		"02:42:ac:11:00",
		"02:42:ac:11:00:",
		"02:42:ac:11:00:02:",
		"02:42:ac:11:00:02:03",
		"2:42:ac:11:0:2",
		"02-42-ac-11-00-02",
		"0242ac110002",
		"02:42:ac:11:00:0g",
		"02:42:ac:11:00:2",
		" 02:42:ac:11:00:02",
		"03:42:ac:11:00:02",
		"ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00",
	};
	uint8_t mac[6] = { 9 };

	ok(net_mac_parse("02:42:aC:11:00:fF", mac) == 0 &&
		   !memcmp(mac, "\x02\x42\xac\x11\x00\xff", 6),
	   "a MAC");
	mac[0] = 9;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(net_mac_parse(bad[i], mac) < 0 && mac[0] == 9, "\"%s\" is none", bad[i]);
}

int main(void)
{
	test_parse();
	test_sets();
	test_nth();
	test_mac();
	return done();
}
