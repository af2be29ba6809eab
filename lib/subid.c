/* lib/subid.c - who may use which subordinate ids. Pure functions, any process. */
#include <string.h>

#include "lib/num.h"
#include "lib/subid.h"

static bool digits_only(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

bool subid_next(struct slice *rest, struct subid_row *row)
{
	struct slice line, f[4] = { 0 };

	while (slice_next(rest, '\n', &line)) {
		uint32_t first, count;

		if (slice_split(line, ':', f, 4) != 3 || f[0].n == 0)
			continue;
		if (!slice_u32(f[1], &first) || !slice_u32(f[2], &count) || count == 0)
			continue;
		/* 4294967295 itself is no id (setresuid(2)). */
		if ((uint64_t)first + count > UINT32_MAX)
			continue;
		*row = (struct subid_row){ f[0], { first, count } };
		return true;
	}
	return false;
}

bool subid_owns(const struct subid_row *row, const char *name, uint32_t uid)
{
	uint32_t id;

	if (digits_only(row->owner))
		return slice_id(row->owner, &id) && id == uid;
	return *name && slice_is(row->owner, name);
}

size_t subid_ranges(struct slice text, const char *name, uint32_t uid, struct subid_range *out,
		    size_t max)
{
	struct subid_row row;
	size_t n = 0;

	while (n < max && subid_next(&text, &row))
		if (subid_owns(&row, name, uid))
			out[n++] = row.range;
	return n;
}

bool subid_allows(struct slice text, const char *name, uint32_t uid, struct subid_range want)
{
	uint64_t at = want.first, end = at + want.count;
	bool further = true;

	/* Each round goes on from where the rows known so far end; it ends when one
	 * brings nothing. */
	while (at < end && further) {
		struct slice rest = text;
		struct subid_row row;

		further = false;
		while (subid_next(&rest, &row)) {
			uint64_t first = row.range.first, last = first + row.range.count;

			if (first <= at && at < last && subid_owns(&row, name, uid)) {
				at = last;
				further = true;
			}
		}
	}
	return want.count && at >= end;
}

bool subid_next_id(struct slice *rest, struct slice *name, uint32_t *id)
{
	struct slice line, f[3] = { 0 };

	/* name:password:id:..., passwd(5) and group(5) */
	while (slice_next(rest, '\n', &line)) {
		if (slice_split(line, ':', f, 3) == 3 && slice_id(f[2], id)) {
			*name = f[0];
			return true;
		}
	}
	return false;
}

bool subid_user_id(struct slice passwd, const char *name, uint32_t *uid)
{
	struct slice who;

	if (slice_id((struct slice){ name, strlen(name) }, uid))
		return true;
	while (*name && subid_next_id(&passwd, &who, uid))
		if (slice_is(who, name))
			return true;
	return false;
}

bool subid_user_name(struct slice passwd, uint32_t uid, char name[SUBID_NAME_MAX])
{
	struct slice who;
	uint32_t id;

	while (subid_next_id(&passwd, &who, &id)) {
		/* "+" and "-" speak of NIS; nobody is called so (passwd(5)). */
		if (id == uid && !digits_only(who) && who.p[0] != '+' && who.p[0] != '-' &&
		    slice_copy(who, name, SUBID_NAME_MAX))
			return true;
	}
	name[0] = '\0';
	return false;
}

enum subid_clash subid_clash(struct slice text, struct slice real, const char *name, uint32_t uid,
			     uint32_t own, struct subid_range want, struct subid_row *who)
{
	uint64_t first = want.first, end = first + want.count;
	uint32_t id;

	while (subid_next(&text, who))
		if (!subid_owns(who, name, uid) && who->range.first < end &&
		    first < (uint64_t)who->range.first + who->range.count)
			return SUBID_ANOTHERS;
	while (subid_next_id(&real, &who->owner, &id)) {
		who->range = (struct subid_range){ id, 1 };
		if (id != own && first <= id && id < end)
			return SUBID_REAL;
	}
	return SUBID_NOBODYS;
}
