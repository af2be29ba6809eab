/* tests/fuzz/fuzz_passwd.c - any bytes as /etc/passwd and /etc/group. What is found must
 * keep its promises: ids that are ids, names and homes without control characters. */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "runtime/sec_steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void check_entry(int found, const struct passwd_entry *e)
{
	if (found < 0 && !err_text()[0])
		abort();
	if (found <= 0)
		return;
	if (e->uid == UINT32_MAX || e->gid == UINT32_MAX || !memchr(e->home, 0, sizeof(e->home)) ||
	    !memchr(e->name, 0, sizeof(e->name)))
		abort();
	check_text(e->name);
	check_text(e->home);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sec_user user = { .ngroups = 0 };
	struct passwd_entry e;
	gid_t gid = 0;
	/* An exact copy, so that a byte too many is seen. */
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	err_clear();
	check_entry(passwd_find(text, size, "root", 0, &e), &e);
	err_clear();
	check_entry(passwd_find(text, size, NULL, 0, &e), &e);
	if (group_find(text, size, "root", &gid) == 1 && gid == UINT32_MAX)
		abort();
	err_clear();
	if (group_memberships(text, size, "root", &user) < 0 && !err_text()[0])
		abort();
	if (user.ngroups > 64)
		abort();
	free(text);
	return 0;
}
