/* cgroup/control.h - parts of cgroup/control.c that only it and its tests call. */
#ifndef CGROUP_CONTROL_H
#define CGROUP_CONTROL_H

/* What cgroup_kill() does where there is no cgroup.kill: SIGKILL for each process, at most
 * WAIT_MS until none is left. -1 with fail(). */
int control_kill_each(int dirfd, int wait_ms);
/* Wait until KEY of DIRFD's cgroup.events is WANT. 1: it is; 0: not within WAIT_MS; -1 with
 * errno. */
int control_wait(int dirfd, const char *key, int want, int wait_ms);

#endif
