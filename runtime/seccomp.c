/* runtime/seccomp.c - which filter a container gets, and loading it.
 *
 * The launcher calls sec_filter_load() before anything is started, so that a profile
 * which cannot be read has touched nothing. In order:
 *
 *  1 unconfined: none
 *  2 the default profile, and none of the container's capabilities matters to it:
 *    the program that was computed when cinit was built; no file is read
 *  3 the program in the cache under everything it depends on
 *  4 compiled by libseccomp, and put into the cache
 *
 * The stage loads the bytes as the last thing before exec (runtime/sec.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/sec_steps.h"
#include "runtime/seccomp/filter.h"
#include "seccomp_default.h"

enum { PROFILE_SIZE_MAX = 1 << 20 };

/* What a program depends on; profile text follows for files. Compared as bytes: no
 * padding in it. */
struct key {
	uint64_t build;   /* SECCOMP_BUILD_ID */
	uint64_t version; /* hash of cinit's version */
	uint64_t caps;
	uint32_t mode, compat32, kernel, major;
};

static void ask_kernel(struct filter_machine *machine)
{
	struct utsname name;
	char *rest;

	if (uname(&name) < 0)
		return;
	machine->kernel = (unsigned)strtoul(name.release, &rest, 10);
	if (*rest == '.')
		machine->major = (unsigned)strtoul(rest + 1, NULL, 10);
}

static int read_profile(const char *path, char *text, size_t *n)
{
	ssize_t got = fd_read_file(AT_FDCWD, path, text, PROFILE_SIZE_MAX);

	if (got < 0 && errno == EFBIG)
		return fail_plain("seccomp profile %s: larger than 1 MiB", path);
	if (got < 0)
		return fail("read seccomp profile %s", path);
	*n = (size_t)got;
	return 0;
}

static int compile(struct pool *temp, struct pool *pool, const struct spec *spec, const char *name,
		   const struct key *key, const char *text, size_t n, struct sec_filter *out)
{
	const struct filter_machine machine = {
		.caps = key->caps,
		.kernel = key->kernel,
		.major = key->major,
	};
	struct filter_profile profile;

	if (spec->seccomp == SECCOMP_MODE_DEFAULT) {
		filter_default(temp, spec->caps, spec->seccomp_compat32, &profile);
	} else {
		if (filter_json_read(temp, name, text, n, &machine, &profile) < 0)
			return -1;
		if (spec->seccomp_compat32 && filter_arch_compat32())
			profile.arch[profile.narch++] = filter_arch_compat32();
	}
	return filter_compile(pool, name, &profile, out);
}

/* TEXT is the profile's, N bytes, for a file. Only the program stays in POOL: the
 * launcher lives as long as the container and carries it all along. */
static int cache_or_compile(struct pool *pool, const struct spec *spec, const char *name,
			    const struct key *key, const char *text, size_t n,
			    struct sec_filter *out)
{
	struct pool temp = POOL_INIT;
	size_t size = sizeof(*key) + n;
	char *bytes = pool_alloc(&temp, size);
	int rc = 0;

	memcpy(bytes, key, sizeof(*key));
	if (n)
		memcpy(bytes + sizeof(*key), text, n);
	if (!filter_cache_get(pool, bytes, size, out)) {
		rc = compile(&temp, pool, spec, name, key, text, n, out);
		if (rc == 0)
			filter_cache_put(bytes, size, out);
	}
	pool_release(&temp);
	return rc;
}

int sec_filter_load(struct pool *pool, const struct spec *spec, struct sec_filter *out)
{
	struct key key = {
		.build = SECCOMP_BUILD_ID,
		.version = filter_hash(FILTER_HASH_START, CINIT_VERSION, strlen(CINIT_VERSION)),
		.caps = spec->caps & filter_default_caps(),
		.mode = spec->seccomp,
		.compat32 = spec->seccomp_compat32,
	};

	memset(out, 0, sizeof(*out));
	if (spec->seccomp == SECCOMP_MODE_UNCONFINED) {
		out->from = "unconfined";
		return 0;
	}
	if (spec->seccomp == SECCOMP_MODE_DEFAULT) {
		if (key.caps || key.compat32)
			return cache_or_compile(pool, spec, "default seccomp profile", &key, NULL,
						0, out);
		out->insns = seccomp_default_insns;
		out->len = sizeof(seccomp_default_insns) / sizeof(*seccomp_default_insns);
		out->from = "built in";
		return 0;
	}
	AUTO_FREE char *text = malloc(PROFILE_SIZE_MAX + 1);
	struct filter_machine machine = { .kernel = 0 };
	size_t n = 0;

	if (!text)
		return fail("read seccomp profile %s", spec->seccomp_file);
	if (read_profile(spec->seccomp_file, text, &n) < 0)
		return -1;
	ask_kernel(&machine);
	key.caps = spec->caps;
	key.kernel = machine.kernel;
	key.major = machine.major;
	const char *name = pool_printf(pool, "seccomp profile %s", spec->seccomp_file);

	return cache_or_compile(pool, spec, name, &key, text, n, out);
}

int seccomp_install(const struct sec_filter *filter)
{
	const struct sock_fprog program = {
		.len = filter->len,
		.filter = (struct sock_filter *)filter->insns,
	};

	if (!filter->insns)
		return 0;
	/* Kernel: without SPEC_ALLOW kernels before 5.16 turn on mitigations against
	 * speculation for good, which cost some programs a third of their speed;
	 * containers are not one another's sandbox inside one process. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    &program) < 0)
		return fail("load the seccomp filter (%u instructions)", filter->len);
	return 0;
}
