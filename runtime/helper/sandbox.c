/* runtime/helper/sandbox.c - what the helper can still do when it is taken over.
 *
 * The helper runs this at the end of clean_move(). Landlock leaves it the registry and
 * /proc/sys/net, seccomp the calls that the requests of phase B are made of. Neither can
 * be undone. A kernel without Landlock goes without: ids and capabilities, which carry
 * the weight, are as they are. */
#include <linux/landlock.h>
#include <sys/syscall.h>

#include "runtime/helper/helper.h"
#include "runtime/sec_steps.h"
#include "seccomp_default.h"

/* ---- files ---- */

/* All that Landlock has known since its ABI 1, and what came later by number: the build
 * machine's headers may be older than the kernel. landlock(7) */
#define FS_ABI1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */

struct ruleset { /* as ABI 6 has it */
	uint64_t fs, net, scoped;
};

static int allow_below(int ruleset, int dir, uint64_t what)
{
	const struct landlock_path_beneath_attr attr = { .allowed_access = what, .parent_fd = dir };

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

int sandbox_files(int registry)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = { .fs = FS_ABI1 };
	size_t size = 8;

	if (abi < 1)
		return 0;
	r.fs |= abi >= 2 ? FS_REFER : 0;
	r.fs |= abi >= 3 ? FS_TRUNCATE : 0;
	r.fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
	if (abi >= 4) { /* no TCP socket is bound or connected */
		r.net = 3;
		size = 16;
	}
	if (abi >= 6) { /* no abstract socket, no signal */
		r.scoped = 3;
		size = 24;
	}
	AUTO_FD int fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	AUTO_FD int sys = open("/proc/sys/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uint64_t rw = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			    (r.fs & FS_TRUNCATE);

	if (fd < 0 || sys < 0 || allow_below(fd, sys, rw | LANDLOCK_ACCESS_FS_READ_DIR) < 0 ||
	    allow_below(fd, registry,
			rw | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				LANDLOCK_ACCESS_FS_REMOVE_FILE) < 0 ||
	    syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return fail("restrict files by Landlock");
	return 0;
}

/* ---- system calls ---- */

int sandbox_calls(void)
{
	/* Computed while cinit was built, from the list in runtime/seccomp/default.c. */
	static const struct sec_filter calls = {
		.insns = seccomp_helper_insns,
		.len = sizeof(seccomp_helper_insns) / sizeof(*seccomp_helper_insns),
	};

	return seccomp_install(&calls);
}
