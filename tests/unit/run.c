/* tests/unit/run.c - cli/run*.c: from the words of a command line to a spec. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "runtime.h"
#include "runtime/sec.h"
#include "tests/unit/tap.h"

enum { WORDS = 24 };

static struct pool pool;
static struct run_args a;
static char dir[] = "/tmp/cinit-unit-run.XXXXXX";

/* Read LINE (cut at spaces; "''" is an empty word, "@" our directory) as `cinit run`
 * would, up to the check. */
static int build(const char *line)
{
	char *argv[WORDS + 2] = { (char *)"run" };
	struct opt_parse p = { .rows = cli_run_opts, .args = &a, .command = "run" };
	int argc = 1;

	err_clear();
	memset(&a, 0, sizeof(a));
	a.pool = &pool;
	spec_init(&a.spec, &pool);
	for (char *word = strtok(pool_strdup(&pool, line), " "); word && argc <= WORDS;
	     word = strtok(NULL, " ")) {
		if (!strcmp(word, "''"))
			word = (char *)"";
		if (*word == '@')
			word = pool_printf(&pool, "%s%s", dir, word + 1);
		argv[argc++] = word;
	}
	if (opt_parse(&p, argc, argv) < 0)
		return -1;
	return run_spec_build(&a, argv + p.first) < 0 ? -1 : spec_check(&a.spec);
}

static const char *env(const char *name)
{
	size_t n = strlen(name);

	for (const char **e = a.spec.env; *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(pool_printf(&pool, "%s/%s", dir, name), "w");

	fputs(text, f);
	fclose(f);
}

static void test_root(void)
{
	char cwd[4096];

	is_int(build("@"), 0, "a directory");
	ok(a.spec.root == ROOT_DIR, "is a directory");
	is_str(a.spec.rootfs, dir, "by its absolute path");
	is_str(a.spec.argv[0], "/bin/sh", "a shell without a command");
	ok(!a.spec.argv[1], "and nothing else");
	ok(build("host") == 0 && a.spec.root == ROOT_HOST, "the host");
	is_str(a.spec.rootfs, "/", "is /");
	ok(build("/") == 0 && a.spec.root == ROOT_HOST, "/ is the host as well");
	ok(chdir(dir) == 0 && mkdir("host", 0755) == 0 && mkdir("sub", 0755) == 0, "below it");
	ok(build("sub") == 0 && getcwd(cwd, sizeof(cwd)), "a relative directory");
	is_str(a.spec.rootfs, pool_printf(&pool, "%s/sub", cwd), "is made absolute");
	ok(build("./host") == 0 && a.spec.root == ROOT_DIR, "./host is a directory");
	ok(build("--overlay-upper up --pidfile pid sub") == 0, "other paths");
	is_str(a.spec.overlay_upper, pool_printf(&pool, "%s/up", cwd), "are made absolute");
	is_str(a.spec.pidfile, pool_printf(&pool, "%s/pid", cwd), "all of them");
}

static void test_command(void)
{
	ok(build("@ ls -l") == 0 && !strcmp(a.spec.argv[0], "ls") &&
		   !strcmp(a.spec.argv[1], "-l") && !a.spec.argv[2],
	   "a command with its options");
	ok(build("--entrypoint sh @ -c true") == 0 && !strcmp(a.spec.argv[0], "sh") &&
		   !strcmp(a.spec.argv[1], "-c") && !strcmp(a.spec.argv[2], "true"),
	   "the entrypoint comes first");
	ok(build("--entrypoint sh @") == 0 && !strcmp(a.spec.argv[0], "sh") && !a.spec.argv[1],
	   "and stands alone");
	ok(build("--entrypoint '' @ ls") == 0 && !strcmp(a.spec.argv[0], "ls"),
	   "an empty entrypoint is none");
	setenv("SHELL", "/usr/bin/fish", 1);
	ok(build("host") == 0 && !strcmp(a.spec.argv[0], "/usr/bin/fish"),
	   "the host view starts the caller's shell");
	ok(build("@") == 0 && !strcmp(a.spec.argv[0], "/bin/sh"), "another root does not");
	setenv("SHELL", "fish", 1);
	ok(build("host") == 0 && !strcmp(a.spec.argv[0], "/bin/sh"), "SHELL must be a path");
}

static void test_caps(void)
{
	const uint64_t def = sec_caps_default(), all = sec_caps_all();
	const uint64_t chown_ = 1, net_admin = 1ull << 12;

	ok(build("@") == 0 && a.spec.caps == def, "the default set");
	ok(build("--cap-add NET_ADMIN @") == 0 && a.spec.caps == (def | net_admin), "one more");
	ok(build("--cap-add cap_net_admin,SYS_TIME @") == 0 && (a.spec.caps & net_admin) &&
		   (a.spec.caps >> 25 & 1),
	   "two more, in any spelling");
	ok(build("--cap-drop CHOWN @") == 0 && a.spec.caps == (def & ~chown_), "one less");
	ok(build("--cap-drop ALL @") == 0 && a.spec.caps == 0, "none");
	ok(build("--cap-drop all --cap-add chown @") == 0 && a.spec.caps == chown_, "only one");
	ok(build("--cap-add chown --cap-drop all @") == 0 && a.spec.caps == chown_,
	   "whatever the order");
	ok(build("--cap-add ALL @") == 0 && a.spec.caps == all, "all");
	ok(build("--cap-add ALL --cap-drop CHOWN @") == 0 && a.spec.caps == (all & ~chown_),
	   "all but one");
	ok(build("--privileged @") == 0 && a.spec.caps == all && a.spec.unmask &&
		   a.spec.privileged && !a.spec.no_new_privs &&
		   a.spec.seccomp == SECCOMP_MODE_UNCONFINED,
	   "privileged");
	ok(build("--privileged --security-opt no-new-privileges --security-opt seccomp=/x "
		 "--cap-drop CHOWN @") == 0 &&
		   a.spec.no_new_privs && a.spec.seccomp == SECCOMP_MODE_FILE &&
		   a.spec.caps == (all & ~chown_),
	   "privileged leaves alone what is asked for");
}

static void test_security(void)
{
	ok(build("--security-opt no-new-privileges=false @") == 0 && !a.spec.no_new_privs,
	   "no-new-privileges=false");
	ok(build("--security-opt no-new-privileges:true @") == 0 && a.spec.no_new_privs,
	   "docker's older colon");
	ok(build("--security-opt seccomp=unconfined @") == 0 &&
		   a.spec.seccomp == SECCOMP_MODE_UNCONFINED,
	   "seccomp=unconfined");
	ok(build("--security-opt seccomp=compat32 @") == 0 && a.spec.seccomp_compat32 &&
		   a.spec.seccomp == SECCOMP_MODE_DEFAULT,
	   "seccomp=compat32 keeps the filter");
	ok(build("--security-opt seccomp=p.json @") == 0 && !strcmp(a.spec.seccomp_file, "p.json"),
	   "seccomp=FILE");
	ok(build("--security-opt systempaths=unconfined @") == 0 && a.spec.unmask, "no masks");
	ok(build("--security-opt label=disable --security-opt apparmor=unconfined @") == 0,
	   "labels that are never set may be taken off");
	ok(build("--ulimit nofile=100:200 --ulimit nproc=5 @") == 0 && a.spec.nrlimits == 3,
	   "a limit in place of a default, and one more");
	for (size_t i = 0; i < a.spec.nrlimits; i++)
		if (a.spec.rlimits[i].resource == RLIMIT_NOFILE)
			ok(a.spec.rlimits[i].asked && a.spec.rlimits[i].lim.rlim_cur == 100 &&
				   a.spec.rlimits[i].lim.rlim_max == 200,
			   "soft and hard, and it must hold");
	ok(build("--oom-score-adj -500 --umask 077 @") == 0 && a.spec.oom_score_adj == -500 &&
		   a.spec.oom_score_adj_set && a.spec.umask == 077,
	   "oom score and umask");
}

static void test_env(void)
{
	put_file("env",
		 "\xef\xbb\xbf# comment\n\nFILE=from file\n  LEAD=x \nBOTH=file\nOURS\nNOT_OURS\n"
		 "QUOTED=\"q\"\nPATH=/only\nEMPTY=\nLAST=no newline");
	setenv("OURS", "caller's", 1);
	unsetenv("NOT_OURS");
	ok(build("--hostname h @") == 0, "no options");
	is_str(env("PATH"), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PATH");
	is_str(env("HOSTNAME"), "h", "HOSTNAME");
	is_str(env("container"), "cinit", "container");
	ok(!env("HOME") && !env("OURS") && !env("TERM"), "nothing of the caller's");
	ok(build("-e BOTH=option -e A=b=c -e OURS -e NOT_OURS -e A=2 --env-file @/env @") == 0,
	   "options and a file");
	is_str(env("FILE"), "from file", "a value with a space");
	is_str(env("LEAD"), "x ", "spaces before the name go, behind the value they stay");
	is_str(env("BOTH"), "option", "-e wins, wherever it stands");
	is_str(env("OURS"), "caller's", "a name alone takes the caller's value");
	ok(!env("NOT_OURS"), "or is not there");
	is_str(env("QUOTED"), "\"q\"", "quotes are characters");
	is_str(env("PATH"), "/only", "PATH can be set");
	is_str(env("EMPTY"), "", "an empty value");
	is_str(env("LAST"), "no newline", "the last line");
	is_str(env("A"), "2", "the last -e wins");
	ok(build("-e HOSTNAME_NOT_SET -e container @") == 0 && !env("container"),
	   "a default is taken away by its name alone");
	setenv("PATH", "/home/me/bin:/bin", 1);
	setenv("HOME", "/home/me", 1);
	ok(build("host") == 0, "the host view");
	is_str(env("PATH"),
	       "/home/me/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin",
	       "has the caller's PATH, and what it lacks of ours");
	is_str(env("HOME"), "/home/me", "and HOME");
	ok(build("-u 33 host") == 0 && !env("HOME"), "unless it is another user");
}

static void test_listen(void)
{
	char text[16];

	dup2(1, 3);
	dup2(1, 4);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "http", 1);
	ok(build("@") == 0 && a.spec.listen_fds && a.spec.preserve_fds == 1,
	   "sockets are handed on");
	is_str(env("LISTEN_FDS"), "1", "with their number");
	is_str(env("LISTEN_FDNAMES"), "http", "and names");
	ok(build("--preserve-fds 1 @") == 0 && a.spec.preserve_fds == 2, "others come behind them");
	setenv("LISTEN_FDS", "x", 1);
	is_int(build("@"), -1, "a bad number is refused");
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	ok(build("@") == 0 && !a.spec.listen_fds && !env("LISTEN_FDS"),
	   "sockets of another are not");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	close(3);
	close(4);
	setenv("NOTIFY_SOCKET", "/nonexistent", 1);
	ok(build("@") == 0 && !env("NOTIFY_SOCKET") && !a.spec.nmounts, "no socket, no variable");
	setenv("NOTIFY_SOCKET", "@abstract", 1);
	ok(build("@") == 0 && !env("NOTIFY_SOCKET"), "an abstract socket is out of reach");
	ok(build("--net host @") == 0 && env("NOTIFY_SOCKET"), "but for --net host");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify", dir);
	ok(bind(sock, (struct sockaddr *)&at, sizeof(at)) == 0, "a socket");
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	ok(build("@") == 0 && a.spec.nmounts == 1, "is mounted");
	is_str(a.spec.mounts[0].src, at.sun_path, "from its path");
	is_str(a.spec.mounts[0].dst, env("NOTIFY_SOCKET"), "to where the variable says");
	close(sock);
	unsetenv("NOTIFY_SOCKET");
}

static void test_ids(void)
{
	const unsigned uid = geteuid(), gid = getegid();

	ok(build("@") == 0 && a.spec.userns == USERNS_AUTO && !a.spec.user, "the default");
	ok(build("--uidmap 0:1000:1 --uidmap 1:100000:9 @") == 0 && a.spec.userns == USERNS_MAP &&
		   a.spec.uids.n == 2 && a.spec.gids.n == 2 && a.spec.gids.row[1].outside == 100000,
	   "uidmap alone is for both");
	ok(build("--gidmap 0:5:1,1:10:2 --uidmap 0:6:1 @") == 0 && a.spec.gids.n == 2 &&
		   a.spec.uids.n == 1 && a.spec.uids.row[0].outside == 6,
	   "rows joined by a comma");
	build("--userns keep-id @");
	ok(a.spec.userns == USERNS_KEEP_ID, "keep-id");
	is_str(a.spec.user, pool_printf(&pool, "%u:%u", uid, gid), "is the caller inside as well");
	build("--userns keep-id -u 0 @");
	is_str(a.spec.user, "0", "unless said otherwise");
}

static void test_namespaces(void)
{
	ok(build("--net host --pid private --ipc=shareable --uts container:web --cgroupns host @") ==
		   0,
	   "all kinds");
	ok(a.spec.ns[NS_NET].mode == NS_HOST && a.spec.ns[NS_NET].asked &&
		   a.spec.ns[NS_PID].mode == NS_PRIVATE && a.spec.ns[NS_IPC].mode == NS_PRIVATE &&
		   a.spec.ns[NS_UTS].mode == NS_JOIN && a.spec.ns[NS_CGROUP].mode == NS_HOST,
	   "as said");
	is_str(a.spec.ns[NS_UTS].who, "web", "a container by name");
	ok(build("--network none @") == 0 && a.spec.ns[NS_NET].mode == NS_NONE &&
		   a.spec.ns[NS_NET].asked,
	   "--network is --net");
	ok(build("--net web --ip 10.0.0.9 --ip6 fd00::9 --network-alias www @") == 0 &&
		   a.spec.ns[NS_NET].mode == NS_PRIVATE && a.spec.nnets == 1,
	   "a network by name");
	ok(a.spec.nets[0].ip4.byte[3] == 9 && a.spec.nets[0].ip6.byte[15] == 9 &&
		   !strcmp(a.spec.nets[0].aliases[0], "www"),
	   "what is said beside it belongs to it");
	ok(build("--net a --net b:alias=x --egress allow=10.0.0.0/8 --egress deny=all @") == 0 &&
		   a.spec.nnets == 2 && a.spec.negress == 3 && a.spec.egress_deny,
	   "several; a list of what is allowed denies the rest");
	ok(build("--net a --egress deny=10.0.0.0/8 @") == 0 && !a.spec.egress_deny,
	   "a list of what is denied does not");
	ok(build("--time-offset boottime=-7d --time-offset monotonic=1.5s @") == 0 &&
		   a.spec.time_offset && a.spec.time_boot_ns == -604800000000000 &&
		   a.spec.time_mono_ns == 1500000000 && a.spec.ns[NS_TIME].mode == NS_PRIVATE,
	   "clocks");
	ok(build("-h web.local @") == 0 && !strcmp(a.spec.hostname, "web.local"),
	   "-h is the host name");
	ok(build("--uts host @") == 0 && strcmp(a.spec.hostname, a.spec.id) != 0,
	   "the host's own name");
}

static void test_rest(void)
{
	ok(build("--detach-keys ctrl-p,ctrl-q @") == 0 && a.spec.ndetach_keys == 2 &&
		   a.spec.detach_keys[0] == 16 && a.spec.detach_keys[1] == 17,
	   "detach keys");
	ok(build("@") == 0 && a.spec.ndetach_keys == 2 && a.spec.detach_keys[0] == 16,
	   "are the default");
	ok(build("--detach-keys a,ctrl-@,ctrl-[ @") == 0 && a.spec.ndetach_keys == 3 &&
		   !memcmp(a.spec.detach_keys, "a\0\033", 3),
	   "other keys");
	ok(build("--detach-keys= @") == 0 && a.spec.ndetach_keys == 0, "none");
	ok(build("--shm-size 1.5g --stop-signal quit --stop-timeout 3 --no-init --rm @") == 0 &&
		   a.spec.shm_size == 1536ull << 20 && a.spec.stop_signal == SIGQUIT &&
		   a.spec.stop_timeout == 3 && a.spec.stop_timeout_set && !a.spec.init,
	   "sizes and switches");
	ok(build("--init=false @") == 0 && !a.spec.init, "--init=false is --no-init");
	ok(build("--add-host db:10.0.0.2 --add-host six=[fd00::2] --add-host v6:fd00::3 @") == 0 &&
		   a.spec.nadd_hosts == 3 && !strcmp(a.spec.add_hosts[1].key, "six") &&
		   !strcmp(a.spec.add_hosts[1].val, "fd00::2") &&
		   !strcmp(a.spec.add_hosts[2].val, "fd00::3"),
	   "hosts");
	ok(build("--dns 1.1.1.1 --dns ::1 --dns-search a.b --dns-opt ndots:2 --group-add 5 @") ==
			   0 &&
		   a.spec.ndns == 2 && a.spec.ndns_search == 1 && a.spec.ndns_opt == 1 &&
		   a.spec.ngroups == 1,
	   "lists");
	ok(build("-v /tmp:/t --tmpfs /x --mount type=tmpfs,dst=/y --device /dev/null @") == 0 &&
		   a.spec.nmounts == 4,
	   "four ways to mount");
	ok(build("-i @") == 0 && a.spec.interactive && !a.spec.tty, "-i alone");
}

/* What every option that is wrong by itself is told; "@" is cut from the words. */
static void test_refused(void)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "--rm=false @", "run: --rm: false: a container is not kept after its end in this "
				  "version; --overlay-upper DIR keeps its changes" },
		{ "--stop-signal NOPE @",
		  "run: --stop-signal: NOPE: a signal's name or number is wanted, like SIGTERM or 15" },
		{ "--stop-timeout 10s @",
		  "run: --stop-timeout: 10s: a whole number of seconds is wanted" },
		{ "--log-format xml @", "run: --log-format: \"xml\" is neither text nor json" },
		{ "--detach-keys ctrl-p,xx @",
		  "run: --detach-keys: ctrl-p,xx: keys are single characters "
		  "or ctrl-X, joined by commas, like ctrl-p,ctrl-q" },
		{ "--shm-size 64x @", "run: --shm-size: 64x: a size is wanted, like 64m or 1g" },
		{ "--shm-size 0 @", "run: --shm-size: 0: a size is wanted, like 64m or 1g" },
		{ "--userns nope @", "run: --userns: \"nope\" is none of auto, keep-id, host" },
		{ "--uidmap 0:1 @", "run: --uidmap: 0:1: an id map is INSIDE:OUTSIDE:COUNT" },
		{ "--uidmap 0:0:1,x @", "run: --uidmap: x: an id map is INSIDE:OUTSIDE:COUNT" },
		{ "--group-add '' @", "run: --group-add: \"\" is no group's name or id" },
		{ "--net web --net host @", "--net web and --net host exclude each other" },
		{ "--net none --ip 10.0.0.9 @", "--ip: the container is on no network" },
		{ "--net a --net b --network-alias x @",
		  "--network-alias: there are several networks; say it with one of them, like --net "
		  "NAME:ip=..." },
		{ "--pid none @",
		  "run: --pid: \"none\" is none of host, private, container:PID|NAME" },
		{ "--time-offset realtime=1s @",
		  "run: --time-offset: realtime=1s: monotonic=OFFSET or "
		  "boottime=OFFSET is wanted, like boottime=-7d or "
		  "monotonic=90s" },
		{ "--cap-add NET_ADMN @", "run: --cap-add: \"NET_ADMN\" is no capability; "
					  "capabilities(7) lists them, ALL is all of them" },
		{ "--cap-drop '' @",
		  "run: --cap-drop: \"\" is no capability; capabilities(7) lists them, "
		  "ALL is all of them" },
		{ "--cap-add CHOWN --cap-drop chown @",
		  "--cap-add and --cap-drop both name CAP_CHOWN" },
		{ "--cap-add ALL --cap-drop ALL @", "--cap-add and --cap-drop both name ALL" },
		{ "--security-opt nope @",
		  "run: --security-opt: nope: one of these is wanted: no-new-privileges[=false], "
		  "seccomp=unconfined|compat32|FILE, systempaths=unconfined" },
		{ "--security-opt apparmor=foo @",
		  "run: --security-opt: apparmor=foo: profiles and labels "
		  "are not in this version" },
		{ "--oom-score-adj 1001 @",
		  "run: --oom-score-adj: 1001: a number from -1000 to 1000 is wanted" },
		{ "--oom-score-adj --5 @",
		  "run: --oom-score-adj: --5: a number from -1000 to 1000 is wanted" },
		{ "--umask 1000 @",
		  "run: --umask: 1000: an octal number from 0 to 777 is wanted, like 022" },
		{ "-e =x @",
		  "run: -e: \"=x\" has no name: NAME=VALUE is wanted, or NAME for the caller's "
		  "value" },
		{ "-e '' @",
		  "run: -e: \"\" has no name: NAME=VALUE is wanted, or NAME for the caller's "
		  "value" },
		{ "--add-host db @",
		  "run: --add-host: db: NAME:ADDRESS is wanted, like db:10.0.0.2 or "
		  "db:[fd00::2]" },
		{ "--add-host db:300.1.1.1 @",
		  "run: --add-host: db:300.1.1.1: NAME:ADDRESS is wanted, like "
		  "db:10.0.0.2 or db:[fd00::2]" },
		{ "--dns one.one @", "run: --dns: one.one: an IPv4 or IPv6 address is wanted" },
		{ "-h web --uts host @",
		  "--hostname web: with --uts=host the name is not the container's to set" },
		{ "-u '' @", "--user is empty; UID[:GID] or NAME[:GROUP] is wanted" },
		{ "--pidfile '' @", "--pidfile: the path is empty" },
		{ "@ -it", "-it: options stand before ROOTFS; what is behind it is the command" },
		{ "@ ''", "the command is empty" },
		{ "''",
		  "ROOTFS is empty; a directory with a root file system is wanted, or `host`" },
		{ "debian",
		  "ROOTFS debian: there is no such directory, and images are not in this version; "
		  "give a directory with a root file system, or `host`" },
		{ "debian:12",
		  "ROOTFS debian:12: there is no such directory, and images are not in this "
		  "version; give a directory with a root file system, or `host`" },
		{ "docker.io/library/debian",
		  "ROOTFS docker.io/library/debian: there is no such directory, and images are not in this "
		  "version; give a directory with a root file system, or `host`" },
		{ "/srv/nope", "ROOTFS /srv/nope: no such directory" },
		{ "./nope", "ROOTFS ./nope: no such directory" },
		{ "some/where", "ROOTFS some/where: no such directory" },
		{ "/dev/null/x", "ROOTFS /dev/null/x: no such directory" },
		{ "/dev/null",
		  "ROOTFS /dev/null is not a directory; a directory with a root file system is "
		  "wanted, or `host`" },
		{ "--env-file /nope @", "--env-file /nope: No such file or directory" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		is_int(build(cases[i].line), -1, "`%s` is refused", cases[i].line);
		is_str(err_text(), cases[i].says, "`%s` gets its line", cases[i].line);
	}
	put_file("bad1", "A=1\nB C=2\n");
	is_int(build("--env-file @/bad1 @"), -1, "a name with a space in a file");
	ok(strstr(err_text(), "line 2: NAME=VALUE is wanted"), "and the line is named");
	put_file("bad2", "=1\n");
	is_int(build("--env-file @/bad2 @"), -1, "no name at all");
	is_int(build("--env-file @ @"), -1, "a directory is no file");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_root();
	test_command();
	test_caps();
	test_security();
	test_env();
	test_listen();
	test_ids();
	test_namespaces();
	test_rest();
	test_refused();
	if (chdir("/") == 0 && system(pool_printf(&pool, "rm -rf %s", dir)) != 0)
		return 1;
	return done();
}
