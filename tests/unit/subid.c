/* tests/unit/subid.c - /etc/subuid, /etc/subgid and the names in /etc/passwd: what is
 * taken, what is passed over, and that nothing is read beyond the text. */
#include <stdlib.h>

#include "lib/subid.h"
#include "tests/unit/tap.h"

enum { MAX = 8, NOBODY = -1 };

#define TEXT(s) ((struct slice){ s, sizeof(s) - 1 })

static size_t rows_of(struct slice text, const char *name, uint32_t uid, struct subid_range *out)
{
	return subid_ranges(text, name, uid, out, MAX);
}

static void test_ranges(void)
{
	const struct slice file = TEXT("ann:100000:65536\n"
				       "bob:165536:65536\n"
				       "1000:300000:10\n"
				       "ann:400000:1");
	struct subid_range r[MAX];

	ok(rows_of(file, "ann", 1000, r) == 3 && r[0].first == 100000 && r[0].count == 65536 &&
		   r[1].first == 300000 && r[1].count == 10 && r[2].first == 400000 &&
		   r[2].count == 1,
	   "rows by name and by uid, in order, the last without a newline");
	is_int(rows_of(file, "bob", 1001, r), 1, "another user has his own only");
	is_int(rows_of(file, "an", 7, r), 0, "the beginning of a name is not the name");
	is_int(rows_of(file, "anna", 7, r), 0, "a longer name is another one");
	is_int(rows_of(file, "", 7, r), 0, "no name, no rows by name");
	is_int(rows_of(file, "1000", 7, r), 0, "a user called 1000 does not get what uid 1000 has");
	is_int(rows_of(file, "ann", (uint32_t)NOBODY, r), 2, "without a uid the name alone counts");
	is_int(rows_of(TEXT(""), "ann", 1000, r), 0, "an empty file");
	is_int(rows_of((struct slice){ NULL, 0 }, "ann", 1000, r), 0, "no file");
	is_int(subid_ranges(file, "ann", 1000, r, 2), 2, "no more than there is room for");
	is_int(subid_ranges(file, "ann", 1000, r, 0), 0, "no room at all");
}

static void test_strict(void)
{
	static const struct slice bad[] = {
		TEXT("ann"),
		TEXT("ann:"),
		TEXT("ann:1"),
		TEXT("ann:1:"),
		TEXT("ann:1:0"),
		TEXT("ann::1"),
		TEXT(":1:1"),
		TEXT("ann:1:1:"),
		TEXT("ann:1:1:1"),
		TEXT(" ann:1:1"),
		TEXT("ann :1:1"),
		TEXT("ann: 1:1"),
		TEXT("ann:1:1 "),
		TEXT("ann:1:1\r"),
		TEXT("ann:01:1"),
		TEXT("ann:0x1:1"),
		TEXT("ann:+1:1"),
		TEXT("ann:-1:1"),
		TEXT("ann:1:-1"),
		TEXT("ann:1:4294967295"),
		TEXT("ann:4294967295:1"),
		TEXT("ann:4294967296:1"),
		TEXT("ann:1:4294967296"),
		TEXT("ann:1:18446744073709551616"),
		TEXT("ann:18446744073709551617:1"),
		TEXT("ann:1:00000000000000000000000000000001"),
		TEXT("ann\0:1:1"),
		TEXT("\0ann:1:1"),
		TEXT("ann:1\0:1"),
		TEXT("ann:1:1\0"),
		TEXT("#ann:1:1"),
		TEXT("ANN:1:1"),
	};
	struct subid_range r[MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(rows_of(bad[i], "ann", 1000, r), 0, "damaged row %zu grants nothing", i);
	is_int(rows_of(TEXT("01000:1:1\n1000x:1:1\n4294967295:1:1"), "ann", 1000, r), 0,
	       "owners that are nearly a uid");
	is_int(rows_of(TEXT("4294967295:1:1"), "", (uint32_t)NOBODY, r), 0,
	       "the uid that is none owns nothing");
	is_int(rows_of(TEXT("ann\n\n:::\nann:5:1\nann:x:1\n"), "ann", 1000, r), 1,
	       "damaged rows around a good one");
	is_int(rows_of(TEXT("ann:4294967294:1"), "ann", 1000, r), 1, "the highest id there is");
	is_int(rows_of(TEXT("ann:0:4294967295"), "ann", 1000, r), 1, "all ids there are");
}

static bool allows(struct slice text, uint32_t first, uint32_t count)
{
	return subid_allows(text, "ann", 1000, (struct subid_range){ first, count });
}

static void test_allows(void)
{
	const struct slice file = TEXT("ann:300:100\nbob:400:100\nann:200:100\n1000:600:10\n");
	const struct slice top = TEXT("ann:4294967200:95\n");

	ok(allows(file, 300, 100) && allows(file, 399, 1) && allows(file, 300, 1), "inside a row");
	ok(!allows(file, 300, 101) && !allows(file, 400, 1), "not one beyond, which is another's");
	ok(!allows(file, 199, 2) && !allows(file, 199, 1), "not one before");
	ok(allows(file, 250, 100), "across two rows that meet, whatever their order");
	ok(!allows(file, 350, 255), "not across another user's row");
	ok(allows(file, 600, 10) && !allows(file, 600, 11), "a row by uid");
	ok(!allows(file, 300, 0), "no ids are nothing to allow");
	ok(allows(top, 4294967294u, 1) && !allows(top, 4294967294u, 2) &&
		   !allows(top, 4294967200u, 4294967295u) && !allows(top, 4294967295u, 1),
	   "sums do not wrap at the end of the id space");
	ok(!allows(top, 0, 1), "nor at its beginning");
}

/* The same by brute force, in a small id space. */
static void test_allows_exactly(void)
{
	int wrong = 0;

	srand(1);
	for (int i = 0; i < 3000; i++) {
		char text[200];
		bool mine[64] = { false };
		size_t n = 0;

		for (int k = rand() % 5; k > 0; k--) {
			int first = rand() % 40, count = 1 + rand() % 12, own = rand() % 3;

			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s:%d:%d\n",
					      own ? "ann" : "bob", first, count);
			for (int id = first; own && id < first + count; id++)
				mine[id] = true;
		}
		int first = rand() % 45, count = 1 + rand() % 15;
		bool all = true;

		for (int id = first; id < first + count; id++)
			all = all && mine[id];
		wrong += allows((struct slice){ text, n }, (uint32_t)first, (uint32_t)count) != all;
	}
	is_int(wrong, 0, "what is allowed is exactly the union of the rows");
}

static void test_names(void)
{
	const struct slice passwd = TEXT("root:x:0:0:root:/root:/bin/sh\n"
					 "+nis:x:1000:0:::\n"
					 "-nis:x:1000:0:::\n"
					 ":x:1000:0:::\n"
					 "1000:x:1000:0:::\n"
					 "a\tb:x:1000:0:::\n"
					 "short:x\n"
					 "ann:x:1000:1000::/home/ann:/bin/sh\n"
					 "alias:x:1000:1000::/:/bin/sh\n"
					 "last:x:1001");
	char name[SUBID_NAME_MAX], line[400];
	uint32_t id;

	ok(subid_user_name(passwd, 1000, name), "a uid has a name");
	is_str(name, "ann", "the first that is a usable one");
	ok(subid_user_name(passwd, 1001, name), "a last line without a newline");
	is_str(name, "last", "is read to its end");
	ok(!subid_user_name(passwd, 1002, name), "a uid without a name");
	is_str(name, "", "leaves none");
	ok(subid_user_id(passwd, "ann", &id) && id == 1000, "a name has a uid");
	ok(subid_user_id(passwd, "last", &id) && id == 1001, "the last one too");
	ok(subid_user_id(passwd, "4000", &id) && id == 4000, "digits are one");
	ok(!subid_user_id(passwd, "an", &id) && !subid_user_id(passwd, "annn", &id) &&
		   !subid_user_id(passwd, "4294967295", &id) && !subid_user_id(passwd, "", &id),
	   "others have none");
	ok(!subid_user_name(passwd, (uint32_t)NOBODY, name), "nobody is called -1");
	for (size_t n = SUBID_NAME_MAX - 1; n <= SUBID_NAME_MAX; n++) {
		memset(line, 'a', n);
		strcpy(line + n, ":x:5:5::/:");
		is_int(subid_user_name((struct slice){ line, strlen(line) }, 5, name),
		       n < SUBID_NAME_MAX, "a name of %zu bytes is %s", n,
		       n < SUBID_NAME_MAX ? "taken" : "never cut short");
	}
}

/* Under AddressSanitizer a byte too many is seen. */
static void test_every_length(void)
{
	static const char text[] = "ann:100000:65536\n1000:1:2\nann:x:1000:1000::/:\n";
	char name[SUBID_NAME_MAX];
	struct subid_range r[MAX];
	size_t rows = 0;

	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = malloc(n ? n : 1);
		struct slice s = { exact, n };

		if (!exact)
			return;
		memcpy(exact, text, n);
		rows += rows_of(s, "ann", 1000, r);
		subid_user_name(s, 1000, name);
		subid_allows(s, "ann", 1000, (struct subid_range){ 100000, 65536 });
		free(exact);
	}
	ok(rows > 40, "a text may end anywhere");
}

int main(void)
{
	test_ranges();
	test_strict();
	test_allows();
	test_allows_exactly();
	test_names();
	test_every_length();
	return done();
}
