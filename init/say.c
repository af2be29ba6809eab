/* init/say.c - what init says: one line, one write, no library. */
#include <errno.h>
#include <stdarg.h>

#include "init/loop.h"

enum { SAY_MAX = 1024 };

INIT_RESIDENT void init_say(const char *word, ...)
{
	char line[SAY_MAX];
	size_t n = 7;
	va_list words;

	raw_copy(line, "cinit: ", n);
	va_start(words, word);
	for (; word; word = va_arg(words, const char *)) {
		for (; *word && n < sizeof(line) - 1; word++) {
			unsigned char c = (unsigned char)*word;

			/* A terminal may obey control characters. */
			line[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
		}
	}
	va_end(words);
	line[n++] = '\n';
	raw_call(SYS_write, 2, line, n);
}

INIT_RESIDENT char *init_text(char buf[24], uint64_t n)
{
	char *p = buf + 23;

	*p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return p;
}

INIT_RESIDENT const char *init_errno(char buf[24], int err)
{
	/* No table of pointers: those would have to be relocated. */
	static const struct {
		unsigned char err;
		char words[47];
	} known[] = {
		{ EPERM, "Operation not permitted" },
		{ ENOENT, "No such file or directory" },
		{ EIO, "Input/output error" },
		{ E2BIG, "Argument list too long" },
		{ ENOEXEC, "Exec format error" },
		{ EAGAIN, "Resource temporarily unavailable" },
		{ ENOMEM, "Out of memory" },
		{ EACCES, "Permission denied" },
		{ ENOTDIR, "Not a directory" },
		{ EISDIR, "Is a directory" },
		{ EINVAL, "Invalid argument" },
		{ ENFILE, "Too many open files in system" },
		{ EMFILE, "Too many open files" },
		{ ETXTBSY, "Text file busy" },
		{ ENAMETOOLONG, "File name too long" },
		{ ENOSYS, "Function not implemented" },
		{ ELOOP, "Too many levels of symbolic links" },
		{ ELIBBAD, "Accessing a corrupted shared library" },
	};
	char *number;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].err == err)
			return known[i].words;
	number = init_text(buf, (uint64_t)err);
	raw_copy(number - 6, "error ", 6);
	return number - 6;
}
