/* /etc/cinit/net.conf, as text: what counts for whom, and that nothing else passes. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "runtime/policy.h"
#include "tests/unit/tap.h"

static const struct caller alice = { .uid = 1000, .gid = 1000, .name = "alice" },
			   nameless = { .uid = 1001, .gid = 1001 }, root = { .name = "root" };

static struct policy p;

/* Read TEXT for WHO from memory of exactly its size: a sanitizer sees a byte too far. */
static int read_for(const struct caller *who, const char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);

	memcpy(copy, text, n);
	err_clear();
	int rc = policy_read((struct slice){ copy, n }, who, &p);
	free(copy);
	return rc;
}

static void says(const char *text, const char *words)
{
	is_int(read_for(&alice, text), -1, "refused: %s", words);
	is_str(err_text(), words, "in these words");
}

static void test_defaults(void)
{
	is_int(policy_read((struct slice){ NULL, 0 }, &alice, &p), 0, "no file is no error");
	is_int(p.interfaces, 64, "64 interfaces");
	ok(p.nports == 1 && p.ports[0].first == 1024 && p.ports[0].last == 65535,
	   "ports from 1024 up");
	is_int(p.drivers, 1 << NET_ROUTED | 1 << NET_BRIDGE, "routed and bridge");
	is_int(p.user, 1878982655, "the helper's own id");
	is_int(p.pool4.plen, 12, "a pool of IPv4");
	ok(p.nparents == 0 && p.nsubnets == 0 && p.nshared == 0 && !p.root, "and nothing else");
	is_int(policy_read((struct slice){ NULL, 0 }, &root, &p), 0, "root");
	ok(p.root && p.interfaces >= 1000000, "has no limits");
	is_int(read_for(&root, "[user root]\ninterfaces = 1\n"), 0, "what is written of root");
	ok(p.interfaces >= 1000000, "takes nothing from him");
}

static void test_whom(void)
{
	static const char text[] = "[user alice]\ninterfaces = 7\n"
				   "[default]\ninterfaces = 3\nports=80,443 , 8000-9000\n"
				   "# [user alice] would get this if it were read twice\n"
				   "[user 1001]\ninterfaces = 9\n"
				   "[user bob]\ninterfaces = 11\nports = 1-65535\n";

	is_int(read_for(&alice, text), 0, "a file for several");
	is_int(p.interfaces, 7, "a user's own words count, wherever they stand");
	ok(p.nports == 3 && p.ports[0].first == 80 && p.ports[0].last == 80 &&
		   p.ports[2].first == 8000 && p.ports[2].last == 9000,
	   "the default's count where the user has none");
	is_int(read_for(&nameless, text), 0, "for a user without a name");
	is_int(p.interfaces, 9, "his number counts");
	is_int(read_for(&nameless, "[user ]\ninterfaces = 2\n"), -1, "no name is no user");
	is_int(read_for(&alice, "[user alice]\n\n[user alice]\ninterfaces=5"), 0,
	       "twice, and no newline at the end");
	is_int(p.interfaces, 5, "the last one counts");
}

static void test_values(void)
{
	is_int(read_for(&alice,
			"user = 700\npool4 = 10.64.0.0/16\npool6 = fd12:3456::/48\n"
			"[default]\n\tnetworks = 2 \ninterfaces=0\npublished=10\n"
			"max-conns = 0\ncgroups = 3\nrate = 10m\ndrivers = vxlan, macvlan ipvlan\n"
			"parents = eth0,eth1\nsubnets = 172.20.0.0/16, fd00:1::/32\n"
			"ports =\n"),
	       0, "every key there is");
	ok(p.user == 700 && p.pool4.plen == 16 && p.pool6.plen == 48, "of the machine");
	ok(p.networks == 2 && p.interfaces == 0 && p.published == 10 && p.max_conns == 0 &&
		   p.cgroups == 3,
	   "numbers");
	is_int(p.rate, 10 << 20, "a size");
	is_int(p.drivers, 1 << NET_VXLAN | 1 << NET_MACVLAN | 1 << NET_IPVLAN, "drivers");
	ok(p.nparents == 2 && !strcmp(p.parents[1], "eth1"), "parents");
	ok(p.nsubnets == 2 && p.subnets[1].family == AF_INET6 && p.subnets[1].plen == 32, "subnets");
	is_int(p.nports, 0, "an empty list is an empty list");
}

static void test_shared(void)
{
	static const char text[] = "[network web]\nowner = bob\nshared = carol, alice\n"
				   "[network db]\nowner=bob\nshared=carol\n"
				   "[network all]\nowner=1007\nshared=*\n"
				   "[network num]\nowner=bob\nshared=1000 1001\n";
	char many[64 * 80];
	size_t n = 0;

	is_int(read_for(&alice, text), 0, "shared networks");
	is_int(p.nshared, 3, "those that alice may use");
	is_str(p.shared[0].owner, "bob", "whose");
	is_str(p.shared[0].net, "web", "which");
	is_str(p.shared[1].net, "all", "with everybody");
	is_str(p.shared[2].net, "num", "by number");
	is_int(read_for(&nameless, text), 0, "for the nameless");
	is_int(p.nshared, 2, "by number alone");
	for (int i = 0; i < 65; i++)
		n += (size_t)sprintf(many + n, "[network n%d]\nowner=b\nshared=*\n", i);
	is_int(read_for(&alice, many), -1, "more than there is room for");
	is_str(err_text(), "line 195: more than 64 networks are shared with one user", "said");
}

static void test_refusals(void)
{
	static const char section[] = "line 1: a section is [default], [user NAME] or [network NAME]",
			  key[] = "line 2: no key of this name belongs here";
	static const struct {
		const char *line, *name;
	} bad[] = {
		{ "ports = 0-10", "ports" },
		{ "ports = 1-65536", "ports" },
		{ "ports = 10-9", "ports" },
		{ "ports = -5", "ports" },
		{ "ports = 5-", "ports" },
		{ "ports = 1-2-3", "ports" },
		{ "ports = http", "ports" },
		{ "ports = 1,2,3,4,5,6,7,8,9", "ports" },
		{ "interfaces =", "interfaces" },
		{ "interfaces = -1", "interfaces" },
		{ "interfaces = 1 2", "interfaces" },
		{ "interfaces = 4294967296", "interfaces" },
		{ "interfaces = 010", "interfaces" },
		{ "max-conns = many", "max-conns" },
		{ "cgroups = -1", "cgroups" },
		{ "rate = fast", "rate" },
		{ "drivers = routed bridges", "drivers" },
		{ "drivers = all", "drivers" },
		{ "subnets = 10.0.0.1/8", "subnets" },
		{ "subnets = 10.0.0.0/33", "subnets" },
		{ "parents = a.name.of.16.chars", "parents" },
		{ "parents = 1,2,3,4,5,6,7,8,9", "parents" },
		{ "networks = 1\r", "networks" },
	};
	char text[200], words[200];

	says("nonsense", "line 1: neither a section nor KEY = VALUE");
	says("\n\nfoo = 1\n", "line 3: no key of this name belongs here");
	says("interfaces = 1\n", "line 1: no key of this name belongs here");
	says("[default]\nuser = 5\n", key);
	says("[default]\npool4 = 10.0.0.0/8\n", key);
	says("[default]\nInterfaces = 1\n", key);
	says("[default]\n= 1\n", key);
	says("[default", section);
	says("[defaults]", section);
	says("[default x]", section);
	says("[user]", section);
	says("[network]", section);
	says("[network a-name-that-is-much-too-long-for-one]", section);
	says("[user a\001b]", section);
	says("[]", section);
	says("[", section);
	says("user = 0\n", "line 1: this is no value of user");
	says("user = 4294967295\n", "line 1: this is no value of user");
	says("pool4 = fd00::/48\n", "line 1: this is no value of pool4");
	says("pool4 = 10.0.0.0/23\n", "line 1: this is no value of pool4");
	says("pool6 = fd00::/65\n", "line 1: this is no value of pool6");
	says("[network n]\nshared = alice\n", "line 2: owner comes before shared");
	says("[network n]\nowner =\n", "line 2: owner is one user");
	says("[network n]\ninterfaces = 1\n", "line 2: a network has an owner and is shared");
	/* An error in what is not for the caller is one all the same. */
	says("[user bob]\nports = x\n", "line 2: this is no value of ports");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "[user alice]\n%s\n", bad[i].line);
		snprintf(words, sizeof(words), "line 2: this is no value of %s", bad[i].name);
		says(text, words);
	}
}

int main(void)
{
	test_defaults();
	test_whom();
	test_values();
	test_shared();
	test_refusals();
	return done();
}
