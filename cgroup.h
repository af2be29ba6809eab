/* cgroup.h - the room of control groups. So far: finding the hierarchy. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stddef.h>

struct cgroup_place {
	char mount[256];       /* where cgroup2 is mounted, "" if nowhere */
	char path[256];        /* the caller's cgroup below it, "" if none */
	bool hybrid;           /* v1 controllers are mounted as well */
	bool writable;         /* the caller may create a child cgroup here */
	char controllers[128]; /* cgroup.controllers of it */
};

/* Where the caller stands in cgroup v2. 0 also when there is none (mount is ""). */
int cgroup_find(struct cgroup_place *out);

#endif
