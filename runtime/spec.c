/* runtime/spec.c - what is wanted of a container, before anything is touched.
 *
 * The launcher runs this: spec_init() before the options are read, spec_check()
 * when the spec is complete. Both only look; the one thing they ask the kernel
 * for at every start is six random bytes. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime.h"
#include "runtime/box.h"

enum {
	NAME_LEN_MAX = 64,
	PIDS_DEFAULT = 2048,
	HOSTNAME_LEN_MAX = 64, /* HOST_NAME_MAX, sethostname(2) */
	SHM_SIZE = 64 << 20,   /* docker's */
};

/* 48 random bits: ids live as long as a container, and there are few of them. */
static char *spec_new_id(struct pool *pool)
{
	unsigned char bytes[6];
	char *id = pool_alloc(pool, 2 * sizeof(bytes) + 1);

	/* Kernel: up to 256 bytes are never interrupted once the pool is seeded;
	 * getrandom(2). */
	while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) && errno == EINTR)
		;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	return id;
}

void spec_init(struct spec *spec, struct pool *pool)
{
	static const struct rlimit_want limits[] = {
		{ .resource = RLIMIT_CORE, .lim = { 0, 0 } },
		{ .resource = RLIMIT_NOFILE, .lim = { 1024, 524288 } },
	};

	memset(spec, 0, sizeof(*spec));
	spec->id = spec_new_id(pool);
	spec->hostname = spec->id;
	spec->shm_size = SHM_SIZE;
	/* NS_USER is said by `userns`; time is the machine's unless asked. */
	spec->ns[NS_NET].mode = NS_NONE;
	spec->ns[NS_TIME].mode = NS_HOST;
	spec->caps = sec_caps_default();
	spec->no_new_privs = true;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		POOL_PUSH(pool, spec->rlimits, spec->nrlimits, limits[i]);
	spec->follow = true;
	spec->umask = 022;
	spec->limits.pids = PIDS_DEFAULT;
	spec->limits.pids_default = true;
	spec->cwd = "/";
	spec->init = true;
	spec->stop_signal = SIGTERM;
}

/* ---- the check, field by field ---- */

static bool is_name(const char *s)
{
	if (!isalnum((unsigned char)*s) || strlen(s) > NAME_LEN_MAX)
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] ==
	       '\0';
}

/* What gethostname(2) and /etc/hosts can carry: labels of letters, digits, '-' and
 * (as is usual on Linux) '_', joined by dots. */
static bool is_hostname(const char *s)
{
	char before = '.';

	if (strlen(s) > HOSTNAME_LEN_MAX)
		return false;
	for (; *s; before = *s++)
		if (!isalnum((unsigned char)*s) &&
		    (before == '.' || !strchr("-_.", *s) || (*s == '.' && before == '-')))
			return false;
	return isalnum((unsigned char)before) || before == '_';
}

static int check_names(const struct spec *spec)
{
	if (spec->name && !is_name(spec->name))
		return fail_plain("--name \"%s\": a name has letters, digits, '_', '.' and '-', begins "
				  "with a letter or digit, and is at most %d long",
				  spec->name, NAME_LEN_MAX);
	/* Another namespace's name is what it is. */
	if (spec->ns[NS_UTS].mode == NS_PRIVATE && !is_hostname(spec->hostname))
		return fail_plain("--hostname \"%s\": a host name has letters, digits, '-' and '.', and "
				  "is at most %d long",
				  spec->hostname, HOSTNAME_LEN_MAX);
	return 0;
}

static int check_root(const struct spec *spec)
{
	if (spec->rootfs_rw && spec->overlay_upper)
		return fail_plain("--rootfs-rw and --overlay-upper: changes go to ROOTFS or to %s, "
				  "not to both",
				  spec->overlay_upper);
	if (spec->rootfs_rw && spec->root == ROOT_HOST)
		return fail_plain("--rootfs-rw: `host` is a throw-away view and never written to");
	return 0;
}

static int check_mounts(const struct spec *spec)
{
	for (size_t i = 0; i < spec->nmounts; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(spec->mounts[i].dst, spec->mounts[j].dst) == 0)
				return fail_plain("%s and %s are both to be mounted on %s",
						  spec->mounts[j].arg, spec->mounts[i].arg,
						  spec->mounts[i].dst);
	return 0;
}

static int check_ids(const struct spec *spec)
{
	if (ids_map_check(&spec->uids, "uidmap") < 0 || ids_map_check(&spec->gids, "gidmap") < 0)
		return -1;
	if ((spec->uids.n || spec->gids.n) && spec->userns != USERNS_MAP)
		return fail_plain(
			"--uidmap and --gidmap say the ids themselves: leave out --userns");
	/* The stage is root inside while it builds the container. */
	if (spec->userns == USERNS_MAP && !ids_mapped(&spec->uids, 0))
		return fail_plain("--uidmap: no row maps user 0 inside, like 0:%u:1",
				  (unsigned)geteuid());
	if (spec->userns == USERNS_MAP && !ids_mapped(&spec->gids, 0))
		return fail_plain("--gidmap: no row maps group 0 inside, like 0:%u:1",
				  (unsigned)getegid());
	if (spec->userns == USERNS_HOST && geteuid() != 0)
		return fail_plain("--userns=host is for root: without a user namespace an "
				  "unprivileged user may not make the others");
	if (spec->userns == USERNS_KEEP_ID && geteuid() == 0)
		return fail_plain("--userns=keep-id is for unprivileged users: root has "
				  "--userns=auto and --userns=host");
	return 0;
}

static int check_namespaces(const struct spec *spec)
{
	static const char *const option[NS_KINDS] = {
		[NS_PID] = "--pid", [NS_NET] = "--net",         [NS_IPC] = "--ipc",
		[NS_UTS] = "--uts", [NS_CGROUP] = "--cgroupns",
	};

	for (size_t i = 0; i < NS_KINDS; i++) {
		const struct ns_want *ns = &spec->ns[i];

		if (ns->mode == NS_JOIN && !is_name(ns->who))
			return fail_plain(
				"%s container:%s: a container's name or a process id is wanted",
				option[i], ns->who);
	}
	/* Kernel: CONFIG_TIME_NS may be off; time_namespaces(7). */
	if (spec->time_offset && access("/proc/self/ns/time", F_OK) < 0)
		return fail_plain("--time-offset: this kernel has no time namespaces");
	return sec_sysctl_check(spec);
}

/* What names a container on a network: no dots at the ends, nothing that /etc/hosts
 * or the table of names could take for something else. */
static bool is_alias(const char *s)
{
	return is_name(s) && strlen(s) < 64;
}

static int check_net(const struct spec *spec, size_t i)
{
	const struct net_want *net = &spec->nets[i];
	size_t aliases = 0;

	if (!is_name(net->name) || strlen(net->name) >= NET_NAME_MAX ||
	    (net->owner && (!is_name(net->owner) || strlen(net->owner) >= NET_NAME_MAX)))
		return fail_plain("--net %s: a network's name has letters, digits, '_', '.' and '-', "
				  "begins with a letter or digit, and is at most %d long",
				  net->arg, NET_NAME_MAX - 1);
	for (size_t k = 0; k < i; k++)
		if (strcmp(net->name, spec->nets[k].name) == 0 &&
		    !net->owner == !spec->nets[k].owner &&
		    (!net->owner || strcmp(net->owner, spec->nets[k].owner) == 0))
			return fail_plain("--net %s is said twice", net->arg);
	for (size_t k = 0; k < net->naliases; k++) {
		if (!is_alias(net->aliases[k]))
			return fail_plain("--net %s: alias \"%.64s\": letters, digits, '_', '.' and "
					  "'-' are wanted",
					  net->arg, net->aliases[k]);
		aliases += strlen(net->aliases[k]) + 1;
	}
	if (aliases >= BOX_ALIASES_MAX)
		return fail_plain("--net %s: its aliases are longer than %d letters in all",
				  net->arg, BOX_ALIASES_MAX - 1);
	return 0;
}

/* Options that mean nothing unless there is a network. */
static int check_net_needed(const struct spec *spec)
{
	const char *option = NULL;

	for (size_t i = 0; i < spec->nadd_hosts; i++)
		if (strcmp(spec->add_hosts[i].val, "host-gateway") == 0)
			option = "--add-host NAME:host-gateway";
	if (spec->negress)
		option = "--egress";
	if (spec->net_rate.up || spec->net_rate.down)
		option = "--net-rate";
	if (spec->max_conns)
		option = "--max-conns";
	if (spec->nlinks)
		option = "--link";
	return option ? fail_plain("%s: the container is on no network", option) : 0;
}

int spec_check_networks(const struct spec *spec)
{
	if (spec->nnets == 0)
		return check_net_needed(spec);
	if (spec->nnets > BOX_NETS_MAX)
		return fail_plain("--net: more than %d networks", BOX_NETS_MAX);
	for (size_t i = 0; i < spec->nnets; i++)
		if (check_net(spec, i) < 0)
			return -1;
	if (spec->negress > NET_EGRESS_MAX)
		return fail_plain("--egress: more than %d rows", NET_EGRESS_MAX);
	if (spec->net_rate.burst && !spec->net_rate.up && !spec->net_rate.down)
		return fail_plain("--net-burst: there is no --net-rate that it could belong to");
	for (size_t i = 0; i < spec->nlinks; i++)
		if (!is_name(spec->links[i].key) || !is_alias(spec->links[i].val))
			return fail_plain("--link %s:%s: a container's name and one for it in here "
					  "are wanted",
					  spec->links[i].key, spec->links[i].val);
	return 0;
}

static int check_process(const struct spec *spec)
{
	if (spec->wait_all && !spec->init)
		return fail_plain("--wait-all and --no-init: without an init nobody waits");
	if (!spec->argv || !spec->argv[0] || !spec->argv[0][0])
		return fail_plain("the command is empty");
	if (spec->cwd[0] != '/')
		return fail_plain("--workdir %s: an absolute path is wanted",
				  spec->cwd[0] ? spec->cwd : "''");
	if (spec->tty && !isatty(STDIN_FILENO))
		return fail_plain("--tty: the input device is not a TTY");
	/* What is inherited is never close-on-exec; what is, cinit has opened itself. */
	for (unsigned i = 0; i < spec->preserve_fds; i++)
		if (fcntl((int)(3 + i), F_GETFD) != 0)
			return fail_plain("%s %u: file descriptor %u is not open",
					  spec->listen_fds ? "LISTEN_FDS" : "--preserve-fds",
					  spec->preserve_fds, 3 + i);
	return 0;
}

int spec_check(const struct spec *spec)
{
	if (check_names(spec) < 0 || check_root(spec) < 0 || check_mounts(spec) < 0 ||
	    check_ids(spec) < 0 || check_namespaces(spec) < 0 || spec_check_networks(spec) < 0 ||
	    check_process(spec) < 0 || cgroup_limits_check(&spec->limits) < 0)
		return -1;
	return 0;
}
