/* runtime/seccomp/filter.h - from a profile to a BPF program.
 *
 * A profile is a list of rules on system calls by name. It comes from one of two
 * places, the table in default.c or a file in docker's format (json.c), and goes
 * one way: compile.c makes a program of it. cache.c keeps programs that took
 * libseccomp milliseconds to make. runtime/seccomp.c puts the four together;
 * tools/mkfilter.c uses two of them while cinit is built.
 */
#ifndef RUNTIME_SECCOMP_FILTER_H
#define RUNTIME_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/pool.h"
#include "runtime/sec.h"

enum { FILTER_ARCHES_MAX = 6 };

struct filter_rule {
	const char *name;                /* of the system call */
	uint32_t action;                 /* SCMP_ACT_* */
	const struct scmp_arg_cmp *args; /* all must hold */
	unsigned nargs;
	const char *place; /* "syscalls[3]" for messages, or NULL */
};

struct filter_profile {
	uint32_t default_action;          /* for calls without a rule */
	uint32_t arch[FILTER_ARCHES_MAX]; /* SCMP_ARCH_*, the native one first */
	size_t narch;
	struct filter_rule *rules;
	size_t nrules;
	/* Every name the profile speaks of, with a rule for this container or not:
	 * calls that are newer than all of these get ENOSYS (see compile.c). */
	const char **names;
	size_t nnames;
	bool unknown_nosys; /* do that at all */
	bool guard_tty;     /* TIOCSTI and TIOCLINUX get EPERM */
	bool plain;         /* leave out step 3 of compile.c (tests compare) */
};

/* The default profile for a container with CAPS. */
void filter_default(struct pool *pool, uint64_t caps, bool compat32, struct filter_profile *out);
/* What the privileged helper may call (runtime/helper/sandbox.c): only while cinit is
 * built, like the default one. */
void filter_helper(struct pool *pool, struct filter_profile *out);
/* The capabilities that make a difference to it. */
uint64_t filter_default_caps(void);

struct filter_machine {
	uint64_t caps;          /* the container's */
	unsigned kernel, major; /* 6, 18: what "minKernel" is compared with */
};
/* TEXT (N bytes, '\0' behind them) is a profile in docker's format; NAME is what to
 * call it in messages. Names of calls unknown to libseccomp are left out, as docker
 * does; whatever else is not understood is an error that says where. */
int filter_json_read(struct pool *pool, const char *name, const char *text, size_t n,
		     const struct filter_machine *machine, struct filter_profile *out);
/* "SCMP_ARCH_*" of the machine cinit was built for, and its 32-bit companion (0: none). */
uint32_t filter_arch_native(void);
uint32_t filter_arch_compat32(void);

/* Make a program of PROFILE, in POOL. NAME as above. -1 with fail(). */
int filter_compile(struct pool *pool, const char *name, const struct filter_profile *profile,
		   struct sec_filter *out);

/* The program that was kept for KEY (N bytes: all that it depends on). True: found,
 * *OUT is in POOL. False says nothing about why: the caller compiles. */
bool filter_cache_get(struct pool *pool, const void *key, size_t n, struct sec_filter *out);
/* Keep it. A full disk, a read-only or missing home are no errors. */
void filter_cache_put(const void *key, size_t n, const struct sec_filter *filter);

/* FNV-1a of N bytes, continuing from HASH (begin with FILTER_HASH_START). Names
 * files and finds flipped bits; it is no defence against anybody. */
#define FILTER_HASH_START 14695981039346656037u
uint64_t filter_hash(uint64_t hash, const void *data, size_t n);

#endif
