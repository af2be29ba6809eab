/* runtime/seccomp/ranges.c - the same filter, smaller and quicker to load.
 *
 * When a filter is loaded the kernel translates all of it and tries it for every call
 * number there is (to skip it later where the answer is always "allow"): length and
 * depth are paid for at each start of a container. libseccomp's program asks for single
 * numbers. Seen from outside, though, an answer that does not depend on arguments is a
 * function of the number alone, constant over a few dozen ranges. In order:
 *
 *  1 evaluate the program once for each range in which it cannot tell numbers apart
 *  2 join neighbours with the same answer
 *  3 emit a binary search over what is left; numbers whose answer depends on arguments
 *    go on to a program that knows these calls only
 *
 * Within a range all numbers take the same path through the program, since none of its
 * comparisons tells them apart, up to the first instruction that is not a comparison
 * of the number or the architecture; from there on the answer counts as depending on
 * arguments. So nothing is assumed about what libseccomp emits.
 */
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/seccomp/ranges.h"

/* One run. False: the answer depends on more than architecture and number. */
static bool evaluate(const struct sec_filter *f, uint32_t arch, uint32_t nr, uint32_t *answer)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->len; pc++) {
		const struct sock_filter *i = &f->insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k == offsetof(struct seccomp_data, nr))
				a = nr;
			else if (i->k == offsetof(struct seccomp_data, arch))
				a = arch;
			else
				return false;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			*answer = i->k;
			return true;
		default:
			return false;
		}
	}
	return false;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The numbers at which one of the program's comparisons changes its mind. */
static size_t breakpoints(const struct sec_filter *f, uint32_t *out)
{
	size_t n = 0;

	out[n++] = 0;
	for (size_t i = 0; i < f->len; i++) {
		uint16_t code = f->insns[i].code;
		uint32_t k = f->insns[i].k;

		if (code == (BPF_JMP | BPF_JEQ | BPF_K) || code == (BPF_JMP | BPF_JGE | BPF_K))
			out[n++] = k;
		if ((code == (BPF_JMP | BPF_JEQ | BPF_K) || code == (BPF_JMP | BPF_JGT | BPF_K)) &&
		    k != UINT32_MAX)
			out[n++] = k + 1;
	}
	qsort(out, n, sizeof(*out), by_value);
	return n;
}

void ranges_find(struct pool *pool, const struct sec_filter *f, uint32_t arch, struct ranges *out)
{
	uint32_t *at = pool_alloc(pool, (2 * (size_t)f->len + 1) * sizeof(*at));
	size_t n = breakpoints(f, at);

	out->range = pool_alloc(pool, n * sizeof(*out->range));
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct range next = { .first = at[i], .answer = 0 };
		const struct range *last = out->n ? &out->range[out->n - 1] : NULL;

		if (i > 0 && at[i] == at[i - 1])
			continue;
		next.depends = !evaluate(f, arch, at[i], &next.answer);
		if (next.depends)
			next.answer = 0;
		if (!last || last->depends != next.depends || last->answer != next.answer)
			out->range[out->n++] = next;
	}
}

bool ranges_depend(const struct ranges *ranges, uint32_t nr)
{
	size_t i = ranges->n;

	while (i > 1 && ranges->range[i - 1].first > nr)
		i--;
	return ranges->range[i - 1].depends;
}

struct emitter {
	const struct ranges *ranges;
	struct sock_filter *code;
	size_t n;
	bool too_far;
};

/* The search over ranges [LO, HI). A jump reaches 255 instructions. */
static void emit(struct emitter *e, size_t lo, size_t hi)
{
	size_t at = e->n++, mid = lo + (hi - lo) / 2;

	if (hi - lo == 1) {
		const struct range *r = &e->ranges->range[lo];

		/* Where the rest begins is known at the end only. */
		e->code[at] = r->depends ? (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0) :
					   (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, r->answer);
		return;
	}
	emit(e, lo, mid);
	size_t right = e->n - at - 1;

	e->code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						   e->ranges->range[mid].first, (uint8_t)right, 0);
	e->too_far |= right > UINT8_MAX;
	if (!e->too_far)
		emit(e, mid, hi);
}

bool ranges_emit(struct pool *pool, const struct ranges *ranges, uint32_t arch, uint32_t other,
		 const struct sec_filter *rest, struct sec_filter *out)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, other),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	const size_t nhead = sizeof(head) / sizeof(*head), max = nhead + 2 * ranges->n + rest->len;
	struct emitter e = { .ranges = ranges, .n = nhead };

	if (max > BPF_MAXINSNS)
		return false;
	e.code = pool_alloc(pool, max * sizeof(*e.code));
	memcpy(e.code, head, sizeof(head));
	emit(&e, 0, ranges->n);
	if (e.too_far)
		return false;
	for (size_t i = nhead; i < e.n; i++) {
		if (e.code[i].code != (BPF_JMP | BPF_JA))
			continue;
		if (!rest->len)
			return false;
		e.code[i].k = (uint32_t)(e.n - i - 1);
	}
	if (rest->len)
		memcpy(e.code + e.n, rest->insns, rest->len * sizeof(*e.code));
	out->insns = e.code;
	out->len = (unsigned short)(e.n + rest->len);
	return true;
}
