/* tests/bench/traffic.c - both ends of a network that is measured.
 *
 *	traffic serve PORT			TCP and UDP on all addresses; says "ready"
 *	traffic up|down ADDR PORT MS		bytes one way for MS: Gbit/s
 *	traffic rr tcp|udp ADDR PORT ROUNDS	one byte there and back: median us
 *	traffic conns ADDR PORT MS		connect, ask, be answered, close: per second
 *	traffic cpu				ms that all processes of this /proc have used
 *
 * The server has one connection at a time, and takes what to do with it from the
 * first byte: whoever measures has the machine to himself anyway. Rates count the
 * bytes that have arrived, never those that lie in a buffer.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 128 * 1024, ROUNDS = 100000 };

static char buf[CHUNK];
static double took[ROUNDS];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static socklen_t address(struct sockaddr_storage *a, const char *text, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	uint16_t p = htons((uint16_t)atoi(port));

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = p;
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
		errno = EINVAL;
		die(text);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = p;
	return sizeof(*v6);
}

static int connected(int type, const char *text, const char *port)
{
	struct sockaddr_storage a;
	const struct timeval patience = { .tv_sec = 10 };
	socklen_t len = address(&a, text, port);
	int one = 1, fd = socket(a.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, len) < 0)
		die(text);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

/* ---- server ---- */

static int bound(int type, const char *port)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a, "::", port);
	int one = 1, fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, len) < 0)
		die("bind");
	return fd;
}

static void echo_udp(int fd)
{
	struct sockaddr_storage peer;

	for (;;) {
		socklen_t len = sizeof(peer);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&peer, &len);

		if (n > 0)
			sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&peer, len);
	}
}

static void serve_one(int fd)
{
	uint64_t bytes = 0;
	ssize_t n;
	char what;

	if (recv(fd, &what, 1, 0) != 1)
		return;
	switch (what) {
	case 'u':
		while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
			bytes += (uint64_t)n;
		send(fd, &bytes, sizeof(bytes), MSG_NOSIGNAL);
		break;
	case 'd':
		while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
			;
		break;
	case 'r':
		while (recv(fd, buf, 1, 0) == 1 && send(fd, buf, 1, MSG_NOSIGNAL) == 1)
			;
		break;
	case 'c':
		send(fd, &what, 1, MSG_NOSIGNAL);
		recv(fd, &what, 1, 0); /* the client closes first and keeps TIME_WAIT */
		break;
	}
}

static int serve(const char *port)
{
	int one = 1, udp = bound(SOCK_DGRAM, port), tcp = bound(SOCK_STREAM, port);

	if (listen(tcp, 128) < 0)
		die("listen");
	setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		echo_udp(udp);
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(tcp, NULL, NULL);

		if (fd < 0)
			continue;
		serve_one(fd);
		close(fd);
	}
}

/* ---- client ---- */

static int up(const char *to, const char *port, double ms)
{
	int fd = connected(SOCK_STREAM, to, port);
	double start, end;
	uint64_t bytes = 0;

	send(fd, "u", 1, 0);
	start = now_us();
	while (now_us() < start + ms * 1e3)
		if (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) < 0)
			die("send");
	shutdown(fd, SHUT_WR);
	if (recv(fd, &bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
		die("the server's count");
	end = now_us();
	printf("%.4f %.0f\n", (double)bytes * 8e-3 / (end - start), (double)bytes);
	return 0;
}

static int down(const char *to, const char *port, double ms)
{
	int fd = connected(SOCK_STREAM, to, port);
	double start, bytes = 0;

	send(fd, "d", 1, 0);
	start = now_us();
	while (now_us() < start + ms * 1e3) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n <= 0)
			die("recv");
		bytes += (double)n;
	}
	printf("%.4f %.0f\n", bytes * 8e-3 / (now_us() - start), bytes);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static int request_response(const char *proto, const char *to, const char *port, int rounds)
{
	int tcp = !strcmp(proto, "tcp");
	int fd = connected(tcp ? SOCK_STREAM : SOCK_DGRAM, to, port);
	char c = 'r';

	if (rounds < 1 || rounds > ROUNDS)
		return 2;
	if (tcp)
		send(fd, &c, 1, 0);
	for (int i = -20; i < rounds; i++) {
		double start = now_us();

		if (send(fd, &c, 1, MSG_NOSIGNAL) != 1 || recv(fd, &c, 1, 0) != 1)
			die(proto);
		took[i < 0 ? 0 : i] = now_us() - start;
	}
	qsort(took, (size_t)rounds, sizeof(*took), by_size);
	printf("%.2f %.2f\n", took[rounds / 2], took[rounds * 99 / 100]);
	return 0;
}

static int connections(const char *to, const char *port, double ms)
{
	double start = now_us(), n = 0;
	char c;

	while (now_us() < start + ms * 1e3) {
		int fd = connected(SOCK_STREAM, to, port);

		if (send(fd, "c", 1, MSG_NOSIGNAL) != 1 || recv(fd, &c, 1, 0) != 1)
			die("connection");
		close(fd);
		n++;
	}
	printf("%.1f %.0f\n", n * 1e6 / (now_us() - start), n);
	return 0;
}

/* proc_pid_stat(5): utime stime cutime cstime are fields 14 to 17. */
static int cpu(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	double ticks = 0;

	while (d && (e = readdir(d)) != NULL) {
		unsigned long t[4];
		char file[64], text[1024], *end;
		size_t n;
		FILE *f;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(file, sizeof(file), "/proc/%.16s/stat", e->d_name);
		f = fopen(file, "re");
		if (!f)
			continue;
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = 0;
		end = strrchr(text, ')');
		if (end &&
		    sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
			   &t[0], &t[1], &t[2], &t[3]) == 4)
			ticks += (double)(t[0] + t[1] + t[2] + t[3]);
	}
	printf("%.0f\n", ticks * 1e3 / (double)sysconf(_SC_CLK_TCK));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "serve") && argc == 3)
		return serve(argv[2]);
	if (!strcmp(what, "up") && argc == 5)
		return up(argv[2], argv[3], atof(argv[4]));
	if (!strcmp(what, "down") && argc == 5)
		return down(argv[2], argv[3], atof(argv[4]));
	if (!strcmp(what, "rr") && argc == 6)
		return request_response(argv[2], argv[3], argv[4], atoi(argv[5]));
	if (!strcmp(what, "conns") && argc == 5)
		return connections(argv[2], argv[3], atof(argv[4]));
	if (!strcmp(what, "cpu"))
		return cpu();
	fprintf(stderr, "usage: traffic serve|up|down|rr|conns|cpu; see its source\n");
	return 2;
}
