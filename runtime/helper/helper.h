/* runtime/helper/helper.h - what the files of the privileged helper share.
 *
 * The helper's life, and the file for each step:
 *
 *	../priv_start.c	forked from a process whose file gave it privileges
 *	clean.c		phase A: nothing inherited is left, still the caller's uid
 *	serve.c		frames come in, the table says what each may be
 *	ids.c		MAP_IDS, a request of phase A
 *	cgroup.c	CGROUP, the other one
 *	clean.c		phase B: own uid, CAP_NET_ADMIN alone, files opened
 *	sandbox.c	Landlock and seccomp, then everything else is served
 *	facts.c		what the kernel says about descriptors
 *	check.c		request, caller, policy, facts -> verdict; pure
 *	../policy.c	/etc/cinit/net.conf
 *	registry.c	networks, on disk
 *	net.c		the requests that make something
 *
 * The client is taken for an attacker who drives the launcher as he likes. So every
 * decision is made from what the kernel says: the caller's ids as they were at exec,
 * and the descriptors that came along. Nothing is allocated. */
#ifndef RUNTIME_HELPER_H
#define RUNTIME_HELPER_H

/* What nearly all of them use. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/slice.h"
#include "runtime/policy.h"
#include "runtime/priv.h"

#define BIT(n) (UINT64_C(1) << (n))
/* What the helper begins with, and what it keeps. */
#define PHASE_A (BIT(CAP_NET_ADMIN) | BIT(CAP_SETUID) | BIT(CAP_SETGID))
#define PHASE_B BIT(CAP_NET_ADMIN)

/* ---- what the kernel says ---- */

/* A socket that is to prove that its owner has a port. */
struct proof {
	int domain, type, protocol;
	bool reuseport, reuseaddr, listening, v6only, our_netns;
	struct net_addr addr;
	uint16_t port;
};

struct facts {
	/* a namespace */
	bool netns;     /* it is a network namespace ... */
	bool our_netns; /* ... the host's */
	bool owned;     /* a user namespace of the caller's is above it */
	/* MAP_IDS */
	bool alive, child, userns_owned, userns_child;
	struct slice passwd, group, subuid, subgid;
	/* NETWORK, NET_JOIN */
	bool found, foreign; /* the network is there; it is another user's */
	bool busy;           /* NETWORK_REMOVE: a container is on it */
	struct net_def def;
	/* CGROUP */
	bool cgroup_real;    /* the machine's cgroups are where everybody expects them */
	bool cgroup_managed; /* a service manager hands them out */
	bool cgroup_top;     /* the caller is in none that could limit him */
	/* PUBLISH, NET_RATE */
	bool link_owned; /* the interface was made for the caller and leads to the namespace */
	struct net_lease lease;             /* by the kernel */
	uint32_t published;                 /* ports that the caller has already */
	uint32_t proved;                    /* by earlier frames ... */
	const struct priv_publish *earlier; /* ... of which this is the last */
	size_t nproofs;
	struct proof proof[PRIV_PROOFS];
};

/* One request in flight. */
struct asked {
	struct priv_req req;
	int fd[1 + PRIV_PROOFS]; /* owned; -1 behind the last */
	size_t nfds;
	struct facts facts;
};

/* ---- the process ---- */

struct helper {
	struct caller caller;
	struct policy policy;
	char refused[ERR_MAX];                      /* why the policy is not believed, or "" */
	struct slice passwd, group, subuid, subgid; /* texts of /etc, when they are needed */
	bool ready, moved;                          /* the above is filled in; phase B */
	int netns, userns;                          /* owned: our own, so the host's */
	int registry;                               /* owned: the directory; -1 in phase A */
	int target;                  /* owned: /proc/PID of MAP_IDS, between look and act; -1 */
	struct priv_publish publish; /* the last frame that was to be followed by more ... */
	uint32_t proved;             /* ... and how many ports all of them proved; 0: none */
};

/* One row of the table: what a request may be, and the three steps of carrying it out. */
struct helper_row {
	uint32_t type, size;
	size_t fds_min, fds_max;
	bool moved; /* belongs to phase B */
	int (*look)(struct helper *, struct asked *);
	int (*check)(const struct priv_req *, const struct caller *, const struct policy *,
		     const struct facts *);
	int (*act)(struct helper *, struct asked *, struct priv_reply *, int *fd);
	uint64_t caps; /* effective during act() */
};
extern const struct helper_row helper_rows[];
extern const size_t helper_nrows;
const struct helper_row *serve_row(const struct priv_req *req, size_t n, size_t nfds);

int facts_netns(const struct helper *h, int fd, struct facts *out);
int facts_child(const struct helper *h, int pidfd, struct facts *out, int *procdir);
void facts_proof(int ours, int fd, struct proof *out);

/* ---- verdicts: 0, or -1 with fail_plain() ---- */

int check_map_ids(const struct priv_req *, const struct caller *, const struct policy *,
		  const struct facts *);
int check_network(const struct priv_req *, const struct caller *, const struct policy *,
		  const struct facts *);
int check_net_join(const struct priv_req *, const struct caller *, const struct policy *,
		   const struct facts *);
int check_publish(const struct priv_req *, const struct caller *, const struct policy *,
		  const struct facts *);
int check_net_rate(const struct priv_req *, const struct caller *, const struct policy *,
		   const struct facts *);
int check_cgroup(const struct priv_req *, const struct caller *, const struct policy *,
		 const struct facts *);
bool check_has_subgid(const struct priv_req *, const struct facts *, const struct caller *);

int helper_start(const struct caller *caller);
_Noreturn void helper_serve(int sock, const struct caller *caller);
int clean_inherited(int *sock, const struct caller *caller);
int clean_policy(struct helper *h);
int clean_move(struct helper *h);
int sandbox_files(int registry);
int sandbox_calls(void);
/* Capabilities count only between these two. */
int clean_raise(uint64_t caps);
/* See files as user USER and group GROUP does, or as oneself again: other ids stay. Needs
 * CAP_SETUID and CAP_SETGID. */
int clean_see_as(uid_t user, gid_t group);
void clean_lower(void);
void clean_deadline(unsigned seconds);
int ids_text(const char *path, struct slice *text);
int ids_look(struct helper *h, struct asked *a);
int ids_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);
int cgroup_look(struct helper *h, struct asked *a);
int cgroup_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);
int network_look(struct helper *h, struct asked *a);
int network_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);
int join_look(struct helper *h, struct asked *a);
int join_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);
int publish_look(struct helper *h, struct asked *a);
int publish_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);
int rate_look(struct helper *h, struct asked *a);
int rate_act(struct helper *h, struct asked *a, struct priv_reply *reply, int *fd);

/* ---- the registry of networks: 1 it is there, 0 it is not, -1 with fail() ---- */

int registry_open(const struct policy *p, int *out);
int registry_get(int dir, uint32_t owner, const char *net, struct net_def *out);
/* The one with the lowest id above AFTER of those that are WANTED. */
int registry_next(int dir, uint32_t after,
		  bool (*wanted)(const struct helper *, const struct net_def *),
		  const struct helper *h, struct net_def *out);
/* 1: there is one of that name already, which is in *OUT. 0: made, what WANT left open is
 * chosen: its subnets meet no other network's and nothing of the host's. */
int registry_make(int dir, const struct policy *p, const struct net_def *want, struct net_def *out);
int registry_remove(int dir, const struct net_def *def);

/* runtime/priv_start.c */
bool priv_ids_are(uid_t uid, gid_t gid); /* real, effective and saved */
bool priv_able(void);                    /* are the capabilities there that a helper needs? */

/* runtime/ask.c: the launcher's end. */
struct priv_link {
	int sock;   /* -1: no helper */
	pid_t pid;  /* 0: none to be reaped */
	int error;  /* why there is none although the file is privileged, or 0 */
	bool moved; /* it has been asked for more than id maps */
	bool ended;
};
extern struct priv_link priv_link;

#endif
