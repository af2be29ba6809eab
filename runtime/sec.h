/* runtime/sec.h - what a container's processes may do.
 *
 * One documented order, in the stage, after pivot_root (runtime/sec.c):
 *  1 session keyring		 6 groups, gid, uid (read back)
 *  2 umask			 7 the other four capability sets (read back)
 *  3 cwd, verified inside	 8 no_new_privs
 *  4 rlimits			 9 seccomp, last
 *  5 bounding set (read back)
 * User and groups have been looked up in the new root before (sec_user_resolve).
 * Without no_new_privs the filter needs CAP_SYS_ADMIN, so 9 comes before 5.
 */
#ifndef RUNTIME_SEC_H
#define RUNTIME_SEC_H

#include <linux/filter.h>
#include <stdio.h>

#include "cinit.h"
#include "lib/pool.h"

struct sec_filter {
	const struct sock_filter *insns; /* NULL: unconfined */
	unsigned short len;
	const char *from; /* "built in", "cache", "compiled", "unconfined" */
};

/* In the launcher, before anything is started: the filter for SPEC. The default
 * profile is in the binary for the default capabilities and all others that make
 * no difference to it (docs/security.md has the table); any other program is
 * compiled with libseccomp and kept in the cache directory under the hash of
 * profile, capabilities, architectures and build (mode 0600, owner and size
 * checked when read). -1 with fail(): a profile that cannot be read or parsed. */
int sec_filter_load(struct pool *pool, const struct spec *spec, struct sec_filter *out);

/* Capability names, docker's: "NET_ADMIN", "cap_net_admin", "ALL". */
int sec_cap_parse(const char *name, uint64_t *bits); /* -1: unknown */
const char *sec_cap_name(unsigned cap);              /* "CAP_CHOWN" */
#define SEC_CAPS_DEFAULT sec_caps_default()
uint64_t sec_caps_default(void); /* the 11 */
uint64_t sec_caps_all(void);     /* all the kernel and the build know */

struct sec_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[64];
	size_t ngroups;
	char home[256]; /* for HOME when the environment has none */
	char name[64];
};
/* In the stage, "/" is the container's root: SPEC's user and groups looked up in
 * its own /etc/passwd and /etc/group (read by openat2 RESOLVE_IN_ROOT, regular
 * files only, at most 1 MiB; no NSS). Numbers need no entry. */
int sec_user_resolve(const struct spec *spec, struct sec_user *out);

/* "--ulimit NAME=SOFT[:HARD]", "--sysctl KEY=VALUE" (only per-namespace keys),
 * "--security-opt ..." readers. -1 with fail_plain(). */
int sec_rlimit_parse(const char *arg, struct rlimit_want *out);
int sec_sysctl_parse(struct pool *pool, const char *arg, struct pair *out);
/* Are SPEC's sysctls all of namespaces that are the container's own? */
int sec_sysctl_check(const struct spec *spec);
/* Write the sysctls; before masks make /proc/sys read-only, so the stage calls it
 * with PROCFD, a descriptor of a private procfs (fsmount), after lo is up. */
int sec_sysctl_apply(const struct spec *spec, int procfd);
/* The defaults of a network namespace of the container's own, before those. GIDS: the map of
 * its user namespace, NULL: it has none of its own. */
void sec_sysctl_network(const struct idmaps *gids, int procfd);

/* SPEC's OOM score for the calling process and all that it forks. The very first
 * step: Kernel: the file belongs to the machine's root as soon as the process is not
 * dumpable, and that it is to be before any stranger can see it; proc(5). */
int sec_oom_apply(const struct spec *spec);

/* Steps 1-8 for the calling process, for good; 9 as well when it has to come early
 * (no_new_privs off).
 * Needs: root of the user namespace. Leaves: exactly the user, groups and caps of
 * SPEC (read back, else -1). Must not: be followed by anything but a change that
 * can only take away, then exec. */
int sec_apply(const struct spec *spec, const struct sec_user *user, const struct sec_filter *filter,
	      bool setgroups_allowed);
/* Step 9 when no_new_privs is on; nothing otherwise. The last call before exec. */
int sec_apply_filter(const struct spec *spec, const struct sec_filter *filter);

/* For --dry-run. */
void sec_print(const struct spec *spec, const struct sec_filter *filter, FILE *out);

#endif
