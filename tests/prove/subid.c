/* tests/prove/subid.c - for Frama-C's Eva: any text up to TEXT bytes as /etc/subuid and
 * /etc/passwd, any range; `make prove`. It runs nowhere. */
#include "lib/subid.h"
#include "__fc_builtin.h"

enum { TEXT = 64 };

static char text[TEXT];

int main(void)
{
	struct slice all = { text, 0 }, who;
	struct subid_range want, ranges[4];
	char name[SUBID_NAME_MAX];
	struct subid_row row;
	uint32_t id;

	Frama_C_make_unknown(text, sizeof(text));
	all.n = (size_t)Frama_C_interval(0, TEXT);
	want.first = (uint32_t)Frama_C_unsigned_int_interval(0, 0xffffffffu);
	want.count = (uint32_t)Frama_C_unsigned_int_interval(0, 0xffffffffu);
	id = (uint32_t)Frama_C_unsigned_int_interval(0, 0xffffffffu);
	subid_allows(all, "ann", id, want);
	subid_ranges(all, "ann", id, ranges, 4);
	subid_user_name(all, id, name);
	subid_user_id(all, "ann", &id);
	subid_clash(all, all, "ann", id, id, want, &row);
	who = all;
	subid_next(&who, &row);
	return 0;
}
