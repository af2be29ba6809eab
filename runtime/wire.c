/* runtime/wire.c - messages between launcher and stage. Both processes run this;
 * each owns its end of the pair. Order and meaning: runtime/wire.h. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/wire.h"

static const char *const names[] = {
	[WIRE_BORN] = "BORN",         [WIRE_HAVE_IDS] = "HAVE_IDS", [WIRE_INSIDE] = "INSIDE",
	[WIRE_NEED_NET] = "NEED_NET", [WIRE_HAVE_NET] = "HAVE_NET", [WIRE_HOSTS] = "HOSTS",
	[WIRE_TTY] = "TTY",           [WIRE_READY] = "READY",       [WIRE_GO] = "GO",
	[WIRE_FAILED] = "FAILED",
};
static_assert(sizeof(names) / sizeof(*names) == WIRE_TYPES, "every message has a name");

const char *wire_name(uint32_t type)
{
	return type > 0 && type < WIRE_TYPES ? names[type] : "an unknown message";
}

int wire_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("make a socket pair");
	return 0;
}

int wire_send(int sock, enum wire_type type, int value, int fd)
{
	struct wire_msg m = { .type = type, .value = value };

	if (fd_send(sock, &m, sizeof(m), &fd, fd >= 0) < 0)
		return fail("send %s", wire_name(type));
	return 0;
}

void wire_send_failed(int sock, int exit_code)
{
	struct wire_msg m = { .type = WIRE_FAILED, .value = err_errno(), .exit_code = exit_code };

	snprintf(m.text, sizeof(m.text), "%s", err_text());
	snprintf(m.hint, sizeof(m.hint), "%s", err_hint_text());
	fd_send(sock, &m, sizeof(m), NULL, 0);
}

int wire_recv(int sock, struct wire_msg *msg, int *fd)
{
	AUTO_FD int got = -1;
	ssize_t n;

	/* Kernel: a peer that ends with messages unread makes this an ECONNRESET, once,
	 * before what it had sent itself can be read. unix(7) does not say so. */
	do
		n = fd_recv(sock, msg, sizeof(*msg), &got, 1);
	while (n < 0 && errno == ECONNRESET);

	if (fd)
		*fd = -1;
	if (n < 0)
		return fail("receive a message");
	if (n == 0)
		return 0;
	if (msg->type == WIRE_FAILED) {
		msg->text[sizeof(msg->text) - 1] = '\0';
		msg->hint[sizeof(msg->hint) - 1] = '\0';
		err_set(msg->text, msg->hint, msg->value);
	}
	if (fd)
		*fd = fd_take(&got);
	return 1;
}

int wire_expect(int sock, enum wire_type type)
{
	struct wire_msg m;
	int r = wire_recv(sock, &m, NULL);

	if (r < 0 || (r > 0 && m.type == WIRE_FAILED))
		return -1;
	if (r == 0)
		return fail_plain("the other side was gone before %s", wire_name(type));
	if (m.type != type)
		return fail_plain("got %s instead of %s", wire_name(m.type), wire_name(type));
	return 0;
}

int wire_has_message(int sock)
{
	struct pollfd p = { sock, POLLIN, 0 };

	return poll(&p, 1, 0) > 0;
}

int wire_peer_gone(int sock)
{
	/* POLLHUP comes whether or not messages are still queued; recv() would show
	 * those first. */
	struct pollfd p = { sock, 0, 0 };

	return poll(&p, 1, 0) != 0;
}
