/* tests/unit/spec.c - runtime/spec.c: what a spec is before anything is asked of
 * it, and what it may not become. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime.h"
#include "runtime/sec.h"
#include "tests/unit/tap.h"

static struct pool pool;
static struct spec spec;
static const char *argv_true[] = { "/bin/true", NULL };
static const char *no_env[] = { NULL };

/* A spec that is as good as can be. */
static struct spec *fresh(void)
{
	spec_init(&spec, &pool);
	spec.rootfs = spec.rootfs_arg = "/srv/root";
	spec.argv = argv_true;
	spec.env = no_env;
	err_clear();
	return &spec;
}

/* spec_check() says exactly WORDS about the spec. */
#define refused(words, claim)                                                                      \
	do {                                                                                       \
		is_int(spec_check(&spec), -1, claim);                                              \
		is_str(err_text(), words, "and it is told so");                                    \
	} while (0)

static void test_defaults(void)
{
	char other[16];

	fresh();
	is_int(spec_check(&spec), 0, "the default spec passes");
	is_int((long long)strlen(spec.id), 12, "an id has 12 characters");
	is_int((long long)strspn(spec.id, "0123456789abcdef"), 12, "all of them hex digits");
	is_str(spec.hostname, spec.id, "the host name is the id");
	snprintf(other, sizeof(other), "%s", spec.id);
	fresh();
	ok(strcmp(other, spec.id) != 0, "another spec has another id");
	ok(spec.ns[NS_NET].mode == NS_NONE && !spec.ns[NS_NET].asked, "no network by default");
	for (int k = NS_PID; k < NS_TIME; k++)
		ok(k == NS_NET || spec.ns[k].mode == NS_PRIVATE, "namespace %d is private", k);
	ok(spec.ns[NS_TIME].mode == NS_HOST && !spec.time_offset, "time is the machine's");
	ok(spec.caps == sec_caps_default() && __builtin_popcountll(spec.caps) == 11,
	   "eleven capabilities");
	ok(spec.no_new_privs && spec.seccomp == SECCOMP_MODE_DEFAULT && !spec.privileged &&
		   !spec.unmask,
	   "no_new_privs, a filter, masked paths");
	ok(spec.shm_size == 64 << 20 && spec.umask == 022 && spec.stop_signal == SIGTERM,
	   "docker's /dev/shm, umask and stop signal");
	ok(spec.init && !spec.tty && !spec.interactive, "an init, no terminal");
	ok(spec.nrlimits == 2 && !spec.rlimits[0].asked, "default limits may fail quietly");
}

static void test_names(void)
{
	static const char *const good[] = {
		"a", "0", "web-1", "A.b_c-d",
		"a234567890123456789012345678901234567890123456789012345678901234"
	};
	static const char *const bad[] = {
		"",         "-a",
		".a",       "_a",
		"a b",      "a/b",
		"../a",     "a\n",
		"\xc3\xa4", "a2345678901234567890123456789012345678901234567890123456789012345"
	};
	static const char *const hosts[] = {
		"a",
		"a.b",
		"my-host",
		"x1",
		"1x",
		"a_b",
		"a234567890123456789012345678901234567890123456789012345678901234"
	};
	static const char *const no_hosts[] = {
		"",
		"-a",
		"a-",
		".a",
		"a.",
		"a..b",
		"a-.b",
		"a.-b",
		"a b",
		"a\n127.0.0.1 x",
		"a/b",
		"\xc3\xa4",
		"a2345678901234567890123456789012345678901234567890123456789012345"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		fresh()->name = good[i];
		is_int(spec_check(&spec), 0, "\"%.10s\" is a name", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fresh()->name = bad[i];
		is_int(spec_check(&spec), -1, "bad name %zu is refused", i);
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		fresh()->hostname = hosts[i];
		is_int(spec_check(&spec), 0, "\"%.10s\" is a host name", hosts[i]);
	}
	for (size_t i = 0; i < sizeof(no_hosts) / sizeof(*no_hosts); i++) {
		fresh()->hostname = no_hosts[i];
		is_int(spec_check(&spec), -1, "bad host name %zu is refused", i);
	}
	fresh()->name = "a b";
	refused("--name \"a b\": a name has letters, digits, '_', '.' and '-', begins with a letter or "
		"digit, and is at most 64 long",
		"a name with a space");
}

static void test_root(void)
{
	struct mount_want two[] = {
		{ .kind = MOUNT_BIND, .src = "/a", .dst = "/x", .arg = "/a:/x" },
		{ .kind = MOUNT_TMPFS, .dst = "/x", .arg = "/x:size=1m" },
	};

	fresh()->rootfs_rw = true;
	is_int(spec_check(&spec), 0, "writing through is allowed");
	spec.read_only = true;
	is_int(spec_check(&spec), 0, "and may be read-only: no overlay then");
	spec.overlay_upper = "/up";
	refused("--rootfs-rw and --overlay-upper: changes go to ROOTFS or to /up, not to both",
		"two places for changes");
	fresh()->rootfs_rw = true;
	spec.root = ROOT_HOST;
	refused("--rootfs-rw: `host` is a throw-away view and never written to",
		"writing through to the host");
	fresh()->mounts = two;
	spec.nmounts = 2;
	refused("/a:/x and /x:size=1m are both to be mounted on /x", "two mounts on one path");
	two[1].dst = "/y";
	is_int(spec_check(&spec), 0, "on two paths is fine");
}

static void test_maps(void)
{
	fresh()->userns = USERNS_MAP;
	spec.uids = (struct idmaps){ .row = { { 0, 100000, 10 }, { 9, 200000, 1 } }, .n = 2 };
	spec.gids = (struct idmaps){ .row = { { 0, 100000, 10 } }, .n = 1 };
	is_int(spec_check(&spec), -1, "maps that overlap inside");
	spec.uids.row[1] = (struct idmap){ 10, 100009, 1 };
	is_int(spec_check(&spec), -1, "maps that overlap outside");
	spec.uids.row[1] = (struct idmap){ 10, 100010, 1 };
	is_int(spec_check(&spec), 0, "maps that touch");
	spec.uids.row[0].inside = 1;
	spec.uids.row[0].count = 1;
	is_int(spec_check(&spec), -1, "no user 0 inside");
	ok(strstr(err_text(), "--uidmap: no row maps user 0 inside"), "and it is told so");
	fresh()->uids = (struct idmaps){ .row = { { 0, 1000, 1 } }, .n = 1 };
	spec.userns = USERNS_KEEP_ID;
	refused("--uidmap and --gidmap say the ids themselves: leave out --userns",
		"maps and a mode at once");
	fresh()->userns = geteuid() ? USERNS_HOST : USERNS_KEEP_ID;
	is_int(spec_check(&spec), -1, "host is root's, keep-id is everybody else's");
}

static void test_namespaces(void)
{
	struct pair net = { "net.ipv4.ip_forward", "1" };

	fresh()->ns[NS_NET] = (struct ns_want){ .mode = NS_JOIN, .who = "web" };
	is_int(spec_check(&spec), 0, "a container's network by name");
	spec.ns[NS_NET].who = "1234";
	is_int(spec_check(&spec), 0, "or by process id");
	spec.ns[NS_NET].who = "../web";
	refused("--net container:../web: a container's name or a process id is wanted",
		"a name that is a path");
	spec.ns[NS_NET].who = "";
	is_int(spec_check(&spec), -1, "a name that is empty");
	fresh()->sysctls = &net;
	spec.nsysctls = 1;
	is_int(spec_check(&spec), 0, "a sysctl of its own network");
	spec.ns[NS_NET].mode = NS_HOST;
	is_int(spec_check(&spec), -1, "a sysctl of the host's network");
}

static void test_process(void)
{
	const char *nothing[] = { "", NULL };

	fresh()->argv = nothing;
	refused("the command is empty", "an empty command");
	fresh()->cwd = "tmp";
	refused("--workdir tmp: an absolute path is wanted", "a relative working directory");
	fresh()->cwd = "";
	refused("--workdir '': an absolute path is wanted", "an empty one");
	fresh()->preserve_fds = 2;
	close(3);
	int fd = dup2(1, 4);
	is_int(fd, 4, "4 is open and 3 is not");
	refused("--preserve-fds 2: file descriptor 3 is not open", "a descriptor that is closed");
	dup2(1, 3);
	is_int(spec_check(&spec), 0, "both are open");
	close(3);
	close(4);
	fresh()->tty = true;
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	refused("--tty: the input device is not a TTY", "a terminal where there is none");
}

int main(void)
{
	test_defaults();
	test_names();
	test_root();
	test_maps();
	test_namespaces();
	test_process();
	return done();
}
