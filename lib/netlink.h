/* lib/netlink.h - messages for the kernel's netlink families, and its answers.
 *
 * Messages are put together in a buffer of the caller's, attribute by attribute; what
 * does not fit (the buffer's end, or the 16 bits of an attribute's length,
 * CVE-2021-43784) makes the whole batch invalid for good instead of wrapping, and
 * nl_talk() then refuses to send it. Answers are walked with bounds checked.
 * netlink(7), rtnetlink(7); uapi/linux/netlink.h, nfnetlink.h.
 */
#ifndef LIB_NETLINK_H
#define LIB_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_batch {
	unsigned char *buf; /* borrowed, 4-aligned */
	size_t size, len;   /* of the buffer; of what is in it */
	size_t msg;         /* where the open message begins */
	uint32_t seq;       /* of the open message; messages of a batch count up from 1 */
	unsigned acks;      /* how many messages asked for one */
	bool broken;        /* something did not fit */
};

/* An empty batch in BUF. */
void nl_init(struct nl_batch *b, void *buf, size_t size);
/* Open a message: FLAGS besides NLM_F_REQUEST; NLM_F_ACK is counted. HEAD (HEADLEN bytes) is
 * the family's own header, as struct ifinfomsg; returned so that it can be changed
 * later, or a dummy when the batch is broken. The message before it is closed. */
void *nl_msg(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head, size_t headlen);
/* Append an attribute. */
void nl_put(struct nl_batch *b, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nl_batch *b, uint16_t type, uint8_t v);
void nl_put_u16(struct nl_batch *b, uint16_t type, uint16_t v);
void nl_put_u32(struct nl_batch *b, uint16_t type, uint32_t v);
void nl_put_u64(struct nl_batch *b, uint16_t type, uint64_t v);
void nl_put_be16(struct nl_batch *b, uint16_t type, uint16_t v);
void nl_put_be32(struct nl_batch *b, uint16_t type, uint32_t v);
void nl_put_be64(struct nl_batch *b, uint16_t type, uint64_t v);
void nl_put_str(struct nl_batch *b, uint16_t type, const char *s); /* with its '\0' */
/* Bytes without an attribute's header, padded to 4. */
void nl_put_raw(struct nl_batch *b, const void *data, size_t len);
/* Open a nested attribute; what it returns closes it. */
size_t nl_nest(struct nl_batch *b, uint16_t type);
void nl_nest_end(struct nl_batch *b, size_t nest);
/* Close the last message. nl_talk() does so too. */
void nl_finish(struct nl_batch *b);

/* A socket of FAMILY (NETLINK_ROUTE ...), close-on-exec, with extended acks. The caller
 * owns it; -1 with fail(). */
int nl_open(int family);
/* Send the batch and read one ack for each message that asked for one. 0, or the negative
 * errno of the first message that was refused, with the kernel's own words (extended
 * ack) in *WORDS ("" if none) and its sequence number in *WHICH; both may be NULL. A
 * broken batch is -EMSGSIZE. All acks are read in any case, so the socket can be used on. */
int nl_talk(int sock, struct nl_batch *b, char words[128], uint32_t *which);
/* The same for one question that is answered by messages: each(ctx, message) for every
 * one of them; a negative errno of its ends the walk (the rest is read and dropped). */
int nl_ask(int sock, struct nl_batch *b, int (*each)(void *ctx, const struct nlmsghdr *m),
	   void *ctx, char words[128]);

/* ---- reading ---- */

/* Attributes of a message behind a header of HEADLEN bytes, or inside a nest. TABLE[type]
 * for type <= MAX is set to the last attribute of that type, others to NULL. False when
 * lengths do not add up. */
bool nl_attrs(const struct nlmsghdr *m, size_t headlen, const struct nlattr **table, uint16_t max);
bool nl_nested(const struct nlattr *a, const struct nlattr **table, uint16_t max);
/* Walk of the attributes in [P, P + LEN): the first with A == NULL, then the next; NULL at the
 * end or when lengths do not add up. */
const struct nlattr *nl_next(const void *p, size_t len, const struct nlattr *a);
static inline size_t nl_len(const struct nlattr *a)
{
	return a->nla_len - sizeof(*a);
}
static inline const void *nl_data(const struct nlattr *a)
{
	return (const char *)a + sizeof(*a);
}
/* Values of exactly the right length; FALLBACK when A is NULL or another length. */
uint32_t nl_u32(const struct nlattr *a, uint32_t fallback);
uint32_t nl_be32(const struct nlattr *a, uint32_t fallback);
int32_t nl_s32(const struct nlattr *a, int32_t fallback);
/* The string, surely ended, at most SIZE - 1 bytes, in BUF; "" when A is NULL. */
const char *nl_str(const struct nlattr *a, char *buf, size_t size);

#endif
