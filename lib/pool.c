/* lib/pool.c - block allocator for specs and plans. Any process before it
 * starts something; owns nothing but the blocks on its list. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/pool.h"

struct pool_block {
	struct pool_block *next;
	size_t size;
	_Alignas(16) char mem[];
};

enum { BLOCK = 8000 };

static _Noreturn void out_of_memory(void)
{
	fail_plain("out of memory");
	err_print();
	_exit(EXIT_CINIT);
}

void *pool_alloc(struct pool *p, size_t size)
{
	if (size > SIZE_MAX / 4)
		out_of_memory();
	size = (size + 15) & ~(size_t)15;
	if (!p->block || p->block->size - p->used < size) {
		size_t want = size > BLOCK ? size : BLOCK;
		struct pool_block *b = calloc(1, sizeof(*b) + want);

		if (!b)
			out_of_memory();
		b->size = want;
		b->next = p->block;
		p->block = b;
		p->used = 0;
	}
	void *mem = p->block->mem + p->used;
	p->used += size;
	return mem;
}

char *pool_strndup(struct pool *p, const char *s, size_t n)
{
	char *copy = pool_alloc(p, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *pool_strdup(struct pool *p, const char *s)
{
	return pool_strndup(p, s, strlen(s));
}

char *pool_printf(struct pool *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *s = pool_alloc(p, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void *pool_grow(struct pool *p, void *array, size_t n, size_t size)
{
	if (n && (n & (n - 1)))
		return array;
	if (n > SIZE_MAX / 4 / size)
		out_of_memory();
	void *bigger = pool_alloc(p, (n ? 2 * n : 1) * size);
	if (n)
		memcpy(bigger, array, n * size);
	return bigger;
}

void pool_release(struct pool *p)
{
	while (p->block) {
		struct pool_block *next = p->block->next;

		free(p->block);
		p->block = next;
	}
	p->used = 0;
}
