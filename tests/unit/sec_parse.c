/* tests/unit/sec_parse.c - what the readers of runtime/ for capabilities, limits, sysctls,
 * passwd and group take, and what they refuse with which words. */
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lib/err.h"
#include "runtime/sec_steps.h"
#include "tests/unit/tap.h"

static struct pool pool = POOL_INIT;

static void test_caps(void)
{
	uint64_t bits = 0, all = 0;
	unsigned n = 0;

	ok(sec_cap_parse("NET_ADMIN", &bits) == 0 && bits == 1u << CAP_NET_ADMIN, "NET_ADMIN");
	ok(sec_cap_parse("cap_net_admin", &bits) == 0 && bits == 1u << CAP_NET_ADMIN,
	   "cap_net_admin");
	ok(sec_cap_parse("CAP_CHECKPOINT_RESTORE", &bits) == 0 && bits == 1ull << 40,
	   "the last one");
	ok(sec_cap_parse("ALL", &all) == 0 && (all & 0x1ffffffffff) == all && all > 1u << 31, "ALL");
	is_int(sec_caps_all(), all, "ALL is all");
	ok(sec_cap_parse("NET", &bits) < 0, "NET is none");
	ok(sec_cap_parse("", &bits) < 0, "nor is nothing");
	ok(sec_cap_parse("CAP_", &bits) < 0, "nor CAP_ alone");
	ok(sec_cap_parse("CAP_CAP_CHOWN", &bits) < 0, "nor CAP_ twice");
	ok(sec_cap_parse("12", &bits) < 0, "nor a number");
	for (unsigned cap = 0; cap < 64; cap++)
		n += (unsigned)(sec_caps_default() >> cap) & 1;
	is_int(n, 11, "the default set has eleven");
	ok(!(sec_caps_default() &
	     (1u << CAP_NET_RAW | 1u << CAP_MKNOD | 1u << CAP_AUDIT_WRITE | 1u << CAP_SYS_ADMIN)),
	   "without NET_RAW, MKNOD, AUDIT_WRITE, SYS_ADMIN");
	is_str(sec_cap_name(CAP_CHOWN), "CAP_CHOWN", "names are the kernel's");
	is_str(sec_cap_name(63), "CAP_?", "a capability of the future has no name");
}

static void test_rlimits(void)
{
	static const char *const refused[] = {
		"nofile",
		"nofile=",
		"nofile=x",
		"nofile=1:",
		"nofile=:1",
		"nofile=2:1",
		"nofile=1:2:3",
		"=1",
		"nofiles=1",
		"NOFILE=1",
		"nofile=-2",
		"nofile=+1",
		"nofile=0x10",
		"nofile= 1",
		"nofile=1 ",
		"nofile=01",
		"nofile=18446744073709551616",
		"nofile=unlimited:1",
		"nofile=111111111111111111111111111111:1",
		"as=1",
		"",
	};
	struct rlimit_want w = { .resource = -1 };

	ok(sec_rlimit_parse("nofile=1024:2048", &w) == 0 && w.resource == RLIMIT_NOFILE &&
		   w.lim.rlim_cur == 1024 && w.lim.rlim_max == 2048 && w.asked,
	   "nofile=1024:2048");
	ok(sec_rlimit_parse("core=0", &w) == 0 && w.lim.rlim_max == 0, "one number is both");
	ok(sec_rlimit_parse("memlock=-1", &w) == 0 && w.lim.rlim_cur == RLIM_INFINITY, "-1");
	ok(sec_rlimit_parse("stack=8388608:unlimited", &w) == 0 && w.lim.rlim_max == RLIM_INFINITY,
	   "unlimited");
	ok(sec_rlimit_parse("rtprio=99:99", &w) == 0 && w.resource == RLIMIT_RTPRIO, "rtprio");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		err_clear();
		ok(sec_rlimit_parse(refused[i], &w) < 0 && err_text()[0], "refused: \"%s\"",
		   refused[i]);
	}
	sec_rlimit_parse("nofile=9:5", &w);
	is_str(err_text(), "nofile=9:5: the soft limit (9) is above the hard limit (5)", "words");
}

static bool takes(const char *arg, const char *key)
{
	struct pair p = { .key = NULL };

	return sec_sysctl_parse(&pool, arg, &p) == 0 && strcmp(p.key, key) == 0;
}

static void test_sysctls(void)
{
	static const char *const refused[] = {
		"net/../kernel.core_pattern=x",
		"net/../kernel/core_pattern=x",
		"net.../x=1",
		"net/./ipv4=1",
		"net//ipv4=1",
		"/net/ipv4=1",
		"net/ipv4/=1",
		"net.=1",
		"net=1",
		".net.x=1",
		"net..x=1",
		"net.ipv4/x=1",
		"../net=1",
		"net.ipv4.ip_forward",
		"=1",
		"",
		"net.ipv4.ip_forward=",
		"kernel.core_pattern=x",
		"kernel.shmmax2=1",
		"kernel.shm=1",
		"kernel.hostname=x",
		"kernel.domainname=x",
		"kernel/hostname=x",
		"vm.swappiness=1",
		"fs.file-max=1",
		"fs.mqueue=1",
		"netx.y=1",
		"net.a b=1",
		"net.a\nb=1",
		"net.a=1\n2",
		"NET.ipv4.x=1",
		"net.%2e%2e=1",
		"net/ipv4/..=1",
		"kernel.sem.x=1",
	};
	struct pair p;

	ok(takes("net.ipv4.ip_forward=1", "net.ipv4.ip_forward"), "net.ipv4.ip_forward");
	ok(takes("net/ipv4/ip_forward=1", "net.ipv4.ip_forward"), "with slashes");
	ok(takes("net/ipv4/conf/eth0.5/forwarding=1", "net.ipv4.conf.eth0/5.forwarding"),
	   "a dot in a name, written with slashes");
	ok(takes("kernel.shmmax=1", "kernel.shmmax") && takes("kernel.msgmni=1", "kernel.msgmni"),
	   "System V settings");
	ok(takes("kernel.sem=250 32000 32 128", "kernel.sem"), "values with spaces");
	ok(takes("fs.mqueue.msg_max=10", "fs.mqueue.msg_max"), "fs.mqueue");
	ok(takes("user.max_user_namespaces=0", "user.max_user_namespaces"), "user.*");
	ok(takes("net.x==1", "net.x"), "the first = counts");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		err_clear();
		ok(sec_sysctl_parse(&pool, refused[i], &p) < 0 && err_text()[0], "refused: \"%s\"",
		   refused[i]);
	}
	sec_sysctl_parse(&pool, "kernel.hostname=x", &p);
	is_str(err_text(), "kernel.hostname: the host name is set by --hostname", "words");
	char *long_key = pool_alloc(&pool, 400);
	memset(long_key, 'a', 390);
	memcpy(long_key, "net.", 4);
	strcpy(long_key + 380, "=1");
	ok(sec_sysctl_parse(&pool, long_key, &p) < 0, "a key of 380 characters is refused");
}

static void test_sysctl_check(void)
{
	struct pair net = { "net.core.somaxconn", "1" }, ipc = { "kernel.sem", "1" };
	struct spec spec = { .sysctls = &net, .nsysctls = 1 };

	ok(sec_sysctl_check(&spec) == 0, "net.* with a net namespace of its own");
	spec.ns[NS_NET].mode = NS_NONE;
	ok(sec_sysctl_check(&spec) == 0, "net.* with --net none");
	spec.ns[NS_NET].mode = NS_HOST;
	ok(sec_sysctl_check(&spec) < 0, "net.* with --net host is refused");
	is_str(err_text(),
	       "--sysctl net.core.somaxconn: the container has no net namespace of its own",
	       "words");
	spec.ns[NS_NET].mode = NS_JOIN;
	ok(sec_sysctl_check(&spec) < 0, "and with another container's");
	spec.sysctls = &ipc;
	ok(sec_sysctl_check(&spec) == 0, "kernel.sem asks for the ipc namespace");
	spec.ns[NS_IPC].mode = NS_HOST;
	ok(sec_sysctl_check(&spec) < 0, "which may be the host's");
}

/* ---- passwd and group ---- */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "broken\n"
			     "short:x:5\n"
			     "neg:x:-1:0::/:/bin/sh\n"
			     "big:x:4294967295:0::/:\n"
			     "zero:x:007:0::/:\n"
			     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
			     "evil:x:66:66::/home\tx:/bin/sh\n"
			     "web:x:33:33:www:/var/www:/bin/sh\n"
			     "web:x:0:0:second:/root:/bin/sh\n"
			     "last:x:77:78::/last:/bin/sh";

static int by_name(const char *name, struct passwd_entry *e)
{
	err_clear();
	return passwd_find(passwd, sizeof(passwd) - 1, name, 0, e);
}

static void test_passwd(void)
{
	struct passwd_entry e;
	char *long_home;

	ok(by_name("web", &e) == 1 && e.uid == 33 && e.gid == 33,
	   "the first entry of a name counts");
	is_str(e.home, "/var/www", "with its home");
	ok(by_name("last", &e) == 1 && e.uid == 77 && e.gid == 78, "a last line without newline");
	ok(by_name("we", &e) == 0 && by_name("webb", &e) == 0, "names are compared whole");
	ok(passwd_find(passwd, sizeof(passwd) - 1, NULL, 65534, &e) == 1, "by uid");
	is_str(e.name, "nobody", "with its name");
	ok(passwd_find(passwd, sizeof(passwd) - 1, NULL, 7, &e) == 0, "uid 007 is not 7");
	ok(passwd_find(passwd, sizeof(passwd) - 1, NULL, UINT32_MAX, &e) == 0, "uid -1 is nobody's");
	ok(by_name("neg", &e) < 0, "a negative uid in the entry asked for is an error");
	is_str(err_text(),
	       "user neg: line 5 of /etc/passwd: uid or gid is no number from 0 to 4294967294",
	       "words");
	ok(by_name("big", &e) < 0 && by_name("zero", &e) < 0, "so are 4294967295 and 007");
	ok(by_name("short", &e) < 0 && by_name("broken", &e) < 0, "and missing fields");
	ok(by_name("evil", &e) < 0, "and a control character in the home directory");
	ok(passwd_find("a\0b:x:1:1::/:\n", 14, "a", 0, &e) == 0, "a zero byte does not end a name");
	ok(passwd_find("", 0, "root", 0, &e) == 0, "an empty file has nobody");
	long_home = pool_printf(&pool, "x:x:1:1::/%0300d:\n", 0);
	ok(passwd_find(long_home, strlen(long_home), "x", 0, &e) < 0, "a home of 300 characters");
}

static void test_group(void)
{
	static const char group[] = "root:x:0:\nbin:x:1:root,bin\nweb:x:33:alice,web\nbad:x:x:web\n"
				    "extra:x:44:web,\nagain:x:33:web\npre:x:45:webb,we\n";
	struct sec_user user = { .ngroups = 0 };
	gid_t gid = 0;
	char many[4096] = "";

	ok(group_find(group, sizeof(group) - 1, "web", &gid) == 1 && gid == 33, "a group by name");
	ok(group_find(group, sizeof(group) - 1, "we", &gid) == 0, "compared whole");
	ok(group_find(group, sizeof(group) - 1, "bad", &gid) < 0, "a damaged one is an error");
	ok(group_memberships(group, sizeof(group) - 1, "web", &user) == 0, "memberships");
	is_int(user.ngroups, 2, "each gid once, damaged lines passed over");
	ok(user.groups[0] == 33 && user.groups[1] == 44, "in the order of the file");
	for (int i = 0; i < 70; i++)
		sprintf(many + strlen(many), "g%d:x:%d:u\n", i, i);
	memset(&user, 0, sizeof(user));
	ok(group_memberships(many, strlen(many), "u", &user) < 0,
	   "more than 64 groups are an error");
}

int main(void)
{
	test_caps();
	test_rlimits();
	test_sysctls();
	test_sysctl_check();
	test_passwd();
	test_group();
	pool_release(&pool);
	return done();
}
