/* runtime/proxy.c - the process `cinit:ports`: carries what comes to published ports on the
 * host into the container. Child of the monitor, one for a container that publishes.
 *
 * It owns its copies of the bound sockets, one end of the control socket, and everything
 * that it accepts. When proxy_main() is called all privilege is gone (ports_proxy.c). In
 * order:
 *
 *  1 epoll, tables, the sockets of clients	all that needs more than the filter allows
 *  2 its own seccomp filter: sockets, pipes, epoll, and no other call
 *  3 "ready"
 *  4 the loop: it sleeps until something happens, and ends with the monitor
 *
 * What it must never do: end because of a client or a server, spin, or hold more
 * descriptors than its limit. When there is no room it stops to accept; the kernel keeps
 * who comes in the listening socket's queue.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "lib/text.h"
#include "runtime/proxy.h"

enum {
	EVENTS = 64,
	CONNS_MAX = 32768,
	FLOWS_MAX = 4096,
	OTHER_FDS = 100, /* pipes, epoll, control socket, and some air */
	RETRY_MS = 200,  /* after "no descriptors left on this machine" */
};

int proxy_addr_family(const union proxy_addr *a)
{
	return a->family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr) ? AF_INET6 :
										  AF_INET;
}

static void set_addr(union proxy_addr *out, int family, const void *byte, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	out->family = (sa_family_t)family;
	if (family == AF_INET) {
		memcpy(&out->v4.sin_addr, byte, sizeof(out->v4.sin_addr));
		out->v4.sin_port = htons(port);
	} else {
		memcpy(&out->v6.sin6_addr, byte, sizeof(out->v6.sin6_addr));
		out->v6.sin6_port = htons(port);
	}
}

bool proxy_place(const struct proxy *p, int family, unsigned n, uint16_t port,
		 struct proxy_place *out)
{
	static const uint8_t loopback4[4] = { 127, 0, 0, 1 }, loopback6[16] = { [15] = 1 };
	bool other = n & 1, loopback = n >= 2;
	bool is4 = (family == AF_INET) != other;
	const struct net_addr *own = is4 ? &p->ports->ip4 : &p->ports->ip6;

	if (!own->family)
		return false;
	out->from.family = 0;
	if (!loopback) {
		set_addr(&out->to, own->family, own->byte, port);
		return true;
	}
	set_addr(&out->to, own->family, is4 ? loopback4 : loopback6, port);
	set_addr(&out->from, own->family, own->byte, 0);
	return true;
}

int proxy_socket(const struct proxy_place *place, int type)
{
	const int on = 1;
	AUTO_FD int fd = socket(place->to.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (place->from.family) {
		/* Kernel: else a port is taken for every destination at once, ip(7). */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		if (bind(fd, &place->from.any, proxy_addr_size(&place->from)) < 0)
			return -1;
	}
	return fd_take(&fd);
}

bool proxy_nobody_there(int err)
{
	return err == ECONNREFUSED || err == EADDRNOTAVAIL || err == ENETUNREACH ||
	       err == EHOSTUNREACH || err == EAFNOSUPPORT;
}

void *proxy_table(size_t n, size_t size)
{
	void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p != MAP_FAILED)
		return p;
	fail("map a table of %zu connections", n);
	return NULL;
}

int proxy_watch(int epoll, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event e = { .events = events, .data.u64 = tag };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* ---- accepting, or not ---- */

void proxy_pause(struct proxy *p, bool no_descriptors)
{
	if (no_descriptors)
		p->retry_ns = clock_ns() + (int64_t)RETRY_MS * 1000000;
	if (p->paused)
		return;
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, p->listening, NULL);
	p->paused = true;
}

void proxy_resume(struct proxy *p)
{
	p->retry_ns = 0;
	if (p->paused &&
	    proxy_watch(p->epoll, p->listening, EPOLLIN, proxy_tag(PROXY_ACCEPT, 0)) == 0)
		p->paused = false;
}

static int serve(struct proxy *p, size_t slot)
{
	const struct port_sock *s = &p->ports->sock[slot];

	if (s->fd < 0)
		return 0;
	if (s->proto == IPPROTO_UDP)
		return udp_open(p, slot);
	if (s->proto == IPPROTO_TCP && proxy_watch(p->listening, s->fd, EPOLLIN, slot) < 0)
		return fail("serve a TCP port");
	/* SCTP: the socket keeps the port, and nothing comes through it. */
	return 0;
}

static void accept_some(struct proxy *p)
{
	struct epoll_event e[EVENTS];
	int n = epoll_wait(p->listening, e, EVENTS, 0);

	for (int i = 0; i < n && !p->paused; i++)
		tcp_accept(p, (size_t)e[i].data.u64);
}

/* ---- the monitor's words ---- */

static void add(struct proxy *p, const struct proxy_msg *m, int fd)
{
	struct ports *ports = p->ports;

	if (m->slot >= PORT_SOCKS_MAX || (m->slot < ports->nsocks && ports->sock[m->slot].fd >= 0)) {
		close(fd);
		return;
	}
	for (; ports->nsocks <= m->slot; ports->nsocks++)
		ports->sock[ports->nsocks].fd = -1;
	ports->sock[m->slot] = m->sock;
	ports->sock[m->slot].fd = fd;
	serve(p, m->slot);
}

/* Connections that are under way go on. */
static void drop(struct proxy *p, uint32_t slot)
{
	struct port_sock *s = p->ports->sock + slot;

	if (slot >= p->ports->nsocks || s->fd < 0)
		return;
	if (s->proto == IPPROTO_UDP)
		udp_forget(p, slot);
	/* Kernel: epoll(7) forgets a socket when its last descriptor is closed, and the
	 * monitor may still have one. */
	epoll_ctl(s->proto == IPPROTO_TCP ? p->listening : p->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	fd_close(&s->fd);
}

static void listen_to_monitor(struct proxy *p)
{
	struct proxy_msg m;
	int fd;
	ssize_t n = fd_recv(p->ctl, &m, sizeof(m), &fd, 1);

	if (n < 0 && errno != ECONNRESET)
		return;
	if (n <= 0)
		_exit(0);
	if (m.verb == PROXY_ADD && fd >= 0)
		add(p, &m, fd);
	else if (m.verb == PROXY_DROP)
		drop(p, m.slot);
}

/* ---- 2: the filter ---- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

/* What the loop calls, most frequent first. socket(2) only for the internet's families. */
static const int calls[] = {
	SYS_splice,     SYS_epoll_pwait,   SYS_recvfrom,   SYS_sendto,          SYS_recvmsg,
	SYS_sendmsg,    SYS_accept4,       SYS_close,      SYS_connect,         SYS_epoll_ctl,
	SYS_setsockopt, SYS_getsockopt,    SYS_shutdown,   SYS_pipe2,           SYS_bind,
	SYS_madvise,    SYS_clock_gettime, SYS_exit_group, SYS_restart_syscall,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
#ifdef SYS_pipe
	SYS_pipe,
#endif
};

/* A server or client that took this process over could talk to clients and servers, as
 * they can anyway: no file, no program, no other process, no packet or netlink socket. */
static int confine(void)
{
#if defined(ARCH) && !defined(PROXY_OPEN)
	enum { CALLS = sizeof(calls) / sizeof(*calls) };
	struct sock_filter code[CALLS + 12];
	unsigned n = 0;
	const struct sock_fprog program = { .filter = code };
	struct sock_fprog *out = (struct sock_fprog *)&program;
	const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;

#define STATEMENT(op, value) code[n++] = (struct sock_filter)BPF_STMT(op, value)
#define JUMP(value, yes, no)                                                                       \
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define LOAD(field) STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
	LOAD(arch);
	JUMP(ARCH, 1, 0);
	STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	LOAD(nr);
	for (unsigned i = 0; i < CALLS; i++)
		JUMP((uint32_t)calls[i], (uint8_t)(CALLS - 1 - i + 5), 0);
	JUMP(SYS_socket, 0, 3);
	LOAD(args[0]);
	JUMP(AF_INET, 2, 0);
	JUMP(AF_INET6, 1, 0);
	STATEMENT(BPF_RET | BPF_K, denied);
	STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	out->len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("set no_new_privs");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    &program) < 0)
		return fail("load the proxy's seccomp filter");
#endif
	return 0;
}

/* ---- 1 ---- */

static int set_up(struct proxy *p, struct ports *ports)
{
	struct rlimit limit;
	rlim_t room;

	*p = (struct proxy){ .ports = ports, .ctl = ports->ctl, .paused = true };
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("read the limit of open files");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	room = limit.rlim_cur > ports->nsocks + OTHER_FDS ?
		       limit.rlim_cur - ports->nsocks - OTHER_FDS :
		       16;
	/* A quarter of what is there for UDP, two descriptors a connection of the rest. */
	p->flows_max = room / 4 < FLOWS_MAX ? (unsigned)(room / 4) : FLOWS_MAX;
	room = (room - p->flows_max) / 2;
	p->conns_max = room < CONNS_MAX ? (unsigned)room : CONNS_MAX;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->listening = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0 || p->listening < 0 ||
	    proxy_watch(p->epoll, p->ctl, EPOLLIN, proxy_tag(PROXY_CTL, 0)) < 0)
		return fail("make an epoll instance");
	proxy_resume(p);
	if (tcp_init(p) < 0 || udp_init(p) < 0)
		return -1;
	for (size_t slot = 0; slot < ports->nsocks; slot++)
		if (serve(p, slot) < 0)
			return -1;
	return confine();
}

/* ---- 4 ---- */

static void handle(struct proxy *p, const struct epoll_event *e)
{
	uint64_t which = e->data.u64 >> 3;

	switch ((enum proxy_kind)(e->data.u64 & 7)) {
	case PROXY_CTL:
		listen_to_monitor(p);
		break;
	case PROXY_ACCEPT:
		accept_some(p);
		break;
	case PROXY_CONN:
		tcp_event(p, which, e->events);
		break;
	case PROXY_UDP:
		udp_from_client(p, (size_t)which);
		break;
	case PROXY_FLOW:
		udp_from_server(p, which);
		break;
	case PROXY_KINDS:
		break;
	}
}

/* How long to sleep, in ms; -1: until something happens. */
static int patience(struct proxy *p)
{
	int64_t now, ms = udp_expire(p);

	if (!p->retry_ns)
		return (int)ms;
	now = clock_ns();
	if (now >= p->retry_ns)
		proxy_resume(p);
	else if (ms < 0 || p->retry_ns - now < ms * 1000000)
		ms = (p->retry_ns - now) / 1000000 + 1;
	return (int)ms;
}

static _Noreturn void loop(struct proxy *p)
{
	bool more = false;

	for (;;) {
		struct epoll_event e[EVENTS];
		int n = epoll_wait(p->epoll, e, EVENTS, more ? 0 : patience(p));

		for (int i = 0; i < n; i++)
			handle(p, &e[i]);
		more = tcp_turn(p);
		tcp_sweep(p);
	}
}

_Noreturn void proxy_failed(const struct ports *ports)
{
	struct proxy_msg m = { .verb = PROXY_FAILED };

	snprintf(m.text, sizeof(m.text), "%s", err_text());
	fd_send(ports->ctl, &m, sizeof(m), NULL, 0);
	_exit(EXIT_CINIT);
}

_Noreturn void proxy_main(struct ports *ports)
{
	struct proxy p;
	struct proxy_msg ready = { .verb = PROXY_READY };

	if (set_up(&p, ports) < 0)
		proxy_failed(ports);
	fd_send(ports->ctl, &ready, sizeof(ready), NULL, 0);
	text_forget();
	loop(&p);
}
