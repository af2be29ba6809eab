/* tests/unit/wire.c - launcher and stage: every message arrives, also the last one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/wire.h"
#include "tests/unit/tap.h"

static void test_order(void)
{
	struct wire_msg m;
	int pair[2], fd = -1;

	ok(wire_pair(pair) == 0, "a pair");
	ok(wire_send(pair[0], WIRE_HAVE_IDS, 0, -1) == 0 && wire_expect(pair[1], WIRE_HAVE_IDS) == 0,
	   "what is expected arrives");
	ok(wire_send(pair[0], WIRE_GO, 0, -1) == 0 && wire_expect(pair[1], WIRE_READY) < 0,
	   "another message is an error");
	is_str(err_text(), "got GO instead of READY", "that names both");
	ok(wire_send(pair[1], WIRE_BORN, 4711, pair[0]) == 0 && wire_recv(pair[0], &m, &fd) == 1 &&
		   m.type == WIRE_BORN && m.value == 4711 && fd >= 0,
	   "a descriptor comes along");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "closed on exec");
	close(fd);
	ok(!wire_peer_gone(pair[0]), "the peer is there");
	ok(wire_send(pair[1], WIRE_READY, 0, -1) == 0, "it says something");
	close(pair[1]);
	ok(wire_peer_gone(pair[0]), "it is gone, although its words are still in the queue");
	ok(wire_recv(pair[0], &m, NULL) == 1 && m.type == WIRE_READY, "they can be read");
	ok(wire_recv(pair[0], &m, NULL) == 0, "then comes the end");
	close(pair[0]);
}

/* A stage that fails has HAVE_IDS and GO in its queue, unread. */
static void test_last_words(void)
{
	struct wire_msg m;
	int pair[2];

	wire_pair(pair);
	wire_send(pair[0], WIRE_HAVE_IDS, 0, -1);
	wire_send(pair[0], WIRE_GO, 0, -1);
	errno = ENOENT;
	fail("open %s", "/nope");
	err_hint("look again");
	wire_send_failed(pair[1], 126);
	err_clear();
	close(pair[1]);
	ok(wire_recv(pair[0], &m, NULL) == 1 && m.type == WIRE_FAILED,
	   "the last words of a peer that has not read ours");
	is_str(err_text(), "open /nope: No such file or directory", "become our error");
	is_str(err_hint_text(), "look again", "with the advice");
	is_int(err_errno(), ENOENT, "and the errno");
	is_int(m.exit_code, 126, "and the exit code");
	close(pair[0]);
}

static void test_queue(void)
{
	struct wire_msg m;
	int pair[2];

	wire_pair(pair);
	ok(!wire_has_message(pair[1]), "nothing has been said");
	ok(wire_send(pair[0], WIRE_HAVE_NET, 0, -1) == 0, "something is");
	ok(wire_has_message(pair[1]), "and it is there");
	ok(wire_recv(pair[1], &m, NULL) == 1 && m.type == WIRE_HAVE_NET, "HAVE_NET");
	close(pair[0]);
	ok(wire_has_message(pair[1]), "the end counts");
	close(pair[1]);
}

static void test_malformed(void)
{
	struct wire_msg m;
	int pair[2];

	wire_pair(pair);
	ok(send(pair[1], "x", 1, 0) == 1 && wire_recv(pair[0], &m, NULL) < 0,
	   "a message of another size is refused");
	memset(&m, 'A', sizeof(m));
	m.type = WIRE_FAILED;
	ok(send(pair[1], &m, sizeof(m), 0) == (ssize_t)sizeof(m) &&
		   wire_recv(pair[0], &m, NULL) == 1 && strlen(err_text()) == WIRE_TEXT - 1,
	   "words without an end are cut");
	is_str(wire_name(99), "an unknown message", "an unknown type has a name for errors");
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	test_order();
	test_last_words();
	test_queue();
	test_malformed();
	return done();
}
