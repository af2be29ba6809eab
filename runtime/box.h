/* runtime/box.h - a container in flight, shared by the files of runtime/.
 *
 * The launcher fills a `struct box`; the stage gets its own copy by fork. What is
 * planned here is const when the first process is started.
 */
#ifndef RUNTIME_BOX_H
#define RUNTIME_BOX_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "cgroup.h"
#include "fs.h"
#include "lib/fd.h"
#include "lib/pool.h"
#include "runtime.h"
#include "runtime/ports.h"
#include "runtime/sec.h"
#include "runtime/wire.h"

/* A record of one container in the run directory; see runtime/record.c. */
struct record {
	int dir;       /* owned, the containers' directory; -1 */
	int lock;      /* owned, flock()ed as long as the container lives; -1 */
	char name[80]; /* file name without suffix */
	bool scratch;  /* a scratch directory exists for it */
	bool cleared;  /* what dead containers had left has been removed */
};

enum { BOX_NETS_MAX = 8, BOX_ALIASES_MAX = 256 };

/* An interface of the container, as it was made. */
struct box_net {
	struct net_lease lease;
	int rules; /* owned: a table of rules ends with it (net.h); -1: there is none */
	char aliases[BOX_ALIASES_MAX]; /* its names on this network, spaces between */
};

/* What the monitor does so that names stay right; see names.c. */
struct names {
	bool entered;       /* its rows are in the table */
	int table;          /* owned, rows of all containers of the run directory; -1 */
	int fifo;           /* owned, the bell; -1 */
	int bell;           /* owned, epoll instance: the table has changed; -1 */
	int peer;           /* owned, pidfd of the monitor looked after; -1 */
	pid_t peer_pid;     /* whose; 0 */
	char peer_name[80]; /* its record */
	const char *base;   /* what the container's /etc/hosts begins with */
	size_t size;        /* of the text last written */
	int64_t due_ns;     /* when to look at the table; 0: nothing has changed */
	char joined_to[80]; /* record of the container whose network is shared */
};

struct box {
	struct pool *pool;       /* borrowed */
	const struct spec *spec; /* borrowed, const from here on */
	struct ids_plan ids;
	struct fs_facts facts;
	struct fs_plan *plan; /* in the pool; NULL: the stage builds it, see launch.c */
	struct sec_filter filter;

	struct cgroup_home home; /* where its cgroup is to be */
	struct cgroup_row *rows; /* in the pool: its limits, as writes */
	size_t nrows;
	struct cgroup cgroup;          /* owned; dir "": it has none */
	struct cgroup_devices devices; /* n 0: any */
	char killed[64];               /* "oom-killed (limit 64 MiB)", at the end; "" */

	uint64_t old_mask; /* the caller's signal mask and ignored signals, */
	uint64_t ignored;  /* which the payload gets back */
	bool oom_set;      /* the nursery has set the OOM score */
	struct record record;
	char scratch[400];  /* "" or the directory for upper and work */
	int null_fd;        /* owned, /dev/null; -1 when stdin is kept */
	int userns;         /* owned, a user namespace to enter; -1 */
	int join[NS_KINDS]; /* owned, namespaces to enter; -1 */
	int sock;           /* owned, this process's end of the wire; -1 */
	int other_sock;     /* owned, the peer's end, until it is closed; -1 */

	int64_t created; /* seconds since 1970 */
	bool started;    /* and the journal says so */
	pid_t pid;       /* of the stage, later init, as the launcher sees it */
	int pidfd;       /* owned, -1 before it exists */
	int tty_master;  /* owned, -1 */

	int netns;  /* owned, the network namespace if it is the container's own; -1 */
	int inside; /* owned, a socket of rtnetlink in there, until its interfaces are up; -1 */
	int hosts;  /* owned, its /etc/hosts for writing; -1 */
	struct box_net net[BOX_NETS_MAX];
	size_t nnets;
	struct net_rate rate; /* of each interface, as it is now */
	struct ports ports;
	struct names names;
	struct ctl *ctl; /* in the pool: where commands are answered, ctl.h; NULL */
};

/* ---- ids.c ---- */
/* newuidmap and newgidmap at work. */
struct ids_writers {
	bool started;
	pid_t uid, gid;
};
/* Write PLAN's maps into PID's user namespace, or start who does; ids_end() waits
 * for them, and must follow. ids_write() is both. -1 with fail(). */
int ids_begin(struct ids_writers *w, const struct ids_plan *plan, pid_t pid);
int ids_end(struct ids_writers *w);
/* Wait for them, whatever they say: the container will not be. */
void ids_reap(struct ids_writers *w);
int ids_write(const struct ids_plan *plan, pid_t pid);
bool ids_mapped(const struct idmaps *maps, uint32_t inside);

/* ---- record.c ---- */
/* Reserve the container's name. */
int record_create(struct box *b);
/* Write what is known (pid, names) for others to read. */
int record_write(struct box *b);
/* Remove what containers that have died left, once; late, since that looks at all there are. */
void record_clear(struct box *b);
void record_undo(struct box *b);
/* The pid of the running container WHO (name, id or id prefix), and its record's name
 * in NAME (may be NULL). -1 with fail(). */
int record_find(const char *who, pid_t *pid, char name[80]);
/* The containers' directory, the caller's; -1 with fail(). */
int record_dir(void);
/* Remove what the container NAME has left in DIR, if it is dead. */
void record_bury(int dir, const char *name);
/* Has the record NAME a living monitor? */
bool record_alive(int dir, const char *name);
/* Kernels before 6.6, roots that are thrown away: the record, and a directory for
 * upper and work, whose path is b->scratch. Nothing otherwise. */
int record_scratch_make(struct box *b);

/* ---- scrub.c ---- */
/* Remove the scratch directory NAME below DIRFD, whose files may belong to any of
 * the caller's subordinate ids. -1 with fail(). */
int scrub(struct pool *pool, int dirfd, const char *name);

/* ---- nets.c ---- */
/* The stage has told its network namespace (b->netns, b->inside): make the container's
 * interfaces in it, with addresses, rules and ports, and answer HAVE_NET. -1 with fail(). */
int nets_up(struct box *b);
/* Does the stage of SPEC wait for that answer? */
bool nets_awaited(const struct spec *spec);
/* One of them: have IFNAME made in NETNS on the network WANT, for the container WHO.
 * -1 with fail(). */
int nets_join(const struct spec *spec, const struct net_want *want, const char *who,
	      const char *ifname, int netns, struct box_net *out);
/* Can it be the container's way out? */
bool nets_leads_out(const struct net_lease *l);
/* Have CHANGE(L) done by a child inside the network namespace NETNS. -1 with its words. */
int nets_inside(int netns, int (*change)(const struct net_lease *l), const struct net_lease *l);
/* Let go of rules and ports; the interfaces end with the namespace. */
void nets_release(struct box *b);

/* ---- names.c ---- */
/* Put the container's names into the table and tell the others; before its payload
 * runs. Without a table names do not work, which is noted and no more. */
void names_enter(struct box *b);
/* Write the container's /etc/hosts. */
void names_write(struct box *b);
/* The container NAME is dead: nobody else has to find it out. DIR is the records'. */
void names_forget(int dir, const char *name);
/* Take the names back; close everything. */
void names_leave(struct box *b);
/* For the monitor's loop: what to poll, when to wake up at the latest (0: never), and
 * what to do then. */
void names_want(const struct box *b, struct pollfd *bell, struct pollfd *peer);
int64_t names_due(const struct box *b);
void names_move(struct box *b, const struct pollfd *bell, const struct pollfd *peer, int64_t now);

/* ---- cgroups.c ---- */
/* Decide where the container's cgroup is to be; nothing is touched. -1 with fail() when a
 * limit is asked for that cannot hold. */
int cgroups_plan(struct box *b);
/* Where the plan needs a scope of the service manager: run the command anew in one.
 * Returns 0 when there is no need, -1 with fail(). */
int cgroups_enter(struct box *b);
/* Make it, with its limits; the container's name is reserved first. -1 with fail(). */
int cgroups_make(struct box *b);
/* The container has ended with CODE: say what was killed, write that down, remove it. */
void cgroups_end(struct box *b, int code);

/* ---- devices.c ---- */
/* Decide which devices it may use. -1 with fail(). */
int devices_plan(struct box *b);
/* A line for each rule. */
void devices_print(const struct box *b, FILE *out);
/* Hold its cgroup to them. -1 with fail() when that was asked for and cannot be. */
int devices_attach(const struct box *b);

/* ---- launch.c ---- */
/* Start the stage, in its namespaces, with ids. 0 when the payload's init runs;
 * else -1 with the words in err.h and *exit_code set. */
int launch(struct box *b, int *exit_code);
/* The namespaces that are made for SPEC, as CLONE_NEW* flags. */
uint64_t launch_new_namespaces(const struct spec *spec, const struct ids_plan *ids);
extern const int launch_ns_flag[NS_KINDS];
extern const char *const launch_ns_name[NS_KINDS];

/* ---- stage.c ---- */
_Noreturn void stage_main(struct box *b);

/* ---- monitor.c ---- */
/* Watch the container to its end; returns the exit code. FRONT is a pipe whose end
 * means that the process before the terminal is gone, or -1. */
int monitor_run(struct box *b, int front);

/* ---- tty.c ---- */
int tty_run(struct box *b, int (*body)(struct box *b, int front));

#endif
