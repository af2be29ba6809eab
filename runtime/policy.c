/* runtime/policy.c - /etc/cinit/net.conf: what the administrator allows whom.
 *
 * The helper reads it once, as root's files are read, before it becomes its own user;
 * `cinit check` reads it to tell the user what he may. The reader is strict and pure: a
 * word it does not know is an error that names the line, and nothing of such a file
 * counts. docs/security.md has the words. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/sys.h"
#include "runtime/policy.h"

/* INTERFACES_MAX: four digits of base 36 in an interface's name. */
enum { FILE_MAX = 64 * 1024, INTERFACES_MAX = 1000000 };

/* ---- what holds without a file ---- */

static struct net_addr prefix4(uint8_t a, uint8_t b, uint8_t plen)
{
	return (struct net_addr){ .family = AF_INET, .plen = plen, .byte = { a, b } };
}

static void defaults(const struct caller *c, struct policy *p)
{
	*p = (struct policy){
		.user = POLICY_USER,
		.pool4 = prefix4(10, 192, 12),
		.networks = 16,
		.interfaces = POLICY_INTERFACES,
		.published = 4096,
		.max_conns = 16384,
		.cgroups = POLICY_CGROUPS,
		.drivers = 1u << NET_ROUTED | 1u << NET_BRIDGE,
		.nports = 1,
		.ports = { { 1024, 65535 } },
		.root = c->uid == 0,
	};
}

/* ---- values ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
	while (s.n && is_space(s.p[0]))
		s = (struct slice){ s.p + 1, s.n - 1 };
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The next word of a list whose words stand between spaces or commas. */
static bool next_word(struct slice *rest, char *out, size_t size)
{
	size_t n = 0;

	while (rest->n && (is_space(rest->p[0]) || rest->p[0] == ','))
		*rest = (struct slice){ rest->p + 1, rest->n - 1 };
	while (n < rest->n && !is_space(rest->p[n]) && rest->p[n] != ',')
		n++;
	struct slice word = { rest->p, n };
	*rest = (struct slice){ rest->p + n, rest->n - n };
	/* What does not fit is found by the reader of the word: it is cut to nothing. */
	if (n && !slice_copy(word, out, size))
		out[0] = '\0';
	return n > 0;
}

const char *policy_driver(unsigned driver)
{
	static const char *const names[NET_DRIVERS] = {
		[NET_ROUTED] = "routed",   [NET_BRIDGE] = "bridge", [NET_VXLAN] = "vxlan",
		[NET_MACVLAN] = "macvlan", [NET_IPVLAN] = "ipvlan", [NET_MACVTAP] = "macvtap",
	};

	return driver >= NET_ROUTED && driver < NET_DRIVERS ? names[driver] : "none";
}

static int set_drivers(struct slice value, struct policy *p)
{
	char word[16];

	p->drivers = 0;
	while (next_word(&value, word, sizeof(word))) {
		unsigned d = NET_ROUTED;

		while (d < NET_DRIVERS && strcmp(word, policy_driver(d)) != 0)
			d++;
		if (d == NET_DRIVERS)
			return -1;
		p->drivers |= 1u << d;
	}
	return 0;
}

static int set_ports(struct slice value, struct policy *p)
{
	char word[16];

	for (p->nports = 0; next_word(&value, word, sizeof(word)); p->nports++) {
		char *dash = strchr(word, '-');
		uint32_t first, last;

		if (dash)
			*dash = '\0';
		if (p->nports == POLICY_LIST || num_u32(word, &first) < 0 ||
		    num_u32(dash ? dash + 1 : word, &last) < 0 || first < 1 || last < first ||
		    last > 65535)
			return -1;
		p->ports[p->nports].first = (uint16_t)first;
		p->ports[p->nports].last = (uint16_t)last;
	}
	return 0;
}

static int set_subnets(struct slice value, struct policy *p)
{
	char word[64];

	for (p->nsubnets = 0; next_word(&value, word, sizeof(word)); p->nsubnets++)
		if (p->nsubnets == POLICY_LIST ||
		    net_addr_parse(word, true, &p->subnets[p->nsubnets]) < 0)
			return -1;
	return 0;
}

static int set_parents(struct slice value, struct policy *p)
{
	for (p->nparents = 0; p->nparents < POLICY_LIST; p->nparents++)
		if (!next_word(&value, p->parents[p->nparents], NET_IFNAME_MAX))
			return 0;
		else if (!p->parents[p->nparents][0])
			return -1;
	return trim(value).n ? -1 : 0;
}

static int set_pool(struct slice value, int family, uint8_t longest, struct net_addr *out)
{
	char word[64];

	if (!slice_copy(value, word, sizeof(word)) || net_addr_parse(word, true, out) < 0)
		return -1;
	return out->family == family && out->plen <= longest ? 0 : -1;
}

static int set_pool4(struct slice value, struct policy *p)
{
	return set_pool(value, AF_INET, 22, &p->pool4);
}

static int set_pool6(struct slice value, struct policy *p)
{
	return set_pool(value, AF_INET6, 64, &p->pool6);
}

static int set_user(struct slice value, struct policy *p)
{
	return slice_id(value, &p->user) && p->user > 0 ? 0 : -1;
}

static int set_rate(struct slice value, struct policy *p)
{
	char word[32];

	return slice_copy(value, word, sizeof(word)) && num_size(word, &p->rate) == 0 ? 0 : -1;
}

#define NUMBER(name)                                                                               \
	static int set_##name(struct slice value, struct policy *p)                                \
	{                                                                                          \
		return slice_u32(value, &p->name) ? 0 : -1;                                        \
	}
NUMBER(networks)
NUMBER(interfaces)
NUMBER(published)
NUMBER(max_conns)
NUMBER(cgroups)

/* ---- lines ---- */

enum section { TOP, DEFAULT, USER, NETWORK };

static const struct {
	const char *name;
	enum section where; /* USER: [default] as well */
	int (*set)(struct slice value, struct policy *p);
} keys[] = {
	{ "user", TOP, set_user },
	{ "pool4", TOP, set_pool4 },
	{ "pool6", TOP, set_pool6 },
	{ "networks", USER, set_networks },
	{ "interfaces", USER, set_interfaces },
	{ "published", USER, set_published },
	{ "max-conns", USER, set_max_conns },
	{ "rate", USER, set_rate },
	{ "cgroups", USER, set_cgroups },
	{ "drivers", USER, set_drivers },
	{ "ports", USER, set_ports },
	{ "subnets", USER, set_subnets },
	{ "parents", USER, set_parents },
};

/* Where the reader is. */
struct reader {
	const struct caller *caller;
	enum section in;
	char name[SUBID_NAME_MAX]; /* of a [user] or [network] */
	char owner[SUBID_NAME_MAX];
	bool mine; /* what stands here is for the caller */
};

/* Where values go that do not count now. */
static struct policy unused;

static bool is_caller(const struct caller *c, const char *name)
{
	uint32_t uid;

	if (num_id(name, &uid) == 0)
		return uid == c->uid;
	return name[0] && strcmp(name, c->name) == 0;
}

static int begin_section(struct reader *r, struct slice line)
{
	struct slice kind, name = { line.p + 1, line.n - 2 };
	static const char *const words[] = {
		[DEFAULT] = "default", [USER] = "user", [NETWORK] = "network"
	};

	if (line.p[line.n - 1] != ']' || !slice_next(&name, ' ', &kind))
		return fail_plain("a section is [default], [user NAME] or [network NAME]");
	for (r->in = DEFAULT; r->in <= NETWORK; r->in++)
		if (slice_is(kind, words[r->in]))
			break;
	name = trim(name);
	r->owner[0] = r->name[0] = '\0';
	if (r->in > NETWORK || (name.n > 0) != (r->in != DEFAULT) ||
	    !slice_copy(name, r->name, r->in == NETWORK ? NET_NAME_MAX : sizeof(r->name)))
		return fail_plain("a section is [default], [user NAME] or [network NAME]");
	r->mine = r->in == DEFAULT || (r->in == USER && is_caller(r->caller, r->name));
	return 0;
}

static int network_line(struct reader *r, struct slice key, struct slice value, struct policy *p)
{
	char word[SUBID_NAME_MAX];
	bool all;

	if (slice_is(key, "owner"))
		return slice_copy(value, r->owner, sizeof(r->owner)) && r->owner[0] ?
			       0 :
			       fail_plain("owner is one user");
	if (!slice_is(key, "shared"))
		return fail_plain("a network has an owner and is shared");
	if (!r->owner[0])
		return fail_plain("owner comes before shared");
	while (next_word(&value, word, sizeof(word))) {
		all = strcmp(word, "*") == 0;
		if (!all && !is_caller(r->caller, word))
			continue;
		if (p->nshared == POLICY_SHARED)
			return fail_plain("more than %u networks are shared with one user",
					  (unsigned)POLICY_SHARED);
		strcpy(p->shared[p->nshared].owner, r->owner);
		strcpy(p->shared[p->nshared].net, r->name);
		p->nshared++;
		break;
	}
	return 0;
}

/* PASS is the kind of section whose lines count now: a user's own come last, wherever
 * in the file they stand. */
static int one_line(struct reader *r, struct slice line, enum section pass, struct policy *p)
{
	struct slice key;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.p[0] == '[')
		return begin_section(r, line);
	if (!slice_next(&line, '=', &key) || !line.p)
		return fail_plain("neither a section nor KEY = VALUE");
	key = trim(key);
	line = trim(line);
	if (r->in == NETWORK)
		return network_line(r, key, line, pass == NETWORK ? p : &unused);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!slice_is(key, keys[i].name) || (keys[i].where == TOP) != (r->in == TOP))
			continue;
		if (keys[i].set(line, r->in == pass && r->mine ? p : &unused) < 0)
			return fail_plain("this is no value of %s", keys[i].name);
		return 0;
	}
	return fail_plain("no key of this name belongs here");
}

int policy_read(struct slice text, const struct caller *caller, struct policy *out)
{
	defaults(caller, out);
	memset(&unused, 0, sizeof(unused));
	for (enum section pass = TOP; pass <= NETWORK; pass++) {
		struct reader r = { .caller = caller, .in = TOP, .mine = true };
		struct slice rest = text, line;

		for (unsigned n = 1; slice_next(&rest, '\n', &line); n++)
			if (one_line(&r, line, pass, out) < 0)
				return fail_in("line %u", n);
	}
	if (out->interfaces > INTERFACES_MAX)
		out->interfaces = INTERFACES_MAX;
	/* What is written about root tells him what he is used to, and limits nothing. */
	if (out->root)
		out->interfaces = INTERFACES_MAX;
	return 0;
}

/* ---- the file ---- */

/* Of a KIND (S_IFREG, S_IFDIR), and nobody but root can write it. */
static bool roots_alone(int fd, mode_t kind)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind && st.st_uid == 0 &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int load(const struct caller *caller, struct policy *out)
{
	static const char *const steps[] = { "/", "etc", "cinit" };
	static char text[FILE_MAX + 1];
	AUTO_FD int dir = -1;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		AUTO_FD int next = openat(dir, steps[i],
					  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (next < 0 && errno == ENOENT)
			return policy_read((struct slice){ NULL, 0 }, caller, out);
		if (next < 0)
			return fail("open the directory of /etc/cinit/net.conf");
		if (!roots_alone(next, S_IFDIR))
			return fail_plain("/etc/cinit/net.conf is not believed: others than root "
					  "can write above it");
		fd_close(&dir);
		dir = fd_take(&next);
	}
	AUTO_FD int fd = sys_openat2(dir, "net.conf", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
				     0, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
	if (fd < 0 && errno == ENOENT)
		return policy_read((struct slice){ NULL, 0 }, caller, out);
	if (fd < 0)
		return fail("open /etc/cinit/net.conf");
	if (!roots_alone(fd, S_IFREG))
		return fail_plain("/etc/cinit/net.conf is not believed: it is not root's alone "
				  "(a regular file, chown root:root, chmod go-w)");
	ssize_t n = fd_read_all(fd, text, FILE_MAX);
	if (n < 0)
		return fail("read /etc/cinit/net.conf");
	return policy_read((struct slice){ text, (size_t)n }, caller, out) < 0 ?
		       fail_in("/etc/cinit/net.conf") :
		       0;
}

/* Without `pool6`: a /48 of fd00::/8 that other machines have not, RFC 4193; from the
 * machine's id, so that it stays. machine-id(5) wants it hashed. */
static void machine_pool6(struct policy *p)
{
	char id[64];
	ssize_t n = fd_read_file(AT_FDCWD, "/etc/machine-id", id, sizeof(id) - 1);
	uint64_t hash = net_hash(0, id, n > 0 ? (size_t)n : 0);

	p->pool6 = (struct net_addr){ .family = AF_INET6, .plen = 48, .byte = { 0xfd } };
	memcpy(p->pool6.byte + 1, &hash, 5);
}

int policy_load(const struct caller *caller, struct policy *out)
{
	if (load(caller, out) < 0)
		return -1;
	if (!out->pool6.family)
		machine_pool6(out);
	return 0;
}
