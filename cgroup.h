/* cgroup.h - the room of control groups, version 2.
 *
 * A container has one cgroup, below a `home` that the caller may divide:
 *
 *	HOME		given to the caller, or made by root; its controllers are switched on
 *	HOME/monitor	cinit's own processes: no process may stand where children have
 *			controllers (the no-internal-processes rule, cgroups(7))
 *	HOME/ctr-NAME	the container, with its limits; the root of its cgroup namespace
 *
 * Paths are absolute, the mount's included: "/sys/fs/cgroup/user.slice/...".
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/pool.h"

enum { CGROUP_PATH_MAX = 512, CGROUP_LIST_MAX = 256 };

/* ---- cgroup.c: where the caller stands ---- */

struct cgroup_place {
	char mount[256];                   /* where cgroup2 is mounted, "" if nowhere */
	char path[CGROUP_PATH_MAX];        /* the caller's cgroup below it, "" if none */
	bool hybrid;                       /* v1 controllers are mounted as well */
	bool read_only;                    /* the mount is */
	bool writable;                     /* the caller may create a child cgroup here */
	char controllers[CGROUP_LIST_MAX]; /* cgroup.controllers of it, space separated */
};

/* Where the caller stands in cgroup v2. 0 also when there is none (mount is ""). */
int cgroup_find(struct cgroup_place *out);
/* Is cgroup v2, and nothing else, where everybody mounts it? One system call. */
bool cgroup_usual(void);

/* ---- cgroup/home.c: where containers are put ---- */

enum cgroup_how {
	CGROUP_NONE,  /* nowhere: why says the reason */
	CGROUP_ROOT,  /* the caller is root: a subtree of cinit's own, or --cgroup-parent */
	CGROUP_OWN,   /* the caller's cgroup, which is his to divide */
	CGROUP_ABOVE, /* the one above it: the caller stands in a leaf already */
	CGROUP_SCOPE, /* a transient scope, to be asked of the user's manager */
	CGROUP_ASK,   /* a cgroup of one's own, to be asked of the privileged helper */
};

struct cgroup_home {
	enum cgroup_how how;
	char dir[CGROUP_PATH_MAX]; /* "" for NONE, SCOPE and ASK */
	char slice[64];            /* SCOPE: the slice that it is to be in, or "" */
	char why[640];             /* a sentence's end, for `check` and for errors */
	char mend[256];            /* what to do about it, or "" */
};

/* Decide. PARENT: --cgroup-parent, or NULL. ASKABLE: there is a privileged helper. Touches
 * nothing. -1 with fail() for a PARENT that cannot be. */
int cgroup_home(const char *parent, bool askable, struct cgroup_home *out);
/* The same of what was found: pure but for the look at the directories. UID: the caller. */
int cgroup_home_at(const struct cgroup_place *p, const char *parent, uid_t uid, bool askable,
		   struct cgroup_home *h);

/* ---- cgroup/limits.c: what is wanted, as lines for files; pure ---- */

struct cgroup_pair { /* of --hugetlb, --rdma, --misc, --cgroup-conf, device limits */
	const char *key, *value, *arg; /* arg: the user's own words */
};

/* 0 and NULL: not said. */
struct cgroup_limits {
	int64_t memory, memory_swap; /* bytes; swap: both together, -1: no limit */
	int64_t memory_low, memory_min, memory_high;
	bool oom_group;
	uint64_t cpu_quota_us, cpu_period_us, cpu_burst_us; /* quota UINT64_MAX: none */
	uint64_t nano_cpus;                                 /* --cpus, in 1e-9 processors */
	uint32_t cpu_shares;                                /* docker's, 2 to 262144 */
	bool cpu_idle;
	const char *cpus, *mems; /* lists as cpuset takes them */
	int64_t pids;            /* -1: no limit */
	bool pids_default;       /* nobody has asked: left out where it cannot be */
	uint32_t io_weight;      /* 10 to 1000 */
	struct cgroup_pair *io;  /* "8:0" and "rbps=1048576" */
	size_t nio;
	struct cgroup_pair *hugetlb, *rdma, *misc, *conf;
	size_t nhugetlb, nrdma, nmisc, nconf;
};

/* One write. */
struct cgroup_row {
	const char *controller; /* "memory"; "cgroup" for the core's files */
	const char *file;       /* "memory.max" */
	const char *value;
	const char *arg; /* the option, for messages: "--memory" */
	bool optional;   /* leave it out where it cannot be */
};

/* Do they agree with each other? -1 with fail(). */
int cgroup_limits_check(const struct cgroup_limits *w);
/* Was anything asked for that must hold? */
bool cgroup_limits_asked(const struct cgroup_limits *w);
/* W as writes, in the order in which they are done; they live in POOL. */
size_t cgroup_limits_rows(struct pool *pool, const struct cgroup_limits *w, struct cgroup_row **out);

/* ---- cgroup/group.c: a container's cgroup ---- */

struct cgroup {
	char home[CGROUP_PATH_MAX], dir[CGROUP_PATH_MAX]; /* dir "": there is none */
	int fd;                                           /* owned, O_PATH of dir; -1 */
	int inner; /* owned, O_PATH of what its root may divide (--cgroup-rw); -1 */
};

/* Make HOME/ctr-NAME with all of ROWS in it: they hold, or there is no cgroup and -1 with
 * fail(). Moves the caller to HOME/monitor where HOME must be empty of processes. */
int cgroup_make(const struct cgroup_home *home, const char *name, const struct cgroup_row *rows,
		size_t n, struct cgroup *g);
/* Let the container divide it: a child `inner` that belongs to UID and GID and is marked as
 * delegated, with all controllers, and `inner/init` for the first process. The limits stay
 * above, out of reach. -1 with fail(). */
int cgroup_open_up(struct cgroup *g, uid_t uid, gid_t gid);
/* Move PID, born into inner, out of the way to inner/init. */
int cgroup_settle(const struct cgroup *g, pid_t pid);
/* Let the children of DIRFD have every controller that it has. The first that cannot be:
 * -1 with errno, and its name in FAILED; the others are switched on all the same. */
int cgroup_give_all(int dirfd, char failed[CGROUP_LIST_MAX]);
/* Is ROW's controller one of cgroup v1 on this machine? -1 with fail(), which names the mount. */
int cgroup_check_v1(const struct cgroup_row *row);
/* Write ROWS into the cgroup DIRFD: all, or those that were written get their old values
 * back, and -1 with fail(). */
int cgroup_write(int dirfd, const struct cgroup_row *rows, size_t n);
/* Kill what is in it and remove it, children first; the fd is closed. */
void cgroup_undo(struct cgroup *g);
/* Remove the cgroups of containers that are dead: ALIVE(ctx, NAME) says no. How many. */
int cgroup_sweep(const char *home, bool (*alive)(void *ctx, const char *name), void *ctx);

/* ---- cgroup/device.c: which devices it may use ---- */

enum {
	CGROUP_DEVICES_MAX = 128,
	CGROUP_DEVICE_INSNS = 10 + 4 * CGROUP_DEVICES_MAX,
	CGROUP_DEVICE_TEXT = 64,
};

struct cgroup_device {
	char type;            /* 'c', 'b', or 'a': both */
	uint8_t access;       /* bits of BPF_DEVCG_ACC_* */
	int32_t major, minor; /* -1: any */
};

/* What is allowed; all else is not. */
struct cgroup_devices {
	struct cgroup_device rule[CGROUP_DEVICES_MAX];
	size_t n;
};

/* "c 10:229 rw", docker's words. -1 with fail_plain(). */
int cgroup_device_parse(const char *text, struct cgroup_device *out);
/* "rwm", or some of these letters, as bits; 0: others are among them. */
unsigned cgroup_device_access(const char *letters);
/* One more. -1 with fail_plain() when there are too many. */
int cgroup_device_add(struct cgroup_devices *d, const struct cgroup_device *rule);
/* Begin with what every container may use. */
void cgroup_device_usual(struct cgroup_devices *d);
const char *cgroup_device_text(char text[CGROUP_DEVICE_TEXT], const struct cgroup_device *rule);
/* Them as a program of at most CGROUP_DEVICE_INSNS instructions in OUT; how many. */
struct bpf_insn;
size_t cgroup_device_program(const struct cgroup_devices *d, struct bpf_insn *out);
/* Hold everybody in the cgroup DIRFD to them, for as long as it is there. -1 with fail(). */
int cgroup_device_attach(int dirfd, const struct cgroup_devices *d);

/* ---- cgroup/control.c: freeze, kill, events ---- */

/* Freeze or thaw DIRFD's cgroup and wait until that is so, at most WAIT_MS. -1 with fail(). */
int cgroup_freeze(int dirfd, bool freeze, int wait_ms);
/* SIGKILL for everything in it and below: cgroup.kill, or one by one before Linux 5.14. */
int cgroup_kill(int dirfd);

/* cgroup.events and memory.events; -1: that file does not say. */
struct cgroup_events {
	int populated, frozen;
	int64_t oom, oom_kill, max;
};
int cgroup_events(int dirfd, struct cgroup_events *out);

/* The value behind KEY in TEXT of "KEY VALUE" lines; -1 if it is not there. */
int64_t cgroup_flat(const char *text, const char *key);

/* ---- cgroup/measure.c: figures ---- */

struct cgroup_pressure { /* percent over the last 10 s, and us in all; total -1: not there */
	double some10, full10;
	int64_t some_us, full_us;
};

/* -1: the kernel does not say. */
struct cgroup_sample {
	int64_t at_ns; /* CLOCK_MONOTONIC */
	int64_t cpu_us, cpu_user_us, cpu_system_us, throttled_us, nr_throttled;
	int64_t memory, memory_peak, memory_limit; /* limit INT64_MAX: none */
	int64_t memory_cache;                      /* inactive_file, what docker takes off */
	int64_t swap;
	int64_t pids, pids_limit;
	int64_t io_read, io_written, io_reads, io_writes;
	struct cgroup_pressure cpu_pressure, memory_pressure, io_pressure;
	struct cgroup_events events;
};
/* Read them from the cgroup DIRFD. -1 with fail() if it is gone. */
int cgroup_measure(int dirfd, struct cgroup_sample *out);
/* Of one processor in percent, between two samples. */
double cgroup_cpu_percent(const struct cgroup_sample *before, const struct cgroup_sample *now);

#endif
