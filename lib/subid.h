/* lib/subid.h - the one reader of /etc/subuid and /etc/subgid, and of the names in
 * /etc/passwd that they speak of.
 *
 * Pure functions over a text that the caller has read whole (a text that was cut off
 * may end in a number that means something else: fd_read_file() says EFBIG then).
 * Nothing is allocated and nothing is printed, sizes are fixed, sums are made in 64
 * bits, names are compared whole: a privileged process may decide by them.
 *
 * What is not exactly OWNER:FIRST:COUNT, with strict numbers, at least one id and no
 * id beyond 4294967294, is no row and grants nothing. An OWNER of digits alone is a
 * uid and never a name, so no user called "1000" gets what uid 1000 was given. */
#ifndef LIB_SUBID_H
#define LIB_SUBID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/slice.h"

/* As long as a login name may be, with its '\0'; LOGIN_NAME_MAX. */
enum { SUBID_NAME_MAX = 256 };

struct subid_range {
	uint32_t first, count; /* FIRST + COUNT is at most 4294967295 */
};

struct subid_row {
	struct slice owner; /* as written: a name or a uid */
	struct subid_range range;
};

/* The next row of *REST, which begins as the whole text. False: there is none. */
bool subid_next(struct slice *rest, struct subid_row *row);
/* Is ROW given to user NAME or to UID? NAME may be "": no name is known; UID may be
 * (uint32_t)-1: there is no such user, rows go by NAME alone. */
bool subid_owns(const struct subid_row *row, const char *name, uint32_t uid);
/* All of a user's ranges in the order of the file; OUT has room for MAX. How many
 * were found; those beyond MAX are left out and not counted. */
size_t subid_ranges(struct slice text, const char *name, uint32_t uid, struct subid_range *out,
		    size_t max);
/* Are all of WANT's ids given to the user? Ranges that meet or overlap count as one. */
bool subid_allows(struct slice text, const char *name, uint32_t uid, struct subid_range want);

/* The name of UID by the text of a passwd file, the first one that is usable. False:
 * it has none; NAME is "" then. */
bool subid_user_name(struct slice passwd, uint32_t uid, char name[SUBID_NAME_MAX]);
/* The uid of NAME, which may be digits, by the text of a passwd file. */
bool subid_user_id(struct slice passwd, const char *name, uint32_t *uid);
/* The next row of a passwd or group file: who has which id. */
bool subid_next_id(struct slice *rest, struct slice *name, uint32_t *id);

/* Who else has ids of WANT? A row of TEXT that is not the user's, or an entry of REAL (a
 * passwd or group file) with another id than OWN: then two users can write each other's
 * files (CVE-2024-56433). *WHO: whose they are, and which. */
enum subid_clash { SUBID_NOBODYS, SUBID_ANOTHERS, SUBID_REAL };
enum subid_clash subid_clash(struct slice text, struct slice real, const char *name, uint32_t uid,
			     uint32_t own, struct subid_range want, struct subid_row *who);

#endif
