/* tests/unit/proxy.c - published ports end to end: ports.c, ports_proxy.c, proxy*.c.
 *
 * The test enters namespaces of its own, which are the "host"; a child with namespaces
 * below those is the "container", and runs servers there. Between them is nothing but the
 * proxy. Clients are the test itself.
 */
#include "tests/unit/proxy_box.h"

/* ---- clients ---- */

static int dial(const char *addr, unsigned port)
{
	const struct timeval patience = { .tv_sec = 20 };
	union proxy_addr a;
	socklen_t size = address(&a, addr, port);
	int fd = socket(a.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, &a.any, size) < 0) {
		fd_close(&fd);
		return -1;
	}
	return fd;
}

/* Say TEXT, end, and hear all: "ENOENT"-like words are errors. */
static const char *ask(const char *addr, unsigned port, const char *text)
{
	static char answer[256];
	AUTO_FD int fd = dial(addr, port);
	ssize_t n;

	if (fd < 0)
		return errno == ECONNREFUSED ? "refused" : strerror(errno);
	if (*text && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return strerror(errno);
	shutdown(fd, SHUT_WR);
	n = read_full(fd, answer, sizeof(answer) - 1);
	if (n < 0)
		return errno == ECONNRESET ? "reset" : strerror(errno);
	answer[n] = '\0';
	return answer;
}

static const char *hear(void)
{
	static char text[65];
	ssize_t n = read(word, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void publish(int inside, uint8_t proto, const char *host)
{
	struct net_port port = {
		.proto = proto,
		.host_first = (uint16_t)(OUT + inside),
		.inside_first = (uint16_t)inside,
		.count = 1,
	};
	struct port_row row;
	struct ports one;

	if (host) {
		union proxy_addr a;

		address(&a, host, 0);
		port.host.family = (uint8_t)a.family;
		memcpy(port.host.byte,
		       a.family == AF_INET ? (void *)&a.v4.sin_addr : (void *)&a.v6.sin6_addr,
		       a.family == AF_INET ? 4 : 16);
	}
	ports_init(&one);
	if (ports_bind(&pool, &port, 1, &one) < 0) {
		err_print();
		abort();
	}
	row = one.row[0];
	if (ports_adopt(&ports, &pool, &row.port, &one.sock[0].fd, -1, "") < 0) {
		err_print();
		abort();
	}
	one.sock[0].fd = -1;
	ports_unbind(&one);
}

static bool start_proxy(bool lease)
{
	struct net_lease l = { .ip4 = { .family = AF_INET }, .ip6 = { .family = AF_INET6 } };
	const struct net_port range = {
		.proto = IPPROTO_TCP,
		.host_first = OUT + ECHO,
		.inside_first = ECHO,
		.count = INSIDE_END - ECHO,
	};

	inet_pton(AF_INET, own4, l.ip4.byte);
	inet_pton(AF_INET6, own6, l.ip6.byte);
	ports_init(&ports);
	/* The test ignores it; the proxy is to survive it by itself. */
	signal(SIGPIPE, SIG_DFL);
	bool good = ports_bind(&pool, &range, 1, &ports) == 0 &&
		    ports_start(&ports, netns, lease ? &l : NULL) == 0 && ports_ready(&ports) == 0;
	signal(SIGPIPE, SIG_IGN);
	if (!good)
		err_print();
	return good;
}

/* ---- claims ---- */

static void test_echo(void)
{
	is_str(ask("127.0.0.1", OUT + ECHO, "hello"), "hello", "a server inside answers by IPv4");
	is_str(ask("::1", OUT + ECHO, "hello"), "hello", "and by IPv6");
	is_str(ask("127.0.0.1", OUT + SUM, ""), "0 good", "an empty way is passed on");
}

/* N bytes from here to the server, which says what came. */
static void send_sum(uint64_t n, const char *claim)
{
	static unsigned char buf[65536];
	char got[64] = "", want[64];
	AUTO_FD int fd = dial("127.0.0.1", OUT + SUM);

	for (uint64_t at = 0; at < n;) {
		size_t now = n - at < sizeof(buf) ? (size_t)(n - at) : sizeof(buf);

		fill_pattern(buf, now, at);
		if (fd_write_all(fd, buf, now) < 0)
			break;
		at += now;
	}
	shutdown(fd, SHUT_WR);
	read_full(fd, got, sizeof(got) - 1);
	snprintf(want, sizeof(want), "%llu good", (unsigned long long)n);
	is_str(got, want, "%s", claim);
}

static bool hear_pour(int fd, unsigned pause_us)
{
	static unsigned char buf[65536];
	uint64_t at = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (!has_pattern(buf, (size_t)n, at))
			return false;
		at += (uint64_t)n;
		if (pause_us)
			usleep(pause_us);
	}
	return n == 0 && at == POURED;
}

static void test_halves(void)
{
	int fd = dial("127.0.0.1", OUT + POUR);

	ok(hear_pour(fd, 0), "all that a server says arrives, then its end");
	ok(send(fd, "more", 4, MSG_NOSIGNAL) == 4, "the client's way is still open");
	close(fd);
	is_str(hear(), "more", "and the server hears it");
	send_sum(1, "one byte and the client's end");
	send_sum(67108864, "64 MiB and the client's end");
	fd = dial("::1", OUT + POUR);
	ok(hear_pour(fd, 3000), "a slow reader gets everything");
	close(fd);
}

static void test_reset(void)
{
	int fd;
	char c;

	is_str(ask("127.0.0.1", OUT + NOTHING + 15, ""), "refused", "what is not published");
	is_str(ask("127.0.0.1", OUT + LATE, ""), "reset", "nobody listens inside: a reset");
	is_str(ask("127.0.0.1", OUT + RESET, "x"), "reset", "a server's reset reaches the client");
	fd = dial("127.0.0.1", OUT + WITNESS);
	ok(read(fd, &c, 1) == 1, "a connection stands");
	reset(fd);
	is_str(hear(), "reset", "a client's reset reaches the server");
	fd = dial("127.0.0.1", OUT + WITNESS);
	read(fd, &c, 1);
	close(fd);
	is_str(hear(), "end", "and an end is an end");
	fd = dial("127.0.0.1", OUT + WITNESS);
	read(fd, &c, 1);
	send(fd, "last words", 10, MSG_NOSIGNAL);
	is_str(hear(), "last words", "what was said before a reset");
	reset(fd);
	is_str(hear(), "reset", "is heard before it");
	fd = dial("127.0.0.1", OUT + GUSH);
	/* Kernel: a reset after the end is EPIPE, so SIGPIPE; tcp_reset(). */
	shutdown(fd, SHUT_WR);
	usleep(20000);
	close(fd);
	usleep(20000);
	is_str(ask("127.0.0.1", OUT + ECHO, "well"), "well",
	       "a client that leaves amid a server's words does no harm");
	fd = dial("127.0.0.1", OUT + DEAF);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	static char much[1 << 20];
	size_t taken = 0;
	for (int i = 0; i < 100; i++) {
		ssize_t n = send(fd, much, sizeof(much), MSG_NOSIGNAL);

		if (n > 0)
			taken += (size_t)n;
		else
			usleep(2000);
	}
	ok(taken > 0 && taken < 99u << 20, "a server that does not read stops the client (%zu)",
	   taken);
	reset(fd);
}

static void test_places(bool lease)
{
	const char *standin = "192.0.0.8", *standin6 = "fd63:696e:6974::8";

	is_str(ask("127.0.0.1", OUT + WHO, ""), lease ? own4 : standin,
	       "a client does not come from 127.0.0.1");
	is_str(ask("::1", OUT + WHO, ""), lease ? own6 : standin6, "nor from ::1");
	is_str(ask("127.0.0.1", OUT + LOCAL_ECHO, "x"), "x", "a server on 127.0.0.1 alone is found");
	is_str(ask("::1", OUT + LOCAL_ECHO, "x"), "x", "also by a client of ::1");
	if (lease) {
		is_str(ask("127.0.0.1", OUT + OUTER_ECHO, "x"), "x",
		       "and one on its own address alone");
		is_str(ask("::1", OUT + OUTER_ECHO, "x"), "x", "also by a client of ::1");
	}
}

/* N connections at once, each with its own bytes. */
static unsigned crowd(unsigned n, unsigned port)
{
	int *fd = calloc(n, sizeof(*fd));
	unsigned good = 0;
	char buf[16], want[16];

	for (unsigned i = 0; i < n; i++)
		fd[i] = dial(i & 1 ? "::1" : "127.0.0.1", port);
	for (unsigned i = 0; i < n; i++)
		if (fd[i] >= 0)
			dprintf(fd[i], "%08u", i);
	for (unsigned i = n; i-- > 0;) {
		snprintf(want, sizeof(want), "%08u", i);
		memset(buf, 0, sizeof(buf));
		good += fd[i] >= 0 && read_full(fd[i], buf, 8) == 8 && !strcmp(buf, want);
	}
	for (unsigned i = 0; i < n; i++)
		fd_close(&fd[i]);
	free(fd);
	return good;
}

/* More slow readers than there are pipes: the others are served all the same. */
static void test_many(void)
{
	enum { SLOW = 80 };
	int fd[SLOW];
	unsigned good = 0;

	is_int(crowd(200, OUT + ECHO), 200, "200 connections at once");
	for (int i = 0; i < SLOW; i++)
		fd[i] = dial("127.0.0.1", OUT + POUR);
	usleep(100000);
	is_int(crowd(50, OUT + ECHO), 50, "and 50 beside %d who do not read", SLOW);
	for (int i = 0; i < SLOW; i++) {
		good += hear_pour(fd[i], 0);
		close(fd[i]);
	}
	is_int(good, SLOW, "they get all of theirs when they do");
}

static void test_full(void)
{
	int fd[8];
	char c;

	/* The kernel takes one or two more than the queue of length 0. */
	for (int i = 0; i < 8; i++)
		fd[i] = dial("127.0.0.1", OUT + FULL);
	is_str(ask("127.0.0.1", OUT + ECHO, "still"), "still",
	       "a server whose queue is full holds nobody up");
	ok(recv(fd[7], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "its clients wait");
	for (int i = 0; i < 8; i++)
		close(fd[i]);
}

/* ---- UDP ---- */

static int udp_dial(const char *addr, unsigned port)
{
	const struct timeval patience = { .tv_sec = 5 };
	union proxy_addr a;
	socklen_t size = address(&a, addr, port);
	int fd = socket(a.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, &a.any, size) < 0)
		abort();
	return fd;
}

static const char *udp_ask(int fd, const char *text)
{
	static char answer[256];
	ssize_t n = -1;

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0)
		n = recv(fd, answer, sizeof(answer) - 1, 0);
	if (n < 0)
		return strerror(errno);
	answer[n] = '\0';
	return answer;
}

static void test_udp(void)
{
	static char big[60000], back[65536];
	int a = udp_dial("127.0.0.1", OUT + ECHO), b = udp_dial("127.0.0.1", OUT + ECHO);
	int c = udp_dial("::1", OUT + ECHO), d = udp_dial("127.0.0.1", OUT + LOCAL_ECHO);
	int w = udp_dial("127.0.0.1", OUT + WHO), v = udp_dial("127.0.0.1", OUT + WHO);
	int other = udp_dial("127.0.0.2", OUT + ECHO);
	char first[16];
	unsigned good = 0;

	is_str(udp_ask(a, "one"), "one", "UDP by IPv4");
	is_str(udp_ask(c, "six"), "six", "UDP by IPv6");
	is_str(udp_ask(other, "two"), "two",
	       "the answer comes from the address that was asked, 127.0.0.2");
	is_str(udp_ask(d, "x"), "x", "a server on 127.0.0.1 alone");
	snprintf(first, sizeof(first), "%s", udp_ask(w, "?"));
	is_str(udp_ask(w, "?"), first, "a client keeps its socket inside");
	ok(strcmp(udp_ask(v, "?"), first) != 0, "and another has another");
	send(a, "for a", 5, 0);
	send(b, "for b", 5, 0);
	send(c, "for c", 5, 0);
	good += recv(c, back, sizeof(back), 0) == 5 && !memcmp(back, "for c", 5);
	good += recv(a, back, sizeof(back), 0) == 5 && !memcmp(back, "for a", 5);
	good += recv(b, back, sizeof(back), 0) == 5 && !memcmp(back, "for b", 5);
	is_int(good, 3, "each client gets its own answer");
	fill_pattern((unsigned char *)big, sizeof(big), 1);
	ok(send(a, big, sizeof(big), 0) == sizeof(big) &&
		   recv(a, back, sizeof(back), 0) == sizeof(big) && !memcmp(big, back, sizeof(big)),
	   "60,000 bytes in one datagram");
	ok(send(a, "", 0, 0) == 0 && recv(a, back, sizeof(back), 0) == 0, "and none");
	good = 0;
	for (int i = 0; i < 300; i++) {
		char text[16];
		int fd = udp_dial(i & 1 ? "::1" : "127.0.0.1", OUT + ECHO);

		snprintf(text, sizeof(text), "%d", i);
		good += !strcmp(udp_ask(fd, text), text);
		close(fd);
	}
	is_int(good, 300, "300 clients");
	close(a);
	close(b);
	close(c);
	close(d);
	close(w);
	close(v);
	close(other);
}

/* ---- a port's life ---- */

static void test_late(void)
{
	int u = udp_dial("127.0.0.1", OUT + LATE);
	char c[2];

	publish(LATE, IPPROTO_UDP, NULL);
	send(u, "lost", 4, 0);
	usleep(50000);
	write(order, "!", 1);
	read_full(word, c, 2);
	is_str(ask("127.0.0.1", OUT + LATE, "now"), "now", "a server that starts later is found");
	is_str(udp_ask(u, "now"), "now", "by UDP too, by a client that was there before");
	close(u);
}

static void test_add_drop(void)
{
	struct net_port port = {
		.proto = IPPROTO_TCP,
		.host_first = OUT + 100,
		.inside_first = ECHO,
		.count = 3,
	};
	struct ports more;
	int fd[3], u;
	char back[16];

	ports_init(&more);
	ok(ports_bind(&pool, &port, 1, &more) == 0, "another process binds three ports more");
	for (int i = 0; i < 3; i++)
		fd[i] = fcntl(more.sock[i].fd, F_DUPFD_CLOEXEC, 0);
	ports_unbind(&more);
	ok(ports_adopt(&ports, &pool, &port, fd, -1, "") == 0, "the monitor takes them over");
	is_str(ask("127.0.0.1", OUT + 100, "new"), "new", "the first leads inside");
	is_str(ask("127.0.0.1", OUT + 101, ""), "0 good", "the second to the next port inside");
	u = dial("127.0.0.1", OUT + 100);
	send(u, "1", 1, MSG_NOSIGNAL);
	read(u, back, 1);
	ok(ports_drop(&ports, &port) == 0, "they are given up");
	/* The proxy may take a moment; who comes until then gets through. */
	for (int i = 0; i < 200 && strcmp(ask("127.0.0.1", OUT + 100, ""), "refused") != 0; i++)
		usleep(10000);
	is_str(ask("127.0.0.1", OUT + 100, ""), "refused", "and lead nowhere");
	ok(send(u, "2", 1, MSG_NOSIGNAL) == 1 && read(u, back, 1) == 1 && back[0] == '2',
	   "a connection that stood goes on");
	close(u);
	ok(ports_drop(&ports, &port) < 0, "nobody can give up what is not published");
	is_str(err_text(), "no such port is published", "and hears so");
	err_clear();
	ports_init(&more);
	ok(ports_bind(&pool, &port, 1, &more) == 0, "the ports are free again");
	ports_unbind(&more);
}

/* How often has the proxy slept? */
static long switches(void)
{
	char path[40], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", ports.pid);
	if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) < 0)
		return -1;
	at = strstr(text, "\nvoluntary_ctxt_switches:");
	return at ? atol(at + 25) : -1;
}

static const char *status_line(const char *name)
{
	static char text[8192];
	char path[40], *at, *end;

	snprintf(path, sizeof(path), "/proc/%d/status", ports.pid);
	if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) < 0 || !(at = strstr(text, name)))
		return "?";
	at += strlen(name) + 1;
	end = strchr(at, '\n');
	if (end)
		*end = '\0';
	return at;
}

static void test_process(void)
{
	int fd[50];
	long before;

	for (int i = 0; i < 50; i++) {
		fd[i] = dial("127.0.0.1", OUT + ECHO);
		send(fd[i], "x", 1, MSG_NOSIGNAL);
		recv(fd[i], &(char){ 0 }, 1, 0);
	}
	usleep(20000);
	before = switches();
	usleep(300000);
	ok(before > 0 && switches() == before, "with 50 idle connections it sleeps");
	for (int i = 0; i < 50; i++)
		close(fd[i]);
	is_str(status_line("Name:"), "cinit:ports", "its name");
	is_str(status_line("\nCapEff:"), "0000000000000000", "no capability is effective");
	is_str(status_line("\nCapPrm:"), "0000000000000000", "nor permitted");
	is_str(status_line("\nNoNewPrivs:"), "1", "nor to be had");
	is_str(status_line("\nSeccomp:"), "2", "it has a filter");
}

static void test_killed(void)
{
	pid_t before = ports.pid;
	int fd = dial("127.0.0.1", OUT + ECHO);
	char c;

	send(fd, "x", 1, MSG_NOSIGNAL);
	read(fd, &c, 1);
	/* As if it had lived for long. */
	ports.started_ns -= 5000000000;
	kill(before, SIGKILL);
	struct pollfd p = { ports.pidfd, POLLIN, 0 };
	ok(poll(&p, 1, 20000) == 1, "the monitor sees that it was killed");
	ports_died(&ports);
	ok(ports.pid > 0 && ports.pid != before, "another one starts");
	ok(read(fd, &c, 1) <= 0, "connections through the first are gone");
	close(fd);
	is_str(ask("127.0.0.1", OUT + ECHO, "again"), "again", "new ones are served");
	kill(ports.pid, SIGKILL);
	p.fd = ports.pidfd;
	poll(&p, 1, 20000);
	ports_died(&ports);
	ok(ports.pid == 0, "one that dies at once is not started again");
	is_str(ask("127.0.0.1", OUT + ECHO, ""), "refused", "and its ports are given up");
}

/* The monitor, killed: a process that starts a proxy and is no more. */
static void test_monitor_killed(void)
{
	int told[2];
	pid_t proxy = 0;
	char path[40];

	pipe(told);
	pid_t monitor = fork();
	if (monitor == 0) {
		if (!start_proxy(false))
			_exit(1);
		write(told[1], &ports.pid, sizeof(ports.pid));
		pause();
	}
	close(told[1]);
	ok(read_full(told[0], &proxy, sizeof(proxy)) == sizeof(proxy), "a monitor with a proxy");
	close(told[0]);
	kill(monitor, SIGKILL);
	waitpid(monitor, NULL, 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", proxy);
	char text[512] = "";
	for (int i = 0; i < 1000; i++) {
		/* Its new parent may let it lie. */
		if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) < 0 || strstr(text, ") Z"))
			break;
		usleep(10000);
	}
	ok(access(path, F_OK) < 0 || strstr(text, ") Z"),
	   "the monitor is killed: the proxy is gone");
	is_str(ask("127.0.0.1", OUT + ECHO, ""), "refused", "and the ports are free");
}

/* With few descriptors: who does not fit in waits, and is served in the end. */
static void test_limit(void)
{
	int status, fd[200];

	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit few = { 180, 180 };
		char buf[2];
		bool first = true, rest = true;

		setrlimit(RLIMIT_NOFILE, &few);
		if (!start_proxy(false))
			_exit(3);
		pid_t client = fork();
		if (client == 0) {
			for (int i = 0; i < 70; i++) {
				fd[i] = dial("127.0.0.1", OUT + ECHO);
				if (fd[i] < 0)
					_exit(4);
				send(fd[i], "ab", 2, MSG_NOSIGNAL);
			}
			usleep(200000);
			/* The last one must be waiting, or the test shows nothing. */
			rest &= recv(fd[69], buf, 2, MSG_DONTWAIT) < 0;
			for (int i = 0; i < 70; i++) {
				first &= read_full(fd[i], buf, 2) == 2;
				close(fd[i]);
			}
			_exit(first && rest ? 0 : first ? 1 : 2);
		}
		waitpid(client, &status, 0);
		ports_end(&ports);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "who does not fit in is served when others have gone");
}

static void test_all(bool lease)
{
	printf("# %s\n", lease ? "with a lease" : "without a lease");
	if (!ok(start_proxy(lease), "the proxy starts"))
		return;
	publish(ECHO, IPPROTO_UDP, NULL);
	publish(WHO, IPPROTO_UDP, "127.0.0.1");
	publish(LOCAL_ECHO, IPPROTO_UDP, NULL);
	test_echo();
	test_places(lease);
	test_halves();
	test_many();
	test_full();
	test_udp();
	test_add_drop();
	test_process();
	if (!lease) {
		test_reset();
		test_late();
		test_killed();
	}
	ports_end(&ports);
	is_str(ask("127.0.0.1", OUT + ECHO, ""), "refused", "after its end the port is free");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (!start_container()) {
		skip("no namespaces to be had here: %s", strerror(errno));
		ok(1, "nothing to be tried");
		return done();
	}
	test_all(false);
	test_monitor_killed();
	test_limit();
	test_all(true);
	close(order);
	waitpid(container, NULL, 0);
	return done();
}
