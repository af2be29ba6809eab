/* tests/fuzz/fuzz_subid.c - any bytes as /etc/subuid and /etc/passwd. What is granted
 * must be granted by a row that is there, and reading must keep its promises. */
#include <stdlib.h>
#include <string.h>

#include "lib/subid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 16 };

static void check_ranges(struct slice text)
{
	struct subid_range r[MAX];
	size_t n = subid_ranges(text, "ann", 1000, r, MAX);

	if (n > MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct subid_range beyond = { r[i].first, UINT32_MAX };

		if (r[i].count == 0 || (uint64_t)r[i].first + r[i].count > UINT32_MAX)
			abort();
		/* The whole of it, and both ends. */
		if (!subid_allows(text, "ann", 1000, r[i]) ||
		    !subid_allows(text, "ann", 1000, (struct subid_range){ r[i].first, 1 }) ||
		    !subid_allows(text, "ann", 1000,
				  (struct subid_range){ r[i].first + r[i].count - 1, 1 }))
			abort();
		/* No file holds ids beyond the last. */
		if (r[i].first && subid_allows(text, "ann", 1000, beyond))
			abort();
	}
	if (n == 0 && subid_allows(text, "ann", 1000, (struct subid_range){ 100000, 1 }))
		abort();
}

static void check_names(struct slice text)
{
	char name[SUBID_NAME_MAX];
	bool found = subid_user_name(text, 1000, name);

	if (found != (name[0] != '\0') || !memchr(name, 0, sizeof(name)))
		abort();
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == ':' || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* An exact copy, so that a byte too many is seen. */
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	check_ranges((struct slice){ text, size });
	check_names((struct slice){ text, size });
	free(text);
	return 0;
}
