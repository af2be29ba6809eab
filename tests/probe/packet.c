/* tests/probe/packet.c - packets as they are on the wire: what no program sends by
 * mistake, and what arrives at the other end. Needs CAP_NET_RAW.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

enum { ETHER = 14 };

static uint8_t frame[1514];

static uint16_t checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void mac_of(uint8_t mac[6], const char *text)
{
	unsigned m[6];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6) {
		fprintf(stderr, "probe: not a hardware address: %s\n", text);
		exit(99);
	}
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)m[i];
}

/* IPv6's checksum has a pseudo header: sources, length, protocol. */
static void sum_ipv6(uint8_t *ip, uint8_t proto, size_t len, uint8_t *at)
{
	uint32_t sum = proto + (uint32_t)len;

	for (int i = 8; i < 40; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	put16(at, 0);
	put16(at, checksum(ip + 40, len, sum));
}

static size_t ipv4_udp(const char *from, const char *to, unsigned port)
{
	uint8_t *ip = frame + ETHER, *udp = ip + 20;

	put16(frame + 12, ETH_P_IP);
	ip[0] = 0x45;
	put16(ip + 2, 20 + 8 + 4);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	if (inet_pton(AF_INET, from, ip + 12) != 1 || inet_pton(AF_INET, to, ip + 16) != 1)
		exit(99);
	put16(ip + 10, checksum(ip, 20, 0));
	put16(udp, 4711);
	put16(udp + 2, port);
	put16(udp + 4, 8 + 4);
	memcpy(udp + 8, "who\n", 4); /* IPv4 lets UDP go without a checksum */
	return ETHER + 20 + 8 + 4;
}

static void ipv6(const char *from, const char *to, uint8_t next, size_t len)
{
	uint8_t *ip = frame + ETHER;

	put16(frame + 12, ETH_P_IPV6);
	ip[0] = 0x60;
	put16(ip + 4, (unsigned)len);
	ip[6] = next;
	ip[7] = 255;
	if (inet_pton(AF_INET6, from, ip + 8) != 1 || inet_pton(AF_INET6, to, ip + 24) != 1)
		exit(99);
}

static size_t ipv6_udp(const char *from, const char *to, unsigned port)
{
	uint8_t *ip = frame + ETHER, *udp = ip + 40;

	ipv6(from, to, IPPROTO_UDP, 12);
	put16(udp, 4711);
	put16(udp + 2, port);
	put16(udp + 4, 12);
	memcpy(udp + 8, "who\n", 4);
	sum_ipv6(ip, IPPROTO_UDP, 12, udp + 6);
	return ETHER + 40 + 12;
}

/* RFC 4861: type 134, from FROM, with itself as default router for half an hour and
 * the prefix 2001:db8:bad::/64 for addresses. */
static size_t router_advertisement(const char *from)
{
	uint8_t *ip = frame + ETHER, *ra = ip + 40, *prefix = ra + 16;

	ipv6(from, "ff02::1", IPPROTO_ICMPV6, 16 + 32);
	ra[0] = 134;
	ra[4] = 64;
	put16(ra + 6, 1800);
	prefix[0] = 3;
	prefix[1] = 4;
	prefix[2] = 64;
	prefix[3] = 0xc0;
	put16(prefix + 6, 1800);
	put16(prefix + 10, 1800);
	inet_pton(AF_INET6, "2001:db8:bad::", prefix + 16);
	sum_ipv6(ip, IPPROTO_ICMPV6, 48, ra + 2);
	return ETHER + 40 + 48;
}

/* Type 136, override: "TARGET is at the frame's source". */
static size_t neighbour_advertisement(const char *target, const char *to)
{
	uint8_t *ip = frame + ETHER, *na = ip + 40;

	ipv6(target, to, IPPROTO_ICMPV6, 32);
	na[0] = 136;
	na[4] = 0x20;
	inet_pton(AF_INET6, target, na + 8);
	na[24] = 2;
	na[25] = 1;
	memcpy(na + 26, frame + 6, 6);
	sum_ipv6(ip, IPPROTO_ICMPV6, 32, na + 2);
	return ETHER + 40 + 32;
}

/* RFC 826: "SENDER is at the frame's source", as an answer to TARGET. */
static size_t arp(const char *sender, const char *target)
{
	uint8_t *a = frame + ETHER;

	put16(frame + 12, ETH_P_ARP);
	put16(a, 1);
	put16(a + 2, ETH_P_IP);
	a[4] = 6;
	a[5] = 4;
	put16(a + 6, 2);
	memcpy(a + 8, frame + 6, 6);
	memcpy(a + 18, frame, 6);
	if (inet_pton(AF_INET, sender, a + 14) != 1 || inet_pton(AF_INET, target, a + 24) != 1)
		exit(99);
	return ETHER + 28;
}

/* probe forge IF [from MAC] [to MAC] KIND ...: one frame, from the interface's own
 * address to everybody unless it is said.
 *	ip4 FROM TO PORT, ip6 FROM TO PORT	a datagram
 *	arp SENDER TARGET			an answer that nobody asked for
 *	na TARGET TO, ra FROM			IPv6's neighbour and router advertisements
 *	type N					an empty frame of another protocol */
int cmd_forge(int argc, char **argv)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_halen = 6 };
	struct ifreq r = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	size_t len = 0;

	if (argc < 4)
		return 99;
	if (fd < 0)
		die("packet socket");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", argv[1]);
	a.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (!a.sll_ifindex || ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		die(argv[1]);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, r.ifr_hwaddr.sa_data, 6);
	argv += 2, argc -= 2;
	while (argc > 2 && (!strcmp(argv[0], "from") || !strcmp(argv[0], "to"))) {
		mac_of(argv[0][0] == 'f' ? frame + 6 : frame, argv[1]);
		argv += 2, argc -= 2;
	}
	if (!strcmp(argv[0], "ip4") && argc == 4)
		len = ipv4_udp(argv[1], argv[2], (unsigned)number(argv[3]));
	else if (!strcmp(argv[0], "ip6") && argc == 4)
		len = ipv6_udp(argv[1], argv[2], (unsigned)number(argv[3]));
	else if (!strcmp(argv[0], "arp") && argc == 3)
		len = arp(argv[1], argv[2]);
	else if (!strcmp(argv[0], "na") && argc == 3)
		len = neighbour_advertisement(argv[1], argv[2]);
	else if (!strcmp(argv[0], "ra") && argc == 2)
		len = router_advertisement(argv[1]);
	else if (!strcmp(argv[0], "type") && argc == 2)
		put16(frame + 12, (unsigned)number(argv[1])), len = 64;
	else
		return 99;
	if (sendto(fd, frame, len, 0, (struct sockaddr *)&a, sizeof(a)) < 0) {
		puts(errno_name(errno));
		return 1;
	}
	puts("sent");
	return 0;
}

static void describe(const uint8_t *p, size_t n)
{
	char from[INET6_ADDRSTRLEN] = "?", to[INET6_ADDRSTRLEN] = "?";
	unsigned type = (unsigned)p[12] << 8 | p[13];
	const uint8_t *in = p + ETHER;

	printf("%02x:%02x:%02x:%02x:%02x:%02x ", p[6], p[7], p[8], p[9], p[10], p[11]);
	if (type == ETH_P_IP && n >= ETHER + 20) {
		inet_ntop(AF_INET, in + 12, from, sizeof(from));
		inet_ntop(AF_INET, in + 16, to, sizeof(to));
		printf("ip4 %s > %s proto %u\n", from, to, in[9]);
	} else if (type == ETH_P_ARP && n >= ETHER + 28) {
		inet_ntop(AF_INET, in + 14, from, sizeof(from));
		inet_ntop(AF_INET, in + 24, to, sizeof(to));
		printf("arp %s > %s op %u\n", from, to, in[7]);
	} else if (type == ETH_P_IPV6 && n >= ETHER + 41) {
		inet_ntop(AF_INET6, in + 8, from, sizeof(from));
		inet_ntop(AF_INET6, in + 24, to, sizeof(to));
		if (in[6] == IPPROTO_ICMPV6)
			printf("ip6 %s > %s icmp %u\n", from, to, in[40]);
		else
			printf("ip6 %s > %s proto %u\n", from, to, in[6]);
	} else {
		printf("type %#x\n", type);
	}
	fflush(stdout);
}

/* probe sniff IF: "ready", then each packet that comes in, in a line, until killed. */
int cmd_sniff(int argc, char **argv)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("packet socket");
	a.sll_ifindex = (int)if_nametoindex(argc > 1 ? argv[1] : "");
	if (!a.sll_ifindex || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(argc > 1 ? argv[1] : "no interface");
	puts("ready");
	fflush(stdout);
	for (;;) {
		static uint8_t got[2048];
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len);

		if (n >= ETHER && from.sll_pkttype != PACKET_OUTGOING)
			describe(got, (size_t)n);
	}
}
