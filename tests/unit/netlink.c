/* tests/unit/netlink.c - lib/netlink.c: batches that cannot overflow, answers that cannot
 * be walked out of, and the kernel as it really answers. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/netlink.h"
#include "tests/unit/tap.h"

static _Alignas(8) unsigned char space[200000];

static void start(struct nl_batch *b, size_t size)
{
	struct ifinfomsg head = { .ifi_index = 7 };

	memset(space, 0xee, sizeof(space));
	nl_init(b, space, size);
	nl_msg(b, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
}

static void test_bytes(void)
{
	static const unsigned char want[] = {
		60, 0, 0, 0,   16,   0,    5,    0,    1, 0, 0, 0, 0, 0, 0, 0,
		0,  0, 0, 0,   7,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, /* head */
		7,  0, 3, 0,   'l',  'o',  0,    0,                            /* a string */
		20, 0, 9, 128,                                                 /* nest */
		6,  0, 1, 0,   0x12, 0x34, 0,    0,                            /* be16 */
		8,  0, 2, 0,   0x12, 0x34, 0x56, 0x78,                         /* be32 */
	};
	struct nl_batch b;
	size_t nest;

	start(&b, sizeof(space));
	nl_put_str(&b, 3, "lo");
	nest = nl_nest(&b, 9);
	nl_put_be16(&b, 1, 0x1234);
	nl_put_be32(&b, 2, 0x12345678);
	nl_nest_end(&b, nest);
	nl_finish(&b);
	is_int(b.len, sizeof(want), "length of a message");
	ok(!memcmp(space, want, sizeof(want)), "bytes of a message");
	ok(space[sizeof(want)] == 0xee, "and none behind it");
	nl_msg(&b, RTM_DELLINK, 0, NULL, 0);
	nl_finish(&b);
	is_int(b.len, sizeof(want) + 16, "a second message without a head");
	ok(b.seq == 2 && b.acks == 1 && !b.broken, "is counted, asks for no ack");
	is_int(((struct nlmsghdr *)space)->nlmsg_len, sizeof(want),
	       "the first one keeps its length");
	is_int(((struct nlmsghdr *)(space + sizeof(want)))->nlmsg_len, 16, "the second has its own");
}

static void test_overflow(void)
{
	struct nl_batch b;
	size_t nest, len;

	start(&b, 40);
	nl_put_u32(&b, 1, 1);
	ok(!b.broken && b.len == 40, "a buffer can be filled to its end");
	nl_put(&b, 2, NULL, 0);
	ok(b.broken && b.len == 40, "nothing goes beyond");
	ok(space[40] == 0xee, "not even a header");
	nl_init(&b, space, 16);
	ok(nl_msg(&b, 1, 0, space, 16) && b.broken, "a head that does not fit");
	is_int(nl_talk(-1, &b, NULL, NULL), -EMSGSIZE, "is not sent");

	start(&b, 42);
	nl_put(&b, 1, "12345", 5);
	ok(b.broken, "padding has to fit as well");

	start(&b, 64);
	nl_put(&b, 1, space, 100);
	ok(b.broken, "too long");
	len = b.len;
	nl_put_u8(&b, 1, 1);
	nl_put_raw(&b, space, 4);
	nest = nl_nest(&b, 1);
	nl_nest_end(&b, nest);
	ok(nl_msg(&b, 1, NLM_F_ACK, NULL, 0) != NULL, "a broken batch gives a dummy");
	ok(b.broken && b.len == len, "and stays broken, though this would fit");
	is_int(nl_talk(-1, &b, NULL, NULL), -EMSGSIZE, "it is not sent");

	/* Not from the buffer itself: that would be a copy onto itself. */
	static const char zeros[65532];

	start(&b, sizeof(space));
	nl_put(&b, 1, zeros, sizeof(zeros) - 1);
	ok(!b.broken && b.len == 32 + 65536, "an attribute of 65,535 bytes");
	is_int(((struct nlattr *)(space + 32))->nla_len, 65535, "has its length");
	start(&b, sizeof(space));
	nl_put(&b, 1, zeros, sizeof(zeros));
	ok(b.broken, "an attribute of 65,536 bytes is an error");
	start(&b, sizeof(space));
	nl_put(&b, 1, space, SIZE_MAX);
	ok(b.broken, "and so is the longest of all");
	start(&b, sizeof(space));
	nl_put_raw(&b, space, SIZE_MAX - 2);
	ok(b.broken, "raw bytes do not wrap");

	for (size_t n = 65520; n <= 65532; n += 4) {
		start(&b, sizeof(space));
		nest = nl_nest(&b, 1);
		nl_put(&b, 2, zeros, n - 8);
		nl_put(&b, 2, NULL, 0);
		nl_nest_end(&b, nest);
		is_int(b.broken, n + 4 > 65535, "a nest of %zu bytes", n + 4);
	}
	nl_init(&b, space, sizeof(space));
	nl_put_u8(&b, 1, 1);
	ok(b.broken, "an attribute outside of any message");
	nl_init(&b, space, sizeof(space));
	is_int(nl_talk(-1, &b, NULL, NULL), -EMSGSIZE, "an empty batch is not sent");
}

static void test_reading(void)
{
	const struct nlattr *t[4], *in[4];
	struct nlmsghdr *m = (void *)space;
	struct nl_batch b;
	char text[4];
	size_t nest;

	start(&b, sizeof(space));
	nl_put_u32(&b, 1, 5);
	nl_put_str(&b, 2, "eth0");
	nl_put_u8(&b, 9, 1);
	nest = nl_nest(&b, 3);
	nl_put_be32(&b, 1, 6);
	nl_nest_end(&b, nest);
	nl_put_u32(&b, 1, (uint32_t)-7);
	nl_finish(&b);
	ok(nl_attrs(m, 16, t, 3), "attributes are read back");
	ok(!t[0] && nl_u32(t[1], 0) == (uint32_t)-7 && nl_s32(t[1], 0) == -7, "the last one counts");
	is_str(nl_str(t[2], text, sizeof(text)), "eth", "a string is cut");
	is_str(nl_str(NULL, text, sizeof(text)), "", "or empty");
	ok(t[3] && nl_nested(t[3], in, 3) && nl_be32(in[1], 0) == 6, "a nest");
	ok(nl_u32(t[2], 9) == 9 && nl_u32(NULL, 9) == 9 && nl_be32(t[3], 9) == 9,
	   "a value of another length is none");

	/* Each length of the message that is cut off, none of it read beyond. */
	for (uint32_t n = m->nlmsg_len; n >= 16; n--) {
		struct nlmsghdr *copy = malloc(n);
		bool whole = n == 32 || n == 40 || (n >= 49 && n <= 52) || (n >= 57 && n <= 60) ||
			     n == 72 || n == 80;

		memcpy(copy, m, n);
		copy->nlmsg_len = n;
		if (nl_attrs(copy, 16, t, 3) != whole)
			ok(false, "cut at %u", n);
		free(copy);
	}
	ok(true, "a truncated answer is seen wherever it ends");
	((struct nlattr *)(space + 32))->nla_len = 3;
	ok(!nl_attrs(m, 16, t, 3), "an attribute shorter than its head");
	((struct nlattr *)(space + 32))->nla_len = 0;
	ok(!nl_attrs(m, 16, t, 3), "or of no length: no endless walk");
	((struct nlattr *)(space + 32))->nla_len = 65535;
	ok(!nl_attrs(m, 16, t, 3) && !t[1], "or longer than the message");
	m->nlmsg_len = 0;
	ok(!nl_attrs(m, 16, t, 3) && !t[1], "a message shorter than its head");
}

static int seen, last;

static int each(void *ctx, const struct nlmsghdr *m)
{
	const struct nlattr *t[IFLA_IFNAME + 1];
	char name[IFNAMSIZ];

	seen++;
	if (m->nlmsg_type != RTM_NEWLINK || !nl_attrs(m, sizeof(struct ifinfomsg), t, IFLA_IFNAME))
		return -EBADMSG;
	if (!strcmp(nl_str(t[IFLA_IFNAME], name, sizeof(name)), "lo"))
		last = 1;
	return *(int *)ctx;
}

static void test_kernel(void)
{
	struct ifinfomsg head = { .ifi_index = 1 }, none = { .ifi_index = 0x7ffffff0 };
	int sock = nl_open(NETLINK_ROUTE), answer = 0;
	struct nl_batch b;
	uint32_t which = 9;
	char words[128] = "x";

	if (sock < 0) {
		skip("no netlink here");
		return;
	}
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, 0, &head, sizeof(head));
	ok(nl_ask(sock, &b, each, &answer, words) == 0 && seen == 1 && last, "lo is number 1");
	is_str(words, "", "no words");
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_DUMP, &(struct ifinfomsg){ 0 }, sizeof(head));
	seen = last = 0;
	ok(nl_ask(sock, &b, each, &answer, NULL) == 0 && seen >= 1 && last, "a dump");
	answer = -ECANCELED;
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_DUMP, &(struct ifinfomsg){ 0 }, sizeof(head));
	seen = 0;
	ok(nl_ask(sock, &b, each, &answer, NULL) == -ECANCELED && seen == 1, "which can be ended");
	answer = 0;
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, 0, &none, sizeof(none));
	nl_msg(&b, RTM_GETLINK, 0, &head, sizeof(head));
	seen = 0;
	ok(nl_ask(sock, &b, each, &answer, NULL) == -ENODEV && seen == 1,
	   "a refusal does not hide the other answers");

	/* Refused in the middle: the others are answered, and the socket can be used on. */
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &none, sizeof(none));
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));
	is_int(nl_talk(sock, &b, words, &which), -ENODEV, "a refusal");
	is_int(which, 2, "of the second message");
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));
	is_int(nl_talk(sock, &b, words, &which), 0, "the next talk knows nothing of it");
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));
	nl_put_u32(&b, IFLA_MTU, 5);
	ok(nl_talk(sock, &b, words, &which) == -EINVAL && which == 1 && words[0],
	   "the kernel says why: %s", words);
	close(sock);
	nl_init(&b, space, 4096);
	nl_msg(&b, RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));
	is_int(nl_talk(sock, &b, words, &which), -EBADF, "a closed socket");
}

int main(void)
{
	test_bytes();
	test_overflow();
	test_reading();
	test_kernel();
	return done();
}
