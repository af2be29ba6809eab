/* runtime/sec_steps.h - the single steps of sec_apply(), for runtime/sec.c and the
 * tests of each. All of them change the calling process for good and say in err.h
 * what went wrong. */
#ifndef RUNTIME_SEC_STEPS_H
#define RUNTIME_SEC_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/sec.h"

/* ---- limits.c: steps 1 to 4 ---- */
int limits_apply(const struct spec *spec);
int limits_keyring(const struct spec *spec);
/* Go to SPEC's working directory, made if it is missing, and prove that it lies below
 * "/". 1: this process may not enter it and another user might (EACCES). */
int limits_cwd(const struct spec *spec);
const char *limits_name(int resource); /* "nofile" */

/* ---- user.c: step 6 ---- */
/* Become USER: groups, gid, uid, all read back. KEEP_CAPS: stay capable for caps_set(). */
int user_become(const struct spec *spec, const struct sec_user *user, bool setgroups_allowed,
		bool keep_caps);

/* What a passwd or group file says; the texts are as read, N bytes, anything in them. */
struct passwd_entry {
	uid_t uid;
	gid_t gid;
	char name[64], home[256];
};
/* By name (or by UID when NAME is NULL). 1 found, 0 not, -1 with fail_plain(): the
 * entry for it is damaged. */
int passwd_find(const char *text, size_t n, const char *name, uid_t uid, struct passwd_entry *out);
int group_find(const char *text, size_t n, const char *name, gid_t *out);
/* Add the groups that list USER as a member. -1 with fail_plain(): too many. */
int group_memberships(const char *text, size_t n, const char *user, struct sec_user *out);

/* ---- caps.c: step 7, in two halves ---- */
struct caps_sets {
	uint64_t effective, permitted, inheritable;
};
/* What this process has, by the kernel. */
int caps_read(struct caps_sets *out);
/* The capabilities of SPEC that can be given here: all, or an error that names one. */
int caps_wanted(const struct spec *spec, uint64_t *caps);
/* The bounding set becomes exactly CAPS. Needs: CAP_SETPCAP. */
int caps_bound(uint64_t caps);
/* The other four: permitted and effective are CAPS, inheritable and ambient AMBIENT. */
int caps_set(uint64_t caps, uint64_t ambient);
/* Compare them with what the kernel says (caps_bound() has done so for its own). */
int caps_verify(uint64_t caps, uint64_t ambient);
/* All four become empty, and are read back; no file is opened for it. */
int caps_clear(void);

/* ---- seccomp.c: step 9 ---- */
int seccomp_install(const struct sec_filter *filter);

#endif
