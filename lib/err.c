/* lib/err.c - the error message in flight. Any process; owns one buffer. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

static char text[ERR_MAX];
static char hint[ERR_MAX];
static int bottom_errno;
static const char *name = "cinit";
static bool as_json;

int fail(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", strerror(err));
	bottom_errno = err;
	errno = err;
	return -1;
}

int fail_plain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bottom_errno = 0;
	return -1;
}

int fail_in(const char *fmt, ...)
{
	char whom[ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(whom, sizeof(whom) - 2, fmt, ap);
	va_end(ap);
	size_t n = strlen(whom);
	memcpy(whom + n, ": ", 3);
	n += 2;
	size_t keep = strlen(text);
	if (keep > sizeof(text) - 1 - n)
		keep = sizeof(text) - 1 - n;
	memmove(text + n, text, keep);
	memcpy(text, whom, n);
	text[n + keep] = '\0';
	return -1;
}

void err_hint(const char *fmt, ...)
{
	va_list ap;

	if (hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(hint, sizeof(hint), fmt, ap);
	va_end(ap);
}

const char *err_text(void)
{
	return text;
}

const char *err_hint_text(void)
{
	return hint;
}

int err_errno(void)
{
	return bottom_errno;
}

void err_clear(void)
{
	text[0] = hint[0] = '\0';
	bottom_errno = 0;
}

void err_set(const char *new_text, const char *new_hint, int err)
{
	snprintf(text, sizeof(text), "%s", new_text);
	snprintf(hint, sizeof(hint), "%s", new_hint ? new_hint : "");
	bottom_errno = err;
}

void err_set_name(const char *new_name)
{
	name = new_name;
}

void err_set_json(bool on)
{
	as_json = on;
}

/* Append S to the line, so that it can never move a terminal's cursor: bytes
 * below space and DEL are shown as '?', or escaped as JSON wants it. */
static size_t put(char *line, size_t n, size_t max, const char *s)
{
	for (; *s && n + 3 < max; s++) {
		unsigned char c = (unsigned char)*s;

		if (as_json && (c == '"' || c == '\\'))
			line[n++] = '\\';
		line[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	return n;
}

static void write_line(const char *line, size_t n)
{
	ssize_t done;

	do
		done = write(STDERR_FILENO, line, n);
	while (done < 0 && errno == EINTR);
}

static void print(const char *level, const char *words, const char *advice)
{
	char line[2 * ERR_MAX + 128];
	size_t n = 0;
	bool json = as_json;

	if (json) {
		as_json = false;
		n = put(line, n, sizeof(line) / 2, "{\"level\":\"");
		n = put(line, n, sizeof(line) / 2, level);
		n = put(line, n, sizeof(line) / 2, "\",\"msg\":\"");
		as_json = true;
		n = put(line, n, sizeof(line) - 8, words);
		line[n++] = '"';
		line[n++] = '}';
		line[n++] = '\n';
		write_line(line, n);
		return;
	}
	n = put(line, n, ERR_MAX, name);
	n = put(line, n, ERR_MAX, ": ");
	n = put(line, n, sizeof(line) / 2 + 64, words);
	line[n++] = '\n';
	if (advice && advice[0]) {
		n = put(line, n, ERR_MAX * 2, name);
		n = put(line, n, ERR_MAX * 2, ": ");
		n = put(line, n, sizeof(line) - 1, advice);
		line[n++] = '\n';
	}
	write_line(line, n);
}

void err_print(void)
{
	if (text[0])
		print("error", text, hint);
	err_clear();
}

void note(const char *fmt, ...)
{
	char words[ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	print("warning", words, NULL);
}
