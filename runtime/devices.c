/* runtime/devices.c - which devices a container may use. The launcher decides it with the
 * rest of the plan, and has the kernel hold to it before the stage is born.
 *
 * In a user namespace of its own nobody makes nodes and those of ROOTFS do not work, so what
 * --device binds is all there is, and rules are an addition that somebody has to ask for.
 * With the host's user namespace both can be: there the usual rules are the default.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/box.h"

static int add_node(struct cgroup_devices *d, const struct stat *st, unsigned access)
{
	const struct cgroup_device rule = {
		.type = S_ISBLK(st->st_mode) ? 'b' : 'c',
		.access = (uint8_t)access,
		.major = (int32_t)major(st->st_rdev),
		.minor = (int32_t)minor(st->st_rdev),
	};

	return S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode) ? cgroup_device_add(d, &rule) : 0;
}

/* The node NAME in DIR, or all that are below it. What is not there the mount plan names. */
static int add_tree(struct cgroup_devices *d, int dir, const char *name, int flags, unsigned access)
{
	struct dirent *e;
	struct stat st;
	int failed = 0;

	if (fstatat(dir, name, &st, flags) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return add_node(d, &st, access);
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	if (!list)
		return fail("look for devices in %s", name);
	dir = fd_take(&fd); /* the list's now */
	while (!failed && (e = readdir(list)))
		if (e->d_name[0] != '.')
			failed = add_tree(d, dir, e->d_name, AT_SYMLINK_NOFOLLOW, access);
	closedir(list);
	return failed;
}

/* What the program has for input and output it may open by name as well, as /dev/stdout: a
 * terminal of the caller's that is no pty. */
static int add_terminals(struct box *b)
{
	struct stat st;

	for (int fd = 0; fd < 3 && !b->spec->tty; fd++)
		if (isatty(fd) && fstat(fd, &st) == 0 &&
		    add_node(&b->devices, &st, cgroup_device_access("rw")) < 0)
			return -1;
	return 0;
}

int devices_plan(struct box *b)
{
	const struct spec *spec = b->spec;

	if (spec->ndevice_rules && geteuid() != 0)
		return fail_plain("--device-cgroup-rule: a rootless container has exactly the nodes "
				  "that --device binds");
	if (!spec->ndevice_rules && (b->ids.userns || spec->privileged || !cgroup_usual()))
		return 0;
	cgroup_device_usual(&b->devices);
	for (size_t i = 0; i < spec->nmounts; i++) {
		const struct mount_want *m = &spec->mounts[i];

		if (m->kind == MOUNT_DEVICE &&
		    add_tree(&b->devices, AT_FDCWD, m->src, 0, cgroup_device_access(m->access)) < 0)
			return fail_in("%s", m->arg);
	}
	for (size_t i = 0; i < spec->ndevice_rules; i++)
		if (cgroup_device_add(&b->devices, &spec->device_rules[i]) < 0)
			return fail_in("--device-cgroup-rule");
	return add_terminals(b);
}

void devices_print(const struct box *b, FILE *out)
{
	char text[CGROUP_DEVICE_TEXT];

	for (size_t i = 0; i < b->devices.n; i++)
		fprintf(out, "device %s\n", cgroup_device_text(text, &b->devices.rule[i]));
}

int devices_attach(const struct box *b)
{
	if (!b->devices.n || cgroup_device_attach(b->cgroup.fd, &b->devices) == 0)
		return 0;
	if (b->spec->ndevice_rules) {
		if (err_errno() == EPERM)
			err_hint("the machine's root is needed, outside of any user namespace");
		return fail_in("--device-cgroup-rule");
	}
	/* The default where it can be had: in a user namespace nobody is asked for it. */
	if (err_errno() != EPERM)
		note("%s: no rules of devices: %s", b->record.name, err_text());
	err_clear();
	return 0;
}
