/* fs/etc.c - the container's own /etc/hosts and /etc/resolv.conf, as text.
 *
 * Whoever builds the plan runs this; it reads the host's files and writes nothing.
 * hosts(5), resolv.conf(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fs/plan.h"
#include "lib/err.h"
#include "lib/fd.h"

enum { FILE_MAX = 64 * 1024 };

/* A text that grows at its end, in a pool. */
struct text {
	struct pool *pool;
	char *s;
	size_t len, room;
};

static void add(struct text *t, const char *s, size_t n)
{
	if (!t->s || t->len + n + 1 > t->room) {
		size_t room = (t->len + n + 1) * 2 + 256;
		char *bigger = pool_alloc(t->pool, room);

		if (t->len)
			memcpy(bigger, t->s, t->len);
		t->s = bigger;
		t->room = room;
	}
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

/* "WORD ARG ARG\n"; nothing at all without arguments. */
static void add_line(struct text *t, const char *word, const char *const *args, size_t n)
{
	if (!n)
		return;
	add(t, word, strlen(word));
	for (size_t i = 0; i < n; i++) {
		add(t, " ", 1);
		add(t, args[i], strlen(args[i]));
	}
	add(t, "\n", 1);
}

const char *fs_hosts_text(struct pool *pool, const struct spec *spec, const char *host)
{
	static const char local[] = "127.0.0.1\tlocalhost\n"
				    "::1\tlocalhost ip6-localhost ip6-loopback\n"
				    "fe00::0\tip6-localnet\n"
				    "ff00::0\tip6-mcastprefix\n"
				    "ff02::1\tip6-allnodes\n"
				    "ff02::2\tip6-allrouters\n";
	struct text t = { .pool = pool };
	const char *base = host ? host : local;

	add(&t, base, strlen(base));
	if (t.len && t.s[t.len - 1] != '\n')
		add(&t, "\n", 1);
	for (size_t i = 0; i < spec->nadd_hosts; i++) {
		const char *line = pool_printf(pool, "%s\t%s\n", spec->add_hosts[i].val,
					       spec->add_hosts[i].key);
		/* The gateway is known when there is a network; runtime/names.c. */
		if (strcmp(spec->add_hosts[i].val, "host-gateway") != 0)
			add(&t, line, strlen(line));
	}
	/* The loopback address: it is the one that every network mode has. On a network
	 * the name means the address that others see; runtime/names.c writes it. */
	if (spec->hostname && !host && !spec->nnets) {
		const char *line = pool_printf(pool, "127.0.0.1\t%s\n", spec->hostname);
		add(&t, line, strlen(line));
	}
	return t.s;
}

/* The first word of LINE is WORD? Then what follows it, else NULL. */
static const char *after_word(const char *line, size_t n, const char *word)
{
	size_t w = strlen(word);

	if (n <= w || strncmp(line, word, w) != 0 || (line[w] != ' ' && line[w] != '\t'))
		return NULL;
	for (line += w; *line == ' ' || *line == '\t'; line++)
		;
	return line;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "::1", 3) == 0;
}

const char *fs_resolv_text(struct pool *pool, const struct spec *spec, const char *host,
			   bool drop_loopback)
{
	struct text t = { .pool = pool };

	for (const char *line = host ? host : ""; *line;) {
		size_t n = strcspn(line, "\n");
		const char *server = after_word(line, n, "nameserver");
		bool drop = (server && (spec->ndns || (drop_loopback && is_loopback(server)))) ||
			    (spec->ndns_opt && after_word(line, n, "options")) ||
			    (spec->ndns_search &&
			     (after_word(line, n, "search") || after_word(line, n, "domain")));

		if (!drop) {
			add(&t, line, n);
			add(&t, "\n", 1);
		}
		line += n;
		line += *line == '\n';
	}
	for (size_t i = 0; i < spec->ndns; i++)
		add_line(&t, "nameserver", &spec->dns[i], 1);
	/* docker's "--dns-search .": no search list at all. */
	if (spec->ndns_search && strcmp(spec->dns_search[0], ".") != 0)
		add_line(&t, "search", spec->dns_search, spec->ndns_search);
	add_line(&t, "options", spec->dns_opt, spec->ndns_opt);
	return t.s ? t.s : "";
}

/* A small file of the host, "" when it is not there. NULL with fail(). */
static const char *read_host(struct fs_plan *plan, const char *path)
{
	char buf[4096 + 1];
	AUTO_FREE char *big = NULL;
	ssize_t n = fd_read_file(AT_FDCWD, path, buf, sizeof(buf) - 1);

	if (n >= 0)
		return pool_strndup(plan->pool, buf, (size_t)n);
	if (errno == EFBIG && (big = malloc(FILE_MAX + 1))) {
		n = fd_read_file(AT_FDCWD, path, big, FILE_MAX);
		if (n >= 0)
			return pool_strndup(plan->pool, big, (size_t)n);
	}
	if (errno == ENOENT || errno == EACCES)
		return "";
	fail("read %s", path);
	return NULL;
}

const char *fs_etc_hosts(struct fs_plan *plan)
{
	const struct spec *spec = plan->spec;
	const char *host = NULL;

	/* Sharing the host's network means sharing its names. */
	if (!plan->facts.own_net) {
		host = read_host(plan, "/etc/hosts");
		if (!host)
			return NULL;
		if (!*host)
			host = NULL;
	}
	return fs_hosts_text(plan->pool, spec, host);
}

static bool has_remote_server(const char *text)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");
		const char *server = after_word(line, n, "nameserver");

		if (server && !is_loopback(server))
			return true;
		line += n;
	}
	return false;
}

const char *fs_etc_resolv(struct fs_plan *plan)
{
	const struct spec *spec = plan->spec;
	bool own = plan->facts.own_net;
	const char *host = read_host(plan, "/etc/resolv.conf"), *behind;

	if (!host)
		return NULL;
	/* A resolver on the host's loopback does not answer in another network
	 * namespace; systemd-resolved writes down whom it asks itself. */
	if (own && !spec->ndns && *host && !has_remote_server(host)) {
		behind = read_host(plan, "/run/systemd/resolve/resolv.conf");
		if (!behind)
			return NULL;
		if (*behind)
			host = behind;
		else if (spec->nnets)
			note("no name server of /etc/resolv.conf can be reached from inside; --dns "
			     "ADDRESS names one");
	}
	return fs_resolv_text(plan->pool, spec, host, own);
}
