/* tests/unit/run_net.c - cli/run_net.c and run_link.c: networks as words. */
#include <netinet/in.h>
#include <sys/socket.h>

#include <yyjson.h>

#include "cli/run.h"
#include "lib/err.h"
#include "tests/unit/tap.h"

static struct pool pool;

static const char *address(const struct net_addr *a, bool prefix)
{
	return a->family ? net_addr_text(pool_alloc(&pool, 52), a, prefix) : "";
}

static void test_net(void)
{
	struct net_want n;

	ok(run_net_parse(&pool, "web", &n) == 0 && !n.owner && !n.ip4.family, "a name alone");
	is_str(n.name, "web", "is the name");
	ok(run_net_parse(&pool, "ann/web", &n) == 0, "somebody else's");
	is_str(n.owner, "ann", "is theirs");
	is_str(n.name, "web", "by its name");
	ok(run_net_parse(&pool, "web:ip=10.0.0.9,ip6=fd00::9,mac=02:42:00:00:00:09,alias=a,alias=b",
			 &n) == 0,
	   "podman's form");
	is_str(address(&n.ip4, false), "10.0.0.9", "ip");
	is_str(address(&n.ip6, false), "fd00::9", "ip6, whose colons are no ends");
	ok(n.mac[0] == 2 && n.mac[5] == 9, "mac");
	ok(n.naliases == 2 && !strcmp(n.aliases[1], "b"), "aliases");
	ok(run_net_parse(&pool, "name=web,ip=10.0.0.9,mac-address=02:42:00:00:00:09", &n) == 0,
	   "docker's form");
	is_str(n.name, "web", "its name");
	is_str(address(&n.ip4, false), "10.0.0.9", "its address");
	ok(run_net_parse(&pool, "bridge", &n) == 0 && !strcmp(n.name, "default"),
	   "docker's bridge is the default network");

	static const struct {
		const char *words, *says;
	} bad[] = {
		{ "", ": the network's name is missing: NAME[:ip=...,alias=...]" },
		{ ":alias=x", ":alias=x: the network's name is missing: NAME[:ip=...,alias=...]" },
		{ "web:", "" },
		{ "web:ip", "web:ip: \"ip\": KEY=VALUE is wanted" },
		{ "web:ip=x", "web:ip=x: x: an IPv4 address is wanted, like 10.192.0.9" },
		{ "web:ip=10.0.0.9/24",
		  "web:ip=10.0.0.9/24: 10.0.0.9/24: an IPv4 address is wanted, like 10.192.0.9" },
		{ "web:ip6=10.0.0.9",
		  "web:ip6=10.0.0.9: 10.0.0.9: an IPv6 address is wanted, like fd00::9" },
		{ "web:mac=01:00:00:00:00:00",
		  "web:mac=01:00:00:00:00:00: 01:00:00:00:00:00: a hardware address is wanted, like "
		  "02:42:ac:11:00:02" },
		{ "web:alais=x", "web:alais=x: unknown key \"alais\"; did you mean alias?" },
		{ "web:colour=red",
		  "web:colour=red: unknown key \"colour\"; ip, ip6, mac and alias are known" },
		{ "web:name=x",
		  "web:name=x: unknown key \"name\"; ip, ip6, mac and alias are known" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear();
		is_int(run_net_parse(&pool, bad[i].words, &n), *bad[i].says ? -1 : 0, "\"%s\"",
		       bad[i].words);
		is_str(err_text(), bad[i].says, "and its line");
	}
}

static const char *egress(const char *words)
{
	struct net_egress row[2];
	int n = run_egress_parse(words, row);
	const struct net_egress *e = row;

	if (n < 0)
		return "refused";
	return pool_printf(&pool, "%d %s %s %u-%u %u", n, e->allow ? "allow" : "deny",
			   address(&e->to, true), e->port_first, e->port_last, e->proto);
}

static void test_egress(void)
{
	is_str(egress("allow=10.0.0.0/8"), "1 allow 10.0.0.0/8 0-0 0", "a range");
	is_str(egress("deny=10.1.2.3"), "1 deny 10.1.2.3/32 0-0 0", "an address");
	is_str(egress("allow=10.0.0.0/8:443"), "1 allow 10.0.0.0/8 443-443 0", "a port");
	is_str(egress("allow=10.0.0.0/8:80-90/tcp"), "1 allow 10.0.0.0/8 80-90 6", "ports of TCP");
	is_str(egress("deny=10.1.2.3/udp"), "1 deny 10.1.2.3/32 0-0 17", "UDP, without a port");
	is_str(egress("allow=fd00::/8"), "1 allow fd00::/8 0-0 0", "IPv6");
	is_str(egress("allow=fd00::1"), "1 allow fd00::1/128 0-0 0", "one of it");
	is_str(egress("allow=[fd00::1]:53/udp"), "1 allow fd00::1/128 53-53 17", "with a port");
	is_str(egress("allow=[fd00::]/8:1-65535"), "1 allow fd00::/8 1-65535 0",
	       "a range with ports");
	is_str(egress("deny=all"), "2 deny 0.0.0.0/0 0-0 0", "everything is two rows");
	is_str(egress("allow=all:443/tcp"), "2 allow 0.0.0.0/0 443-443 6", "narrowed");

	static const char *const bad[] = {
		"",
		"allow",
		"allow=",
		"permit=10.0.0.0/8",
		"allow=10.0.0.1/8",
		"allow=10.0.0.0/33",
		"allow=10.0.0.0/8:",
		"allow=10.0.0.0/8:0",
		"allow=10.0.0.0/8:65536",
		"allow=10.0.0.0/8:90-80",
		"allow=10.0.0.0/8:80-",
		"allow=10.0.0.0/8:x",
		"allow=10.0.0.0/8/icmp",
		"allow=example.com",
		"allow=[fd00::1:53",
		"allow=[fd00::1]53",
		"allow=fd00::/8:443/tcp",
		"allow=10.0.0.0/8:+80",
		"allow=10.0.0.0/8:080",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_str(egress(bad[i]), "refused", "\"%s\" is refused", bad[i]);
}

static const char *rate(const char *words)
{
	struct net_rate r = { 1, 2, 0, 0 };

	if (run_rate_parse(words, &r) < 0)
		return "refused";
	return pool_printf(&pool, "%llu %llu", (unsigned long long)r.up, (unsigned long long)r.down);
}

static void test_rate(void)
{
	is_str(rate("8mbit"), "1000000 1000000", "bits are an eighth");
	is_str(rate("1.5gbit"), "187500000 187500000", "a fraction");
	is_str(rate("2mb"), "2000000 2000000", "bytes");
	is_str(rate("8kbit,up=16kbit"), "2000 1000", "one direction else");
	is_str(rate("down=8Mbit"), "1 1000000", "what is not said stays");
	is_str(rate("up=8mbit,down=0"), "1000000 0", "no limit");
	is_str(rate("0"), "0 0", "none at all");
	is_str(rate("1000000000tbit"), "refused", "more than 64 bits");

	static const char *const bad[] = {
		"",        "x",       "10",   "mbit",  "1.mbit", "1.2345mbit", "-1mbit",
		"10 mbit", "10mbits", "1bit", "7kbit", "up=",    "8mbit,",     "8mbit,left=1mbit",
		"1.5",     "1..5mbit"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_str(rate(bad[i]), "refused", "\"%s\" is refused", bad[i]);
}

static const char *linked(const char *json, const char *alias, const char *ip)
{
	yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
	const char **env = NULL;
	size_t n = 0;
	const char *all = "";

	run_link_env(&pool, yyjson_doc_get_root(doc), "web", alias, ip, &env, &n);
	for (size_t i = 0; i < n; i++)
		all = pool_printf(&pool, "%s%s\n", all, env[i]);
	yyjson_doc_free(doc);
	return all;
}

static void test_link(void)
{
	is_str(linked("{}", "db", NULL), "DB_NAME=/web/db\n", "its name alone");
	is_str(linked("{\"ports\":[{\"proto\":\"tcp\",\"host_port\":8080,\"port\":80,\"count\":1},"
		      "{\"proto\":\"udp\",\"port\":53,\"count\":2}],"
		      "\"env\":[\"A=1\",\"PATH=/bin\",\"HOME=/\",\"B=x=y\"]}",
		      "the-db.1", "10.0.0.3"),
	       "THE_DB_1_NAME=/web/the-db.1\n"
	       "THE_DB_1_PORT=udp://10.0.0.3:53\n"
	       "THE_DB_1_PORT_80_TCP=tcp://10.0.0.3:80\n"
	       "THE_DB_1_PORT_80_TCP_ADDR=10.0.0.3\n"
	       "THE_DB_1_PORT_80_TCP_PORT=80\n"
	       "THE_DB_1_PORT_80_TCP_PROTO=tcp\n"
	       "THE_DB_1_PORT_53_UDP=udp://10.0.0.3:53\n"
	       "THE_DB_1_PORT_53_UDP_ADDR=10.0.0.3\n"
	       "THE_DB_1_PORT_53_UDP_PORT=53\n"
	       "THE_DB_1_PORT_53_UDP_PROTO=udp\n"
	       "THE_DB_1_PORT_54_UDP=udp://10.0.0.3:54\n"
	       "THE_DB_1_PORT_54_UDP_ADDR=10.0.0.3\n"
	       "THE_DB_1_PORT_54_UDP_PORT=54\n"
	       "THE_DB_1_PORT_54_UDP_PROTO=udp\n"
	       "THE_DB_1_ENV_A=1\n"
	       "THE_DB_1_ENV_B=x=y\n",
	       "docker's variables; the lowest port is THE port");
	is_str(linked("{\"exposed\":[{\"proto\":\"tcp\",\"port\":1000,\"count\":60000}]}", "db",
		      "fd00::3"),
	       "DB_NAME=/web/db\n"
	       "DB_PORT=tcp://[fd00::3]:1000\n"
	       "DB_PORT_1000_TCP=tcp://[fd00::3]:1000\n"
	       "DB_PORT_1000_TCP_ADDR=fd00::3\n"
	       "DB_PORT_1000_TCP_PORT=1000\n"
	       "DB_PORT_1000_TCP_PROTO=tcp\n",
	       "exposed ports, a long range by its first, IPv6 in brackets");
	is_str(linked("{\"ports\":[{\"proto\":\"tcp\",\"port\":0,\"count\":1},7,{\"port\":1},"
		      "{\"proto\":\"tcp\",\"port\":65535,\"count\":2}],\"env\":[1]}",
		      "db", "10.0.0.3"),
	       "DB_NAME=/web/db\n", "a record that is wrong says nothing");
}

int main(void)
{
	test_net();
	test_egress();
	test_rate();
	test_link();
	pool_release(&pool);
	return done();
}
