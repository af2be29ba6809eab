/* runtime/seccomp/ranges.h - a filter as a function of the call's number. */
#ifndef RUNTIME_SECCOMP_RANGES_H
#define RUNTIME_SECCOMP_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/pool.h"
#include "runtime/sec.h"

/* The numbers from `first` up to the next range's. */
struct range {
	uint32_t first, answer; /* SECCOMP_RET_*, unless it */
	bool depends;           /* on arguments */
};

struct ranges {
	struct range *range; /* in the pool, ascending, the first begins at 0 */
	size_t n;
};

/* What F answers to calls of ARCH (AUDIT_ARCH_*), for all 32-bit numbers. */
void ranges_find(struct pool *pool, const struct sec_filter *f, uint32_t arch, struct ranges *out);
bool ranges_depend(const struct ranges *ranges, uint32_t nr);
/* A program that answers calls of ARCH by RANGES, hands those that depend on arguments
 * to REST, which is put behind it, and answers other ABIs with OTHER. False: it would
 * be too large. */
bool ranges_emit(struct pool *pool, const struct ranges *ranges, uint32_t arch, uint32_t other,
		 const struct sec_filter *rest, struct sec_filter *out);

#endif
