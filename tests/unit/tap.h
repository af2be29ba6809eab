/* tests/unit/tap.h - claims, in the Test Anything Protocol.
 *
 * Each tests/unit/NAME.c is a program of its own, linked with everything but
 * main.c:
 *
 *	#include "tests/unit/tap.h"
 *
 *	int main(void)
 *	{
 *		ok(num_id("007", &id) < 0, "leading zeros are refused");
 *		is_str(err_text(), "", "nothing is remembered");
 *		return done();
 *	}
 *
 * prints "ok 1 - leading zeros are refused" and so on, then "2 passed, 0 failed",
 * the line that tests/run.sh adds up. A program that ends without done() counts
 * as failed there. All macros evaluate their arguments once and give back whether
 * the claim held.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_passed, tap_failed, tap_skipped;

#define TAP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args), unused))

static bool TAP_PRINTF(4, 0)
	tap_claim(bool held, const char *file, int line, const char *fmt, va_list ap)
{
	if (held)
		tap_passed++;
	else
		tap_failed++;
	printf("%sok %d - ", held ? "" : "not ", tap_passed + tap_failed + tap_skipped);
	vprintf(fmt, ap);
	putchar('\n');
	if (!held)
		printf("# at %s:%d\n", file, line);
	fflush(stdout); /* before a crash or a fork takes or doubles it */
	return held;
}

static bool TAP_PRINTF(4, 5) tap_ok(bool held, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_claim(held, file, line, fmt, ap);
	va_end(ap);
	return held;
}

static bool TAP_PRINTF(5, 6)
	tap_is_int(long long got, long long want, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_claim(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("#      got %lld\n# expected %lld\n", got, want);
	return got == want;
}

static bool TAP_PRINTF(5, 6) tap_is_str(const char *got, const char *want, const char *file,
					int line, const char *fmt, ...)
{
	bool same = got && want ? !strcmp(got, want) : got == want;
	va_list ap;

	va_start(ap, fmt);
	tap_claim(same, file, line, fmt, ap);
	va_end(ap);
	if (!same)
		printf("#      got \"%s\"\n# expected \"%s\"\n", got ? got : "(null)",
		       want ? want : "(null)");
	return same;
}

/* ok(cond, "claim %d", ...): the claim holds if cond does. */
#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
/* Both numbers are shown when they differ. */
#define is_int(got, want, ...)                                                                     \
	tap_is_int((long long)(got), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)
/* Two strings, either may be NULL; both are shown when they differ. */
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

/* A claim that cannot be tried here, and why. */
static void TAP_PRINTF(1, 2) skip(const char *fmt, ...)
{
	va_list ap;

	tap_skipped++;
	printf("ok %d # SKIP ", tap_passed + tap_failed + tap_skipped);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* The closing lines; returns main()'s exit status. */
__attribute__((unused)) static int done(void)
{
	printf("1..%d\n%d passed, %d failed", tap_passed + tap_failed + tap_skipped, tap_passed,
	       tap_failed);
	if (tap_skipped)
		printf(", %d skipped", tap_skipped);
	putchar('\n');
	return tap_failed || !tap_passed ? 1 : 0;
}

#endif
