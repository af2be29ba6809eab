/* cli/run.c - `cinit run`: its options, and the way from argv to runtime_run().
 *
 * The launcher runs this: rows are read into struct run_args, run_spec_build()
 * makes the spec whole, spec_check() judges it. Until then nothing has been
 * touched. Spellings and short letters are docker's. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "lib/err.h"
#include "runtime.h"
#include "runtime/priv.h"

#define GROUP(text)                                                                                \
	{                                                                                          \
		.kind = OPT_GROUP, .help = text                                                    \
	}
#define FLAG(long_name, ch, field, words)                                                          \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_FLAG, .help = words,                  \
		.offset = offsetof(struct run_args, field)                                         \
	}
#define STR(long_name, ch, field, value, words, kinds)                                             \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_STR, .arg = value, .help = words,     \
		.offset = offsetof(struct run_args, field), .complete = kinds                      \
	}
#define UINT(long_name, field, value, words)                                                       \
	{                                                                                          \
		.name = long_name, .kind = OPT_UINT, .arg = value, .help = words,                  \
		.offset = offsetof(struct run_args, field)                                         \
	}
#define CALL(long_name, ch, reader, value, words, kinds)                                           \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_CALL, .read = run_read_##reader,      \
		.arg = value, .help = words, .complete = kinds                                     \
	}
#define SWITCH(long_name, ch, reader, words)                                                       \
	{                                                                                          \
		.name = long_name, .letter = ch, .kind = OPT_CALL_FLAG, .read = run_read_##reader, \
		.help = words                                                                      \
	}
#define LIMIT(row, reader, long_name, ch, what, value, words, kinds)                               \
	{ .name = long_name,                                                                       \
	  .letter = ch,                                                                            \
	  .kind = row,                                                                             \
	  .read = run_read_##reader,                                                               \
	  .arg = value,                                                                            \
	  .help = words,                                                                           \
	  .complete = kinds },
/* The same option by another name. */
#define ALIAS(long_name, reader)                                                                   \
	{                                                                                          \
		.name = long_name, .kind = OPT_CALL, .read = run_read_##reader                     \
	}

const struct opt cli_run_opts[] = {
	GROUP("Container"),
	STR("name", 0, spec.name, "NAME", "call the container NAME", NULL),
	SWITCH("rm", 0, rm, "remove it when it ends (always so in this version)"),
	FLAG("init", 0, spec.init, "run cinit as PID 1 inside (the default)"),
	SWITCH("no-init", 0, no_init, "let the program itself be PID 1"),
	FLAG("wait-all", 0, spec.wait_all, "end with the last process, not with the program"),
	FLAG("follow", 0, spec.follow, "go on with a program that becomes a daemon (the default)"),
	SWITCH("no-follow", 0, no_follow, "end with the program even so"),
	CALL("stop-signal", 0, stop_signal, "SIGNAL", "what the program gets for TERM", "signal"),
	CALL("stop-timeout", 0, stop_timeout, "SECONDS", "KILL this long after the stop signal",
	     NULL),
	STR("pidfile", 0, pidfile, "FILE", "write the container's process id to FILE", "file"),
	FLAG("dry-run", 0, dry_run, "print the plan and do nothing"),
	CALL("log-format", 0, log_format, "text|json", "how errors are printed", "text|json"),

	GROUP("Program"),
	CALL("env", 'e', env, "NAME[=VALUE]", "set a variable, or pass the caller's on", NULL),
	CALL("env-file", 0, env_file, "FILE", "set the variables listed in FILE", "file"),
	STR("workdir", 'w', spec.cwd, "DIR", "working directory inside", NULL),
	STR("user", 'u', spec.user, "USER[:GROUP]", "run as this user, by name or id", NULL),
	CALL("group-add", 0, group_add, "GROUP", "one more group of the user", NULL),
	STR("entrypoint", 0, entrypoint, "PROGRAM", "program that COMMAND is given to", NULL),
	SWITCH("interactive", 'i', interactive, "keep stdin open"),
	SWITCH("tty", 't', tty, "give it a terminal of its own"),
	CALL("detach-keys", 0, detach_keys, "KEYS", "keys to let go of it (ctrl-p,ctrl-q)", NULL),
	UINT("preserve-fds", spec.preserve_fds, "N", "pass on N descriptors from 3 up"),

	GROUP("File systems"),
	FLAG("read-only", 0, spec.read_only, "make the root file system read-only"),
	FLAG("rootfs-rw", 0, spec.rootfs_rw, "write through to ROOTFS"),
	STR("overlay-upper", 0, overlay_upper, "DIR", "keep the changes in DIR", "dir"),
	CALL("volume", 'v', volume, "SRC:DST[:OPT,...]", "bind SRC to DST inside", "dir"),
	CALL("mount", 0, mount, "type=TYPE,...", "mount as docker's --mount does", NULL),
	CALL("tmpfs", 0, tmpfs, "DST[:OPT,...]", "mount an empty tmpfs on DST", NULL),
	CALL("device", 0, device, "SRC[:DST[:rwm]]", "let it use a device of the machine", "file"),
	CALL("shm-size", 0, shm_size, "SIZE", "size of /dev/shm (64m)", NULL),
	CALL("rootfs-propagation", 0, propagation, "MODE", "propagation of mounts below /",
	     "private|slave|shared|unbindable|rprivate|rslave|rshared|runbindable"),

	GROUP("Namespaces"),
	CALL("userns", 0, userns, "MODE", "auto, keep-id or host", "auto|keep-id|host"),
	CALL("uidmap", 0, uidmap, "IN:OUT:COUNT", "map COUNT user ids, from IN inside", NULL),
	CALL("gidmap", 0, gidmap, "IN:OUT:COUNT", "map COUNT group ids, from IN inside", NULL),
	CALL("pid", 0, pid, "MODE", "host, private or container:X", "host|private|container:"),
	CALL("ipc", 0, ipc, "MODE", "host, private or container:X", "host|private|container:"),
	CALL("uts", 0, uts, "MODE", "host, private or container:X", "host|private|container:"),
	CALL("cgroupns", 0, cgroupns, "MODE", "host, private or container:X",
	     "host|private|container:"),
	CALL("time-offset", 0, time_offset, "CLOCK=OFFSET", "move its boottime or monotonic clock",
	     "boottime=|monotonic="),

	GROUP("Networks"),
	CALL("net", 0, net, "NETWORK[:KEY=VALUE,...]",
	     "a network, none, host, container:X; keys ip, ip6, mac, alias",
	     "default|none|host|private|container:"),
	ALIAS("network", net),
	CALL("network-alias", 0, network_alias, "NAME", "one more name on its network", NULL),
	ALIAS("net-alias", network_alias),
	CALL("ip", 0, ip, "ADDRESS", "its IPv4 address", NULL),
	CALL("ip6", 0, ip6, "ADDRESS", "its IPv6 address", NULL),
	CALL("mac-address", 0, mac_address, "MAC", "its hardware address", NULL),
	CALL("publish", 'p', publish, "[IP:][HOSTPORT:]PORT[/PROTO]",
	     "make a port or a range a-b reachable on the host", NULL),
	FLAG("publish-all", 'P', publish_all, "publish all exposed ports, anywhere"),
	CALL("expose", 0, expose, "PORT[/PROTO]", "a port that -P publishes", NULL),
	CALL("link", 0, link, "CONTAINER[:ALIAS]", "know another container by name, as docker's",
	     NULL),
	CALL("egress", 0, egress, "allow=CIDR[:PORT]|deny=...",
	     "what it may reach; the first match decides", "allow=|deny=|deny=all"),
	CALL("net-rate", 0, net_rate, "RATE[,up=,down=]", "limit each interface, like 10mbit", NULL),
	CALL("net-burst", 0, net_burst, "SIZE", "what may pass at once above that rate", NULL),
	CALL("max-conns", 0, max_conns, "N", "at most N connections at a time", NULL),

	GROUP("Limits"),
	RUN_LIMITS(LIMIT) CALL("device-cgroup-rule", 0, device_rule, "RULE",
			       "devices it may use, like \"c 10:229 rw\"", NULL),
	FLAG("cgroup-rw", 0, spec.cgroup_rw, "it may divide its cgroup: containers inside"),
	STR("cgroup-parent", 0, spec.cgroup_parent, "PATH|SLICE", "where its cgroup is made", NULL),

	GROUP("Security"),
	CALL("cap-add", 0, cap_add, "CAP", "add a capability, or ALL", "cap"),
	CALL("cap-drop", 0, cap_drop, "CAP", "take away a capability, or ALL", "cap"),
	FLAG("privileged", 0, privileged, "all capabilities, no filter, no masked paths"),
	CALL("security-opt", 0, security, "OPT", "no-new-privileges, seccomp=..., systempaths=...",
	     "no-new-privileges|no-new-privileges=false|seccomp=unconfined|seccomp=compat32|"
	     "systempaths=unconfined"),
	CALL("ulimit", 0, ulimit, "NAME=SOFT[:HARD]", "limit a resource, like nofile=1024", NULL),
	CALL("oom-score-adj", 0, oom_score_adj, "N", "-1000 to 1000: likelier to be killed", NULL),
	CALL("sysctl", 0, sysctl, "KEY=VALUE", "set a sysctl of its own namespaces", NULL),
	CALL("umask", 0, umask, "MODE", "file creation mask (022)", NULL),

	GROUP("Names"),
	STR("hostname", 'h', hostname, "NAME", "host name inside", NULL),
	CALL("add-host", 0, add_host, "NAME:ADDRESS", "a line for /etc/hosts", NULL),
	CALL("dns", 0, dns, "ADDRESS", "a name server for /etc/resolv.conf", NULL),
	CALL("dns-search", 0, dns_search, "DOMAIN", "a search domain", NULL),
	CALL("dns-option", 0, dns_option, "OPT", "an option of resolv.conf", NULL),
	ALIAS("dns-opt", dns_option),

	{ .kind = OPT_LATER,
	  .complete = "d|detach|a|attach|l|label|restart|pull|platform|cidfile|"
		      "volumes-from|health-cmd|log-driver|gpus" },
	{ 0 }
};

/* Once a run, and only to somebody who sits there: scripts keep their stderr. */
static void advise_network(const struct spec *spec)
{
	const char *why = spec->ns[NS_NET].asked || spec->nnets || !isatty(STDERR_FILENO) ?
				  NULL :
				  priv_missing();

	if (why)
		note("no network but loopback inside: %s; --net none says that this is meant", why);
}

int cli_run(int argc, char **argv)
{
	struct pool pool = POOL_INIT;
	struct run_args *a = pool_alloc(&pool, sizeof(*a));
	int first, code;

	a->pool = &pool;
	spec_init(&a->spec, &pool);
	if (cli_parse("run", a, argc, argv, &first, &code) < 0)
		return code;
	if (first == argc) {
		fail_plain("run: ROOTFS is missing: a directory with a root file system, or `host`");
		return cli_fail();
	}
	if (run_net_default(a) < 0 || run_spec_build(a, argv + first) < 0 ||
	    spec_check(&a->spec) < 0) {
		fail_in("run");
		return cli_fail();
	}
	if (a->dry_run)
		return runtime_dry_run(&pool, &a->spec, stdout);
	if (a->spec.nnets && priv_missing()) {
		fail_plain("run: --net %s: %s", a->spec.nets[0].arg, priv_missing());
		return cli_fail();
	}
	advise_network(&a->spec);
	return runtime_run(&pool, &a->spec);
}
