/* tools/mkfilter.c - computes the built-in seccomp filter while cinit is built.
 *
 * Run by make on the build machine, which must be of the same architecture as the
 * one cinit is for. Prints a C header: the program for the default capabilities,
 * that of the privileged helper, and a number that changes whenever the profile or its compiler does, by which
 * cinit knows that programs in its cache are of another build.
 */
#include <stdio.h>

#include "lib/err.h"
#include "runtime/seccomp/filter.h"

static uint64_t hash;

static int compile(struct pool *pool, uint64_t caps, bool compat32, struct sec_filter *out)
{
	struct filter_profile profile;

	filter_default(pool, caps, compat32, &profile);
	if (filter_compile(pool, "default profile", &profile, out) < 0)
		return -1;
	hash = filter_hash(hash, out->insns, out->len * sizeof(*out->insns));
	return 0;
}

static void print(const char *name, const struct sec_filter *filter)
{
	printf("__attribute__((unused)) static const struct sock_filter %s[] = {\n", name);
	for (unsigned i = 0; i < filter->len; i++) {
		const struct sock_filter *f = &filter->insns[i];

		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", f->code, f->jt, f->jf, f->k);
	}
	puts("};");
}

int main(void)
{
	struct pool pool = POOL_INIT;
	struct sec_filter filter, other, helper;
	struct filter_profile profile;
	const struct scmp_version *version = seccomp_version();

	hash = filter_hash(FILTER_HASH_START, version, sizeof(*version));
	if (compile(&pool, 0, false, &filter) < 0 ||
	    compile(&pool, UINT64_MAX, false, &other) < 0 || compile(&pool, 0, true, &other) < 0)
		goto failed;
	filter_helper(&pool, &profile);
	if (filter_compile(&pool, "the helper's profile", &profile, &helper) < 0) {
	failed:
		err_print();
		return 1;
	}
	puts("/* Made by tools/mkfilter.c; not to be edited. */");
	printf("#define SECCOMP_BUILD_ID UINT64_C(0x%016llx)\n", (unsigned long long)hash);
	print("seccomp_default_insns", &filter);
	print("seccomp_helper_insns", &helper);
	pool_release(&pool);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
