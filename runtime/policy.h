/* runtime/policy.h - what the administrator allows a user of the privileged helper.
 *
 * /etc/cinit/net.conf is read by the helper, which decides by it, and by `cinit check`,
 * which tells the user. docs/security.md has its words. */
#ifndef RUNTIME_POLICY_H
#define RUNTIME_POLICY_H

#include "lib/slice.h"
#include "lib/subid.h"
#include "net.h"

/* ---- who asks ---- */

struct caller {
	uid_t uid; /* the real ids when cinit was executed */
	gid_t gid;
	pid_t pid;                 /* the launcher */
	char name[SUBID_NAME_MAX]; /* by /etc/passwd, or "" */
};

/* ---- what the administrator allows him ---- */

enum {
	POLICY_LIST = 8,
	POLICY_SHARED = 64,
	POLICY_INTERFACES = 64, /* without a word in net.conf */
	POLICY_CGROUPS = 1024,  /* the same */
	/* Just below the range of root's containers (runtime/ids.c), and like that at the
	 * end of the block that systemd's UIDS-GIDS document keeps for containers. */
	POLICY_USER = 1878982655,
};

struct policy {
	uint32_t user;                /* uid and gid of the helper itself */
	struct net_addr pool4, pool6; /* where subnets are chosen from */
	uint32_t networks;            /* that one user may define */
	uint32_t interfaces;          /* at a time; each has an address of either family */
	uint32_t published;           /* ports at a time */
	uint32_t max_conns;           /* of one interface; 0: no limit */
	uint32_t cgroups;             /* below the user's own; 0: he gets none */
	uint64_t rate;                /* bytes a second of one interface; 0: no limit */
	uint32_t drivers;             /* bit 1 << NET_ROUTED ... */
	uint32_t nports, nsubnets, nparents, nshared;
	struct {
		uint16_t first, last;
	} ports[POLICY_LIST];
	struct net_addr subnets[POLICY_LIST]; /* besides the pools */
	char parents[POLICY_LIST][NET_IFNAME_MAX];
	struct {
		char owner[SUBID_NAME_MAX], net[NET_NAME_MAX];
	} shared[POLICY_SHARED]; /* others' networks that the caller may use */
	bool root;               /* the caller is root: no limits */
};

/* "routed", "bridge" ... */
const char *policy_driver(unsigned driver);

/* The policy for CALLER by TEXT, which is all of net.conf; without a text, the defaults.
 * -1 with fail_plain("line N: ..."): nothing of a text with an error counts. Pure. */
int policy_read(struct slice text, const struct caller *caller, struct policy *out);
/* Open the file, prove that nobody but root can have written it, read it. No file is no
 * error. -1 with fail(). */
int policy_load(const struct caller *caller, struct policy *out);

#endif
