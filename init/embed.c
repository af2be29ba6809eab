/* init/embed.c - the stage of a container gets the init that it will become. The
 * process is in the container's namespaces, still on the host's files.
 *
 * The image (init/image/) is a part of our own program. Its configuration is a note
 * in it (elf(5), PT_NOTE), so the program header table says where to put ours. The
 * copy is made in a memfd and sealed: what runs as PID 1 inside is a file that
 * nobody can write to, least of all the host's binary (CVE-2019-5736). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "init.h"
#include "init/image/image.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"

extern const char init_image_start[] __attribute__((visibility("hidden")));
extern const char init_image_end[] __attribute__((visibility("hidden")));

/* Write the image with CONF in place of its own into FD. */
static int init_image_write(int fd, const struct init_conf *conf)
{
	const Elf64_Ehdr *elf = (const void *)init_image_start;
	const Elf64_Phdr *ph = (const void *)(init_image_start + elf->e_phoff);
	size_t size = (size_t)(init_image_end - init_image_start), at;
	struct iovec part[3];

	for (int i = 0; i < elf->e_phnum; i++, ph++) {
		if (ph->p_type != PT_NOTE || ph->p_filesz != sizeof(struct init_note))
			continue;
		at = ph->p_offset + offsetof(struct init_note, conf);
		part[0] = (struct iovec){ (void *)(uintptr_t)init_image_start, at };
		part[1] = (struct iovec){ (void *)(uintptr_t)conf, sizeof(*conf) };
		part[2] = (struct iovec){ (void *)(uintptr_t)(init_image_start + at + sizeof(*conf)),
					  size - at - sizeof(*conf) };
		if (writev(fd, part, 3) != (ssize_t)size)
			return fail("write the init that enters the container");
		return 0;
	}
	return fail_plain("the init that enters the container has no place for its configuration");
}

/* A tmpfs that is mounted nowhere, read-only by the time anybody can open it.
 * Needs: CAP_SYS_ADMIN in the user namespace of the mount namespace. */
static int init_image_tmpfs(const struct init_conf *conf)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV };
	AUTO_FD int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	AUTO_FD int dir = -1, file = -1;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail("make a tmpfs for the init that enters the container");
	dir = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (dir < 0)
		return fail("mount a tmpfs for the init that enters the container");
	file = openat(dir, "init", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
	if (file < 0)
		return fail("create the init that enters the container");
	if (init_image_write(file, conf) < 0)
		return -1;
	/* Kernel: a file that is open for writing is not executed (ETXTBSY). */
	fd_close(&file);
	if (sys_mount_setattr(dir, "", AT_EMPTY_PATH, &attr) < 0)
		return fail("make the init that enters the container read-only");
	file = openat(dir, "init", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return fail("open the init that enters the container");
	return fd_take(&file);
}

int init_image_open(const struct init_conf *conf)
{
	AUTO_FD int fd = sys_memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING | SYS_MFD_EXEC);

	/* Kernel: before 6.3 MFD_EXEC was unknown and every memfd executable. */
	if (fd < 0 && errno == EINVAL)
		fd = sys_memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return init_image_tmpfs(conf);
	if (init_image_write(fd, conf) < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return fail("seal the init that enters the container");
	return fd_take(&fd);
}
