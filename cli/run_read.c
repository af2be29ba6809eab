/* cli/run_read.c - `cinit run`: the options whose value has to be understood.
 *
 * The launcher runs this while it reads argv; each function takes one value,
 * judges it alone, and puts it into the spec or into struct run_args. What two
 * options say to each other is run_spec_build()'s and spec_check()'s. Errors name
 * the value; opt_parse() puts the option before it. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cli/run.h"
#include "fs.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/opt.h"
#include "runtime.h"
#include "runtime/sec.h"

/* Words that end up as one line, or a part of one, in a file of the container. */
static bool is_one_word(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	while (*c > ' ' && *c != 0x7f)
		c++;
	return *s && !*c;
}

/* ---- name, life ---- */

int run_read_rm(void *ctx, const char *value)
{
	bool rm;

	(void)ctx;
	if (opt_bool(value, &rm) < 0)
		return -1;
	if (!rm)
		return fail_plain("false: a container is not kept after its end in this version; "
				  "--overlay-upper DIR keeps its changes");
	return 0;
}

int run_read_no_init(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	bool off;

	if (opt_bool(value, &off) < 0)
		return -1;
	a->spec.init = !off;
	return 0;
}

int run_read_no_follow(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	bool off;

	if (opt_bool(value, &off) < 0)
		return -1;
	a->spec.follow = !off;
	return 0;
}

int run_signal_parse(const char *value, int *signal)
{
	if (num_signal(value, signal) < 0)
		return fail_plain("%s: a signal's name or number is wanted, like SIGTERM or 15",
				  value);
	return 0;
}

int run_seconds_parse(const char *value, uint32_t *seconds)
{
	if (num_u32(value, seconds) < 0)
		return fail_plain("%s: a whole number of seconds is wanted", value);
	return 0;
}

int run_read_stop_signal(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return run_signal_parse(value, &a->spec.stop_signal);
}

int run_read_stop_timeout(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	uint32_t seconds;

	if (run_seconds_parse(value, &seconds) < 0)
		return -1;
	a->spec.stop_timeout = seconds;
	a->spec.stop_timeout_set = true;
	return 0;
}

int run_read_log_format(void *ctx, const char *value)
{
	(void)ctx;
	if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
		return fail_plain("\"%s\" is neither text nor json", value);
	err_set_json(value[0] == 'j');
	return 0;
}

/* ---- terminal ---- */

int run_read_tty(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	a->tty_asked = true;
	return opt_bool(value, &a->spec.tty);
}

int run_read_interactive(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	a->interactive_asked = true;
	return opt_bool(value, &a->spec.interactive);
}

/* One key of a sequence: a character, or "ctrl-" and one of a-z @ [ \ ] ^ _. */
static int read_key(const char *key, size_t len, char *out)
{
	if (len == 1) {
		*out = key[0];
		return 0;
	}
	if (len != 6 || strncasecmp(key, "ctrl-", 5) != 0)
		return -1;
	char c = key[5];
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c < '@' || c > '_')
		return -1;
	*out = (char)(c - '@');
	return 0;
}

int run_read_detach_keys(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	char *keys = pool_alloc(a->pool, strlen(value) + 1);
	size_t n = 0;

	a->spec.detach_keys = keys;
	a->spec.ndetach_keys = 0;
	if (!*value)
		return 0; /* none, as podman has it */
	for (const char *p = value;; p++) {
		size_t len = strcspn(p, ",");

		if (read_key(p, len, &keys[n++]) < 0)
			return fail_plain("%s: keys are single characters or ctrl-X, joined by commas, "
					  "like ctrl-p,ctrl-q",
					  value);
		p += len;
		if (!*p)
			break;
	}
	a->spec.ndetach_keys = n;
	return 0;
}

/* ---- mounts ---- */

static int read_mount(void *ctx, const char *value,
		      int (*parse)(struct pool *, const char *, struct mount_want *))
{
	struct run_args *a = ctx;
	struct mount_want want = { 0 };

	if (parse(a->pool, value, &want) < 0)
		return -1;
	POOL_PUSH(a->pool, a->spec.mounts, a->spec.nmounts, want);
	return 0;
}

int run_read_volume(void *ctx, const char *value)
{
	return read_mount(ctx, value, fs_volume_parse);
}

int run_read_mount(void *ctx, const char *value)
{
	return read_mount(ctx, value, fs_mount_parse);
}

int run_read_tmpfs(void *ctx, const char *value)
{
	return read_mount(ctx, value, fs_tmpfs_parse);
}

int run_read_device(void *ctx, const char *value)
{
	return read_mount(ctx, value, fs_device_parse);
}

int run_read_shm_size(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	/* Kernel: size=0 would be no limit at all; tmpfs(5). */
	if (num_size(value, &a->spec.shm_size) < 0 || a->spec.shm_size == 0)
		return fail_plain("%s: a size is wanted, like 64m or 1g", value);
	return 0;
}

int run_read_propagation(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return fs_propagation_parse(value, &a->spec.rootfs_propagation);
}

/* ---- ids ---- */

int run_read_userns(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (strcmp(value, "host") == 0)
		a->spec.userns = USERNS_HOST;
	else if (strcmp(value, "keep-id") == 0)
		a->spec.userns = USERNS_KEEP_ID;
	else if (strcmp(value, "auto") == 0 || strcmp(value, "private") == 0)
		a->spec.userns = USERNS_AUTO;
	else
		return fail_plain("\"%s\" is none of auto, keep-id, host", value);
	a->spec.ns[NS_USER].asked = true;
	return 0;
}

/* Rows may be given one by one or joined by commas. */
static int read_map(struct run_args *a, struct idmaps *maps, const char *value)
{
	for (const char *p = value;; p++) {
		size_t len = strcspn(p, ",");

		if (maps->n == IDMAP_MAX)
			return fail_plain("%s: more than %d rows", value, IDMAP_MAX);
		if (ids_map_parse(pool_strndup(a->pool, p, len), &maps->row[maps->n]) < 0)
			return -1;
		maps->n++;
		p += len;
		if (!*p)
			return 0;
	}
}

int run_read_uidmap(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_map(a, &a->spec.uids, value);
}

int run_read_gidmap(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_map(a, &a->spec.gids, value);
}

int run_read_group_add(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (!is_one_word(value))
		return fail_plain("\"%s\" is no group's name or id", value);
	POOL_PUSH(a->pool, a->spec.groups, a->spec.ngroups, value);
	return 0;
}

/* ---- namespaces ---- */

/* VALUE is host, private, container:X, or one of the words MORE, of which the
 * first (if any) stands for NS_NONE and the others for private. */
static int read_ns(struct run_args *a, enum ns_kind kind, const char *value, const char *none,
		   const char *same_as_private)
{
	struct ns_want *ns = &a->spec.ns[kind];

	ns->asked = true;
	ns->who = NULL;
	if (strcmp(value, "host") == 0) {
		ns->mode = NS_HOST;
	} else if (strcmp(value, "private") == 0 || opt_has_word(same_as_private, value)) {
		ns->mode = NS_PRIVATE;
	} else if (none && strcmp(value, none) == 0) {
		ns->mode = NS_NONE;
	} else if (strncmp(value, "container:", 10) == 0) {
		ns->mode = NS_JOIN;
		ns->who = value + 10;
	} else {
		return fail_plain("\"%s\" is none of host, private, %scontainer:PID|NAME", value,
				  none ? "none, " : "");
	}
	return 0;
}

int run_read_net(void *ctx, const char *value)
{
	if (opt_has_word("none|host|private", value) || strncmp(value, "container:", 10) == 0)
		return read_ns(ctx, NS_NET, value, "none", NULL);
	return run_read_net_name(ctx, value);
}

int run_read_pid(void *ctx, const char *value)
{
	return read_ns(ctx, NS_PID, value, NULL, NULL);
}

int run_read_ipc(void *ctx, const char *value)
{
	return read_ns(ctx, NS_IPC, value, NULL, "shareable");
}

int run_read_uts(void *ctx, const char *value)
{
	return read_ns(ctx, NS_UTS, value, NULL, NULL);
}

int run_read_cgroupns(void *ctx, const char *value)
{
	return read_ns(ctx, NS_CGROUP, value, NULL, NULL);
}

int run_read_time_offset(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	int64_t *clock = NULL;

	if (strncmp(value, "monotonic=", 10) == 0)
		clock = &a->spec.time_mono_ns;
	else if (strncmp(value, "boottime=", 9) == 0)
		clock = &a->spec.time_boot_ns;
	if (!clock || num_offset(strchr(value, '=') + 1, clock) < 0)
		return fail_plain("%s: monotonic=OFFSET or boottime=OFFSET is wanted, like "
				  "boottime=-7d or monotonic=90s",
				  value);
	a->spec.time_offset = true;
	a->spec.ns[NS_TIME] = (struct ns_want){ .mode = NS_PRIVATE, .asked = true };
	return 0;
}

/* ---- security ---- */

static int read_caps(struct run_args *a, const char *value, uint64_t *bits, bool *all)
{
	for (const char *p = value;; p++) {
		size_t len = strcspn(p, ",");
		const char *name = pool_strndup(a->pool, p, len);
		uint64_t one;

		if (strcasecmp(name, "ALL") == 0)
			*all = true;
		else if (sec_cap_parse(name, &one) < 0)
			return fail_plain("\"%s\" is no capability; capabilities(7) lists them, ALL is "
					  "all of them",
					  name);
		else
			*bits |= one;
		p += len;
		if (!*p)
			return 0;
	}
}

int run_read_cap_add(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_caps(a, value, &a->cap_add, &a->cap_add_all);
}

int run_read_cap_drop(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	return read_caps(a, value, &a->cap_drop, &a->cap_drop_all);
}

static int read_seccomp(struct run_args *a, const char *value)
{
	if (strcmp(value, "compat32") == 0) {
		a->spec.seccomp_compat32 = true;
		return 0;
	}
	a->seccomp_asked = true;
	a->spec.seccomp_file = NULL;
	if (strcmp(value, "unconfined") == 0) {
		a->spec.seccomp = SECCOMP_MODE_UNCONFINED;
	} else if (strcmp(value, "default") == 0 || strcmp(value, "builtin") == 0) {
		a->spec.seccomp = SECCOMP_MODE_DEFAULT;
	} else if (*value) {
		a->spec.seccomp = SECCOMP_MODE_FILE;
		a->spec.seccomp_file = value;
	} else {
		return fail_plain("seccomp=: unconfined, default, compat32 or a file is wanted");
	}
	return 0;
}

/* docker's, with its older ':' for '='. */
int run_read_security(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	size_t len = strcspn(value, "=:");
	const char *key = pool_strndup(a->pool, value, len);
	const char *what = value[len] ? value + len + 1 : NULL;

	if (strcmp(key, "no-new-privileges") == 0) {
		a->no_new_privs_asked = true;
		return opt_bool(what, &a->spec.no_new_privs);
	}
	if (strcmp(key, "seccomp") == 0 && what)
		return read_seccomp(a, what);
	if (strcmp(key, "systempaths") == 0 && what && strcmp(what, "unconfined") == 0) {
		a->spec.unmask = true;
		return 0;
	}
	/* No profile or label of these is ever set, so there is nothing to take off. */
	if ((strcmp(key, "apparmor") == 0 && what && strcmp(what, "unconfined") == 0) ||
	    (strcmp(key, "label") == 0 && what && strcmp(what, "disable") == 0))
		return 0;
	if (strcmp(key, "apparmor") == 0 || strcmp(key, "label") == 0)
		return fail_plain("%s: profiles and labels are not in this version", value);
	return fail_plain("%s: one of these is wanted: no-new-privileges[=false], "
			  "seccomp=unconfined|compat32|FILE, systempaths=unconfined",
			  value);
}

int run_read_ulimit(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct rlimit_want want = { 0 };

	if (sec_rlimit_parse(value, &want) < 0)
		return -1;
	want.asked = true;
	for (size_t i = 0; i < a->spec.nrlimits; i++) {
		if (a->spec.rlimits[i].resource == want.resource) {
			a->spec.rlimits[i] = want;
			return 0;
		}
	}
	POOL_PUSH(a->pool, a->spec.rlimits, a->spec.nrlimits, want);
	return 0;
}

int run_read_sysctl(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	struct pair want;

	if (sec_sysctl_parse(a->pool, value, &want) < 0)
		return -1;
	POOL_PUSH(a->pool, a->spec.sysctls, a->spec.nsysctls, want);
	return 0;
}

int run_read_oom_score_adj(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	bool minus = *value == '-';
	uint32_t n;

	if (num_u32(value + minus, &n) < 0 || n > 1000)
		return fail_plain("%s: a number from -1000 to 1000 is wanted", value);
	a->spec.oom_score_adj = minus ? -(int)n : (int)n;
	a->spec.oom_score_adj_set = true;
	return 0;
}

int run_read_umask(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	uint32_t mode;

	if (num_mode(value, &mode) < 0 || mode > 0777)
		return fail_plain("%s: an octal number from 0 to 777 is wanted, like 022", value);
	a->spec.umask = mode;
	return 0;
}

/* ---- environment ---- */

int run_read_env(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (!*value || *value == '=')
		return fail_plain("\"%s\" has no name: NAME=VALUE is wanted, or NAME for the "
				  "caller's value",
				  value);
	POOL_PUSH(a->pool, a->env, a->nenv, value);
	return 0;
}

int run_read_env_file(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	POOL_PUSH(a->pool, a->env_files, a->nenv_files, value);
	return 0;
}

/* ---- the container's own /etc files ---- */

static bool is_address(const char *s)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

/* "NAME:ADDRESS", "NAME=ADDRESS", an IPv6 address perhaps in brackets. */
int run_read_add_host(void *ctx, const char *value)
{
	struct run_args *a = ctx;
	size_t len = strcspn(value, ":=");
	struct pair host = { .key = pool_strndup(a->pool, value, len) };
	const char *address = value[len] ? value + len + 1 : "";
	size_t n = strlen(address);

	if (n > 1 && address[0] == '[' && address[n - 1] == ']')
		address = pool_strndup(a->pool, address + 1, n - 2);
	if (!is_one_word(host.key) || (!is_address(address) && strcmp(address, "host-gateway") != 0))
		return fail_plain("%s: NAME:ADDRESS is wanted, like db:10.0.0.2 or db:[fd00::2]",
				  value);
	host.val = address;
	POOL_PUSH(a->pool, a->spec.add_hosts, a->spec.nadd_hosts, host);
	return 0;
}

int run_read_dns(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (!is_address(value))
		return fail_plain("%s: an IPv4 or IPv6 address is wanted", value);
	POOL_PUSH(a->pool, a->spec.dns, a->spec.ndns, value);
	return 0;
}

int run_read_dns_search(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (!is_one_word(value))
		return fail_plain("\"%s\" is no domain", value);
	POOL_PUSH(a->pool, a->spec.dns_search, a->spec.ndns_search, value);
	return 0;
}

int run_read_dns_option(void *ctx, const char *value)
{
	struct run_args *a = ctx;

	if (!is_one_word(value))
		return fail_plain("\"%s\" is no option of resolv.conf(5)", value);
	POOL_PUSH(a->pool, a->spec.dns_opt, a->spec.ndns_opt, value);
	return 0;
}
