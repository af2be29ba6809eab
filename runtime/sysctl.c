/* runtime/sysctl.c - --sysctl: kernel settings of the container's own namespaces.
 *
 * The launcher reads and judges them (sec_sysctl_parse, sec_sysctl_check); the stage
 * writes them into a procfs of its choice before the container's /proc/sys becomes
 * read-only. Which keys there are is a list: a key that is not known to belong to a
 * namespace would be the machine's (CVE-2022-0811).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/sec.h"

enum { KEY_MAX = 255, VALUE_MAX = 1024 };

/* A name that ends in '.' stands for everything below it. */
static const struct {
	const char *name;
	enum ns_kind ns;
} keys[] = {
	{ "kernel.msgmax", NS_IPC },
	{ "kernel.msgmnb", NS_IPC },
	{ "kernel.msgmni", NS_IPC },
	{ "kernel.msg_next_id", NS_IPC },
	{ "kernel.sem", NS_IPC },
	{ "kernel.sem_next_id", NS_IPC },
	{ "kernel.shmall", NS_IPC },
	{ "kernel.shmmax", NS_IPC },
	{ "kernel.shmmni", NS_IPC },
	{ "kernel.shm_next_id", NS_IPC },
	{ "kernel.shm_rmid_forced", NS_IPC },
	{ "fs.mqueue.", NS_IPC },
	{ "net.", NS_NET },
	{ "user.", NS_USER },
};
enum { NKEYS = sizeof(keys) / sizeof(*keys) };

static size_t find_key(const char *key)
{
	for (size_t i = 0; i < NKEYS; i++) {
		size_t n = strlen(keys[i].name);

		if (keys[i].name[n - 1] == '.' ? strncmp(key, keys[i].name, n) == 0 :
						 strcmp(key, keys[i].name) == 0)
			return i;
	}
	return NKEYS;
}

/* "net.ipv4.ip_forward" stays; "net/ipv4/conf/eth0.5/forwarding" is the other way to
 * write a key, needed when a name has a dot in it: it becomes
 * "net.ipv4.conf.eth0/5.forwarding", as sysctl(8) has it. Every name must be one:
 * not empty, not "." or "..", of harmless characters. */
static int normalise(char *key)
{
	bool slashes = strchr(key, '/') != NULL;
	char sep = slashes ? '/' : '.';

	for (char *p = key;;) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-.@:");
		if (!slashes && memchr(p, '.', n))
			n = (size_t)((char *)memchr(p, '.', n) - p);
		if (n == 0 || (p[n] != sep && p[n] != '\0'))
			return -1;
		if (p[0] == '.' || p[n - 1] == '.')
			return -1;
		for (size_t i = 0; i < n; i++)
			if (p[i] == '.')
				p[i] = '/';
		if (p[n] == '\0')
			return 0;
		p[n] = '.';
		p += n + 1;
	}
}

int sec_sysctl_parse(struct pool *pool, const char *arg, struct pair *out)
{
	const char *eq = strchr(arg, '=');

	if (!eq || eq == arg || !eq[1])
		return fail_plain("%s: KEY=VALUE is wanted, like net.ipv4.ip_forward=1", arg);
	if (eq - arg > KEY_MAX || strlen(eq + 1) > VALUE_MAX)
		return fail_plain("%.60s...: a key has at most %d characters, a value %d", arg,
				  KEY_MAX, VALUE_MAX);
	char *key = pool_strndup(pool, arg, (size_t)(eq - arg));

	for (const char *p = eq + 1; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return fail_plain("%s: control characters in the value", key);
	if (normalise(key) < 0)
		return fail_plain("%s: that is no key: names are joined by dots, like "
				  "net.ipv4.ip_forward",
				  arg);
	if (strcmp(key, "kernel.hostname") == 0 || strcmp(key, "kernel.domainname") == 0)
		return fail_plain("%s: the host name is set by --hostname", key);
	if (find_key(key) == NKEYS)
		return fail_plain("%s: not a setting of a container but of the whole machine; "
				  "net.*, fs.mqueue.*, user.*, kernel.shm*, kernel.msg* and kernel.sem "
				  "can be set",
				  key);
	*out = (struct pair){ .key = key, .val = pool_strdup(pool, eq + 1) };
	return 0;
}

int sec_sysctl_check(const struct spec *spec)
{
	for (size_t i = 0; i < spec->nsysctls; i++) {
		size_t k = find_key(spec->sysctls[i].key);
		bool own;

		if (k == NKEYS)
			return fail_plain("--sysctl %s: not a setting of a container",
					  spec->sysctls[i].key);
		if (keys[k].ns == NS_USER)
			own = spec->userns != USERNS_HOST;
		else
			own = spec->ns[keys[k].ns].mode == NS_PRIVATE ||
			      spec->ns[keys[k].ns].mode == NS_NONE;
		if (!own)
			return fail_plain("--sysctl %s: the container has no %s namespace of its own",
					  spec->sysctls[i].key,
					  keys[k].ns == NS_USER ? "user" :
					  keys[k].ns == NS_NET  ? "net" :
								  "ipc");
	}
	return 0;
}

static int write_key(int sysfd, const struct pair *pair)
{
	char path[4 + KEY_MAX + 1] = "sys/";
	size_t n = strlen(pair->val);

	if (strlen(pair->key) > KEY_MAX)
		return fail_plain("--sysctl %.60s...: the key is too long", pair->key);
	strcat(path, pair->key);
	for (char *p = path + 4; *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	AUTO_FD int fd = sys_openat2(sysfd, path, O_WRONLY | O_CLOEXEC, 0,
				     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0 && errno == ENOENT)
		return fail_plain("--sysctl %s: this kernel has no such setting", pair->key);
	/* Kernel: written whole at offset 0 or not at all; proc_sysctl.c. */
	if (fd < 0 || write(fd, pair->val, n) != (ssize_t)n)
		return fail("--sysctl %s=%s", pair->key, pair->val);
	return 0;
}

/* The last id inside of those from 0 on that are mapped without a gap. */
static uint32_t last_mapped(const struct idmaps *maps)
{
	uint32_t next = 0;

	for (size_t found = 1; found;) {
		found = 0;
		for (size_t i = 0; i < maps->n; i++)
			if (maps->row[i].inside == next && maps->row[i].count) {
				next += maps->row[i].count;
				found++;
			}
	}
	return next ? next - 1 : 0;
}

/* What a container's own network has set for it, as docker and podman do: its users may
 * ping, and serve below port 1024. That a kernel lacks one is no error. */
void sec_sysctl_network(const struct idmaps *gids, int procfd)
{
	/* Kernel: the range's ends are to be mapped, and 2^31 - 1 is the highest. icmp(7) */
	const uint32_t top = INT32_MAX;
	uint32_t last = gids ? last_mapped(gids) : top;
	char range[32];

	snprintf(range, sizeof(range), "0 %u", last < top ? last : top);
	fd_write_file(procfd, "sys/net/ipv4/ping_group_range", 0, range, strlen(range));
	fd_write_file(procfd, "sys/net/ipv4/ip_unprivileged_port_start", 0, "0", 1);
}

int sec_sysctl_apply(const struct spec *spec, int procfd)
{
	for (size_t i = 0; i < spec->nsysctls; i++)
		if (write_key(procfd, &spec->sysctls[i]) < 0)
			return -1;
	return 0;
}
