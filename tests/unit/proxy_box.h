/* tests/unit/proxy_box.h - the "container" that the proxy of tests/unit/proxy.c leads to:
 * namespaces below those of the test, with servers of many kinds in them. */
#ifndef TESTS_UNIT_PROXY_BOX_H
#define TESTS_UNIT_PROXY_BOX_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/ports.h"
#include "runtime/proxy.h"
#include "tests/unit/tap.h"

/* What listens inside, by port. */
enum {
	NOTHING = 5,
	ECHO = 7,
	SUM,        /* reads to the end, then says how much and which */
	POUR,       /* says POURED bytes, ends its way, then takes what comes */
	WHO,        /* the client's address */
	LOCAL_ECHO, /* on 127.0.0.1 alone */
	OUTER_ECHO, /* on the container's own address alone */
	RESET,      /* resets the connection at the first byte */
	WITNESS,    /* tells the test how the connection ended */
	LATE,       /* listens from when it is told on */
	FULL,       /* listens, and never accepts */
	DEAF,       /* accepts, and never reads */
	GUSH,       /* never stops to write */
	INSIDE_END,
	/* host ports: OUT + the port inside */
	OUT = 20000,
	POURED = 3000001,
};

static const char *const own4 = "10.9.9.2", *const own6 = "fd00:9::2";

static struct pool pool;
static struct ports ports;
static pid_t container;
static int netns = -1, order = -1, word = -1; /* pipes to and from the container */

/* ---- both sides ---- */

static uint32_t pattern(uint64_t at)
{
	return (uint32_t)((at * 2654435761u) >> 7 ^ at);
}

static void fill_pattern(unsigned char *buf, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)pattern(at + i);
}

static bool has_pattern(const unsigned char *buf, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != (unsigned char)pattern(at + i))
			return false;
	return true;
}

static socklen_t address(union proxy_addr *a, const char *text, unsigned port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1)
		a->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1)
		a->family = AF_INET6;
	else
		abort();
	a->v4.sin_port = htons((uint16_t)port); /* the same place in both */
	return proxy_addr_size(a);
}

static ssize_t read_full(int fd, void *buf, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(fd, (char *)buf + have, n - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* ---- the container ---- */

static void serve_sum(int fd)
{
	static unsigned char buf[65536];
	uint64_t n = 0;
	bool good = true;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		good &= has_pattern(buf, (size_t)got, n);
		n += (uint64_t)got;
	}
	dprintf(fd, "%llu %s", (unsigned long long)n, good ? "good" : "spoilt");
}

static void serve_pour(int fd)
{
	static unsigned char buf[65536];
	uint64_t at = 0;
	ssize_t n;

	while (at < POURED) {
		size_t now = POURED - at < sizeof(buf) ? POURED - at : sizeof(buf);

		fill_pattern(buf, now, at);
		if (fd_write_all(fd, buf, now) < 0)
			_exit(1);
		at += now;
	}
	shutdown(fd, SHUT_WR);
	n = read_full(fd, buf, sizeof(buf));
	if (n > 0)
		write(word, buf, (size_t)n);
}

static void serve_who(int fd)
{
	union proxy_addr a;
	socklen_t size = sizeof(a);
	char text[INET6_ADDRSTRLEN];

	getpeername(fd, &a.any, &size);
	if (proxy_addr_family(&a) == AF_INET && a.family == AF_INET6)
		inet_ntop(AF_INET, &a.v6.sin6_addr.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(a.family,
			  a.family == AF_INET ? (void *)&a.v4.sin_addr : (void *)&a.v6.sin6_addr,
			  text, sizeof(text));
	dprintf(fd, "%s", text);
}

static void serve(int port, int fd)
{
	static char buf[65536];
	ssize_t n;

	switch (port) {
	case SUM:
		serve_sum(fd);
		break;
	case POUR:
		serve_pour(fd);
		break;
	case WHO:
		serve_who(fd);
		break;
	case RESET:
		read(fd, buf, 1);
		reset(fd);
		break;
	case WITNESS:
		write(fd, "?", 1);
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			write(word, buf, (size_t)n);
		write(word,
		      n == 0              ? "end" :
		      errno == ECONNRESET ? "reset" :
					    "error",
		      n == 0 ? 3 : 5);
		break;
	case DEAF:
		pause();
		break;
	case GUSH:
		while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
			;
		break;
	default:
		while ((n = read(fd, buf, sizeof(buf))) > 0 && fd_write_all(fd, buf, (size_t)n) == 0)
			;
	}
	_exit(0);
}

/* Listen at ADDR ("::": both families) and serve for ever, in a process of its own. */
static void server(const char *addr, int port)
{
	union proxy_addr a;
	socklen_t size = address(&a, addr, (unsigned)port);
	int fd = socket(a.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &a.any, size) < 0 || listen(fd, port == FULL ? 0 : 4096) < 0)
		abort();
	if (fork() == 0) {
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			if (port == FULL)
				pause();
			int client = accept(fd, NULL, NULL);

			if (client >= 0 && fork() == 0)
				serve(port, client);
			close(client);
		}
	}
	close(fd);
}

/* UDP: WHO answers with the client's address and port, the others with the datagram. */
static void udp_server(const char *addr, int port)
{
	static char buf[65536];
	union proxy_addr a;
	socklen_t size = address(&a, addr, (unsigned)port);
	int fd = socket(a.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, &a.any, size) < 0)
		abort();
	if (fork() == 0)
		for (;;) {
			size = sizeof(a);
			ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, &a.any, &size);

			if (n >= 0 && port == WHO)
				n = sprintf(buf, "%u", ntohs(a.v4.sin_port));
			if (n >= 0)
				sendto(fd, buf, (size_t)n, 0, &a.any, size);
		}
	close(fd);
}

static void own_addresses(void)
{
	struct {
		struct in6_addr addr;
		uint32_t prefix;
		int index;
	} req6 = { .prefix = 128 };
	union proxy_addr a;
	struct ifreq req = { .ifr_name = "lo:own" }, lo = { .ifr_name = "lo" };
	int s4 = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);

	address(&a, own4, 0);
	memcpy(&req.ifr_addr, &a.v4, sizeof(a.v4));
	inet_pton(AF_INET6, own6, &req6.addr);
	ioctl(s4, SIOCGIFINDEX, &lo);
	req6.index = lo.ifr_ifindex;
	if (ioctl(s4, SIOCSIFADDR, &req) < 0 || ioctl(s6, SIOCSIFADDR, &req6) < 0)
		abort();
	close(s4);
	close(s6);
}

static _Noreturn void container_main(int orders)
{
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (net_loopback_up() < 0)
		abort();
	own_addresses();
	for (int port = ECHO; port < INSIDE_END; port++)
		if (port != LATE && port != LOCAL_ECHO && port != OUTER_ECHO)
			server("::", port);
	server("127.0.0.1", LOCAL_ECHO);
	server(own4, OUTER_ECHO);
	udp_server("::", ECHO);
	udp_server("::", WHO);
	udp_server("127.0.0.1", LOCAL_ECHO);
	write(word, "up", 2);
	while (read(orders, &c, 1) == 1) {
		server("::", LATE);
		udp_server("::", LATE);
		write(word, "up", 2);
	}
	kill(0, SIGKILL);
	_exit(0);
}

static void put(const char *path, const char *text)
{
	if (fd_write_file(AT_FDCWD, path, 0, text, strlen(text)) < 0)
		abort();
}

static void map_self(unsigned uid, unsigned gid)
{
	char text[40];

	put("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", uid);
	put("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", gid);
	put("/proc/self/gid_map", text);
}

/* False: this machine forbids it. */
static bool start_container(void)
{
	unsigned uid = getuid(), gid = getgid();
	int to[2], from[2];
	char path[40], c[2];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	map_self(uid, gid);
	if (net_loopback_up() < 0 || pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		abort();
	container = fork();
	if (container == 0) {
		setpgid(0, 0);
		word = from[1];
		close(to[1]);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			abort();
		map_self(0, 0);
		container_main(to[0]);
	}
	close(to[0]);
	close(from[1]);
	order = to[1];
	word = from[0];
	if (read_full(word, c, 2) != 2)
		abort();
	snprintf(path, sizeof(path), "/proc/%d/ns/net", container);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	return netns >= 0;
}

#endif
