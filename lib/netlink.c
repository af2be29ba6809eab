/* lib/netlink.c - netlink batches and their answers. Runs in whoever calls; owns nothing
 * but the socket that nl_open() gives away.
 *
 * The kernel works off a batch inside of sendmsg(2): when that returns, every answer (of a
 * dump: the next part) lies in the socket's queue. So answers are read until the
 * queue is empty, never waited for, and an ack that did not come is an error
 * instead of a hang.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/netlink.h"

enum {
	ATTR_MAX = UINT16_MAX,
	/* Kernel: dumps come in parts of at most this size, if the reader's buffer has it. */
	ANSWER_MAX = 32768,
};

/* The kernel's macros for these are of signed numbers. */
static const size_t attr_head = sizeof(struct nlattr);

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* ---- writing ---- */

void nl_init(struct nl_batch *b, void *buf, size_t size)
{
	*b = (struct nl_batch){ .buf = buf, .size = size };
}

/* N bytes at the end of the batch, padded to 4 with zeros; NULL when they do not fit. */
static void *grow(struct nl_batch *b, size_t n)
{
	unsigned char *at = b->buf + b->len;
	size_t left = b->size - b->len;

	if (b->broken || n > left || align4(n) > left) {
		b->broken = true;
		return NULL;
	}
	memset(at + n, 0, align4(n) - n);
	b->len += align4(n);
	return at;
}

void nl_finish(struct nl_batch *b)
{
	uint32_t len = (uint32_t)(b->len - b->msg);

	if (!b->broken && b->len > b->msg)
		memcpy(b->buf + b->msg, &len, sizeof(len)); /* nlmsg_len comes first */
}

void *nl_msg(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head, size_t headlen)
{
	/* What is written to a batch that will not be sent. */
	static _Alignas(8) unsigned char dummy[64];
	struct nlmsghdr *h;
	void *own;

	nl_finish(b);
	b->msg = b->len;
	h = grow(b, sizeof(*h));
	own = grow(b, headlen);
	if (!h || !own)
		return dummy;
	*h = (struct nlmsghdr){
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
		.nlmsg_seq = ++b->seq,
	};
	if (flags & NLM_F_ACK)
		b->acks++;
	if (headlen)
		memcpy(own, head, headlen);
	return own;
}

void nl_put(struct nl_batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a;

	if (!b->seq || len > ATTR_MAX - attr_head) {
		b->broken = true;
		return;
	}
	a = grow(b, attr_head + len);
	if (!a)
		return;
	*a = (struct nlattr){ .nla_len = (uint16_t)(attr_head + len), .nla_type = type };
	if (len)
		memcpy((char *)a + attr_head, data, len);
}

void nl_put_u8(struct nl_batch *b, uint16_t type, uint8_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_u16(struct nl_batch *b, uint16_t type, uint16_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_u32(struct nl_batch *b, uint16_t type, uint32_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_u64(struct nl_batch *b, uint16_t type, uint64_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

static void put_big_endian(struct nl_batch *b, uint16_t type, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = n; i-- > 0; v >>= 8)
		bytes[i] = (uint8_t)v;
	nl_put(b, type, bytes, n);
}

void nl_put_be16(struct nl_batch *b, uint16_t type, uint16_t v)
{
	put_big_endian(b, type, v, 2);
}

void nl_put_be32(struct nl_batch *b, uint16_t type, uint32_t v)
{
	put_big_endian(b, type, v, 4);
}

void nl_put_be64(struct nl_batch *b, uint16_t type, uint64_t v)
{
	put_big_endian(b, type, v, 8);
}

void nl_put_str(struct nl_batch *b, uint16_t type, const char *s)
{
	nl_put(b, type, s, strlen(s) + 1);
}

void nl_put_raw(struct nl_batch *b, const void *data, size_t len)
{
	void *at = grow(b, len);

	if (at && len)
		memcpy(at, data, len);
}

size_t nl_nest(struct nl_batch *b, uint16_t type)
{
	size_t nest = b->len;

	nl_put(b, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nl_nest_end(struct nl_batch *b, size_t nest)
{
	uint16_t len = (uint16_t)(b->len - nest);

	if (b->broken || b->len - nest > ATTR_MAX) {
		b->broken = true;
		return;
	}
	memcpy(b->buf + nest, &len, sizeof(len)); /* nla_len comes first */
}

/* ---- talking ---- */

int nl_open(int family)
{
	static const int on = 1;
	AUTO_FD int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);

	if (sock < 0)
		return fail("open a netlink socket");
	/* Words of the kernel's, acks without a copy of the question, dumps with filters:
	 * each is a comfort, and every kernel that cinit runs on has them. */
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return fd_take(&sock);
}

/* What was read so far of the answers to a batch. */
struct talk {
	int (*each)(void *ctx, const struct nlmsghdr *m);
	void *ctx;
	char *words;
	bool ended;     /* by what each() said */
	int err;        /* the first one, negative */
	uint32_t which; /* message that it belongs to */
	unsigned acks;
};

static void talk_failed(struct talk *t, int err, uint32_t which)
{
	if (!t->err) {
		t->err = err;
		t->which = which;
	}
}

/* NLMSG_ERROR: an ack, or a refusal with the kernel's words behind it. */
static void take_ack(struct talk *t, const struct nlmsghdr *m)
{
	const struct nlattr *ext[NLMSGERR_ATTR_MSG + 1];
	struct nlmsgerr e;
	size_t head = sizeof(e);

	if (m->nlmsg_len < NLMSG_HDRLEN + sizeof(e)) {
		talk_failed(t, -EPROTO, m->nlmsg_seq);
		return;
	}
	memcpy(&e, (const char *)m + NLMSG_HDRLEN, sizeof(e));
	t->acks++;
	if (e.error >= 0 || t->err)
		return;
	talk_failed(t, e.error, m->nlmsg_seq);
	if (!(m->nlmsg_flags & NLM_F_ACK_TLVS) || !t->words)
		return;
	/* The question itself is repeated, unless it was cut off. */
	if (!(m->nlmsg_flags & NLM_F_CAPPED) && e.msg.nlmsg_len > NLMSG_HDRLEN)
		head += align4(e.msg.nlmsg_len) - NLMSG_HDRLEN;
	if (nl_attrs(m, head, ext, NLMSGERR_ATTR_MSG))
		nl_str(ext[NLMSGERR_ATTR_MSG], t->words, 128);
}

static void take(struct talk *t, const struct nlmsghdr *m)
{
	int err = 0;

	if (m->nlmsg_flags & NLM_F_DUMP_INTR) /* something changed while it was read */
		talk_failed(t, -EINTR, m->nlmsg_seq);
	switch (m->nlmsg_type) {
	case NLMSG_NOOP:
		return;
	case NLMSG_OVERRUN:
		talk_failed(t, -ENOBUFS, m->nlmsg_seq);
		return;
	case NLMSG_ERROR:
		take_ack(t, m);
		return;
	case NLMSG_DONE: /* of a dump; an error that ended it early is in there */
		if (m->nlmsg_len >= NLMSG_HDRLEN + sizeof(err))
			memcpy(&err, (const char *)m + NLMSG_HDRLEN, sizeof(err));
		t->acks++;
		break;
	default:
		/* A refusal of one message does not hide the answers to others. */
		if (t->each && !t->ended)
			err = t->each(t->ctx, m);
		t->ended |= err < 0;
	}
	if (err < 0)
		talk_failed(t, err, m->nlmsg_seq);
}

/* One datagram of answers. */
static void take_all(struct talk *t, const char *buf, size_t n)
{
	while (n >= NLMSG_HDRLEN) {
		const struct nlmsghdr *m = (const void *)buf;
		size_t len = m->nlmsg_len, step = align4(len);

		if (len < NLMSG_HDRLEN || len > n)
			break;
		take(t, m);
		if (step >= n)
			return;
		buf += step;
		n -= step;
	}
	talk_failed(t, -EPROTO, 0);
}

static void hear(int sock, struct talk *t)
{
	_Alignas(8) char buf[ANSWER_MAX];

	for (;;) {
		struct sockaddr_nl from = { .nl_family = 0 };
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
		};
		ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			talk_failed(t, -errno, 0);
			if (errno != ENOBUFS) /* which says that answers were lost, once */
				return;
			continue;
		}
		if (from.nl_pid) /* only the kernel is asked */
			continue;
		if (msg.msg_flags & MSG_TRUNC)
			talk_failed(t, -EMSGSIZE, 0);
		else
			take_all(t, buf, (size_t)n);
	}
}

static int talk(int sock, struct nl_batch *b, struct talk *t, unsigned acks)
{
	ssize_t n;

	if (t->words)
		*t->words = '\0';
	nl_finish(b);
	if (b->broken || !b->len)
		return -EMSGSIZE;
	do
		n = send(sock, b->buf, b->len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	hear(sock, t);
	if (!t->err && t->acks < acks)
		return -EPROTO;
	return t->err;
}

int nl_talk(int sock, struct nl_batch *b, char words[128], uint32_t *which)
{
	struct talk t = { .words = words };
	int err = talk(sock, b, &t, b->acks);

	if (which)
		*which = t.which;
	return err;
}

int nl_ask(int sock, struct nl_batch *b, int (*each)(void *ctx, const struct nlmsghdr *m),
	   void *ctx, char words[128])
{
	struct talk t = { .each = each, .ctx = ctx, .words = words };

	return talk(sock, b, &t, b->acks);
}

/* ---- reading ---- */

const struct nlattr *nl_next(const void *p, size_t len, const struct nlattr *a)
{
	size_t at = 0;

	if (a)
		at = (size_t)((const char *)a - (const char *)p) + align4(a->nla_len);
	if (at >= len || len - at < attr_head)
		return NULL;
	a = (const void *)((const char *)p + at);
	if (a->nla_len < attr_head || a->nla_len > len - at)
		return NULL;
	return a;
}

static bool sort(const void *p, size_t len, const struct nlattr **table, uint16_t max)
{
	const struct nlattr *a = NULL, *last = NULL;

	memset(table, 0, sizeof(*table) * ((size_t)max + 1));
	while ((a = nl_next(p, len, a))) {
		uint16_t type = a->nla_type & (uint16_t)NLA_TYPE_MASK;

		if (type <= max)
			table[type] = a;
		last = a;
	}
	/* The walk has ended at the end, and not at an attribute that is none. */
	return last ? (size_t)((const char *)last - (const char *)p) + align4(last->nla_len) >=
			       len :
		      !len;
}

bool nl_attrs(const struct nlmsghdr *m, size_t headlen, const struct nlattr **table, uint16_t max)
{
	size_t head = NLMSG_HDRLEN + align4(headlen);

	if (m->nlmsg_len < head) {
		sort(m, 0, table, max);
		return false;
	}
	return sort((const char *)m + head, m->nlmsg_len - head, table, max);
}

bool nl_nested(const struct nlattr *a, const struct nlattr **table, uint16_t max)
{
	return sort(nl_data(a), nl_len(a), table, max);
}

uint32_t nl_u32(const struct nlattr *a, uint32_t fallback)
{
	uint32_t v;

	if (!a || nl_len(a) != sizeof(v))
		return fallback;
	memcpy(&v, nl_data(a), sizeof(v));
	return v;
}

uint32_t nl_be32(const struct nlattr *a, uint32_t fallback)
{
	const uint8_t *p;

	if (!a || nl_len(a) != sizeof(uint32_t))
		return fallback;
	p = nl_data(a);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int32_t nl_s32(const struct nlattr *a, int32_t fallback)
{
	return (int32_t)nl_u32(a, (uint32_t)fallback);
}

const char *nl_str(const struct nlattr *a, char *buf, size_t size)
{
	size_t n = a ? strnlen(nl_data(a), nl_len(a)) : 0;

	if (n > size - 1)
		n = size - 1;
	if (n)
		memcpy(buf, nl_data(a), n);
	buf[n] = '\0';
	return buf;
}
