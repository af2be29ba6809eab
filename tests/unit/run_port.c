/* tests/unit/run_port.c - cli/run_port.c: -p, -P, --expose, and every refusal. */
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "runtime.h"
#include "runtime/ports.h"
#include "tests/unit/tap.h"

static struct pool pool;
static struct run_args a;

/* What ARG means, as lists show it: "address:outside->inside/protocol"; or the refusal. */
static const char *meaning(const char *arg)
{
	static char text[96];
	struct net_port port;

	err_clear();
	if (run_port_parse(arg, &port) < 0)
		return err_text();
	return ports_text(text, &port);
}

static void test_forms(void)
{
	static const struct {
		const char *arg, *means;
	} row[] = {
		{ "80", "any->80/tcp" },
		{ "80/udp", "any->80/udp" },
		{ "80/UDP", "any->80/udp" },
		{ "80/tcp", "any->80/tcp" },
		{ "5000/sctp", "any->5000/sctp" },
		{ "8080:80", "8080->80/tcp" },
		{ ":80", "any->80/tcp" },
		{ "0:80", "any->80/tcp" },
		{ "65535:65535", "65535->65535/tcp" },
		{ "8000-8010:80-90", "8000-8010->80-90/tcp" },
		{ "80-90", "any->80-90/tcp" },
		{ "8000-8000:80", "8000->80/tcp" },
		{ "0:80-90", "any->80-90/tcp" },
		{ "1-65535:1-65535/udp", "1-65535->1-65535/udp" },
		{ "127.0.0.1:8080:80", "127.0.0.1:8080->80/tcp" },
		{ "127.0.0.1::80", "127.0.0.1:any->80/tcp" },
		{ "127.0.0.1:0:80", "127.0.0.1:any->80/tcp" },
		{ "0.0.0.0:8080:80", "0.0.0.0:8080->80/tcp" },
		{ "[::1]:8080:80", "[::1]:8080->80/tcp" },
		{ "[::]:53:53/udp", "[::]:53->53/udp" },
		{ "[2001:db8::7]::80", "[2001:db8::7]:any->80/tcp" },
		{ "[fd00::1]:8000-8001:80-81/udp", "[fd00::1]:8000-8001->80-81/udp" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		is_str(meaning(row[i].arg), row[i].means, "-p %s", row[i].arg);
}

static void test_refusals(void)
{
#define WANTED "[HOSTIP:][HOSTPORT[-END]:]PORT[-END][/tcp|udp|sctp] is wanted, like 8080:80"
	static const struct {
		const char *arg, *words;
	} row[] = {
		{ "", "\"\": " WANTED },
		{ "80:", "80:: \"\" is no port: a number up to 65535" },
		{ ":", ":: \"\" is no port: a number up to 65535" },
		{ "/tcp", "/tcp: \"\" is no port: a number up to 65535" },
		{ "80/", "80/: protocol \"\" is none of tcp, udp, sctp" },
		{ "80/icmp", "80/icmp: protocol \"icmp\" is none of tcp, udp, sctp" },
		{ "80/tcp/udp", "80/tcp/udp: protocol \"tcp/udp\" is none of tcp, udp, sctp" },
		{ "8080/tcp:80", "8080/tcp:80: protocol \"tcp:80\" is none of tcp, udp, sctp" },
		{ "0", "0: there is no port 0" },
		{ "8080:0", "8080:0: there is no port 0" },
		{ "0-5:80-85", "0-5:80-85: there is no port 0" },
		{ "65536", "65536: \"65536\" is no port: a number up to 65535" },
		{ "4294967376:80",
		  "4294967376:80: \"4294967376\" is no port: a number up to 65535" },
		{ "18446744073709551696",
		  "18446744073709551696: \"18446744073709551696\" is no port: a number up to "
		  "65535" },
		{ "080", "080: \"080\" is no port: a number up to 65535" },
		{ "+80", "+80: \"+80\" is no port: a number up to 65535" },
		{ "-80", "-80: \"\" is no port: a number up to 65535" },
		{ " 80", " 80: \" 80\" is no port: a number up to 65535" },
		{ "0x50", "0x50: \"0x50\" is no port: a number up to 65535" },
		{ "http", "http: \"http\" is no port: a number up to 65535" },
		{ "80-", "80-: \"\" is no port: a number up to 65535" },
		{ "80-90-100", "80-90-100: \"90-100\" is no port: a number up to 65535" },
		{ "80-65536", "80-65536: \"65536\" is no port: a number up to 65535" },
		{ "90-80", "90-80: the range 90-80 runs backwards" },
		{ "90-80:1-2", "90-80:1-2: the range 90-80 runs backwards" },
		{ "8000-8010:80",
		  "8000-8010:80: 11 of the host's ports for 1 inside: ranges are equally long" },
		{ "1-20000:10001-30000",
		  "1-20000:10001-30000: 20000 ports that have another number inside; at most "
		  "16384, but any number of those that have the same" },
		{ "8000:80-90",
		  "8000:80-90: 1 of the host's ports for 11 inside: ranges are equally long" },
		{ "localhost:8080:80", "localhost:8080:80: \"localhost\" is no IP address" },
		{ "127.1:8080:80", "127.1:8080:80: \"127.1\" is no IP address" },
		{ "256.0.0.1:8080:80", "256.0.0.1:8080:80: \"256.0.0.1\" is no IP address" },
		{ "10.0.0.0/8:8080:80", "10.0.0.0/8:8080:80: protocol \"8:8080:80\" is none of "
					"tcp, udp, sctp" },
		{ "::8080:80", "::8080:80: an IPv6 address stands in brackets, like "
			       "[::1]:8080:80" },
		{ "::1:8080:80", "::1:8080:80: an IPv6 address stands in brackets, like "
				 "[::1]:8080:80" },
		{ "1:2:3:4", "1:2:3:4: an IPv6 address stands in brackets, like [::1]:8080:80" },
		{ "[127.0.0.1]:8080:80", "[127.0.0.1]:8080:80: \"127.0.0.1\" is no IPv6 address" },
		{ "[::ffff:10.0.0.1]:8080:80",
		  "[::ffff:10.0.0.1]:8080:80: \"::ffff:10.0.0.1\" is no IPv6 address" },
		{ "[fe80::1%lo]:8080:80", "[fe80::1%lo]:8080:80: \"fe80::1%lo\" is no IPv6 "
					  "address" },
		{ "[]:8080:80", "[]:8080:80: \"\" is no IPv6 address" },
		{ "[::1]", "[::1]: \"]:\" is missing behind the address" },
		{ "[::1]8080:80", "[::1]8080:80: \"]:\" is missing behind the address" },
		{ "[::1]:1:2:3", "[::1]:1:2:3: " WANTED },
	};
	char longer[300];

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		is_str(meaning(row[i].arg), row[i].words, "-p '%s' is refused", row[i].arg);
	memset(longer, '8', sizeof(longer));
	longer[299] = '\0';
	is_str(meaning(longer), "\"88888888888888888888\": " WANTED, "so is a very long word");
}

/* ---- options together ---- */

/* Read LINE, cut at spaces, as `cinit run` would. "" or the error. */
static const char *read_line(const char *line)
{
	char *argv[64] = { (char *)"run" };
	struct opt_parse p = { .rows = cli_run_opts, .args = &a, .command = "run" };
	int argc = 1;

	err_clear();
	memset(&a, 0, sizeof(a));
	a.pool = &pool;
	spec_init(&a.spec, &pool);
	for (char *word = strtok(pool_printf(&pool, "%s host true", line), " "); word;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	if (opt_parse(&p, argc, argv) < 0 || run_spec_build(&a, argv + p.first) < 0 ||
	    spec_check(&a.spec) < 0)
		return err_text();
	return "";
}

/* All rows, one behind the other. */
static const char *rows(const char *line)
{
	static char all[1024];
	char text[96];

	if (*read_line(line))
		return err_text();
	all[0] = '\0';
	for (size_t i = 0; i < a.spec.nports; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "",
			 ports_text(text, &a.spec.ports[i]));
	return all;
}

static void test_together(void)
{
	is_str(rows("-p 8080:80 --publish 53:53/udp -p53:53"), "8080->80/tcp 53->53/udp 53->53/tcp",
	       "several, in order; TCP and UDP have ports of their own");
	is_str(rows("-p 127.0.0.1:80:80 -p 127.0.0.2:80:81 -p [::]:80:82"),
	       "127.0.0.1:80->80/tcp 127.0.0.2:80->81/tcp [::]:80->82/tcp",
	       "other addresses are other ports");
	is_str(rows("-p 80 -p 80 -p 0:80"), "any->80/tcp any->80/tcp any->80/tcp",
	       "chosen ports do not collide");
	is_str(rows("-p 8080:80 -p 8081:80"), "8080->80/tcp 8081->80/tcp",
	       "a port inside may be reached by two");
}

static void test_collisions(void)
{
#define BOTH(x, y)                                                                                 \
	is_str(rows("-p " x " -p " y), "run: -p: " x " and " y " want the same port of the host",  \
	       x " and " y)
	BOTH("80:80", "80:80");
	BOTH("80:80", "80:81/tcp");
	BOTH("8000-8010:80-90", "8010:1");
	BOTH("8010:1", "8000-8010:80-90");
	BOTH("8000-8010:80-90", "8005-8006:1-2");
	BOTH("8000-8010:80-90", "7990-8000:1-11");
	BOTH("80:80", "127.0.0.1:80:80");
	BOTH("[::1]:80:80", "80:80");
	BOTH("0.0.0.0:80:80", "127.0.0.1:80:80");
	BOTH("[::1]:80:80", "[::]:80:80");
	BOTH("[::1]:80:80", "[0::1]:80:80");
	is_str(rows("-p 8000-8009:80-89 -p 8010:1 -p 7999:2"),
	       "8000-8009->80-89/tcp 8010->1/tcp 7999->2/tcp", "neighbours do not collide");
}

static void test_expose(void)
{
	is_str(rows("--expose 80 --expose 90-99/udp"), "", "what is exposed alone is not published");
	is_str(rows("-P --expose 80 --expose 90-99/udp"), "any->80/tcp any->90-99/udp",
	       "with -P it is");
	is_str(rows("--expose 80 --expose 80 --publish-all"), "any->80/tcp", "once");
	is_str(rows("-P --expose 80 -p 8080:80"), "8080->80/tcp", "and not beside -p");
	is_str(rows("-P --expose 80/udp -p 8080:80"), "8080->80/tcp any->80/udp",
	       "unless that is another protocol");
	is_str(rows("-P --expose 85 -p 8000-8010:80-90"), "8000-8010->80-90/tcp",
	       "a range may have it");
	is_str(rows("--expose 8080:80"),
	       "run: --expose: 8080:80: \"8080:80\" is no port: a number up "
	       "to 65535",
	       "--expose names no port of the host");
	is_str(rows("--expose 0"), "run: --expose: 0: there is no port 0", "nor port 0");
}

static void test_spec(void)
{
	char line[2000] = "";

	is_str(rows("-p 80:80 --net container:web"),
	       "--publish: the container whose network it joins publishes ports",
	       "a joined network's ports are not ours");
	for (int i = 0; i < NET_PORTS_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " -p %d", i + 1);
	/* read_line() has no room for so many words. */
	memset(&a, 0, sizeof(a));
	a.pool = &pool;
	for (int i = 0; i < NET_PORTS_MAX; i++)
		run_read_publish(&a, "80");
	ok(run_ports_build(&a) == 0, "%d rows can be published", NET_PORTS_MAX);
	run_read_publish(&a, "80");
	ok(run_ports_build(&a) < 0, "one more cannot");
	is_str(err_text(), "--publish: 65 times; more than 64 need ranges, like 8000-8099:80-179",
	       "and the error says what can be done");
}

int main(void)
{
	test_forms();
	test_refusals();
	test_together();
	test_collisions();
	test_expose();
	test_spec();
	return done();
}
