/* tests/unit/fs_plan.c - what a plan is made of, in which order, and what is
 * refused before anything is touched. */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "tests/unit/tap.h"

static struct pool pool;
static char dir[] = "/tmp/cinit-unit-XXXXXX";

static struct spec spec;
static struct fs_facts facts;

static void reset(void)
{
	spec = (struct spec){ .root = ROOT_DIR,
			      .rootfs = dir,
			      .rootfs_arg = "ROOT",
			      .shm_size = 1 << 20,
			      .hostname = "box" };
	facts = (struct fs_facts){
		.userns = true, .own_net = true, .own_pid = true, .own_ipc = true, .own_cgroup = true
	};
	err_clear();
}

/* ARG as the user would say it; '@' in front stands for the directory. */
static void want(int (*parse)(struct pool *, const char *, struct mount_want *), const char *arg)
{
	struct mount_want m;

	if (arg[0] == '@')
		arg = pool_printf(&pool, "%s%s", dir, arg + 1);
	if (parse(&pool, arg, &m) == 0)
		POOL_PUSH(&pool, spec.mounts, spec.nmounts, m);
	else
		ok(false, "%s: %s", arg, err_text());
}

/* The plan of what is set, as text with DIR for the directory. */
static char *plan_text(void)
{
	static char text[16384];
	char *at;
	struct fs_plan *plan = fs_plan_build(&pool, &spec, &facts);
	FILE *f = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	if (plan)
		fs_plan_print(plan, f);
	else
		printf("# %s\n", err_text());
	fclose(f);
	while ((at = strstr(text, dir))) {
		memcpy(at, "DIR", 3);
		memmove(at + 3, at + strlen(dir), strlen(at + strlen(dir)) + 1);
	}
	return text;
}

static const char golden[] = "propagation / rprivate\n"
			     "mount (scratch) tmpfs mode=700 nosuid,nodev\n"
			     "upper (layers) on (scratch)\n"
			     "overlay / over DIR\n"
			     "mount /proc proc nosuid,nodev,noexec\n"
			     "mask /proc/acpi\n"
			     "mask /proc/asound\n"
			     "mask /proc/interrupts\n"
			     "mask /proc/kcore\n"
			     "mask /proc/keys\n"
			     "mask /proc/latency_stats\n"
			     "mask /proc/sched_debug\n"
			     "mask /proc/scsi\n"
			     "mask /proc/timer_list\n"
			     "mask /proc/timer_stats\n"
			     "readonly /proc/bus\n"
			     "readonly /proc/fs\n"
			     "readonly /proc/irq\n"
			     "readonly /proc/sys\n"
			     "readonly /proc/sysrq-trigger\n"
			     "mount /sys sysfs ro,nosuid,nodev,noexec\n"
			     "mask /sys/devices/virtual/powercap\n"
			     "mask /sys/firmware\n"
			     "mask /sys/fs/selinux\n"
			     "mask /sys/devices/system/cpu/cpu*/thermal_throttle\n"
			     "mount /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec\n"
			     "mount /dev tmpfs mode=755,size=65536k nosuid,noexec\n"
			     "device /dev/null c 1:3\n"
			     "device /dev/zero c 1:5\n"
			     "device /dev/full c 1:7\n"
			     "device /dev/random c 1:8\n"
			     "device /dev/urandom c 1:9\n"
			     "device /dev/tty c 5:0\n"
			     "link /dev/fd -> /proc/self/fd\n"
			     "link /dev/stdin -> /proc/self/fd/0\n"
			     "link /dev/stdout -> /proc/self/fd/1\n"
			     "link /dev/stderr -> /proc/self/fd/2\n"
			     "link /dev/ptmx -> pts/ptmx\n"
			     "mount /dev/pts devpts ptmxmode=666,mode=620 nosuid,noexec\n"
			     "mount /dev/shm tmpfs mode=1777,size=1048576 nosuid,nodev,noexec\n"
			     "mount /dev/mqueue mqueue nosuid,nodev,noexec\n"
			     "file /etc/hosts 164 bytes\n"
			     "file /etc/hostname 4 bytes\n"
			     "file /etc/resolv.conf ";

static void test_golden(void)
{
	reset();
	/* What is in resolv.conf is the machine's matter. */
	char *text = plan_text(), *file = strstr(text, "file /etc/resolv.conf ");
	ok(file && strcmp(strchr(file, '\n'), "\npivot_root /\n") == 0, "pivot_root is the end");
	if (file)
		file[22] = '\0';
	is_str(text, golden, "the plan of an ordinary container");
}

/* The lines of TEXT have these beginnings in this order (others between them). */
static void in_order(const char *text, const char *const *lines, const char *claim)
{
	const char *at = text;

	for (; *lines; lines++) {
		const char *found = strstr(at, *lines);
		if (!found)
			break;
		at = found + 1;
	}
	if (!ok(!*lines, "%s", claim))
		printf("# missing: %s in\n%s", *lines, text);
}

static void test_order(void)
{
	reset();
	want(fs_volume_parse, "@:/a/b/c:ro");
	want(fs_volume_parse, "@:/z");
	want(fs_tmpfs_parse, "/a/b:size=1k");
	want(fs_volume_parse, "@:/a:U,rslave");
	want(fs_volume_parse, "@:/etc");
	spec.rootfs_propagation = MS_SHARED | MS_REC;
	spec.read_only = true;
	char *text = plan_text();
	in_order(text,
		 (const char *[]){
			 "propagation / rslave\n", "overlay /", "mount /proc", "mount /dev ",
			 "bind /z from DIR nosuid,nodev rprivate\n",
			 "bind /a from DIR nosuid,nodev rslave chown\n", "bind /etc from DIR",
			 "mount /a/b tmpfs size=1024 nosuid,nodev,noexec\n", "file /etc/hosts",
			 "bind /a/b/c from DIR ro,nosuid,nodev rprivate\n", "remount / ro\n",
			 "pivot_root /\n", "propagation / rshared\n", NULL },
		 "shallow targets first, else the user's order");

	struct fs_plan *plan = fs_plan_build(&pool, &spec, &facts);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->op[i].kind == FS_OP_FILE)
			ok(!plan->op[i].create && plan->op[i].optional,
			   "%s is not made in a volume on /etc", plan->op[i].dst);
}

static void test_variants(void)
{
	reset();
	want(fs_volume_parse, "@:/etc/hosts");
	want(fs_tmpfs_parse, "/dev/shm");
	facts.own_ipc = facts.own_cgroup = false;
	facts.tty_gid = true;
	spec.unmask = spec.tty = true;
	char *text = plan_text();
	ok(!strstr(text, "file /etc/hosts"), "a volume on /etc/hosts takes the file's place");
	ok(!strstr(text, "mount /dev/shm tmpfs mode"), "and a tmpfs /dev/shm's");
	ok(!strstr(text, "mqueue"), "the host's IPC: no mqueue");
	ok(!strstr(text, "cgroup"), "the host's cgroup namespace: no view of an own one");
	ok(!strstr(text, "mask") && !strstr(text, "readonly"), "no masks when that is said");
	ok(strstr(text, "ptmxmode=666,mode=620,gid=5"), "gid 5 when it is mapped");
	ok(strstr(text, "console /dev/console"), "a terminal has a console");

	reset();
	facts.own_net = facts.own_pid = false;
	text = plan_text();
	ok(strstr(text, "bind /proc from /proc nosuid"), "the host's processes: the host's /proc");
	ok(strstr(text, "mount /sys /sys ro"), "the host's network: the host's /sys");
	ok(strstr(text, "mount /sys/fs/cgroup cgroup2 ro"), "without its cgroups");

	reset();
	spec.rootfs_rw = true;
	text = plan_text();
	ok(strstr(text, "bind / from DIR\n") && !strstr(text, "overlay"), "--rootfs-rw");

	reset();
	spec.overlay_upper = "/some/where";
	text = plan_text();
	ok(strstr(text, "upper (layers) /some/where\n"), "--overlay-upper");

	reset();
	struct pair sysctl = { "net.ipv4.ip_forward", "1" };
	spec.sysctls = &sysctl;
	spec.nsysctls = 1;
	struct fs_plan *plan = fs_plan_build(&pool, &spec, &facts);
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->op[i].dst, "/proc/sys") == 0)
			ok(!plan->op[i].place_early, "/proc/sys stays writable for the sysctls");
}

static void test_host(void)
{
	reset();
	spec.root = ROOT_HOST;
	spec.rootfs = "/";
	char *text = plan_text();
	in_order(text,
		 (const char *[]){ "skeleton / mode 755\n", "mkdir /run mode 755\n",
				   "mkdir /tmp mode 1777\n", "mount /proc", "pivot_root", NULL },
		 "the host view");
	ok(strstr(text, "overlay /usr over /usr\n") || strstr(text, "mkdir /usr") ||
		   strstr(text, "bind /usr"),
	   "has /usr");
	ok(!strstr(text, "over /proc") && !strstr(text, "over /sys") &&
		   !strstr(text, "over /dev") && !strstr(text, "over /tmp") &&
		   !strstr(text, "over /run"),
	   "not the host's /proc, /sys, /dev, /tmp, /run");
	spec.rootfs_rw = true;
	ok(!fs_plan_build(&pool, &spec, &facts) && strstr(err_text(), "--rootfs-rw"),
	   "it cannot be written through");
}

static void refused(const char *words, const char *claim)
{
	ok(!fs_plan_build(&pool, &spec, &facts) && strstr(err_text(), words), "%s: %s", claim,
	   err_text());
}

static void test_refusals(void)
{
	static const char *const targets[] = { "@:/", "@:/proc", "@:/proc/1", "@:/sys" };

	for (size_t i = 0; i < 4; i++) {
		reset();
		want(fs_volume_parse, targets[i]);
		refused(dir, "a forbidden target");
	}
	reset();
	want(fs_tmpfs_parse, "/proc/acpi");
	refused("/proc", "a tmpfs below /proc");
	reset();
	want(fs_volume_parse, "@:/procfs");
	ok(fs_plan_build(&pool, &spec, &facts) != NULL, "/procfs is not /proc");
	reset();
	want(fs_volume_parse, "@:/sys/fs/cgroup");
	ok(fs_plan_build(&pool, &spec, &facts) != NULL, "below /sys is allowed");
	reset();
	want(fs_volume_parse, "@:/x");
	want(fs_tmpfs_parse, "/x/");
	refused("/x already", "two things on one target");
	reset();
	want(fs_volume_parse, "@/nope:/x");
	refused("No such file", "a source that is not there");
	reset();
	want(fs_device_parse, "@:/dev/x");
	ok(fs_plan_build(&pool, &spec, &facts) != NULL, "a directory of devices");
	reset();
	want(fs_device_parse, "/etc/passwd");
	refused("not a device", "a file as a device");
	reset();
	spec.rootfs = "/nope";
	refused("ROOTFS ROOT: No such", "no ROOTFS");
	reset();
	spec.rootfs = "/etc/passwd";
	refused("ROOTFS ROOT: Not a directory", "a ROOTFS that is a file");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	chmod(dir, 0755);
	test_golden();
	test_order();
	test_variants();
	test_host();
	test_refusals();
	rmdir(dir);
	pool_release(&pool);
	return done();
}
