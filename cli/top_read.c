/* cli/top_read.c - texts of /proc as numbers, for `cinit top`. Pure functions. */
#include <stdlib.h>
#include <string.h>

#include "cli/top.h"

/* The number at *P, blanks in front skipped; -1: there is none. */
static int64_t take(const char **p)
{
	char *end;

	*p += strspn(*p, " \t");
	if (**p < '0' || **p > '9')
		return -1;
	int64_t n = strtoll(*p, &end, 10);
	*p = end;
	return n;
}

int top_stat(const char *text, struct top_stat *out)
{
	/* The name may hold blanks and parentheses, and nothing behind it does. */
	const char *open = strchr(text, '('), *p = strrchr(text, ')');
	int64_t field[23] = { 0 };

	if (!open || !p || p < open)
		return -1;
	size_t n = (size_t)(p - open) - 1;
	if (n >= sizeof(out->comm))
		n = sizeof(out->comm) - 1;
	memcpy(out->comm, open + 1, n);
	out->comm[n] = '\0';
	/* Fields are counted from 1, as in proc_pid_stat(5); the third is a letter. */
	p++;
	p += strspn(p, " ");
	if (!*p)
		return -1;
	p++;
	for (int i = 4; i < 23; i++) {
		p += strspn(p, " ");
		/* Some may be negative: terminal, nice. */
		bool minus = *p == '-';
		p += minus;
		field[i] = take(&p);
		if (field[i] < 0)
			return -1;
	}
	out->parent = (pid_t)field[4];
	out->ticks = field[14] + field[15];
	out->start = field[22];
	return 0;
}

int64_t top_status(const char *text, const char *key, unsigned n)
{
	size_t len = strlen(key);

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p) {
		if (strncmp(p, key, len) != 0)
			continue;
		int64_t value = -1;

		p += len;
		for (unsigned i = 0; i <= n; i++)
			value = take(&p);
		return value;
	}
	return -1;
}

int64_t top_inside(const char *uid_map, uint32_t uid)
{
	for (const char *p = uid_map; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p) {
		int64_t inside = take(&p), outside = take(&p), count = take(&p);

		if (inside >= 0 && outside >= 0 && outside <= uid && uid - outside < count)
			return inside + (uid - outside);
	}
	return -1;
}
