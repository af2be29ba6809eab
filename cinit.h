/* cinit.h - the few types that pass between rooms.
 *
 * A `struct spec` is everything that is wanted of one container. The command
 * line (later also an OCI config.json) fills it, spec_check() judges it as a
 * whole, and from then on it is const: every process that is forked for the
 * container reads the same spec from its own copy of memory.
 *
 * All strings and arrays in a spec belong to the pool it was built in and live
 * until the process ends; nobody frees a part of a spec.
 */
#ifndef CINIT_H
#define CINIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "cgroup.h"
#include "lib/exitcode.h"
#include "net.h"

/* One row of uid_map or gid_map. Ranges are half open, checked in 64 bits. */
struct idmap {
	uint32_t inside, outside, count;
};

#define IDMAP_MAX 32 /* rows we accept; the kernel takes 340 */

struct idmaps {
	struct idmap row[IDMAP_MAX];
	size_t n;
};

enum ns_kind { NS_USER, NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_KINDS };

enum ns_mode {
	NS_PRIVATE, /* a new one for the container */
	NS_HOST,    /* the caller's */
	NS_JOIN,    /* another container's: container:PID|NAME */
	NS_NONE,    /* NS_NET only: new, with nothing but loopback */
};

struct ns_want {
	enum ns_mode mode;
	const char *who; /* NS_JOIN: the words after "container:" */
	bool asked;      /* said by the user, not the default */
};

enum userns_mode {
	USERNS_AUTO,    /* the whole subordinate range, root = caller */
	USERNS_KEEP_ID, /* the caller's uid is the same inside */
	USERNS_MAP,     /* --uidmap/--gidmap rows as given */
	USERNS_HOST,    /* root only: no user namespace */
};

enum root_kind { ROOT_DIR, ROOT_HOST };

enum mount_kind { MOUNT_BIND, MOUNT_TMPFS, MOUNT_DEVICE };

/* One -v, --mount, --tmpfs or --device. */
struct mount_want {
	enum mount_kind kind;
	const char *src;           /* absolute host path; NULL for tmpfs */
	const char *dst;           /* absolute path inside, normalised, no ".." */
	uint64_t attr_set;         /* MOUNT_ATTR_* to set, recursively */
	uint64_t attr_clr;         /* MOUNT_ATTR_* to clear, recursively */
	unsigned long propagation; /* MS_SHARED, MS_SLAVE... | MS_REC; 0 = private */
	bool recursive;            /* bind what is mounted below as well */
	bool chown;                /* U: give the source to the container's user */
	const char *access;        /* DEVICE: of the letters r, w and m */
	const char *tmpfs_data;    /* "size=64m,mode=1777": checked, fsconfig pairs */
	const char *arg;           /* the user's own words, for messages */
};

struct rlimit_want {
	int resource; /* RLIMIT_* */
	struct rlimit lim;
	bool asked; /* false: a default, may fail quietly */
};

struct pair {
	const char *key, *val;
};

/* One --net NETWORK: an interface of the container. */
struct net_want {
	const char *name;         /* the network's */
	const char *owner;        /* the user who made it, "OWNER/NAME"; NULL: the caller */
	struct net_addr ip4, ip6; /* family 0: cinit chooses */
	uint8_t mac[6];           /* 0: cinit chooses */
	const char **aliases;
	size_t naliases;
	const char *arg; /* the user's own words, for messages */
};

enum seccomp_mode { SECCOMP_MODE_DEFAULT, SECCOMP_MODE_FILE, SECCOMP_MODE_UNCONFINED };

struct spec {
	/* name */
	const char *id;   /* 12 hex digits, always */
	const char *name; /* --name, or NULL */

	/* root file system */
	enum root_kind root;
	const char *rootfs;     /* absolute; "/" for ROOT_HOST */
	const char *rootfs_arg; /* as typed */
	bool rootfs_rw;         /* write through to ROOTFS */
	bool read_only;
	const char *overlay_upper; /* absolute, or NULL: thrown away */
	struct mount_want *mounts;
	size_t nmounts;
	unsigned long rootfs_propagation; /* MS_PRIVATE | MS_REC by default (0) */
	uint64_t shm_size;                /* bytes */
	bool unmask;                      /* no masked and read-only paths (privileged) */

	/* namespaces */
	struct ns_want ns[NS_KINDS]; /* NS_USER is said by `userns` */
	enum userns_mode userns;
	struct idmaps uids, gids;           /* as asked; ids_plan() fills the rest */
	int64_t time_boot_ns, time_mono_ns; /* --time-offset */
	bool time_offset;

	/* identity inside */
	const char *user;    /* "UID[:GID]", "NAME[:GROUP]" or NULL: root */
	const char **groups; /* --group-add, names or numbers */
	size_t ngroups;

	/* security */
	uint64_t caps;       /* bit n = capability n */
	uint64_t caps_added; /* those of --cap-add: users other than 0 have them too */
	bool privileged;
	bool no_new_privs;
	enum seccomp_mode seccomp;
	const char *seccomp_file;
	bool seccomp_compat32;
	struct rlimit_want *rlimits;
	size_t nrlimits;
	int oom_score_adj;
	bool oom_score_adj_set;
	struct pair *sysctls; /* dotted names, checked */
	size_t nsysctls;
	mode_t umask;

	/* process */
	const char **argv; /* NULL terminated, entrypoint included */
	const char **env;  /* NULL terminated "K=V", complete */
	const char *cwd;   /* absolute inside */
	bool tty, interactive;
	const char *detach_keys; /* bytes, already decoded; NULL: none */
	size_t ndetach_keys;
	bool init;     /* cinit as PID 1 inside; else the payload */
	bool wait_all; /* the container lives until its last process has ended */
	bool follow;   /* ... or until the end of a program gone into the background */
	int stop_signal;
	unsigned stop_timeout; /* seconds from stop signal to SIGKILL ... */
	bool stop_timeout_set; /* ... if --stop-timeout was given; else no deadline */
	unsigned preserve_fds; /* fds 3 .. 3+n-1 reach the payload */
	bool listen_fds;       /* preserve_fds came from LISTEN_FDS */
	const char *pidfile;   /* absolute, or NULL */

	/* networks: nothing of this unless ns[NS_NET] is NS_PRIVATE */
	struct net_want *nets; /* eth0, eth1 ...; none: loopback alone */
	size_t nnets;
	struct net_egress *egress; /* first match wins */
	size_t negress;
	bool egress_deny; /* what no row says is denied */
	struct net_rate net_rate;
	uint32_t max_conns;     /* 0: what the policy says */
	struct net_port *ports; /* -p and -P; host_first 0: the kernel chooses */
	size_t nports;
	struct net_port *exposed; /* --expose: what -P publishes, and links tell */
	size_t nexposed;
	struct pair *links; /* key = container, val = its name in here */
	size_t nlinks;

	/* control groups */
	struct cgroup_limits limits;
	const char *cgroup_parent; /* as typed, or NULL */
	bool cgroup_rw;            /* the container may divide its cgroup */
	struct cgroup_device *device_rules;
	size_t ndevice_rules;

	/* the container's own /etc files */
	const char *hostname;
	struct pair *add_hosts; /* key = name, val = address */
	size_t nadd_hosts;
	const char **dns, **dns_search, **dns_opt;
	size_t ndns, ndns_search, ndns_opt;
};

#endif
