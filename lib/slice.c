/* lib/slice.c - pieces of a text. Pure functions, any process. */
#include <string.h>

#include "lib/num.h"
#include "lib/slice.h"

bool slice_is(struct slice s, const char *word)
{
	return strlen(word) == s.n && (s.n == 0 || memcmp(s.p, word, s.n) == 0);
}

bool slice_next(struct slice *rest, char sep, struct slice *out)
{
	if (!rest->p)
		return false;
	const char *end = memchr(rest->p, sep, rest->n);

	*out = (struct slice){ rest->p, end ? (size_t)(end - rest->p) : rest->n };
	if (end)
		*rest = (struct slice){ end + 1, rest->n - out->n - 1 };
	else
		*rest = (struct slice){ NULL, 0 };
	return true;
}

size_t slice_split(struct slice line, char sep, struct slice *fields, size_t n)
{
	size_t i = 0;

	while (i < n && slice_next(&line, sep, &fields[i]))
		i++;
	return i;
}

bool slice_copy(struct slice s, char *out, size_t size)
{
	if (s.n >= size)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
		out[i] = s.p[i];
	}
	out[s.n] = '\0';
	return true;
}

bool slice_u32(struct slice s, uint32_t *out)
{
	char text[16];

	return slice_copy(s, text, sizeof(text)) && num_u32(text, out) == 0;
}

bool slice_id(struct slice s, uint32_t *out)
{
	char text[16];

	return slice_copy(s, text, sizeof(text)) && num_id(text, out) == 0;
}
