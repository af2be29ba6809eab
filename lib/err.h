/* lib/err.h - errors are words that grow on the way up.
 *
 * The function whose system call failed says what it was doing; its caller says
 * for whom; the role prints the whole once:
 *	cinit: container web1: open rootfs /nope: No such file or directory
 * One message is held per process, in a fixed buffer: nothing is allocated on
 * an error path. err_hint() adds at most one second line of advice.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define ERR_MAX 1024

/* Remember "WORDS: strerror(errno)" and return -1. errno is kept. */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
/* Remember "WORDS" alone, where errno says nothing; err_errno() becomes 0. */
int fail_plain(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
/* Put "FOR WHOM: " before what is remembered, and return -1. */
int fail_in(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
/* One line of advice, printed below the error. The first one given stays. */
void err_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));

const char *err_text(void); /* "" when nothing is remembered */
const char *err_hint_text(void);
int err_errno(void); /* errno of the fail() at the bottom, or 0 */
void err_clear(void);
/* Take over a message that another process sent (see runtime/wire.h). */
void err_set(const char *text, const char *hint, int err);

/* Print "cinit: TEXT" (and the hint) to stderr with one write(2) and forget it.
 * Control characters in the words are shown as '?'. */
void err_print(void);
/* Name put before every line; "cinit" unless set. Borrowed for good. */
void err_set_name(const char *name);
/* A warning or note, at once: "cinit: WORDS". */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
/* err_print() the remembered error as JSON objects instead of lines. */
void err_set_json(bool on);

#endif
