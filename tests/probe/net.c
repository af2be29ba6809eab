/* tests/probe/net.c - the two ends of a conversation, and who is seen at the other.
 *
 * A server answers what it was asked in the first line of a connection, or in a
 * datagram:
 *
 *	who	(anything else too) the client's address and port, as the server sees them
 *	echo	every byte is sent back, until the client closes
 *	give	bytes, until the client closes
 *	take	bytes are counted, and the count is sent when the client has shut down
 *
 * Clients say in one word what became of their attempt: the answer, or the name of
 * the error, ETIMEDOUT when nothing came in time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif

enum { PORTS = 64, PATIENCE_MS = 2000 };

static char bytes[65536];

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static socklen_t net_address(struct sockaddr_storage *a, const char *text, unsigned long port)
{
	struct addrinfo hint = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM }, *found;
	socklen_t len;
	char number_of[8];

	snprintf(number_of, sizeof(number_of), "%u", (unsigned)port & 0xffff);
	/* "fe80::1%eth0" too */
	if (getaddrinfo(text, number_of, &hint, &found) != 0) {
		fprintf(stderr, "probe: not an address: %s\n", text);
		exit(99);
	}
	len = found->ai_addrlen;
	memcpy(a, found->ai_addr, len);
	freeaddrinfo(found);
	return len;
}

/* "192.0.2.1 4711"; an IPv4 address that came through an IPv6 socket is one. */
static const char *peer_text(const struct sockaddr_storage *a)
{
	static char text[INET6_ADDRSTRLEN + 8];
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	char host[INET6_ADDRSTRLEN];

	if (a->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "%s %u", host, ntohs(v4->sin_port));
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], host, sizeof(host));
		snprintf(text, sizeof(text), "%s %u", host, ntohs(v6->sin6_port));
	} else {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "%s %u", host, ntohs(v6->sin6_port));
	}
	return text;
}

static int socket_for(const char *proto, int family)
{
	if (!strcmp(proto, "tcp"))
		return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!strcmp(proto, "udp"))
		return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!strcmp(proto, "sctp"))
		return socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
	if (!strcmp(proto, "icmp"))
		return socket(family, SOCK_DGRAM | SOCK_CLOEXEC,
			      family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	errno = EPROTONOSUPPORT;
	return -1;
}

/* probe addr: every address of every interface, "eth0 10.0.0.1/24", and "eth0 mac ..". */
int cmd_addr(int argc, char **argv)
{
	struct ifaddrs *list, *i;
	char text[INET6_ADDRSTRLEN];

	(void)argc;
	(void)argv;
	if (getifaddrs(&list) < 0)
		die("getifaddrs");
	for (i = list; i; i = i->ifa_next) {
		const uint8_t *byte, *mask;
		int bits = 0, n;

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_PACKET) {
			struct sockaddr_ll *l = (struct sockaddr_ll *)i->ifa_addr;

			byte = l->sll_addr;
			printf("%s mac %02x:%02x:%02x:%02x:%02x:%02x %s\n", i->ifa_name, byte[0],
			       byte[1], byte[2], byte[3], byte[4], byte[5],
			       i->ifa_flags & IFF_UP ? "up" : "down");
			continue;
		}
		if (i->ifa_addr->sa_family == AF_INET) {
			byte = (uint8_t *)&((struct sockaddr_in *)i->ifa_addr)->sin_addr;
			mask = (uint8_t *)&((struct sockaddr_in *)i->ifa_netmask)->sin_addr;
			n = 4;
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			byte = (uint8_t *)&((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
			mask = (uint8_t *)&((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr;
			n = 16;
		} else {
			continue;
		}
		for (int k = 0; k < n * 8; k++)
			bits += mask[k / 8] >> (7 - k % 8) & 1;
		printf("%s %s/%d\n", i->ifa_name,
		       inet_ntop(i->ifa_addr->sa_family, byte, text, sizeof(text)), bits);
	}
	return 0;
}

/* probe resolve NAME: its addresses, as libc finds them, sorted; "none" without. */
static int by_line(const void *a, const void *b)
{
	return strcmp(a, b);
}

int cmd_resolve(int argc, char **argv)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *found, *i;
	char line[16][INET6_ADDRSTRLEN];
	size_t n = 0;

	if (argc < 2)
		return 99;
	if (getaddrinfo(argv[1], NULL, &hint, &found) != 0) {
		puts("none");
		return 1;
	}
	for (i = found; i && n < COUNT(line); i = i->ai_next)
		if (getnameinfo(i->ai_addr, i->ai_addrlen, line[n], sizeof(line[n]), NULL, 0,
				NI_NUMERICHOST) == 0)
			n++;
	qsort(line, n, sizeof(line[0]), by_line);
	for (size_t k = 0; k < n; k++)
		puts(line[k]);
	return 0;
}

/* ---- server ---- */

static void answer(int fd, const char *who)
{
	char line[128], text[160];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t got = 0;
	ssize_t n = 0;

	/* whoever connects and says nothing is answered too */
	if (poll(&p, 1, 500) > 0)
		n = recv(fd, line, sizeof(line) - 1, 0);
	line[n > 0 ? n : 0] = 0;
	if (!strncmp(line, "echo", 4)) {
		/* what came in one piece with the word */
		const char *more = strchr(line, '\n');

		if (more && more[1])
			send(fd, more + 1, strlen(more + 1), MSG_NOSIGNAL);
		while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
			if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
				break;
	} else if (!strncmp(line, "give", 4)) {
		while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
			;
	} else if (!strncmp(line, "take", 4)) {
		while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
			got += (uint64_t)n;
		snprintf(text, sizeof(text), "%llu\n", (unsigned long long)got);
		send(fd, text, strlen(text), MSG_NOSIGNAL);
	} else {
		snprintf(text, sizeof(text), "%s\n", who);
		send(fd, text, strlen(text), MSG_NOSIGNAL);
	}
	close(fd);
}

/* To whatever name is asked for: there is no such name. RFC 1035, 4.1.1. */
static size_t no_such_name(uint8_t *query, ssize_t n)
{
	if (n < 12)
		return 0;
	query[2] |= 0x80; /* a response */
	query[3] = 0x83;  /* recursion is available; NXDOMAIN */
	return (size_t)n;
}

/* A datagram is answered from the address that it was sent to. */
static void answer_datagram(int fd, bool dns)
{
	struct sockaddr_storage peer = { 0 };
	struct iovec io = { bytes, sizeof(bytes) };
	char control[256];
	struct msghdr m = { .msg_name = &peer,
			    .msg_namelen = sizeof(peer),
			    .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	char text[INET6_ADDRSTRLEN + 16];
	struct cmsghdr *c;
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);

		if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
			info->ipi6_ifindex = 0;
	}
	snprintf(text, sizeof(text), "%s\n", peer_text(&peer));
	printf("udp %s", text);
	fflush(stdout);
	if (dns) {
		io.iov_len = no_such_name((uint8_t *)bytes, n);
	} else {
		io.iov_base = text;
		io.iov_len = strlen(text);
	}
	m.msg_flags = 0;
	sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* probe serve PROTO [ADDR:]PORT...: on all addresses, or on ADDR (in brackets if it
 * has colons). Says "ready", then "tcp ADDRESS PORT" for each client. PROTO is tcp, udp,
 * sctp, or dns: a name server that knows no name. */
int cmd_serve(int argc, char **argv)
{
	struct pollfd p[PORTS];
	nfds_t n = 0;
	bool dns = argc > 1 && !strcmp(argv[1], "dns");
	bool udp = dns || (argc > 1 && !strcmp(argv[1], "udp"));
	const char *proto = dns ? "udp" : argc > 1 ? argv[1] : "";
	int one = 1;

	if (argc < 3)
		return 99;
	signal(SIGCHLD, SIG_IGN);
	for (int i = 2; i < argc && n < COUNT(p); i++) {
		struct sockaddr_storage a;
		char *port = strrchr(argv[i], ':'), host[80] = "::";
		socklen_t len;

		if (port)
			snprintf(host, sizeof(host), "%.*s", (int)(port - argv[i]), argv[i]);
		if (host[0] == '[') {
			host[strlen(host) - 1] = 0;
			len = net_address(&a, host + 1, number(port + 1));
		} else {
			len = net_address(&a, host, number(port ? port + 1 : argv[i]));
		}
		p[n].fd = socket_for(proto, a.ss_family);
		/* a machine without IPv6 */
		if (p[n].fd < 0 && !port) {
			len = net_address(&a, "0.0.0.0", number(argv[i]));
			p[n].fd = socket_for(proto, AF_INET);
		}
		if (p[n].fd < 0)
			die("socket");
		setsockopt(p[n].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (a.ss_family == AF_INET6)
			setsockopt(p[n].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
		if (bind(p[n].fd, (struct sockaddr *)&a, len) < 0) {
			printf("bind %s: %s\n", argv[i], errno_name(errno));
			return 1;
		}
		if (!udp && listen(p[n].fd, 1024) < 0)
			die("listen");
		p[n++].events = POLLIN;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(p, n, -1) < 0)
			continue;
		for (nfds_t i = 0; i < n; i++) {
			struct sockaddr_storage peer;
			socklen_t len = sizeof(peer);
			int fd;

			if (!(p[i].revents & POLLIN))
				continue;
			if (udp) {
				answer_datagram(p[i].fd, dns);
				continue;
			}
			fd = accept4(p[i].fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
			if (fd < 0)
				continue;
			printf("%s %s\n", argv[1], peer_text(&peer));
			fflush(stdout);
			if (fork() == 0) {
				answer(fd, peer_text(&peer));
				_exit(0);
			}
			close(fd);
		}
	}
}

/* ---- clients ---- */

/* connect() that gives up at UNTIL. */
static int connect_by(int fd, const struct sockaddr_storage *a, socklen_t len, long until)
{
	int flags = fcntl(fd, F_GETFL), e = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(e);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (connect(fd, (const struct sockaddr *)a, len) < 0) {
		long left = until - now_ms();

		if (errno != EINPROGRESS)
			return -1;
		if (poll(&p, 1, left > 0 ? (int)left : 0) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size);
		if (e) {
			errno = e;
			return -1;
		}
	}
	fcntl(fd, F_SETFL, flags);
	return 0;
}

static int read_by(int fd, char *text, size_t room, long until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long left = until - now_ms();
	ssize_t n;

	if (poll(&p, 1, left > 0 ? (int)left : 0) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	n = recv(fd, text, room - 1, 0);
	if (n == 0)
		errno = ECONNRESET;
	if (n <= 0)
		return -1;
	text[n] = 0;
	return 0;
}

/* Connected to argv[1..3], PROTO ADDR PORT, or the error's name has been printed. */
static int reach(char **argv, const char *from, long until)
{
	struct sockaddr_storage a, b;
	socklen_t len = net_address(&a, argv[2], number(argv[3]));
	int fd = socket_for(argv[1], a.ss_family);

	if (fd >= 0 && from) {
		socklen_t flen = net_address(&b, from, 0);

		if (bind(fd, (struct sockaddr *)&b, flen) < 0)
			die(from);
	}
	if (fd < 0 || connect_by(fd, &a, len, until) < 0) {
		puts(errno_name(errno));
		return -1;
	}
	return fd;
}

/* probe ask PROTO ADDR PORT [MS [FROM]]: the server's view of the client. PROTO icmp: an
 * echo request, and "pong"; PORT says nothing then. */
int cmd_ask(int argc, char **argv)
{
	long until = now_ms() + (argc > 4 ? (long)number(argv[4]) : PATIENCE_MS);
	char text[512];
	int fd;

	if (argc < 4)
		return 99;
	fd = reach(argv, argc > 5 ? argv[5] : NULL, until);
	if (fd < 0)
		return 1;
	if (!strcmp(argv[1], "icmp")) {
		/* Type 8, or 128; the kernel writes the checksum and a number of its own. */
		const uint8_t ping[12] = { strchr(argv[2], ':') ? 128 : 8 };

		if (send(fd, ping, sizeof(ping), 0) < 0 ||
		    read_by(fd, text, sizeof(text), until) < 0)
			puts(errno_name(errno));
		else
			puts("pong");
		return 0;
	}
	if (send(fd, "who\n", 4, MSG_NOSIGNAL) < 0 || read_by(fd, text, sizeof(text), until) < 0) {
		puts(errno_name(errno));
		return 1;
	}
	fputs(text, stdout);
	return 0;
}

static volatile bool over;

static void on_term(int sig)
{
	(void)sig;
	over = true;
}

/* probe chat ADDR PORT: one connection, a number there and back every 10 ms, until
 * SIGTERM. "ready" after the first one; at the end "fine" or what broke it. */
int cmd_chat(int argc, char **argv)
{
	char *to[] = { "chat", "tcp", argv[1], argv[2] }, text[64], back[64];
	const struct timespec pause = { .tv_nsec = 10000000 };
	int fd;

	if (argc < 3)
		return 99;
	signal(SIGTERM, on_term);
	fd = reach(to, NULL, now_ms() + PATIENCE_MS);
	if (fd < 0 || send(fd, "echo\n", 5, MSG_NOSIGNAL) < 0)
		return 1;
	nanosleep(&pause, NULL); /* so that the word comes alone */
	for (long i = 0; !over; i++) {
		snprintf(text, sizeof(text), "%ld\n", i);
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ||
		    read_by(fd, back, sizeof(back), now_ms() + 3 * PATIENCE_MS) < 0) {
			if (over)
				break;
			printf("broken in round %ld: %s\n", i, errno_name(errno));
			return 1;
		}
		if (strcmp(text, back) != 0) {
			printf("round %ld: %s came back\n", i, back);
			return 1;
		}
		if (i == 0) {
			puts("ready");
			fflush(stdout);
		}
		nanosleep(&pause, NULL);
	}
	puts("fine");
	return 0;
}

/* probe many ADDR PORT N MS: N connections at a time, all kept; how many of them the
 * server has answered within MS. */
int cmd_many(int argc, char **argv)
{
	static struct pollfd p[4096];
	struct sockaddr_storage a;
	socklen_t len;
	nfds_t n;
	long until;
	int answered = 0;

	if (argc < 5)
		return 99;
	n = (nfds_t)number(argv[3]);
	if (n > COUNT(p))
		return 99;
	len = net_address(&a, argv[1], number(argv[2]));
	for (nfds_t i = 0; i < n; i++) {
		p[i].fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (p[i].fd < 0)
			die("socket");
		connect(p[i].fd, (struct sockaddr *)&a, len);
		p[i].events = POLLOUT;
	}
	until = now_ms() + (long)number(argv[4]);
	while (now_ms() < until && answered < (int)n) {
		if (poll(p, n, 50) <= 0)
			continue;
		for (nfds_t i = 0; i < n; i++) {
			char text[8];

			if (p[i].revents & POLLOUT) {
				/* "echo" keeps the connection open */
				send(p[i].fd, "echo\n", 5, MSG_NOSIGNAL);
				poll(NULL, 0, 1);
				send(p[i].fd, "x", 1, MSG_NOSIGNAL);
				p[i].events = POLLIN;
			} else if (p[i].revents & (POLLERR | POLLHUP)) {
				p[i].events = 0;
				p[i].fd = -1;
			} else if (p[i].revents & POLLIN) {
				answered += recv(p[i].fd, text, sizeof(text), 0) > 0;
				p[i].events = 0;
			}
			p[i].revents = 0;
		}
	}
	printf("%d\n", answered);
	return 0;
}

/* probe pull|push ADDR PORT MS: how many bytes have come, or arrived, in MS. */
int cmd_pull(int argc, char **argv)
{
	char *to[] = { argv[0], "tcp", argv[1], argv[2] }, text[64];
	bool push = !strcmp(argv[0], "push");
	unsigned long long got = 0;
	long until;
	int fd;

	if (argc < 4)
		return 99;
	fd = reach(to, NULL, now_ms() + PATIENCE_MS);
	if (fd < 0)
		return 1;
	send(fd, push ? "take\n" : "give\n", 5, MSG_NOSIGNAL);
	poll(NULL, 0, 20);
	until = now_ms() + (long)number(argv[3]);
	while (now_ms() < until) {
		struct pollfd p = { .fd = fd, .events = push ? POLLOUT : POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)(until - now_ms())) <= 0)
			break;
		n = push ? send(fd, bytes, 16384, MSG_NOSIGNAL | MSG_DONTWAIT) :
			   recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n <= 0)
			break;
		got += (unsigned long long)n;
	}
	if (push) {
		shutdown(fd, SHUT_WR);
		if (read_by(fd, text, sizeof(text), now_ms() + 30000) < 0)
			die("the server's count");
		fputs(text, stdout);
	} else {
		printf("%llu\n", got);
	}
	return 0;
}

/* probe flood ADDR PORT N: a datagram from each of N sockets: N connections for
 * whoever keeps count of them. Says how many could be sent. */
int cmd_flood(int argc, char **argv)
{
	struct sockaddr_storage a;
	socklen_t len;
	unsigned long sent = 0;

	if (argc < 4)
		return 99;
	len = net_address(&a, argv[1], number(argv[2]));
	for (unsigned long i = 0; i < number(argv[3]); i++) {
		int fd = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			die("socket");
		sent += sendto(fd, "x", 1, 0, (struct sockaddr *)&a, len) == 1;
		close(fd);
	}
	printf("%lu\n", sent);
	return 0;
}
