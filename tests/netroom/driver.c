/* tests/netroom/driver.c - the room of networks on its own, in the network namespace it is
 * started in, which is the "host".
 *
 *	driver attach NETNS KEY=VALUE...	net_attach(); then, inside, net_inside_up()
 *	driver outer NETNS KEY=VALUE...		net_attach() alone
 *	driver inner NETNS KEY=VALUE...		net_inside_up() alone
 *	driver down NETNS IFNAME		net_inside_down()
 *	driver rate NETNS KEY=VALUE...		net_rate_set(), net_inside_rate()
 *	driver leads INDEX NETNS		net_link_leads_to()
 *	driver read INDEX NETNS [ip4=..] [ip6=..]	net_lease_read()
 *	driver detach INDEX			net_detach()
 *	driver make|undo KEY=VALUE...		the network's own devices
 *	driver used PREFIX			net_prefix_in_use()
 *	driver forward KEY=VALUE...		net_forward_enable()
 *	driver send IFNAME HEX			a frame as it is, from AF_PACKET
 *
 * NETNS is a file. KEY: if= (host's end) name= ip4= ip6= mac= mtu= subnet4= subnet6=
 * gw4= gw6= driver= mode= parent= id= vni= port= peer= flags= (numbers) up= down= burst=
 * default=0. Exit status: 0; 1 name taken, 2 address taken, 125 for errors.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "net.h"

struct args {
	struct net_def def;
	struct net_rate rate;
	struct net_lease lease;
};

static _Noreturn void die(void)
{
	err_print();
	_exit(125);
}

static _Noreturn void usage(const char *what)
{
	fprintf(stderr, "driver: %s?\n", what);
	_exit(125);
}

static void text(char *to, size_t size, const char *from)
{
	if (strlen(from) >= size)
		usage(from);
	strcpy(to, from);
}

static int word(const char *w, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (!strcmp(list[i], w))
			return i + 1;
	usage(w);
}

static void read_key(struct args *a, const char *key, const char *v)
{
	static const char *const drivers[] = { "routed", "bridge",  "vxlan", "macvlan",
					       "ipvlan", "macvtap", NULL };
	static const char *const modes[] = { "bridge", "vepa", "private", "passthru",
					     "l2",     "l3",   "l3s",     NULL };
	const struct {
		const char *key;
		struct net_addr *to;
		bool prefix;
	} addrs[] = {
		{ "ip4", &a->lease.ip4, false },      { "ip6", &a->lease.ip6, false },
		{ "subnet4", &a->def.subnet4, true }, { "subnet6", &a->def.subnet6, true },
		{ "gw4", &a->def.gateway4, false },   { "gw6", &a->def.gateway6, false },
	};

	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		if (strcmp(key, addrs[i].key) != 0)
			continue;
		if (net_addr_parse(v, addrs[i].prefix, addrs[i].to) < 0)
			usage(v);
		return;
	}
	if (!strcmp(key, "if"))
		text(a->lease.host_if, sizeof(a->lease.host_if), v);
	else if (!strcmp(key, "name"))
		text(a->lease.ifname, sizeof(a->lease.ifname), v);
	else if (!strcmp(key, "parent"))
		text(a->def.parent, sizeof(a->def.parent), v);
	else if (!strcmp(key, "mac") && net_mac_parse(v, a->lease.mac) < 0)
		usage(v);
	else if (!strcmp(key, "mac"))
		return;
	else if (!strcmp(key, "mtu"))
		a->def.mtu = a->lease.mtu = (uint16_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "driver"))
		a->def.driver = (uint8_t)word(v, drivers);
	else if (!strcmp(key, "mode"))
		a->def.mode = (uint8_t)word(v, modes);
	else if (!strcmp(key, "id"))
		a->def.id = (uint32_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "vni"))
		a->def.vxlan_id = (uint32_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "port"))
		a->def.vxlan_port = (uint16_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "flags"))
		a->def.flags = (uint32_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "up"))
		a->rate.up = strtoull(v, NULL, 10);
	else if (!strcmp(key, "down"))
		a->rate.down = strtoull(v, NULL, 10);
	else if (!strcmp(key, "burst"))
		a->rate.burst = (uint32_t)strtoul(v, NULL, 10);
	else if (!strcmp(key, "default"))
		a->lease.default_route = *v == '1';
	else if (!strcmp(key, "peer") && a->def.npeers < NET_PEERS_MAX &&
		 !net_addr_parse(v, false, &a->def.peers[a->def.npeers]))
		a->def.npeers++;
	else
		usage(key);
}

static void read_args(struct args *a, char **words)
{
	*a = (struct args){
		.def = { .name = "test", .id = 1, .driver = NET_ROUTED },
		.lease = { .ifname = "eth0",
			   .host_if = "ci0-0",
			   .default_route = 1,
			   .mac = { 2, 0, 0, 0, 0, 9 } },
	};
	net_addr_parse("10.192.0.0/22", true, &a->def.subnet4);
	net_addr_parse("fd00:c1::/64", true, &a->def.subnet6);
	for (; *words; words++) {
		char *value = strchr(*words, '=');

		if (!value)
			usage(*words);
		*value++ = '\0';
		read_key(a, *words, value);
	}
	a->lease.rate = a->rate;
}

static int open_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fail("open %s", path);
		die();
	}
	return fd;
}

static void enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) < 0) {
		fail("enter the container");
		die();
	}
}

static void show(const struct net_lease *l)
{
	char ip4[52], ip6[52], gw4[52], gw6[52];

	printf("index=%u ip4=%s ip6=%s gw4=%s gw6=%s mtu=%u\n", l->host_index,
	       net_addr_text(ip4, &l->ip4, true), net_addr_text(ip6, &l->ip6, true),
	       net_addr_text(gw4, &l->gw4, false), net_addr_text(gw6, &l->gw6, false), l->mtu);
}

static int do_attach(const char *verb, int netns, struct args *a)
{
	int answer = 0;

	if (strcmp(verb, "inner") != 0) {
		answer = net_attach(&a->def, netns, &a->rate, &a->lease);
		if (answer < 0)
			die();
		if (answer > 0)
			return answer;
		show(&a->lease);
		fflush(stdout);
	}
	if (!strcmp(verb, "outer"))
		return 0;
	enter(netns);
	if (net_loopback_up() < 0 || net_inside_up(&a->lease) < 0)
		die();
	return 0;
}

static int do_send(const char *ifname, const char *hex)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(ifname) };
	int sock = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned char frame[2048];
	size_t n = 0;

	for (; hex[0] && hex[1] && n < sizeof(frame); hex += 2) {
		char byte[3] = { hex[0], hex[1], 0 };

		frame[n++] = (unsigned char)strtoul(byte, NULL, 16);
	}
	if (sock < 0 || sendto(sock, frame, n, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		fail("send a frame by %s", ifname);
		die();
	}
	return 0;
}

static int yes(int answer, const char *what)
{
	if (answer < 0)
		die();
	printf("%s%s%s\n", answer ? "yes" : "no", *what ? " " : "", what);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	char what[64] = "";
	struct args a;

	err_set_name("driver");
	memset(&a, 0, sizeof(a));
	if (!strcmp(verb, "attach") || !strcmp(verb, "outer") || !strcmp(verb, "inner")) {
		read_args(&a, argv + 3);
		return do_attach(verb, open_netns(argv[2]), &a);
	}
	if (!strcmp(verb, "leads") && argc == 4)
		return yes(net_link_leads_to((uint32_t)strtoul(argv[2], NULL, 10),
					     open_netns(argv[3])),
			   "");
	if (!strcmp(verb, "read") && argc >= 4) {
		read_args(&a, argv + 4);
		const struct net_addr ip4 = a.lease.ip4, ip6 = a.lease.ip6;
		if (yes(net_lease_read((uint32_t)strtoul(argv[2], NULL, 10), open_netns(argv[3]),
				       &ip4, &ip6, &a.lease),
			"") == 0 &&
		    a.lease.host_index)
			show(&a.lease);
		return 0;
	}
	if (!strcmp(verb, "detach")) {
		read_args(&a, argv + argc);
		a.lease.host_index = (uint32_t)strtoul(argv[2], NULL, 10);
		if (net_detach(&a.lease) < 0)
			die();
		return 0;
	}
	if (!strcmp(verb, "make") || !strcmp(verb, "undo")) {
		read_args(&a, argv + 2);
		if ((*verb == 'm' ? net_def_make : net_def_undo)(&a.def) < 0)
			die();
		return 0;
	}
	if (!strcmp(verb, "send") && argc == 4)
		return do_send(argv[2], argv[3]);
	if (!strcmp(verb, "down") && argc == 4) {
		read_args(&a, argv + argc);
		text(a.lease.ifname, sizeof(a.lease.ifname), argv[3]);
		enter(open_netns(argv[2]));
		if (net_inside_down(&a.lease) < 0)
			die();
		return 0;
	}
	if (!strcmp(verb, "used") && argc == 3) {
		struct net_addr prefix;

		if (net_addr_parse(argv[2], true, &prefix) < 0)
			usage(argv[2]);
		return yes(net_prefix_in_use(&prefix, what), what);
	}
	if (!strcmp(verb, "forward")) {
		read_args(&a, argv + 2);
		net_addr_parse("10.192.0.2", false, &a.lease.ip4);
		net_addr_parse("fd00:c1::2", false, &a.lease.ip6);
		a.lease.driver = a.def.driver;
		a.lease.flags = a.def.flags;
		a.lease.net_id = a.def.id;
		if (net_forward_enable(&a.lease) < 0)
			die();
		return 0;
	}
	if (!strcmp(verb, "rate")) {
		int netns = open_netns(argv[2]);

		read_args(&a, argv + 3);
		a.lease.host_index = if_nametoindex(a.lease.host_if);
		if (net_rate_set(netns, &a.lease, &a.rate) < 0)
			die();
		enter(netns);
		if (net_inside_rate(&a.lease) < 0)
			die();
		return 0;
	}
	usage(verb);
}
