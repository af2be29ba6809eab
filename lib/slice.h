/* lib/slice.h - pieces of a text that others wrote, without copying or changing it.
 *
 * For /etc/passwd and its kin: lines of fields, any bytes in them, N bytes long and
 * not '\0'-terminated. Pure functions that allocate nothing: a privileged process may
 * call them on what it does not trust. */
#ifndef LIB_SLICE_H
#define LIB_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *p; /* borrowed; NULL: used up */
	size_t n;
};

/* The whole word and nothing else: a '\0' in the slice is a byte like any other. */
bool slice_is(struct slice s, const char *word);
/* Cut what stands before SEP off the front of REST. False when REST is used up. */
bool slice_next(struct slice *rest, char sep, struct slice *out);
/* Cut LINE at SEP into at most N fields; how many there were. Ask for one more than
 * you want to learn of fields too many. */
size_t slice_split(struct slice line, char sep, struct slice *fields, size_t n);
/* As a string in OUT. False: it does not fit, or holds a control character. */
bool slice_copy(struct slice s, char *out, size_t size);
/* As num_u32() and num_id() read it. */
bool slice_u32(struct slice s, uint32_t *out);
bool slice_id(struct slice s, uint32_t *out);

#endif
