/* runtime/caps.c - capabilities: their names, and the five sets of a process.
 *
 * The option readers use the names; the stage uses the rest, through libcap-ng, as
 * step 7 of sec_apply(): the bounding set while CAP_SETPCAP is still there, then
 * permitted, effective, inheritable and ambient, then all five are read back.
 *
 * What the sets mean after the exec of init: user 0 gets permitted = bounding back,
 * so the bounding set alone decides what root inside can ever have. Any other user
 * keeps what is ambient, which is nothing but what --cap-add asked for by name, and
 * can gain up to the bounding set from files with capabilities (never, while
 * no_new_privs is on).
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sys.h"
#include "runtime/sec_steps.h"

#define BIT(cap) (UINT64_C(1) << (cap))

static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};
enum { NAMED = sizeof(names) / sizeof(*names) };
_Static_assert(NAMED == CAP_CHECKPOINT_RESTORE + 1, "a name for each capability");

const char *sec_cap_name(unsigned cap)
{
	return cap < NAMED ? names[cap] : "CAP_?";
}

uint64_t sec_caps_default(void)
{
	return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
	       BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
	       BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_SYS_CHROOT);
}

/* Kernel: reading a capability that it does not have is EINVAL; prctl(2). */
static bool kernel_has(unsigned cap)
{
	return prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
}

uint64_t sec_caps_all(void)
{
	unsigned n = NAMED;

	while (n > 0 && !kernel_has(n - 1))
		n--;
	return BIT(n) - 1;
}

int sec_cap_parse(const char *name, uint64_t *bits)
{
	if (strcasecmp(name, "ALL") == 0) {
		*bits = sec_caps_all();
		return 0;
	}
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (unsigned cap = 0; cap < NAMED; cap++)
		if (strcasecmp(name, names[cap] + 4) == 0) {
			*bits = BIT(cap);
			return 0;
		}
	return -1;
}

/* ---- the sets of this process ---- */

int caps_read(struct caps_sets *out)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return fail("read capabilities");
	out->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	out->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	out->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

int caps_wanted(const struct spec *spec, uint64_t *caps)
{
	struct caps_sets now;

	if (caps_read(&now) < 0)
		return -1;
	*caps = spec->caps;
	if (spec->privileged)
		*caps &= now.permitted;
	for (unsigned cap = 0; cap < 64; cap++) {
		if (!(*caps & ~now.permitted & BIT(cap)))
			continue;
		fail_plain("%s cannot be given to the container: cinit has not got it itself",
			   sec_cap_name(cap));
		err_hint("--cap-drop %s, or a user namespace (without --userns=host)",
			 cap < NAMED ? names[cap] + 4 : "ALL");
		return -1;
	}
	return 0;
}

/* Fill libcap-ng's picture of the process with what is wanted. */
static int picture(uint64_t bounding, uint64_t caps, uint64_t ambient)
{
	const struct {
		uint64_t bits;
		int type;
	} sets[] = {
		{ bounding, CAPNG_BOUNDING_SET },
		{ caps, CAPNG_EFFECTIVE | CAPNG_PERMITTED },
		{ ambient, CAPNG_INHERITABLE | CAPNG_AMBIENT },
	};

	/* The process itself, whatever number it had when libcap-ng first looked. */
	capng_setpid(0);
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		for (unsigned cap = 0; sets[i].bits >> cap && cap < 64; cap++)
			if ((sets[i].bits & BIT(cap)) &&
			    capng_update(CAPNG_ADD, (capng_type_t)sets[i].type, cap) < 0)
				return fail_plain("%s: the kernel has no such capability",
						  sec_cap_name(cap));
	return 0;
}

/* libcap-ng's part of caps_bound(). */
static int apply_bounds(uint64_t caps)
{
	if (picture(caps, caps, 0) < 0)
		return -1;
	int rc = capng_apply(CAPNG_SELECT_BOUNDS);

	/* It has no errno for "CAP_SETPCAP is missing". */
	if (rc == -4)
		return fail_plain("drop capabilities: CAP_SETPCAP is needed for that");
	if (rc < 0)
		return fail("drop capabilities from the bounding set");
	/* It has read the set back, up to the kernel's last capability. */
	for (unsigned cap = 0; cap < 64; cap++)
		if (capng_have_capability(CAPNG_BOUNDING_SET, cap) != !!(caps & BIT(cap)))
			return fail_plain("%s is %s the bounding set after all", sec_cap_name(cap),
					  caps & BIT(cap) ? "not in" : "in");
	return 0;
}

/* libcap-ng reads /proc/PID/status three times before and after, 120 us in all; when no
 * file can be opened it asks by prctl(2) instead. So there is no descriptor to be had
 * while it works. */
static int without_files(int (*work)(uint64_t caps), uint64_t caps)
{
	struct rlimit saved, none;

	if (getrlimit(RLIMIT_NOFILE, &saved) < 0)
		return fail("read the limit of open files");
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = saved.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		return fail("set the limit of open files");
	int rc = work(caps);

	if (setrlimit(RLIMIT_NOFILE, &saved) < 0)
		return fail("set the limit of open files back");
	return rc;
}

int caps_bound(uint64_t caps)
{
	return without_files(apply_bounds, caps);
}

int caps_set(uint64_t caps, uint64_t ambient)
{
	if (picture(0, caps, ambient) < 0)
		return -1;
	if (capng_apply((capng_select_t)(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT)) < 0)
		return fail("set capabilities");
	return 0;
}

static int set_none(uint64_t none)
{
	return caps_set(none, none);
}

int caps_clear(void)
{
	return without_files(set_none, 0) < 0 ? -1 : caps_verify(0, 0);
}

/* Kernel: ambient is always within permitted and inheritable; capabilities(7). So it
 * is empty when inheritable is, and need not be asked for bit by bit. */
static int verify_ambient(uint64_t want)
{
	for (unsigned cap = 0; want && cap < NAMED; cap++) {
		int has = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0);

		if (has >= 0 && has != !!(want & BIT(cap)))
			return fail_plain("%s is %s the ambient set after all", sec_cap_name(cap),
					  has ? "in" : "not in");
	}
	return 0;
}

int caps_verify(uint64_t caps, uint64_t ambient)
{
	struct caps_sets now;

	if (caps_read(&now) < 0)
		return -1;
	if (now.permitted != caps || now.effective != caps || now.inheritable != ambient)
		return fail_plain("capabilities are %llx/%llx/%llx after all, not %llx/%llx/%llx",
				  (unsigned long long)now.permitted,
				  (unsigned long long)now.effective,
				  (unsigned long long)now.inheritable, (unsigned long long)caps,
				  (unsigned long long)caps, (unsigned long long)ambient);
	return verify_ambient(ambient);
}
