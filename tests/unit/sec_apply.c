/* tests/unit/sec_apply.c - a process gives up its rights, and what is left of it is read
 * from /proc. Each case is a child in a user and mount namespace of its own, with a
 * small root: as root with 65,536 ids, else with one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "runtime/sec_steps.h"
#include "tests/unit/tap.h"

static bool root; /* the test runs as root: many ids */
static struct pool pool = POOL_INIT;

/* What a case does in the child, after the root is there; its words reach the parent. */
typedef void body_fn(const void *arg, FILE *out);

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void make_root(const char *dir)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "mode=755") < 0) {
		perror("make a root");
		_exit(1);
	}
	int old = open(dir, O_PATH | O_CLOEXEC);

	if (old < 0 || chdir(dir) < 0)
		_exit(1);
	mkdir("etc", 0755);
	mkdir("proc", 0755);
	mkdir("private", 0700);
	mkdir("srv", 0755);
	put_file("etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n"
			       "far:x:70000:70000::/far:/bin/sh\n");
	put_file("etc/group", "root:x:0:\nwww:x:34:\nextra:x:35:web,root\nfar:x:70000:\n");
	if (mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		_exit(1);
	close(old);
}

/* Run BODY in new namespaces; its output as a string. */
static char *in_namespaces(body_fn *body, const void *arg)
{
	static char text[16384];
	char c = 0, path[64], dir[] = "/tmp/cinit-root-XXXXXX";
	int up[2], down[2], status;
	size_t n = 0;

	if (pipe(up) < 0 || pipe(down) < 0 || !mkdtemp(dir) || chmod(dir, 0755) < 0)
		return NULL;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(77);
		close(up[0]);
		close(down[1]);
		if (write(up[1], "r", 1) != 1 || read(down[0], &c, 1) != 1)
			_exit(1);
		if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
			_exit(1);
		make_root(dir);
		FILE *out = fdopen(up[1], "w");

		body(arg, out);
		fflush(out);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], &c, 1) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
		if (root) {
			put_file(path, "0 100000 65536\n");
			snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
			put_file(path, "0 100000 65536\n");
		} else {
			char map[64];

			snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
			put_file(path, map);
			snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
			put_file(path, "deny");
			snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
			snprintf(map, sizeof(map), "0 %u 1\n", getegid());
			put_file(path, map);
		}
		if (write(down[1], "g", 1) != 1)
			return NULL;
	}
	close(down[1]);
	for (ssize_t got; (got = read(up[0], text + n, sizeof(text) - 1 - n)) > 0;)
		n += (size_t)got;
	text[n] = '\0';
	close(up[0]);
	pid_t ended = waitpid(pid, &status, 0);

	rmdir(dir);
	if (ended != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		snprintf(text, sizeof(text), "child: status 0x%x", (unsigned)status);
	return text;
}

static void tell_status(FILE *out)
{
	static char text[16384];

	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* or it may not be read */
	if (fd_read_file(AT_FDCWD, "/proc/thread-self/status", text, sizeof(text) - 1) < 0)
		fprintf(out, "status: %s\n", strerror(errno));
	else
		fputs(text, out);
}

/* ---- a whole apply ---- */

static struct spec default_spec(void)
{
	return (struct spec){
		.caps = sec_caps_default(),
		.no_new_privs = true,
		.cwd = "/",
		.umask = 022,
	};
}

static void apply(const void *arg, FILE *out)
{
	const struct spec *spec = arg;
	struct sec_user user;
	struct sec_filter filter;
	char cwd[256];

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sec_filter_load(&pool, spec, &filter) < 0 || sec_user_resolve(spec, &user) < 0 ||
	    sec_apply(spec, &user, &filter, root) < 0) {
		fprintf(out, "error: %s\nhint: %s\n", err_text(), err_hint_text());
		return;
	}
	fprintf(out, "HOME=%s\nname=%s\n", user.home, user.name);
	fprintf(out, "cwd=%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : strerror(errno));
	tell_status(out);
	if (sec_apply_filter(spec, &filter) < 0)
		fprintf(out, "error: %s\n", err_text());
	fprintf(out, "keyctl=%d\n", syscall(SYS_keyctl, 0, 0) < 0 ? errno : 0);
	fprintf(out, "umask=%o\n", (unsigned)umask(0));
}

/* The value behind "KEY" and white space, up to the end of the line. */
static const char *value(const char *text, const char *key)
{
	static char out[512];
	const char *p = strstr(text, key);
	size_t n;

	if (!p)
		return NULL;
	p += strlen(key);
	p += strspn(p, "\t ");
	n = strcspn(p, "\n");
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	snprintf(out, sizeof(out), "%.*s", (int)n, p);
	return out;
}

static unsigned long long hex(const char *text, const char *key)
{
	const char *s = value(text, key);

	return s ? strtoull(s, NULL, 16) : 0;
}

#define NONE "0000000000000000"
#define ELEVEN "00000000800405fb"

static void is_caps(const char *text, const char *bounding, const char *permitted,
		    const char *inheritable, const char *ambient)
{
	is_str(value(text, "CapBnd:"), bounding, "  bounding");
	is_str(value(text, "CapPrm:"), permitted, "  permitted");
	is_str(value(text, "CapEff:"), permitted, "  effective");
	is_str(value(text, "CapInh:"), inheritable, "  inheritable");
	is_str(value(text, "CapAmb:"), ambient, "  ambient");
}

static void test_default(void)
{
	struct spec spec = default_spec();
	char *text = in_namespaces(apply, &spec);

	is_str(value(text, "error:"), NULL, "the default spec applies");
	is_caps(text, ELEVEN, ELEVEN, NONE, NONE);
	is_str(value(text, "Uid:"), "0\t0\t0\t0", "  uid 0 four times");
	if (root)
		is_str(value(text, "Groups:"), "0", "  no group but its own");
	is_str(value(text, "NoNewPrivs:"), "1", "  no_new_privs");
	is_str(value(text, "Seccomp:"), "0", "  the filter is not there yet");
	is_str(value(text, "keyctl="), "1", "  and then it is (EPERM)");
	is_str(value(text, "HOME="), "/root", "  HOME");
	is_str(value(text, "cwd="), "/", "  working directory");
	is_str(value(text, "umask="), "22", "  umask");
}

static void test_caps(void)
{
	struct spec spec = default_spec();
	char *text;

	spec.caps = 0;
	text = in_namespaces(apply, &spec);
	ok(!value(text, "error:"), "--cap-drop ALL applies");
	is_caps(text, NONE, NONE, NONE, NONE);

	spec.caps = sec_caps_all();
	text = in_namespaces(apply, &spec);
	ok(!value(text, "error:"), "--cap-add ALL applies");
	ok(hex(text, "CapBnd:") == sec_caps_all(), "  bounding is all");
	ok(hex(text, "CapEff:") == sec_caps_all(), "  effective is all");

	spec = default_spec();
	spec.no_new_privs = false;
	text = in_namespaces(apply, &spec);
	is_str(value(text, "error:"), NULL, "without no_new_privs it applies");
	is_str(value(text, "NoNewPrivs:"), "0", "  which is off");
	is_str(value(text, "Seccomp:"), "2", "  the filter is there before capabilities go");
	is_caps(text, ELEVEN, ELEVEN, NONE, NONE);

	spec = default_spec();
	spec.caps = UINT64_C(1) << 62;
	text = in_namespaces(apply, &spec);
	is_str(value(text, "error:"),
	       "CAP_? cannot be given to the container: cinit has not got it itself",
	       "a capability that the kernel has not is an error");
}

static void test_users(void)
{
	const char *groups[] = { "www", "1234", NULL };
	struct spec spec = default_spec();
	char *text;

	spec.user = "web";
	text = in_namespaces(apply, &spec);
	if (!root) {
		is_str(value(text, "error:"), "group 34 is not in the container's id map (0-0)",
		       "a user that is not mapped");
		return;
	}
	is_str(value(text, "error:"), NULL, "--user web applies");
	is_str(value(text, "Uid:"), "33\t33\t33\t33", "  uid");
	is_str(value(text, "Gid:"), "34\t34\t34\t34", "  gid");
	is_str(value(text, "Groups:"), "34 35", "  its own group and those that list it");
	is_str(value(text, "HOME="), "/var/www", "  HOME");
	is_caps(text, ELEVEN, NONE, NONE, NONE);

	spec.user = "33";
	is_str(value(in_namespaces(apply, &spec), "Groups:"), "34 35", "--user 33 is web as well");
	spec.user = "33:0";
	text = in_namespaces(apply, &spec);
	is_str(value(text, "Gid:"), "0\t0\t0\t0", "--user 33:0 has the group it says");
	is_str(value(text, "Groups:"), "0", "  and no other");
	spec.user = "web:extra";
	is_str(value(in_namespaces(apply, &spec), "Gid:"), "35\t35\t35\t35", "--user web:extra");
	spec.user = "4321";
	text = in_namespaces(apply, &spec);
	is_str(value(text, "Uid:"), "4321\t4321\t4321\t4321", "a number needs no entry");
	is_str(value(text, "Gid:"), "0\t0\t0\t0", "  its group is 0");
	is_str(value(text, "HOME="), "/", "  its home /");
	spec.groups = groups;
	spec.ngroups = 2;
	is_str(value(in_namespaces(apply, &spec), "Groups:"), "0 34 1234", "--group-add");
	spec.ngroups = 0;

	spec.user = "far";
	text = in_namespaces(apply, &spec);
	is_str(value(text, "error:"), "group 70000 is not in the container's id map (0-65535)",
	       "an id that is not mapped");
	spec.user = "70000:0";
	is_str(value(in_namespaces(apply, &spec), "error:"),
	       "user 70000 is not in the container's id map (0-65535)", "the same for the uid");
}

static void test_ambient(void)
{
	struct spec spec = default_spec();
	uint64_t bind, admin;

	sec_cap_parse("NET_BIND_SERVICE", &bind);
	sec_cap_parse("NET_ADMIN", &admin);
	spec.caps |= admin;
	spec.caps_added = bind | admin;
	spec.user = "33";
	char *text = in_namespaces(apply, &spec);

	is_str(value(text, "error:"), NULL, "what was added by name is kept by user 33");
	is_caps(text, "00000000800415fb", "0000000000001400", "0000000000001400",
		"0000000000001400");
	spec.user = NULL;
	text = in_namespaces(apply, &spec);
	ok(!value(text, "error:"), "for root it is one of its own");
	is_caps(text, "00000000800415fb", "00000000800415fb", NONE, NONE);
}

static void test_bad_users(void)
{
	static const char *const refused[] = {
		"-1",   "+1",    "0x1",  "4294967295", "4294967296", "007",        "1 ",
		" 1",   "1:-1",  "1:",   ":1",         "nosuch",     "web:nosuch", "web:4294967295",
		"we b", "web\n", "3web", "-web",       "1:2:3",
	};
	static const char *const words[][2] = {
		{ "007",
		  "--user \"007\": \"007\" is neither a number from 0 to 4294967294 nor a name" },
		{ "nosuch", "--user nosuch: the container's /etc/passwd has no such user" },
		{ "web:nosuch", "--user nosuch: the container's /etc/group has no such group" },
	};
	struct spec spec = default_spec();

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		spec.user = refused[i];
		ok(value(in_namespaces(apply, &spec), "error:"), "--user \"%s\" is refused",
		   refused[i]);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		spec.user = words[i][0];
		is_str(value(in_namespaces(apply, &spec), "error:"), words[i][1], "  with words");
	}
	spec.user = "2147483648";
	is_str(value(in_namespaces(apply, &spec), "error:"),
	       root ? "user 2147483648 is not in the container's id map (0-65535)" :
		      "user 2147483648 is not in the container's id map (0-0)",
	       "2^31 is a number, and not mapped");
	const char *group = "1";

	spec.user = NULL;
	spec.groups = &group;
	spec.ngroups = 1;
	if (!root)
		is_str(value(in_namespaces(apply, &spec), "error:"),
		       "--group-add 1: groups cannot be set, because only one id is mapped",
		       "--group-add with one id");
}

/* ---- hostile databases ---- */

static void resolve(const void *arg, FILE *out)
{
	const char *what = arg;
	struct spec spec = default_spec();
	struct sec_user user;

	spec.user = "web";
	unlink("/etc/passwd");
	if (strcmp(what, "fifo") == 0)
		mkfifo("/etc/passwd", 0644);
	else if (strcmp(what, "directory") == 0)
		mkdir("/etc/passwd", 0755);
	else if (strcmp(what, "magic") == 0 && symlink("/proc/self/fd/9", "/etc/passwd") == 0)
		dup2(open("/srv", O_PATH), 9);
	else if (strcmp(what, "outside") == 0 && symlink("../../../srv/passwd", "/etc/passwd") == 0)
		put_file("/srv/passwd", "web:x:5:5::/inside:/bin/sh\n");
	else if (strcmp(what, "large") == 0) {
		put_file("/etc/passwd", "web:x:5:5::/:/bin/sh\n");
		if (truncate("/etc/passwd", (1 << 20) + 1) < 0)
			return;
	}
	alarm(5);
	if (sec_user_resolve(&spec, &user) < 0)
		fprintf(out, "error: %s\n", err_text());
	else
		fprintf(out, "HOME=%s\n", user.home);
}

static void test_databases(void)
{
	is_str(value(in_namespaces(resolve, "fifo"), "error:"),
	       "the container's /etc/passwd is not a regular file", "a FIFO is not waited for");
	is_str(value(in_namespaces(resolve, "directory"), "error:"),
	       "the container's /etc/passwd is not a regular file", "a directory is refused");
	is_str(value(in_namespaces(resolve, "large"), "error:"),
	       "the container's /etc/passwd is larger than 1 MiB", "a large file is refused");
	is_str(value(in_namespaces(resolve, "missing"), "error:"),
	       "--user web: the container's /etc/passwd has no such user", "no file, no user");
	ok(value(in_namespaces(resolve, "magic"), "error:"),
	   "a link into /proc/self/fd is not followed");
	is_str(value(in_namespaces(resolve, "outside"), "HOME="), "/inside",
	       "a link that climbs out ends at the root");
}

/* ---- surroundings ---- */

static void cwd_outside(const void *arg, FILE *out)
{
	struct spec spec = default_spec();

	(void)arg;
	/* A directory that the new root does not have: what a leaked descriptor is. */
	int outside = open("/srv", O_PATH | O_DIRECTORY);

	mkdir("/jail", 0755);
	if (outside < 0 || dup2(outside, 9) < 0 || mkdir("/jail/proc", 0755) < 0 ||
	    mount("/proc", "/jail/proc", NULL, MS_BIND | MS_REC, NULL) < 0 || chroot("/jail") < 0 ||
	    chdir("/") < 0)
		fprintf(out, "set-up: %s\n", strerror(errno));
	spec.cwd = "/proc/self/fd/9";
	if (limits_cwd(&spec) < 0)
		fprintf(out, "error: %s\n", err_text());
	err_clear();
	if (symlink("/proc/self/fd/9", "/link") < 0)
		return;
	spec.cwd = "/link/../..";
	if (limits_cwd(&spec) < 0)
		fprintf(out, "linked: %s\n", err_text());
	/* Already outside, as after a lost race. */
	spec.cwd = "/";
	if (fchdir(9) < 0)
		return;
	char where[64] = "";

	if (syscall(SYS_getcwd, where, sizeof(where)) > 0)
		fprintf(out, "raw: %s\n", where);
}

static void test_cwd(void)
{
	struct spec spec = default_spec();
	char *text;

	spec.cwd = "/srv";
	is_str(value(in_namespaces(apply, &spec), "cwd="), "/srv",
	       "--workdir of a directory there is");
	spec.cwd = "/made//for/this/";
	is_str(value(in_namespaces(apply, &spec), "cwd="), "/made/for/this",
	       "a missing one is made");
	spec.cwd = "/etc/passwd";
	is_str(value(in_namespaces(apply, &spec), "error:"),
	       "--workdir /etc/passwd: Not a directory", "a file is none");
	spec.cwd = "/etc/passwd/x";
	is_str(value(in_namespaces(apply, &spec), "error:"),
	       "--workdir /etc/passwd/x: Not a directory", "nor is what is below one");
	spec.cwd = "/../../srv";
	is_str(value(in_namespaces(apply, &spec), "cwd="), "/srv", ".. ends at the root");
	if (root) {
		spec.cwd = "/private";
		spec.user = "33";
		is_str(value(in_namespaces(apply, &spec), "cwd="), "/private",
		       "root goes there before the user is another (as docker does)");
	}
	text = in_namespaces(cwd_outside, NULL);
	is_str(value(text, "set-up:"), NULL, "(a descriptor from outside the root)");
	is_str(value(text, "error:"),
	       "--workdir /proc/self/fd/9: its links go in a circle or through a process's "
	       "files in /proc",
	       "/proc/self/fd/N is not followed");
	is_str(value(text, "linked:"),
	       "--workdir /link/../..: its links go in a circle or through a process's "
	       "files in /proc",
	       "nor behind a link of the image");
	ok(value(text, "raw:") && strncmp(value(text, "raw:"), "(unreachable)", 13) == 0,
	   "(the kernel says (unreachable) for it)");
}

static void oom(const void *arg, FILE *out)
{
	const struct spec *spec = arg;
	char text[32] = "";

	/* As it is when a stage begins. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (sec_oom_apply(spec) < 0)
		fprintf(out, "error: %s\n", err_text());
	fd_read_file(AT_FDCWD, "/proc/self/oom_score_adj", text, sizeof(text) - 1);
	fprintf(out, "score=%s\n", text);
}

static void limits(const void *arg, FILE *out)
{
	const struct spec *spec = arg;
	struct rlimit lim;

	if (limits_apply(spec) < 0)
		fprintf(out, "error: %s\n", err_text());
	getrlimit(RLIMIT_NOFILE, &lim);
	fprintf(out, "nofile=%llu:%llu\n", (unsigned long long)lim.rlim_cur,
		(unsigned long long)lim.rlim_max);
}

static void test_limits(void)
{
	struct spec spec = default_spec();
	struct rlimit_want want = { .resource = RLIMIT_NOFILE, .lim = { 100, 200 } };
	struct rlimit now;

	spec.oom_score_adj_set = true;
	spec.oom_score_adj = 700;
	char *text = in_namespaces(oom, &spec);

	is_str(value(text, "error:"), NULL, "--oom-score-adj 700 applies");
	is_str(value(text, "score="), "700", "  it is 700");
	spec.oom_score_adj = -900;
	is_str(value(in_namespaces(oom, &spec), "error:"),
	       "--oom-score-adj -900: a value below the one cinit runs with is for root with "
	       "CAP_SYS_RESOURCE",
	       "a lower one is refused");

	getrlimit(RLIMIT_NOFILE, &now);
	spec.rlimits = &want;
	spec.nrlimits = 1;
	is_str(value(in_namespaces(limits, &spec), "nofile="), "100:200",
	       "a limit that is low is set");
	want.lim = (struct rlimit){ 100, now.rlim_max + 1 };
	text = in_namespaces(limits, &spec);
	char expect[128];

	snprintf(expect, sizeof(expect), "100:%llu", (unsigned long long)now.rlim_max);
	is_str(value(text, "error:"), NULL, "a default above the hard limit is no error");
	is_str(value(text, "nofile="), expect, "  it becomes the hard limit");
	want.asked = true;
	text = in_namespaces(limits, &spec);
	snprintf(expect, sizeof(expect),
		 "--ulimit nofile: the hard limit is %llu here, and only root "
		 "with CAP_SYS_RESOURCE may raise it",
		 (unsigned long long)now.rlim_max);
	is_str(value(text, "error:"), expect, "one that was asked for is");
}

/* ---- sysctls ---- */

static void sysctls(const void *arg, FILE *out)
{
	struct pair pair = { .key = NULL };
	struct spec spec = default_spec();
	char text[64] = "";

	if (unshare(CLONE_NEWNET) < 0 || sec_sysctl_parse(&pool, arg, &pair) < 0)
		fprintf(out, "set-up: %s %s\n", strerror(errno), err_text());
	spec.sysctls = &pair;
	spec.nsysctls = 1;
	int proc = open("/proc", O_PATH | O_DIRECTORY);

	if (sec_sysctl_apply(&spec, proc) < 0)
		fprintf(out, "error: %s\n", err_text());
	fd_read_file(proc, "sys/net/ipv4/conf/lo/log_martians", text, sizeof(text) - 1);
	fprintf(out, "log_martians=%s\n", text);
	/* A procfs that is none: what is behind a link must stay as it is. */
	mkdir("/fake", 0755);
	mkdir("/real", 0755);
	mkdir("/real/net", 0755);
	put_file("/real/net/x", "untouched");
	if (symlink("/real", "/fake/sys") < 0)
		return;
	pair = (struct pair){ "net.x", "written" };
	if (sec_sysctl_apply(&spec, open("/fake", O_PATH | O_DIRECTORY)) < 0)
		fprintf(out, "fake: %s\n", err_text());
	fd_read_file(AT_FDCWD, "/real/net/x", text, sizeof(text) - 1);
	fprintf(out, "behind=%s\n", text);
}

static void test_sysctls(void)
{
	char *text = in_namespaces(sysctls, "net/ipv4/conf/lo/log_martians=1");

	is_str(value(text, "set-up:"), NULL, "(a net namespace)");
	is_str(value(text, "error:"), NULL, "--sysctl is written");
	is_str(value(text, "log_martians="), "1", "  and there");
	ok(value(text, "fake:"), "a link in place of /proc/sys is not followed");
	is_str(value(text, "behind="), "untouched", "  and nothing is written through it");
	is_str(value(in_namespaces(sysctls, "net.ipv4.no_such_thing=1"), "error:"),
	       "--sysctl net.ipv4.no_such_thing: this kernel has no such setting",
	       "an unknown one");
	is_str(value(in_namespaces(sysctls, "net.ipv4.conf.lo.log_martians=x"), "error:"),
	       "--sysctl net.ipv4.conf.lo.log_martians=x: Invalid argument",
	       "a value it does not take");
}

int main(void)
{
	root = geteuid() == 0;
	struct spec spec = default_spec();
	char *text = in_namespaces(apply, &spec);

	if (!text || strstr(text, "status 0x4d00")) {
		skip("no user namespaces here");
		printf("0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	test_default();
	test_caps();
	test_users();
	if (root)
		test_ambient();
	test_bad_users();
	test_databases();
	test_cwd();
	test_limits();
	test_sysctls();
	pool_release(&pool);
	return done();
}
