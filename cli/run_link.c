/* cli/run_link.c - `cinit run --link`: what a container is told about another one.
 *
 * The launcher runs this while it makes the environment; it reads the other's record and
 * changes nothing. The variables are docker's. The name is no variable: runtime/names.c
 * keeps it in /etc/hosts as long as the other one lives, and finds it again when it was
 * started anew. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <yyjson.h>

#include "cli/run.h"
#include "lib/err.h"
#include "runtime.h"

enum { EACH_MAX = 64 }; /* a longer range is its first port */

struct link {
	struct pool *pool;
	char prefix[80]; /* the alias as a variable's name begins */
	const char *ip;
	const char ***env;
	size_t *n;
};

static void put(struct link *l, const char *entry)
{
	POOL_PUSH(l->pool, *l->env, *l->n, entry);
}

static void put_port(struct link *l, unsigned port, const char *proto)
{
	char upper[8];
	const char *at = strchr(l->ip, ':') ? "[" : "", *end = *at ? "]" : "", *key;
	size_t n = 0;

	for (; proto[n] && n + 1 < sizeof(upper); n++)
		upper[n] = (char)toupper((unsigned char)proto[n]);
	upper[n] = '\0';
	key = pool_printf(l->pool, "%s_PORT_%u_%s", l->prefix, port, upper);
	put(l, pool_printf(l->pool, "%s=%s://%s%s%s:%u", key, proto, at, l->ip, end, port));
	put(l, pool_printf(l->pool, "%s_ADDR=%s", key, l->ip));
	put(l, pool_printf(l->pool, "%s_PORT=%u", key, port));
	put(l, pool_printf(l->pool, "%s_PROTO=%s", key, proto));
}

/* The rows of one array of the record; the lowest port of all goes to *LOWEST. */
static void put_rows(struct link *l, yyjson_val *rows, uint64_t *lowest, const char **its_proto)
{
	yyjson_val *row;
	size_t i, max;

	yyjson_arr_foreach(rows, i, max, row)
	{
		uint64_t port = yyjson_get_uint(yyjson_obj_get(row, "port"));
		uint64_t count = yyjson_get_uint(yyjson_obj_get(row, "count"));
		const char *proto = yyjson_get_str(yyjson_obj_get(row, "proto"));

		if (!proto || port < 1 || count < 1 || port + count > 65536)
			continue;
		if (!*lowest || port < *lowest) {
			*lowest = port;
			*its_proto = pool_strdup(l->pool, proto);
		}
		for (uint64_t k = 0; k < (count <= EACH_MAX ? count : 1); k++)
			put_port(l, (unsigned)(port + k), proto);
	}
}

static void put_environment(struct link *l, yyjson_val *env)
{
	static const char *const left_out[] = { "HOME=", "PATH=", "HOSTNAME=", "container=",
						"TERM=" };
	yyjson_val *entry;
	size_t i, max;

	yyjson_arr_foreach(env, i, max, entry)
	{
		const char *e = yyjson_get_str(entry);
		size_t k = 0;

		while (e && k < sizeof(left_out) / sizeof(*left_out) &&
		       strncmp(e, left_out[k], strlen(left_out[k])) != 0)
			k++;
		if (e && k == sizeof(left_out) / sizeof(*left_out))
			put(l, pool_printf(l->pool, "%s_ENV_%s", l->prefix, e));
	}
}

void run_link_env(struct pool *pool, struct yyjson_val *record, const char *self, const char *alias,
		  const char *ip, const char ***env, size_t *n)
{
	struct link l = { .pool = pool, .ip = ip, .env = env, .n = n };
	uint64_t lowest = 0;
	const char *proto = NULL;
	size_t k = 0, first;

	for (; alias[k] && k + 1 < sizeof(l.prefix); k++)
		l.prefix[k] = isalnum((unsigned char)alias[k]) ?
				      (char)toupper((unsigned char)alias[k]) :
				      '_';
	put(&l, pool_printf(pool, "%s_NAME=/%s/%s", l.prefix, self, alias));
	first = *n;
	if (ip) {
		put(&l, NULL); /* its place is here, what it says comes out of the others */
		put_rows(&l, yyjson_obj_get(record, "exposed"), &lowest, &proto);
		put_rows(&l, yyjson_obj_get(record, "ports"), &lowest, &proto);
		if (lowest)
			(*env)[first] = pool_printf(pool, "%s_PORT=%s://%s%s%s:%u", l.prefix, proto,
						    strchr(ip, ':') ? "[" : "", ip,
						    strchr(ip, ':') ? "]" : "", (unsigned)lowest);
		else
			--*n;
	}
	put_environment(&l, yyjson_obj_get(record, "env"));
}

/* ---- finding the other one ---- */

struct search {
	struct run_args *a;
	struct pair *link;
	const char ***env;
	size_t *n;
	bool strangers; /* it is there, but on no network of ours */
};

static bool is_on(const struct spec *spec, const char *network)
{
	for (size_t i = 0; network && i < spec->nnets; i++)
		if (strcmp(spec->nets[i].name, network) == 0)
			return true;
	return false;
}

static int look(void *ctx, const char *name, yyjson_val *record)
{
	struct search *s = ctx;
	const struct spec *spec = &s->a->spec;
	const char *who = s->link->key, *id = yyjson_get_str(yyjson_obj_get(record, "id"));
	yyjson_val *net;
	size_t i, max;

	if (strcmp(name, who) != 0 && (strlen(who) < 4 || !id || strncmp(id, who, strlen(who)) != 0))
		return 0;
	s->strangers = true;
	yyjson_arr_foreach(yyjson_obj_get(record, "networks"), i, max, net)
	{
		const char *ip = yyjson_get_str(yyjson_obj_get(net, "ip"));

		if (!is_on(spec, yyjson_get_str(yyjson_obj_get(net, "network"))))
			continue;
		if (!ip)
			ip = yyjson_get_str(yyjson_obj_get(net, "ip6"));
		if (ip)
			ip = pool_strndup(s->a->pool, ip, strcspn(ip, "/"));
		s->link->key = pool_strdup(s->a->pool, name);
		run_link_env(s->a->pool, record, spec->name ? spec->name : spec->id, s->link->val,
			     ip, s->env, s->n);
		return 1;
	}
	return 0;
}

int run_links_env(struct run_args *a, const char ***env, size_t *n)
{
	/* Without a network spec_check() refuses them all. */
	for (size_t i = 0; i < a->spec.nlinks && a->spec.nnets; i++) {
		struct search s = { .a = a, .link = &a->spec.links[i], .env = env, .n = n };
		int found = record_each(look, &s);

		if (found < 0)
			return fail_in("--link %s", s.link->key);
		if (found == 0)
			return fail_plain("--link %s: %s", s.link->key,
					  s.strangers ? "it is on no network of this container" :
							"no running container has this name or id");
	}
	return 0;
}
