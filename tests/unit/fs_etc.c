/* tests/unit/fs_etc.c - the texts of the container's own /etc files. */
#include "fs/plan.h"
#include "tests/unit/tap.h"

static struct pool pool;

static void test_hosts(void)
{
	static const char local[] = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
				    "ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\n"
				    "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";
	struct pair more[] = { { "db", "10.0.0.1" }, { "six", "fd00::1" } };
	struct spec spec = { .hostname = "box" };
	char want[600];

	snprintf(want, sizeof(want), "%s127.0.0.1\tbox\n", local);
	is_str(fs_hosts_text(&pool, &spec, NULL), want, "localhost and the container");
	spec.add_hosts = more;
	spec.nadd_hosts = 2;
	snprintf(want, sizeof(want), "%s10.0.0.1\tdb\nfd00::1\tsix\n127.0.0.1\tbox\n", local);
	is_str(fs_hosts_text(&pool, &spec, NULL), want, "what the user added comes first");
	is_str(fs_hosts_text(&pool, &spec, "1.2.3.4 a"), "1.2.3.4 a\n10.0.0.1\tdb\nfd00::1\tsix\n",
	       "with the host's network, the host's names");

	struct net_want net = { .name = "default" };
	more[1].val = "host-gateway";
	spec.nets = &net;
	spec.nnets = 1;
	snprintf(want, sizeof(want), "%s10.0.0.1\tdb\n", local);
	is_str(fs_hosts_text(&pool, &spec, NULL), want,
	       "on a network the launcher knows the container's address and the gateway's");
}

static void test_resolv(void)
{
	static const char host[] = "# made by hand\nnameserver 127.0.0.53\nnameserver 9.9.9.9\n"
				   "nameserver ::1\nsearch a.example b.example\noptions edns0";
	const char *dns[] = { "1.1.1.1", "2606:4700::1111" }, *search[] = { "x.example", "y" };
	const char *opt[] = { "ndots:2", "rotate" }, *none[] = { "." };
	struct spec spec = { 0 };

	is_str(fs_resolv_text(&pool, &spec, host, false),
	       "# made by hand\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nnameserver ::1\n"
	       "search a.example b.example\noptions edns0\n",
	       "the host's network: a copy");
	is_str(fs_resolv_text(&pool, &spec, host, true),
	       "# made by hand\nnameserver 9.9.9.9\nsearch a.example b.example\noptions edns0\n",
	       "an own network: without loopback");
	spec.dns = dns;
	spec.ndns = 2;
	is_str(fs_resolv_text(&pool, &spec, host, true),
	       "# made by hand\nsearch a.example b.example\noptions edns0\nnameserver 1.1.1.1\n"
	       "nameserver 2606:4700::1111\n",
	       "--dns replaces the servers");
	spec.dns_search = search;
	spec.ndns_search = 2;
	spec.dns_opt = opt;
	spec.ndns_opt = 2;
	is_str(fs_resolv_text(&pool, &spec, host, true),
	       "# made by hand\nnameserver 1.1.1.1\nnameserver 2606:4700::1111\n"
	       "search x.example y\noptions ndots:2 rotate\n",
	       "--dns-search and --dns-option replace theirs");
	spec.dns_search = none;
	spec.ndns_search = 1;
	spec.ndns = spec.ndns_opt = 0;
	is_str(fs_resolv_text(&pool, &spec, "search a\nnameserver 9.9.9.9", true),
	       "nameserver 9.9.9.9\n", "--dns-search . is no search");
	spec.ndns_search = 0;
	is_str(fs_resolv_text(&pool, &spec, "", true), "", "an empty file");
	is_str(fs_resolv_text(&pool, &spec, NULL, true), "", "no file");
	is_str(fs_resolv_text(&pool, &spec, "nameserver\nnameserverx 1\nnameserver\t127.0.0.1\n",
			      true),
	       "nameserver\nnameserverx 1\n", "only whole words count");
}

int main(void)
{
	test_hosts();
	test_resolv();
	pool_release(&pool);
	return done();
}
