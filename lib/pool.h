/* lib/pool.h - memory that lives as long as what it was asked for.
 *
 * A spec and a plan are made of hundreds of small strings that all end
 * together. A pool hands them out of a few blocks and frees nothing singly.
 * Running out of memory ends the process with EXIT_CINIT and one line: no
 * caller has anything better to do, and nothing has been started yet when
 * pools are filled (PID 1 and the monitor never use one after start-up).
 */
#ifndef LIB_POOL_H
#define LIB_POOL_H

#include <stddef.h>

struct pool {
	struct pool_block *block; /* newest first */
	size_t used;              /* bytes handed out of the newest */
};

/* clang-format off */
#define POOL_INIT { 0 }
/* clang-format on */

void *pool_alloc(struct pool *p, size_t size); /* zeroed, 16-aligned */
char *pool_strdup(struct pool *p, const char *s);
char *pool_strndup(struct pool *p, const char *s, size_t n);
char *pool_printf(struct pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for one more element in a pool array of N elements of SIZE bytes each:
 * returns the array, moved when N is a power of two (or 0). */
void *pool_grow(struct pool *p, void *array, size_t n, size_t size);
void pool_release(struct pool *p);

/* Append VALUE to ARRAY with count N, both in pool P. */
#define POOL_PUSH(p, array, n, value)                                                              \
	do {                                                                                       \
		(array) = pool_grow((p), (void *)(array), (n), sizeof(*(array)));                  \
		(array)[(n)++] = (value);                                                          \
	} while (0)

#endif
