/* init/boot.c - PID 1 of a machine, before its program starts. The kernel has
 * started us with nothing mounted but the root, perhaps without open descriptors.
 *
 * Order: /dev (the console is there), /proc, /sys and what lies below them, /run
 * and /tmp; then the console as 0, 1, 2, in a session of our own; loopback up.
 * What is mounted already is left alone. Needs: CAP_SYS_ADMIN. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/opts.h"
#include "lib/err.h"

static const struct boot_mount {
	const char *dir, *type, *data;
	unsigned long flags;
	const char *proof; /* there only when it is mounted; NULL: ask st_dev */
} boot_mounts[] = {
	{ "/dev", "devtmpfs", "mode=755", MS_NOSUID, "/dev/null" },
	{ "/proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, "/proc/self" },
	{ "/sys", "sysfs", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, "/sys/kernel" },
	{ "/sys/fs/cgroup", "cgroup2", "nsdelegate", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "/dev/pts", "devpts", "mode=620,gid=5,ptmxmode=666", MS_NOSUID | MS_NOEXEC, NULL },
	{ "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, NULL },
	{ "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV, NULL },
	{ "/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, NULL },
};

/* Kernel: it gives PID 2 to kthreadd, whose session and group are 0; in a container
 * PID 2 is not there yet when PID 1 starts. */
bool init_is_machine(void)
{
	return access("/proc/self", F_OK) < 0 && kill(2, 0) == 0 && getsid(2) == 0 &&
	       getpgid(2) == 0;
}

static bool boot_is_mounted(const struct boot_mount *m)
{
	struct stat dir, above;
	char parent[32];
	size_t len = strlen(m->dir);

	if (m->proof)
		return access(m->proof, F_OK) == 0;
	while (m->dir[len - 1] != '/')
		len--;
	memcpy(parent, m->dir, len);
	parent[len] = '\0';
	return stat(m->dir, &dir) == 0 && stat(parent, &above) == 0 && dir.st_dev != above.st_dev;
}

static void boot_mount_all(void)
{
	for (size_t i = 0; i < sizeof(boot_mounts) / sizeof(boot_mounts[0]); i++) {
		const struct boot_mount *m = &boot_mounts[i];

		if (boot_is_mounted(m))
			continue;
		mkdir(m->dir, 0755);
		if (mount(m->type, m->dir, m->type, m->flags, m->data) < 0 && errno != EBUSY)
			note("mount %s: %s", m->dir, strerror(errno));
	}
	/* What devtmpfs leaves to user space; they may be there. */
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void boot_console(void)
{
	int fd;

	setsid();
	/* Kernel: without /dev/console in the initramfs we have no descriptors. */
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int to = 0; fd >= 0 && to <= 2; to++)
		dup2(fd, to);
	if (fd > 2)
		close(fd);
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
}

static void boot_loopback(void)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFFLAGS, &req) == 0) {
		req.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &req);
	}
	close(fd);
}

void init_boot(void)
{
	boot_mount_all();
	boot_console();
	boot_loopback();
}
