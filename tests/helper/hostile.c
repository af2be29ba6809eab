/* tests/helper/hostile.c - a client of the privileged helper that is up to no good.
 *
 * Installed like cinit (capabilities on the file, or set-user-ID root) it begins as
 * cinit does, with priv_start(), and then does what it likes with its end of the
 * connection: all that somebody can do who drives a launcher by ptrace, and more.
 * tests/helper/run starts it as an unprivileged user. Where a scenario ends the
 * connection the program executes itself again for the next one.
 *
 *	hostile SCENARIO [ARG]	prints claims, one a line
 *
 * STRANGER in the environment is a process of another user's. Descriptors that it could
 * not have opened itself: 8 the network namespace of another user's container, 10 a network
 * namespace of root's. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/helper/helper.h"
#include "tests/unit/tap.h"

/* As main.c has it. */
__attribute__((constructor(101))) static void early(void)
{
	init_block_signals();
	priv_start();
	sys_sigprocmask(SIG_SETMASK, &init_caller_mask, NULL);
}

enum { FIRST = 200000000, COUNT = 65536 }; /* the caller's ids, by tests/helper/run */

static struct priv_req req;
static struct priv_reply reply;

/* A claim of success; the words if it does not hold. */
static void good(bool held, const char *claim)
{
	if (!ok(held, "%s", claim))
		printf("# %s\n", err_text());
}

/* ---- children in namespaces of their own ---- */

static pid_t child(int flags)
{
	int gate[2];
	char byte;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		priv_forget();
		if (unshare(flags) < 0 || write(gate[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 1)
		printf("# a child in new namespaces did not come up\n");
	close(gate[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int ns_of(pid_t pid, const char *kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool has_maps(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	return fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) > 0;
}

/* ---- whole frames ---- */

/* Send N bytes of the request with NFDS copies of FD; true: the helper has hung up. */
static bool hangs_up(size_t n, size_t nfds, int fd)
{
	int fds[250];
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(fds))];
	} control;
	static char bytes[70000];
	struct iovec iov = { bytes, n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	char byte;

	memcpy(bytes, &req, sizeof(req));
	for (size_t i = 0; i < nfds; i++)
		fds[i] = fd;
	if (nfds) {
		memset(&control, 0, sizeof(control));
		h.msg_control = &control;
		h.msg_controllen = (socklen_t)CMSG_SPACE(nfds * sizeof(int));
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = (socklen_t)CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, nfds * sizeof(int));
	}
	if (sendmsg(priv_link.sock, &h, MSG_NOSIGNAL) < 0) {
		printf("# cannot send %zu bytes: %s\n", n, strerror(errno));
		return false;
	}
	ssize_t got = recv(priv_link.sock, &byte, 1, 0);
	return got == 0 || (got < 0 && errno == ECONNRESET);
}

static const struct {
	const char *what;
	uint32_t type, size;
	long n; /* bytes besides a head and SIZE */
	size_t nfds;
} frames[] = {
	{ "a message of nothing", 0, 0, -8, 0 },
	{ "one byte", 1, 0, -7, 0 },
	{ "a head alone", PRIV_MAP_IDS, sizeof(struct priv_map_ids),
	  -(long)sizeof(struct priv_map_ids), 1 },
	{ "type 0", 0, 0, 0, 0 },
	{ "a type too high", PRIV_TYPES, 0, 0, 0 },
	{ "the highest type", UINT32_MAX, 0, 0, 0 },
	{ "a byte too few", PRIV_MAP_IDS, sizeof(struct priv_map_ids), -1, 1 },
	{ "a byte too many", PRIV_MAP_IDS, sizeof(struct priv_map_ids), 1, 1 },
	{ "another type's size", PRIV_MAP_IDS, sizeof(struct priv_network), 0, 1 },
	{ "65,536 bytes", PRIV_NETWORK, sizeof(struct priv_network),
	  65536 - (long)offsetof(struct priv_req, u) - (long)sizeof(struct priv_network), 0 },
	{ "no descriptor", PRIV_MAP_IDS, sizeof(struct priv_map_ids), 0, 0 },
	{ "two descriptors", PRIV_MAP_IDS, sizeof(struct priv_map_ids), 0, 2 },
	{ "a descriptor where none belongs", PRIV_NETWORK, sizeof(struct priv_network), 0, 1 },
	{ "202 descriptors", PRIV_PUBLISH, sizeof(struct priv_publish), 0, 202 },
	{ "250 descriptors", PRIV_PUBLISH, sizeof(struct priv_publish), 0, 250 },
	{ "no namespace to publish for", PRIV_PUBLISH, sizeof(struct priv_publish), 0, 0 },
};

static void try_frames(char **argv)
{
	size_t i = argv[2] ? strtoul(argv[2], NULL, 10) : 0;
	char next[24];

	if (i >= sizeof(frames) / sizeof(*frames))
		return;
	req.type = frames[i].type;
	req.size = frames[i].size;
	ok(hangs_up((size_t)((long)offsetof(struct priv_req, u) + frames[i].size + frames[i].n),
		    frames[i].nfds, 2),
	   "%s ends the connection", frames[i].what);
	snprintf(next, sizeof(next), "%zu", i + 1);
	execl("/proc/self/exe", argv[0], argv[1], next, NULL);
	ok(false, "executes itself again");
}

/* ---- descriptors for a namespace ---- */

static bool joins(int fd)
{
	static const char refused[] = "this is no container's network namespace of yours";
	int rules = -1;

	memset(&req, 0, sizeof(req));
	req.type = PRIV_NET_JOIN;
	strcpy(req.u.net_join.net, "default");
	strcpy(req.u.net_join.who, "hostile");
	strcpy(req.u.net_join.ifname, "eth0");
	bool done = priv_ask(&req, &fd, 1, &reply, &rules) == 0;
	/* One text for all that it may not have, and for what is not there. */
	if (!done && strcmp(err_text(), refused) != 0)
		ok(false, "it is refused like all others: %s", err_text());
	err_clear();
	fd_close(&rules);
	return done;
}

static void try_netns(void)
{
	pid_t mine = child(CLONE_NEWUSER | CLONE_NEWNET), shared = child(CLONE_NEWUSER);
	int pipes[2], pair[2];

	ok(joins(ns_of(mine, "net")), "a container's namespace is joined");
	ok(!joins(ns_of(getpid(), "net")), "the host's is not");
	ok(!joins(ns_of(shared, "net")), "nor by way of a child that shares it");
	ok(!joins(ns_of(mine, "user")), "a user namespace is not");
	ok(!joins(ns_of(mine, "mnt")), "a mount namespace is not");
	ok(!joins(8), "another user's container is not");
	ok(!joins(10), "a namespace of root's is not");
	ok(!joins(open("/dev/null", O_RDWR)), "a device is not");
	ok(!joins(open("/dev/zero", O_PATH)), "a path is not");
	ok(!joins(open("/etc/passwd", O_RDONLY)), "a file is not");
	ok(!joins(open("/proc/self", O_RDONLY)), "a directory of /proc is not");
	ok(pipe(pipes) == 0 && !joins(pipes[0]), "a pipe is not");
	ok(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && !joins(pair[0]), "a socket is not");
	ok(!joins(priv_link.sock), "the connection itself is not");
	ok(!joins(sys_pidfd_open(mine, 0)), "a pidfd is not");
	end(mine);
	end(shared);
}

/* ---- id maps ---- */

static bool maps(int pidfd, uint32_t outside, uint32_t count)
{
	memset(&req, 0, sizeof(req));
	req.type = PRIV_MAP_IDS;
	req.u.map_ids.uids.n = req.u.map_ids.gids.n = 1;
	req.u.map_ids.uids.row[0] = (struct idmap){ 0, outside, count };
	req.u.map_ids.gids.row[0] = (struct idmap){ 0, outside, count };
	err_clear();
	return priv_ask(&req, &pidfd, 1, NULL, NULL) == 0;
}

static void try_ids(void)
{
	pid_t good = child(CLONE_NEWUSER), plain = child(0), dead = child(CLONE_NEWUSER);
	int good_fd = sys_pidfd_open(good, 0), dead_fd = sys_pidfd_open(dead, 0);
	uint32_t own = getuid();

	end(dead);
	ok(!maps(sys_pidfd_open(plain, 0), FIRST, 10), "a child in our own namespace is refused");
	ok(!maps(sys_pidfd_open(getpid(), 0), FIRST, 10), "so are we");
	ok(!maps(sys_pidfd_open(1, 0), FIRST, 10), "and process 1");
	ok(!maps(sys_pidfd_open(priv_link.pid, 0), FIRST, 10), "and the helper");
	ok(!maps(sys_pidfd_open(atoi(getenv("STRANGER")), 0), FIRST, 10), "and a stranger");
	ok(!maps(dead_fd, FIRST, 10), "and one that has ended");
	ok(!maps(2, FIRST, 10) && !maps(ns_of(good, "user"), FIRST, 10),
	   "and what is no process at all");
	ok(!maps(good_fd, 0, 1), "root is not to be had");
	ok(!maps(good_fd, 0, COUNT), "nor all that there are");
	ok(!maps(good_fd, own + 1, 1), "nor another user");
	ok(!maps(good_fd, own, 2), "nor one more than oneself");
	ok(!maps(good_fd, FIRST - 1, 2) && !maps(good_fd, FIRST + COUNT - 1, 2),
	   "nor what is beside one's range");
	ok(!maps(good_fd, FIRST + COUNT, 1), "nor the neighbour's range");
	ok(!maps(good_fd, UINT32_MAX, 1) && !maps(good_fd, FIRST, UINT32_MAX) &&
		   !maps(good_fd, UINT32_MAX - 1, 3) && !maps(good_fd, FIRST, 0),
	   "nor what wraps");
	ok(!has_maps(good), "nothing of that was written");
	ok(maps(good_fd, FIRST, COUNT), "one's range is");
	ok(has_maps(good), "and it is written");
	ok(!maps(good_fd, FIRST, 10), "once");
	end(good);
	end(plain);
}

/* A user in a group that is meant to keep him from something cannot leave it. */
static void try_groups(void)
{
	pid_t good = child(CLONE_NEWUSER);
	int fd = sys_pidfd_open(good, 0);
	char path[64], text[16] = "";

	memset(&req, 0, sizeof(req));
	req.type = PRIV_MAP_IDS;
	req.u.map_ids.uids.n = req.u.map_ids.gids.n = 1;
	req.u.map_ids.uids.row[0] = (struct idmap){ 0, getuid(), 1 };
	req.u.map_ids.gids.row[0] = (struct idmap){ 0, getgid(), 1 };
	ok(priv_ask(&req, &fd, 1, NULL, NULL) == 0, "one's own group is mapped");
	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)good);
	fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1);
	is_str(text, "deny\n", "without the right to leave groups");
	end(good);
}

/* ---- ports ---- */

static int bound(int domain, int type, int port, int reuse)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (reuse)
		setsockopt(fd, SOL_SOCKET, reuse, &one, sizeof(one));
	if (bind(fd, domain == AF_INET6 ? (void *)&a6 : (void *)&a4,
		 domain == AF_INET6 ? sizeof(a6) : sizeof(a4)) < 0)
		printf("# bind %d: %s\n", port, strerror(errno));
	if (type == SOCK_STREAM && port)
		listen(fd, 1);
	return fd;
}

static struct net_lease lease;
static int publish_netns;

static bool publishes(int port, int proto, int proof)
{
	struct priv_publish *b = &req.u.publish;
	int fds[2] = { publish_netns, proof }, rules = -1;

	memset(&req, 0, sizeof(req));
	req.type = PRIV_PUBLISH;
	*b = (struct priv_publish){
		.host_index = lease.host_index, .ip4 = lease.ip4, .nports = 1, .nproofs = 1
	};
	b->ports[0] = (struct net_port){ .proto = (uint8_t)proto,
					 .host_first = (uint16_t)port,
					 .inside_first = 80,
					 .count = 1 };
	err_clear();
	bool done = priv_ask(&req, fds, 2, NULL, &rules) == 0;
	fd_close(&rules);
	return done;
}

/* A socket of PORT that was bound in a namespace of its own. */
static int bound_elsewhere(int port)
{
	int pair[2], fd = -1;
	char byte = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pid_t pid = fork();
	if (pid == 0) {
		priv_forget();
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
			int sock = bound(AF_INET6, SOCK_STREAM, port, 0);
			fd_send(pair[1], &byte, 1, &sock, 1);
		}
		_exit(0);
	}
	fd_recv(pair[0], &byte, 1, &fd, 1);
	waitpid(pid, NULL, 0);
	return fd;
}

static void try_ports(void)
{
	pid_t mine = child(CLONE_NEWUSER | CLONE_NEWNET),
	      other = child(CLONE_NEWUSER | CLONE_NEWNET);
	int netns = ns_of(mine, "net"), tcp = IPPROTO_TCP, udp = IPPROTO_UDP;
	const int reuse = SO_REUSEPORT;

	publish_netns = netns;
	ok(joins(netns), "a container is on a network");
	lease = reply.u.lease;
	good(publishes(8080, tcp, bound(AF_INET6, SOCK_STREAM, 8080, 0)),
	     "a bound port is published");
	good(publishes(8081, udp, bound(AF_INET6, SOCK_DGRAM, 8081, 0)), "and one of UDP");
	ok(!publishes(8082, tcp, 2), "not by a file");
	ok(!publishes(8082, tcp, priv_link.sock), "not by the connection");
	ok(!publishes(8082, tcp, bound(AF_INET6, SOCK_STREAM, 8083, 0)), "not by another port");
	ok(!publishes(8082, tcp, bound(AF_INET6, SOCK_STREAM, 0, 0)), "not by an unbound socket");
	ok(!publishes(8084, tcp, bound(AF_INET6, SOCK_DGRAM, 8084, 0)), "not by another protocol");
	ok(!publishes(8085, udp, bound(AF_INET6, SOCK_STREAM, 8085, 0)), "not the other way round");
	ok(!publishes(8086, tcp, bound(AF_INET, SOCK_STREAM, 8086, 0)), "not by one family of two");
	ok(!publishes(8087, tcp, bound(AF_INET6, SOCK_STREAM, 8087, reuse)),
	   "not by a port that may be shared");
	ok(!publishes(8087, udp, bound(AF_INET6, SOCK_DGRAM, 8087, SO_REUSEADDR)),
	   "not by one of UDP that may be shared");
	ok(!publishes(8088, tcp, bound_elsewhere(8088)), "not by a port of another namespace");
	ok(!publishes(80, tcp, bound_elsewhere(80)), "not a port below 1024");
	publish_netns = ns_of(other, "net");
	ok(!publishes(8090, tcp, bound(AF_INET6, SOCK_STREAM, 8090, 0)),
	   "not for another container's interface");
	publish_netns = netns;
	lease.host_index = 1;
	ok(!publishes(8091, tcp, bound(AF_INET6, SOCK_STREAM, 8091, 0)), "not for lo");
	lease = reply.u.lease;
	publish_netns = 8;
	ok(!publishes(8092, tcp, bound(AF_INET6, SOCK_STREAM, 8092, 0)),
	   "not for another user's container");
	publish_netns = netns;
	lease = reply.u.lease;
	end(mine);
	end(other);
}

static void try_address(void)
{
	pid_t mine = child(CLONE_NEWUSER | CLONE_NEWNET);

	publish_netns = ns_of(mine, "net");
	ok(joins(publish_netns), "a container is on a network");
	lease = reply.u.lease;
	lease.ip4.byte[3] ^= 1;
	ok(!publishes(8093, IPPROTO_TCP, bound(AF_INET6, SOCK_STREAM, 8093, 0)),
	   "not for an address that is not routed to it");
	memcpy(lease.ip4.byte, "\177\0\0\1", 4);
	ok(!publishes(8094, IPPROTO_TCP, bound(AF_INET6, SOCK_STREAM, 8094, 0)),
	   "nor for 127.0.0.1");
	end(mine);
}

/* ---- quotas and crowds ---- */

static int number(const char *name, int fallback)
{
	const char *text = getenv(name);

	return text ? atoi(text) : fallback;
}

/* Join N containers to NET; say what each got, and hold them until stdin ends. */
static void try_crowd(void)
{
	int n = number("N", 1), rules[256], netns[256];
	const char *who = getenv("WHO"), *net = getenv("NET"), *owner = getenv("OWNER");
	pid_t pid[256];
	char a[52], b[52], byte;

	for (int i = 0; i < n && i < 256; i++) {
		struct priv_net_join *j = &req.u.net_join;

		pid[i] = child(CLONE_NEWUSER | CLONE_NEWNET);
		netns[i] = ns_of(pid[i], "net");
		memset(&req, 0, sizeof(req));
		req.type = PRIV_NET_JOIN;
		snprintf(j->net, sizeof(j->net), "%s", net ? net : "default");
		snprintf(j->owner, sizeof(j->owner), "%s", owner ? owner : "");
		snprintf(j->who, sizeof(j->who), "%s%d", who ? who : "c", i);
		strcpy(j->ifname, "eth0");
		if (priv_ask(&req, &netns[i], 1, &reply, &rules[i]) < 0) {
			printf("refused %s\n", err_text());
			err_clear();
		} else {
			printf("joined %s %s %s\n", reply.u.lease.host_if,
			       net_addr_text(a, &reply.u.lease.ip4, false),
			       net_addr_text(b, &reply.u.lease.ip6, false));
		}
	}
	puts("all");
	if (getenv("HOLD"))
		while (read(0, &byte, 1) > 0)
			;
	for (int i = 0; i < n && i < 256; i++)
		end(pid[i]);
}

/* Make a network called WHO with what the environment says of it. */
static void try_make(void)
{
	struct net_def *d = &req.u.network.def;
	const char *who = getenv("WHO"), *subnet = getenv("SUBNET"), *parent = getenv("PARENT");
	char a[52], b[52];

	req.type = PRIV_NETWORK;
	req.u.network.verb = (uint32_t)number("VERB", PRIV_NETWORK_MAKE);
	snprintf(d->name, sizeof(d->name), "%s", who ? who : "default");
	d->driver = (uint8_t)number("DRIVER", NET_ROUTED);
	d->owner = (uint32_t)number("FORGED", 0); /* nobody's business but the helper's */
	snprintf(d->parent, sizeof(d->parent), "%s", parent ? parent : "");
	if (subnet)
		net_addr_parse(subnet, true, &d->subnet4);
	if (priv_ask(&req, NULL, 0, &reply, NULL) < 0)
		printf("refused %s\n", err_text());
	else
		printf("made %s %u %s %s %u\n", reply.u.def.name, reply.u.def.id,
		       net_addr_text(a, &reply.u.def.subnet4, true),
		       net_addr_text(b, &reply.u.def.subnet6, true), reply.u.def.owner);
}

/* ---- the process ---- */

static bool denied(const char *file)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)priv_link.pid, file);
	return fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) < 0 &&
	       (errno == EACCES || errno == EPERM);
}

static bool answers(void)
{
	req.type = PRIV_NETWORK;
	req.u.network.verb = PRIV_NETWORK_NEXT;
	return priv_ask(&req, NULL, 0, &reply, NULL) == 0;
}

static void try_reach(void)
{
	/* Kernel: SIGCONT reaches everybody of the same session; kill(2). It stops nobody. */
	static const int signals[] = { SIGSTOP, SIGKILL, SIGTERM, SIGALRM, SIGSEGV, SIGXFSZ };
	static const char *const files[] = { "environ", "mem",  "maps", "syscall",
					     "io",      "auxv", "fd/3" };
	const struct rlimit none = { 0, 0 };
	char byte, path[64];
	struct iovec here = { &byte, 1 }, there = { &req, 1 };
	pid_t pid = priv_link.pid;

	ok(answers(), "the helper answers");
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		ok(kill(pid, signals[i]) < 0 && errno == EPERM, "signal %d is refused", signals[i]);
	ok(ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 && errno == EPERM, "it cannot be traced");
	ok(ptrace(PTRACE_ATTACH, pid, 0, 0) < 0 && errno == EPERM, "or stopped to be");
	ok(prlimit(pid, RLIMIT_FSIZE, &none, NULL) < 0 && errno == EPERM,
	   "its limits cannot be changed");
	ok(setpriority(PRIO_PROCESS, (id_t)pid, 19) < 0, "nor its priority");
	ok(process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 && errno == EPERM,
	   "its memory cannot be read");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		ok(denied(files[i]), "/proc/PID/%s is refused", files[i]);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	ok(open(path, O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES,
	   "and the list of its descriptors");
	ok(answers(), "it answers still");
}

/* Before it has moved it is the caller's to stop and kill: that gains him nothing. */
static void try_early(void)
{
	pid_t good = child(CLONE_NEWUSER), pid = priv_link.pid;
	int good_fd = sys_pidfd_open(good, 0);

	ok(ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 && errno == EPERM,
	   "it cannot be traced even while it is the caller's");
	ok(denied("environ") && denied("fd/3"), "or looked into");
	ok(kill(pid, SIGSTOP) == 0 && kill(pid, SIGCONT) == 0, "it can be stopped");
	for (int sig = 1; sig < 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGALRM)
			kill(pid, sig);
	pid_t storm = fork();
	if (storm == 0)
		for (;;) {
			kill(pid, SIGSTOP);
			kill(pid, SIGCONT);
		}
	if (!ok(maps(good_fd, FIRST, 10), "a storm of signals is not heard, of SIGSTOP delays"))
		printf("# %s\n", err_text());
	end(storm);
	kill(pid, SIGCONT);
	ok(!maps(good_fd, FIRST, 10), "it answers still");
	ok(kill(pid, SIGKILL) == 0 && !maps(good_fd, FIRST, 10), "killed, it is gone");
	is_str(err_text(), "the privileged helper has ended", "which is said");
	end(good);
}

/* Limits that were put on it while it was the caller's do not last. */
static void try_limits(void)
{
	const struct rlimit low = { 1, RLIM_INFINITY };
	pid_t mine = child(CLONE_NEWUSER | CLONE_NEWNET);

	prlimit(priv_link.pid, RLIMIT_FSIZE, &low, NULL);
	ok(joins(ns_of(mine, "net")), "a limit that can be raised again is");
	end(mine);
}

/* ---- what it keeps, and what the launcher has left ---- */

static bool status_is(const char *key, const char *want)
{
	char path[64], text[4096], line[200];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)priv_link.pid);
	if (fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1) < 0)
		return false;
	snprintf(line, sizeof(line), "\n%s:\t%s\n", key, want);
	bool same = strstr(text, line) != NULL;
	if (!same)
		printf("# no \"%s: %s\" in %s\n", key, want, text);
	return same;
}

static void try_state(void)
{
	static const char own[] = "1878982655\t1878982655\t1878982655\t1878982655",
			  none[] = "0000000000000000";
	char path[64], text[512];

	ok(answers(), "the helper has moved");
	ok(status_is("Uid", own) && status_is("Gid", own) && status_is("Groups", " "),
	   "to ids of its own");
	ok(status_is("CapPrm", "0000000000001000") && status_is("CapEff", none) &&
		   status_is("CapInh", none) && status_is("CapAmb", none),
	   "with one capability, which is not in effect");
	ok(status_is("NoNewPrivs", "1") && status_is("Seccomp", "2"), "and no way to more");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)priv_link.pid);
	ssize_t n = fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1);
	ok(n > 0 && !memmem(text, (size_t)n, "state", 5), "no words of its caller's are in it");
}

static void try_launcher(void)
{
	uid_t u[3];
	gid_t g[3];
	char text[4096];

	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	ok(u[0] == u[1] && u[1] == u[2] && u[0] != 0, "one uid, the caller's");
	ok(g[0] == g[1] && g[1] == g[2] && g[0] != 0, "one gid, the caller's");
	ok(fd_read_file(AT_FDCWD, "/proc/self/status", text, sizeof(text) - 1) > 0 &&
		   strstr(text, "\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
				"CapEff:\t0000000000000000\n") &&
		   strstr(text, "\nCapAmb:\t0000000000000000\n"),
	   "no capability in any set");
	ok(setresuid((uid_t)-1, 0, (uid_t)-1) < 0 && setresgid((gid_t)-1, 0, (gid_t)-1) < 0,
	   "and no way back");
	ok(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1, "dumpable again");
	ok(open("/proc/self/environ", O_RDONLY) >= 0, "and the owner of itself");
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "netns", try_netns },       { "ids", try_ids },         { "groups", try_groups },
	{ "ports", try_ports },       { "address", try_address }, { "reach", try_reach },
	{ "early", try_early },       { "limits", try_limits },   { "state", try_state },
	{ "launcher", try_launcher }, { "crowd", try_crowd },     { "make", try_make },
};

int main(int argc, char **argv)
{
	const char *why = priv_missing();

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (why) {
		printf("missing: %s\n", why);
		return 1;
	}
	if (argc > 1 && strcmp(argv[1], "frames") == 0)
		try_frames(argv);
	for (size_t i = 0; argc > 1 && i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (strcmp(argv[1], scenarios[i].name) == 0)
			scenarios[i].run();
	priv_end();
	puts("end");
	return 0;
}
