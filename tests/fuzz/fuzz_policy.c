/* tests/fuzz/fuzz_policy.c - any bytes as net.conf, and as subordinate ids. What is
 * believed must keep its promises: lists within bounds, words that end, ports and
 * prefixes that there are; what is not is said in words. */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "runtime/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool held)
{
	if (!held)
		abort();
}

static void check_policy(const struct policy *p)
{
	check(p->nports <= POLICY_LIST && p->nsubnets <= POLICY_LIST &&
	      p->nparents <= POLICY_LIST && p->nshared <= POLICY_SHARED);
	check(p->user > 0 && p->user != UINT32_MAX && p->interfaces <= 1000000);
	check(p->pool4.family && p->pool4.plen <= 22 && p->pool6.plen <= 64);
	check(!(p->drivers & ~((1u << NET_DRIVERS) - 2)));
	for (size_t i = 0; i < p->nports; i++)
		check(p->ports[i].first >= 1 && p->ports[i].first <= p->ports[i].last);
	for (size_t i = 0; i < p->nsubnets; i++)
		check(net_addr_ok(&p->subnets[i], 0, true));
	for (size_t i = 0; i < p->nparents; i++)
		check(p->parents[i][0] && memchr(p->parents[i], 0, NET_IFNAME_MAX));
	for (size_t i = 0; i < p->nshared; i++)
		check(p->shared[i].owner[0] && p->shared[i].net[0] &&
		      memchr(p->shared[i].owner, 0, SUBID_NAME_MAX) &&
		      memchr(p->shared[i].net, 0, NET_NAME_MAX));
}

/* What is allowed as a whole is allowed piece by piece, and nothing beyond the ids. */
static void check_subid(struct slice text)
{
	struct subid_range r[8];
	size_t n = subid_ranges(text, "alice", 1000, r, 8);

	check(n <= 8);
	for (size_t i = 0; i < n; i++) {
		const struct subid_range last = { r[i].first + r[i].count - 1, 1 };

		check(r[i].count && (uint64_t)r[i].first + r[i].count <= UINT32_MAX);
		check(subid_allows(text, "alice", 1000, r[i]));
		check(subid_allows(text, "alice", 1000, last));
	}
	check(!subid_allows(text, "alice", 1000, (struct subid_range){ UINT32_MAX, 1 }));
	check(!subid_allows(text, "alice", 1000, (struct subid_range){ 1, UINT32_MAX }));
	check(!subid_allows(text, "alice", 1000, (struct subid_range){ 1, 0 }));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct caller callers[] = { { .uid = 1000, .gid = 1000, .name = "alice" },
						 { .uid = 1000 },
						 { .name = "root" } };
	static struct policy p;
	/* An exact copy, so that a byte too many is seen. */
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (size_t i = 0; i < 3; i++) {
		err_clear();
		if (policy_read((struct slice){ text, size }, &callers[i], &p) == 0)
			check_policy(&p);
		else
			check(strncmp(err_text(), "line ", 5) == 0);
	}
	check_subid((struct slice){ text, size });
	free(text);
	return 0;
}
