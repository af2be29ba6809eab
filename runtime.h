/* runtime.h - the launcher's room: from a checked spec to an exit code. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdbool.h>
#include <stdio.h>

#include "cinit.h"
#include "lib/pool.h"

/* ---- spec (runtime/spec.c) ---- */

/* All defaults of DESIGN "security defaults", caps, masks, id, hostname = id. */
void spec_init(struct spec *spec, struct pool *pool);
/* Judge SPEC as a whole, before anything is touched: what no single option can
 * see (maps overlap, --userns=host as non-root, -t without a terminal, a name
 * with bad characters, --read-only with --rootfs-rw ...). -1 with fail(). */
int spec_check(const struct spec *spec);
/* The part of it that is about networks alone. */
int spec_check_networks(const struct spec *spec);

/* ---- running (runtime.c) ---- */

/* Run SPEC in the foreground: launcher and monitor in one. Returns the exit code
 * (payload's, or EXIT_CINIT with the error printed). */
int runtime_run(struct pool *pool, struct spec *spec);
/* Print the plan and do nothing: namespaces, id maps, mounts in order, caps,
 * filter size, limits, argv. Returns an exit code. */
int runtime_dry_run(struct pool *pool, struct spec *spec, FILE *out);

/* 0: the caller's own (soft) limit on RESOURCE leaves cinit LEAST. -1 with fail(). */
int limits_enough(int resource, rlim_t least);

/* ---- running containers (runtime/record.c) ---- */

struct yyjson_val;
/* Call FN with the record of each, as long as it returns 0; returns what it returned
 * last, or -1 with fail(). What is in a record: record_write(). */
int record_each(int (*fn)(void *ctx, const char *name, struct yyjson_val *record), void *ctx);

/* Call FN with the record of the running container WHO (name, id or the beginning of an id).
 * 0, whatever FN says; -1 with fail() when there is none. */
int record_with(const char *who, int (*fn)(void *ctx, const char *name, struct yyjson_val *record),
		void *ctx);

/* Remove what dead containers have left; how many they were, or -1 with fail(). */
int record_collect(void);

/* ---- ids (runtime/ids.c) ---- */

struct ids_plan {
	bool userns; /* false: --userns=host */
	struct idmaps uids, gids;
	bool by_self; /* one-id maps: the launcher writes them itself */
	bool as_root; /* root writes both maps itself */
	bool by_helper;
	bool setgroups_deny;
	const char *note; /* why it is a one-id map, or NULL */
};
/* Fill PLAN from SPEC, the caller's ids, /etc/subuid and /etc/subgid. -1 with fail(). */
int ids_plan(struct pool *pool, const struct spec *spec, struct ids_plan *plan);
/* Parsers, pure, for --uidmap/--gidmap and unit tests. "IN:OUT:COUNT". */
int ids_map_parse(const char *arg, struct idmap *out);
/* Overlap and 64-bit wrap check of a whole table. WHICH is "uidmap" or "gidmap". */
int ids_map_check(const struct idmaps *maps, const char *which);
/* The default table: CALLER's own id appears inside as OWN, the ranges of SUB fill
 * every other id from 0 up. With OWN = 0 that is: 0 the caller, 1... subordinate. */
void ids_map_fill(struct idmaps *maps, uint32_t own, uint32_t caller, const struct idmaps *sub);

#endif
