/* cli/check.c - `cinit check`: what this machine allows, and how to mend the rest.
 *
 * The process that the user started runs this; whatever can be tried is tried, in
 * a child if need be, since settings only tell half of it (a kernel may lack a
 * feature, a security module may refuse). Nothing on the machine is changed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "lib/dirs.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/sys.h"
#include "runtime/priv.h"

void check_say(struct finding *f, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	f->verdict = v;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void check_mend(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->mend, sizeof(f->mend), fmt, ap);
	va_end(ap);
}

long check_sysctl(const char *path)
{
	char full[128], text[64];
	uint32_t n;

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	if (fd_read_file(AT_FDCWD, full, text, sizeof(text) - 1) <= 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return num_u32(text, &n) < 0 ? -1 : (long)n;
}

/* ---- the kernel ---- */

/* "6.18.5-cloud" -> 6018 */
static unsigned release_number(const char *s)
{
	unsigned n[2] = { 0, 0 };

	for (int i = 0; i < 2; i++, s += *s == '.')
		for (; *s >= '0' && *s <= '9' && n[i] < 1000; s++)
			n[i] = n[i] * 10 + (unsigned)(*s - '0');
	return n[0] * 1000 + n[1];
}

static void check_kernel(struct finding *f)
{
	struct utsname u;
	unsigned version;

	if (uname(&u) < 0)
		memset(&u, 0, sizeof(u));
	version = release_number(u.release);
	/* 5.12: mount_setattr(2); overlay in a user namespace came one before. */
	if (version < 5012) {
		check_say(f, CHECK_NO, "Linux %s; 5.12 or later is needed", u.release);
		return;
	}
	check_say(f, CHECK_OK, "Linux %s%s%s%s", u.release,
		  access("/proc/self/ns/time", F_OK) == 0 ? "" : ", no time namespaces",
		  version < 6006 ? ", throw-away layers lie on disk (on tmpfs from 6.6)" : "",
		  version < 6015 ? ", orphans are reaped by init (by the kernel from 6.15)" : "");
}

static void check_seccomp(struct finding *f)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		check_say(f, CHECK_OK, "filters can be loaded");
	else
		check_say(f, CHECK_NO,
			  "no seccomp filters: %s; only --security-opt "
			  "seccomp=unconfined works",
			  strerror(errno));
}

static void check_memfd(struct finding *f)
{
	AUTO_FD int fd = sys_memfd_create("cinit-check", MFD_CLOEXEC | SYS_MFD_EXEC);

	/* Kernel: before 6.3 every memfd is executable and the flag unknown. */
	if (fd < 0 && errno == EINVAL)
		fd = sys_memfd_create("cinit-check", MFD_CLOEXEC);
	if (fd >= 0) {
		check_say(f, CHECK_OK, "init is started from a sealed memfd");
		return;
	}
	check_say(f, CHECK_WARN, "executable memfds are refused (%s): init is started from a tmpfs",
		  strerror(errno));
	if (check_sysctl("vm/memfd_noexec") > 1)
		check_mend(f, "sudo sysctl -w vm.memfd_noexec=1");
}

/* ---- control groups ---- */

static void check_cgroup(struct finding *f)
{
	const struct cgroup_row memory = { .controller = "memory", .arg = "no limits can be set" };
	struct cgroup_place p;
	struct cgroup_home h;

	if (cgroup_find(&p) < 0 ||
	    cgroup_home_at(&p, NULL, geteuid(), geteuid() && !priv_missing(), &h) < 0) {
		check_say(f, CHECK_WARN, "%s", err_text());
		err_clear();
		return;
	}
	/* Kernel: a controller that v1 has mounted is not there for v2. */
	if (p.hybrid && cgroup_check_v1(&memory) < 0) {
		check_say(f, CHECK_WARN, "%s", err_text());
		check_mend(f, "%s", err_hint_text());
		err_clear();
	} else if (h.how == CGROUP_NONE) {
		check_say(f, CHECK_WARN, "no limits can be set: %s", h.why);
		if (h.mend[0])
			check_mend(f, "%s", h.mend);
	} else {
		check_say(f, CHECK_OK, "%s; controllers: %s", h.why,
			  p.controllers[0] ? p.controllers : "none");
	}
}

/* ---- the caller's place ---- */

static void check_rundir(struct finding *f)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char path[300], parent[300];
	struct stat st;

	if (dirs_run(path, sizeof(path)) < 0) {
		check_say(f, CHECK_NO, "%s", err_text());
		err_clear();
		return;
	}
	if (geteuid() == 0) {
		check_say(f, CHECK_OK, "%s", path);
		return;
	}
	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	if (strncmp(path, "/tmp/", 5) == 0 && !(xdg && xdg[0] == '/')) {
		check_say(f, CHECK_WARN,
			  "%s: XDG_RUNTIME_DIR is not set and /run/user/%u is not there", path,
			  (unsigned)geteuid());
		check_mend(f, "sudo loginctl enable-linger $USER");
	} else if (stat(path, &st) == 0 && (st.st_uid != geteuid() || st.st_mode & 022)) {
		check_say(f, CHECK_NO, "%s is not yours alone: owner %u, mode %o", path,
			  (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
	} else if (access(stat(path, &st) == 0 ? path : parent, W_OK | X_OK) < 0) {
		check_say(f, CHECK_NO, "%s cannot be written: %s", path, strerror(errno));
		check_mend(f, "unset XDG_RUNTIME_DIR");
	} else {
		check_say(f, CHECK_OK, "%s", path);
	}
}

static void check_sysctls(struct finding *f)
{
	static const struct {
		const char *path, *name, *good, *why;
		long bad;
	} rows[] = {
		{ "dev/tty/legacy_tiocsti", "dev.tty.legacy_tiocsti", "0",
		  "programs may push keystrokes into a terminal they share", 1 },
		{ "fs/protected_symlinks", "fs.protected_symlinks", "1",
		  "links in /tmp are followed for others", 0 },
		{ "fs/protected_regular", "fs.protected_regular", "2",
		  "files of others in /tmp are opened by O_CREAT", 0 },
	};

	check_say(f, CHECK_OK, "nothing is open that should be closed");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (check_sysctl(rows[i].path) != rows[i].bad)
			continue;
		if (f->verdict == CHECK_OK) {
			check_say(f, CHECK_WARN, "%s is %ld: %s", rows[i].name, rows[i].bad,
				  rows[i].why);
			check_mend(f, "sudo sysctl -w %s=%s", rows[i].name, rows[i].good);
			continue;
		}
		size_t n = strlen(f->text), m = strlen(f->mend);
		snprintf(f->text + n, sizeof(f->text) - n, "; %s is %ld: %s", rows[i].name,
			 rows[i].bad, rows[i].why);
		snprintf(f->mend + m, sizeof(f->mend) - m, " %s=%s", rows[i].name, rows[i].good);
	}
}

/* ---- the list ---- */

static const struct {
	const char *name;
	void (*look)(struct finding *f);
} checks[] = {
	{ "kernel", check_kernel },
	{ "user namespaces", check_userns },
	{ "subordinate ids", check_subids },
	{ "id maps", check_idmaps },
	{ "helper", check_helper },
	{ "networks", check_policy },
	{ "overlay", check_overlay },
	{ "seccomp", check_seccomp },
	{ "memfd", check_memfd },
	{ "run directory", check_rundir },
	{ "cgroups", check_cgroup },
	{ "sysctls", check_sysctls },
};

enum { CHECKS = sizeof(checks) / sizeof(*checks) };

static const char *const words[] = { [CHECK_OK] = "ok", [CHECK_WARN] = "warn", [CHECK_NO] = "no" };

static void put_text(const struct finding *found)
{
	for (size_t i = 0; i < CHECKS; i++) {
		if (found[i].verdict == CHECK_SKIP)
			continue;
		printf("%-5s %-17s %s\n", words[found[i].verdict], checks[i].name, found[i].text);
		if (found[i].mend[0])
			printf("%-5s %-17s   mend: %s\n", "", "", found[i].mend);
	}
}

static void put_json(const struct finding *found, bool good)
{
	const char *between = "";

	printf("{\"ok\":%s,\"checks\":[", good ? "true" : "false");
	for (size_t i = 0; i < CHECKS; i++) {
		if (found[i].verdict == CHECK_SKIP)
			continue;
		printf("%s\n{\"name\":", between);
		cli_put_json(stdout, checks[i].name);
		printf(",\"verdict\":\"%s\",\"text\":", words[found[i].verdict]);
		cli_put_json(stdout, found[i].text);
		if (found[i].mend[0]) {
			printf(",\"mend\":");
			cli_put_json(stdout, found[i].mend);
		}
		putchar('}');
		between = ",";
	}
	printf("\n]}\n");
}

struct check_args {
	const char *format;
};

const struct opt cli_check_opts[] = {
	CLI_FORMAT_ROW(struct check_args, format),
	{ 0 },
};

int cli_check(int argc, char **argv)
{
	static struct finding found[CHECKS];
	struct check_args a = { 0 };
	int first, code, json;
	bool good = true;

	if (cli_parse("check", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("check", a.format);
	if (json < 0)
		return cli_fail();
	for (size_t i = 0; i < CHECKS; i++) {
		checks[i].look(&found[i]);
		if (found[i].verdict == CHECK_NO)
			good = false;
	}
	if (json) {
		put_json(found, good);
	} else {
		put_text(found);
		printf("\n%s\n", good ? "Containers can run here." :
					"Containers cannot run here before that is mended.");
	}
	return good ? 0 : 1;
}
