/* init/opts.h - the options of an init, from the command line and from the
 * environment, before anything is started. */
#ifndef INIT_OPTS_H
#define INIT_OPTS_H

#include "init/loop.h"
#include "lib/opt.h"

/* The name that init is called by decides what is not said. */
enum init_name { INIT_AS_CINIT, INIT_AS_TINI, INIT_AS_DUMB_INIT, INIT_AS_CATATONIT };

/* Rows for --help, the manual and completion too; offsets are into init_args. */
extern const struct opt init_opts[];

struct init_args {
	struct init_state *st; /* borrowed; most options write into it */
	enum init_name name;
	bool subreaper, warn_reap, process_group, single_child, session, same_group;
	bool wait_all, follow, pause, license, version;
	bool stop_rewritten[64]; /* -r was said of this signal */
	unsigned verbose;
	int parent_death_signal; /* 0: none */
	const char *pre, *post, *setuid, *setgid;
	unsigned delays;
	bool boot;
};

/* Read what ENVP says and take our own words out of it, in place. */
int init_read_env(struct init_args *a, char **envp);
/* --setuid, --setgid: a name of /etc/passwd (/etc/group), or a number. A user brings
 * its group and its supplementary groups. -1 with fail_plain(). */
int init_find_user(const char *who, struct init_state *st);
int init_find_group(const char *who, struct init_state *st);

/* boot.c: is this PID 1 of a machine, started by the kernel? */
bool init_is_machine(void);
/* Mount what a running system needs, open the console. Never fails: it says what
 * did not work and goes on, since PID 1 of a machine has nobody to fail to. */
void init_boot(void);

#endif
