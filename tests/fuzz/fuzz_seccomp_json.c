/* tests/fuzz/fuzz_seccomp_json.c - any bytes as a seccomp profile: read or refused, and
 * what is read either compiles or is refused in words. */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "runtime/seccomp/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct filter_machine machine = { .caps = 0x800405fb, .kernel = 6, .major = 1 };
	struct pool pool = POOL_INIT;
	struct filter_profile profile;
	struct sec_filter filter;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err_clear();
	int rc = filter_json_read(&pool, "profile", text, size, &machine, &profile);

	/* libseccomp takes its time: large profiles are read only. */
	if (rc == 0 && profile.nrules < 40) {
		err_clear();
		rc = filter_compile(&pool, "profile", &profile, &filter);
		if (rc == 0 && (filter.len == 0 || filter.len > BPF_MAXINSNS))
			abort();
	}
	if (rc < 0 && !err_text()[0])
		abort();
	pool_release(&pool);
	free(text);
	return 0;
}
