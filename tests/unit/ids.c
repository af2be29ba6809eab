/* tests/unit/ids.c - id maps: reading, judging, filling. */
#include <stdlib.h>

#include "lib/err.h"
#include "runtime.h"
#include "tests/unit/tap.h"

static void test_parse(void)
{
	static const char *const bad[] = {
		"",
		"0",
		"0:1",
		"0:1:",
		":1:1",
		"0::1",
		"0:1:1:1",
		"0:1:0",
		"-1:0:1",
		"+1:0:1",
		"0x1:0:1",
		"01:0:1",
		" 0:0:1",
		"0:0:1 ",
		"0:0:4294967296",
		"0:4294967295:1",
		"4294967295:0:1",
		"1:0:4294967295",
		"4294967294:0:2",
		"a:b:c",
	};
	struct idmap m = { 7, 7, 7 };

	ok(ids_map_parse("0:1000:1", &m) == 0 && m.inside == 0 && m.outside == 1000 && m.count == 1,
	   "INSIDE:OUTSIDE:COUNT is read");
	ok(ids_map_parse("0:0:4294967295", &m) == 0, "all ids but the last one can be mapped");
	ok(ids_map_parse("4294967294:1:1", &m) == 0, "the highest id can be mapped");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(ids_map_parse(bad[i], &m) < 0 && err_text()[0], "\"%s\" is refused with words",
		   bad[i]);
}

/* What 64-bit half-open arithmetic must say, one id at a time. */
static int meet_slowly(uint32_t a, uint32_t an, uint32_t b, uint32_t bn)
{
	for (uint64_t i = a; i < (uint64_t)a + an; i++)
		if (i >= b && i < (uint64_t)b + bn)
			return 1;
	return 0;
}

static void test_overlap(void)
{
	int wrong = 0;

	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct idmaps m = { .n = 2 };
		uint32_t base = i % 2 ? 0 : 4294967200u;

		for (int k = 0; k < 2; k++)
			m.row[k] = (struct idmap){ base + (uint32_t)rand() % 40,
						   base + (uint32_t)rand() % 40,
						   1 + (uint32_t)rand() % 40 };
		int meets = meet_slowly(m.row[0].inside, m.row[0].count, m.row[1].inside,
					m.row[1].count) ||
			    meet_slowly(m.row[0].outside, m.row[0].count, m.row[1].outside,
					m.row[1].count);
		wrong += (ids_map_check(&m, "uidmap") < 0) != meets;
	}
	is_int(wrong, 0, "overlaps are found exactly, near both ends of the id space");
}

static long out(const struct idmaps *m, uint32_t inside)
{
	for (size_t i = 0; i < m->n; i++)
		if (inside >= m->row[i].inside && inside - m->row[i].inside < m->row[i].count)
			return (long)m->row[i].outside + (long)(inside - m->row[i].inside);
	return -1;
}

static void test_fill(void)
{
	const struct idmaps sub = { .row = { { 0, 100000, 65536 } }, .n = 1 };
	const struct idmaps two = { .row = { { 0, 100000, 500 }, { 0, 300000, 1000 } }, .n = 2 };
	const struct idmaps none = { .n = 0 };
	struct idmaps m;

	ids_map_fill(&m, 0, 1000, &sub);
	is_int(out(&m, 0), 1000, "root inside is the caller outside");
	is_int(out(&m, 1), 100000, "the range begins at 1");
	is_int(out(&m, 65536), 165535, "the last id of the range is covered");
	is_int(out(&m, 65537), -1, "one past the end is not");

	ids_map_fill(&m, 1000, 1000, &sub);
	is_int(out(&m, 1000), 1000, "keep-id: the caller's id is the same inside");
	is_int(out(&m, 0), 100000, "keep-id: root is the first subordinate id");
	is_int(out(&m, 1001), 101000, "keep-id: the range goes on behind the own id");
	is_int(out(&m, 65536), 165535, "keep-id: the whole range is used");

	ids_map_fill(&m, 1000, 1000, &two);
	is_int(out(&m, 499), 100499, "two ranges: the first ends");
	is_int(out(&m, 500), 300000, "two ranges: the second follows at once");
	is_int(out(&m, 1000), 1000, "two ranges: the own id in between");
	ok(ids_map_check(&m, "uidmap") == 0, "what is filled never overlaps");

	ids_map_fill(&m, 1000, 1000, &none);
	ok(m.n == 1 && out(&m, 1000) == 1000, "no range: the own id alone");
	ids_map_fill(&m, 70000, 70000, &sub);
	is_int(out(&m, 70000), 70000, "an own id beyond the range is mapped all the same");
}

int main(void)
{
	test_parse();
	test_overlap();
	test_fill();
	return done();
}
