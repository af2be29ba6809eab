/* lib/mountinfo.h - the kernel's table of mounts, line by line. */
#ifndef LIB_MOUNTINFO_H
#define LIB_MOUNTINFO_H

/* One line; the strings are unescaped and end with the callback. */
struct mountinfo {
	const char *root;  /* the part of the file system that is mounted */
	const char *point; /* where */
	const char *type;  /* "ext4", "cgroup2" ... */
};

/* Call EACH with every mount of the calling process's namespace, in the kernel's
 * order, until it returns something other than 0, which is then returned.
 * -1 with errno when the table cannot be read. proc_pid_mountinfo(5). */
int mountinfo_each(int (*each)(void *ctx, const struct mountinfo *m), void *ctx);

#endif
