/* tests/unit/ctl.c - runtime/ctl.c: what a monitor answers, and what it does not fall for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/ctl.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/cinit-unit-ctl.XXXXXX";
static int dirfd_;
static struct pool pool;

static _Noreturn void monitor(void)
{
	struct net_egress row = { .allow = 1, .port_first = 443 };
	struct spec spec;
	struct box b = { .pool = &pool, .spec = &spec };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	spec_init(&spec, &pool);
	spec.id = "0123456789ab";
	spec.name = "web";
	spec.rootfs = "/";
	spec.argv = (const char *[]){ "true", NULL };
	spec.env = (const char *[]){ NULL };
	spec.egress = &row;
	spec.negress = 1;
	spec.egress_deny = true;
	b.names.table = b.names.fifo = b.names.bell = b.names.peer = b.hosts = -1;
	b.record.dir = dirfd_;
	strcpy(b.record.name, "web");
	b.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ports_init(&b.ports);
	ctl_start(&b);
	for (;;) {
		struct pollfd p[1 + CTL_CLIENTS];

		ctl_want(b.ctl, p);
		poll(p, 1 + CTL_CLIENTS, -1);
		ctl_move(&b, p);
	}
}

static int reach(void)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ctl_address(&a, dirfd_, "web");
	for (int tries = 0; tries < 500; tries++) {
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		usleep(10000);
	}
	close(fd);
	return -1;
}

static const char *ask(int sock, const struct ctl_req *req, int fd, struct ctl_reply *reply,
		       int *got)
{
	if (fd_send(sock, req, sizeof(*req), &fd, fd >= 0) < 0)
		return "hung up";
	ssize_t n = fd_recv(sock, reply, sizeof(*reply), got, got ? 1 : 0);
	if (n <= 0)
		return "hung up";
	return reply->error ? reply->text : "";
}

static uint32_t nets(int sock)
{
	const struct ctl_req req = { .type = CTL_STATE };
	struct ctl_reply reply;
	int fd = -1;

	ask(sock, &req, -1, &reply, &fd);
	fd_close(&fd);
	return reply.u.state.nnets;
}

static void test_state(void)
{
	const struct ctl_req req = { .type = CTL_STATE };
	struct ctl_reply r;
	struct stat st, here;
	int sock = reach(), fd = -1;

	ok(fstatat(dirfd_, "web.sock", &st, 0) == 0 && (st.st_mode & 07777) == 0600,
	   "the socket is its owner's alone");
	is_str(ask(sock, &req, -1, &r, &fd), "", "STATE is answered");
	is_str(r.u.state.name, "web", "with the name");
	is_str(r.u.state.id, "0123456789ab", "and the id");
	ok(r.u.state.negress == 1 && r.u.state.egress[0].port_first == 443 && r.u.state.egress_deny,
	   "what it may reach");
	ok(fstat(fd, &st) == 0 && stat("/proc/self/ns/net", &here) == 0 && st.st_ino == here.st_ino,
	   "and the namespace");
	close(fd);
	close(sock);
}

static void test_networks(void)
{
	struct ctl_req req = { .type = CTL_NET_RESERVE };
	struct ctl_reply r;
	int a = reach(), b = reach(), pair[2];
	char byte;

	is_str(ask(a, &req, -1, &r, NULL), "", "an interface's name is promised");
	is_str(r.u.ifname, "eth0", "the first");
	is_str(ask(b, &req, -1, &r, NULL), "", "another one to somebody else");
	is_str(r.u.ifname, "eth1", "is another");
	is_str(ask(b, &req, -1, &r, NULL), "", "who asks again");
	is_str(r.u.ifname, "eth1", "has the same");

	req = (struct ctl_req){ .type = CTL_NET_ADD };
	strcpy(req.u.net.lease.ifname, "eth0");
	is_str(ask(b, &req, -1, &r, NULL), "this interface was not promised", "not to this one");
	ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "rules");
	strcpy(req.u.net.lease.net, "back");
	strcpy(req.u.net.aliases, "www");
	is_str(ask(a, &req, pair[1], &r, NULL), "", "but to that one");
	close(pair[1]);
	is_int(nets(a), 1, "it is there");
	is_str(ask(a, &req, -1, &r, NULL), "this interface was not promised",
	       "a promise holds once");
	is_int(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1, "the monitor holds the rules");

	req = (struct ctl_req){ .type = CTL_NET_DROP };
	memset(req.u.ifname, 'x', sizeof(req.u.ifname));
	is_str(ask(b, &req, -1, &r, NULL), "it has no interface xxxxxxxxxxxxxxx",
	       "a name without an end is cut");
	strcpy(req.u.ifname, "eth0");
	is_str(ask(b, &req, -1, &r, NULL), "", "it is dropped, by whomever");
	is_int(nets(b), 0, "and gone");
	is_int(recv(pair[0], &byte, 1, MSG_DONTWAIT), 0, "the rules are let go");
	close(pair[0]);
	close(a);
	close(b);
}

static void test_ports(void)
{
	struct ctl_req req = { .type = CTL_PORT_ADD };
	struct ctl_reply r;
	int sock = reach(), null = open("/dev/null", O_RDWR | O_CLOEXEC);

	is_str(ask(sock, &req, null, &r, NULL), "0 ports and 1 descriptors", "no port at all");
	req.u.port.port.count = 65535;
	is_str(ask(sock, &req, null, &r, NULL), "65535 ports and 1 descriptors",
	       "not as many as said");
	req.u.port.port.count = 1;
	is_str(ask(sock, &req, -1, &r, NULL), "1 ports and 0 descriptors", "without a socket");
	req.type = CTL_PORT_DROP;
	is_str(ask(sock, &req, -1, &r, NULL), "no such port is published", "one that is not there");
	close(null);
	close(sock);
}

static void test_malformed(void)
{
	struct ctl_req req = { .type = 0 };
	struct ctl_reply r;
	char big[sizeof(req) + 1] = { CTL_STATE };
	int sock = reach();

	is_str(ask(sock, &req, -1, &r, NULL), "there is no such request", "type 0");
	req.type = CTL_TYPES;
	is_str(ask(sock, &req, -1, &r, NULL), "there is no such request", "a type too many");
	req.type = ~0u;
	is_str(ask(sock, &req, -1, &r, NULL), "there is no such request", "and the last");
	ok(send(sock, big, sizeof(big), 0) > 0 && recv(sock, big, 1, 0) <= 0,
	   "a frame too long: the line is dead");
	close(sock);
	sock = reach();
	ok(send(sock, big, 1, 0) == 1 && recv(sock, big, 1, 0) <= 0, "a frame too short");
	close(sock);
	sock = reach();
	ok(send(sock, big, 0, 0) == 0 && recv(sock, big, 1, 0) <= 0, "an empty one");
	close(sock);

	/* More than it has places for: the oldest makes room, the monitor lives. */
	int many[3 * CTL_CLIENTS];
	for (int i = 0; i < 3 * CTL_CLIENTS; i++) {
		many[i] = reach();
		nets(many[i]);
	}
	req.type = CTL_STATE;
	is_str(ask(many[0], &req, -1, &r, NULL), "hung up", "the oldest was sent away");
	is_str(ask(many[3 * CTL_CLIENTS - 1], &req, -1, &r, NULL), "", "the newest is answered");
	for (int i = 0; i < 3 * CTL_CLIENTS; i++)
		close(many[i]);
}

int main(void)
{
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return 1;
	/* A promise that is broken removes an interface: not one of this machine's. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		skip("a monitor's answers: no namespaces here: %s", strerror(errno));
		return rmdir(dir) < 0 || done();
	}
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid = fork();
	if (pid == 0)
		monitor();
	test_state();
	test_networks();
	test_ports();
	test_malformed();
	ok(waitpid(pid, NULL, WNOHANG) == 0, "the monitor has lived through all of it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (system(pool_printf(&pool, "rm -rf %s", dir)) != 0)
		return 1;
	pool_release(&pool);
	return done();
}
