/* runtime/box.h - a container in flight, shared by the files of runtime/.
 *
 * The launcher fills a `struct box`; the stage gets its own copy by fork. What is
 * planned here is const when the first process is started.
 */
#ifndef RUNTIME_BOX_H
#define RUNTIME_BOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs.h"
#include "lib/fd.h"
#include "lib/pool.h"
#include "runtime.h"
#include "runtime/sec.h"
#include "runtime/wire.h"

/* A record of one container in the run directory; see runtime/record.c. */
struct record {
	int dir;       /* owned, the containers' directory; -1 */
	int lock;      /* owned, flock()ed as long as the container lives; -1 */
	char name[80]; /* file name without suffix */
	bool scratch;  /* a scratch directory exists for it */
};

struct box {
	struct pool *pool;       /* borrowed */
	const struct spec *spec; /* borrowed, const from here on */
	struct ids_plan ids;
	struct fs_facts facts;
	struct fs_plan *plan; /* in the pool; NULL: the stage builds it, see launch.c */
	struct sec_filter filter;

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

	pid_t pid;      /* of the stage, later init, as the launcher sees it */
	int pidfd;      /* owned, -1 before it exists */
	int tty_master; /* owned, -1 */
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
/* Clear what dead containers left, then reserve the container's name. */
int record_create(struct box *b);
/* Write what is known (pid, names) for others to read. */
int record_write(struct box *b);
void record_undo(struct box *b);
/* The pid of the running container WHO (name, id or id prefix). -1 with fail(). */
int record_find(const char *who, pid_t *pid);
/* Kernels before 6.6, roots that are thrown away: the record, and a directory for
 * upper and work, whose path is b->scratch. Nothing otherwise. */
int record_scratch_make(struct box *b);

/* ---- scrub.c ---- */
/* Remove the scratch directory NAME below DIRFD, whose files may belong to any of
 * the caller's subordinate ids. -1 with fail(). */
int scrub(struct pool *pool, int dirfd, const char *name);

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
