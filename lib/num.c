/* lib/num.c - text to numbers, strictly. Pure functions. */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/num.h"

static int num_digits(const char **s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	*s = p;
	*out = n;
	return 0;
}

int num_u64(const char *s, uint64_t *out)
{
	uint64_t n;

	if (s[0] == '0' && s[1])
		return -1;
	if (num_digits(&s, UINT64_MAX, &n) < 0 || *s)
		return -1;
	*out = n;
	return 0;
}

int num_u32(const char *s, uint32_t *out)
{
	uint64_t n;

	if (num_u64(s, &n) < 0 || n > UINT32_MAX)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

int num_id(const char *s, uint32_t *out)
{
	uint32_t n;

	if (num_u32(s, &n) < 0 || n == UINT32_MAX)
		return -1;
	*out = n;
	return 0;
}

/* WHOLE[.FRACTION] times SCALE, where SCALE is only known behind the digits;
 * so the fraction is kept as numerator over a power of ten (nine digits). */
struct fraction {
	uint64_t whole, num, den;
};

static int num_fraction(const char **s, struct fraction *f)
{
	f->num = 0;
	f->den = 1;
	if (num_digits(s, UINT64_MAX, &f->whole) < 0)
		return -1;
	if (**s != '.')
		return 0;
	(*s)++;
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		if (f->den >= 1000000000)
			return -1;
		f->num = f->num * 10 + (uint64_t)(**s - '0');
		f->den *= 10;
	}
	return 0;
}

static int num_scale(const struct fraction *f, uint64_t scale, uint64_t *out)
{
	unsigned __int128 n = (unsigned __int128)f->whole * scale +
			      (unsigned __int128)f->num * scale / f->den;

	if (n > UINT64_MAX)
		return -1;
	*out = (uint64_t)n;
	return 0;
}

int num_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "kmgtp";
	struct fraction f;
	uint64_t scale = 1;

	if (num_fraction(&s, &f) < 0)
		return -1;
	char unit = (char)(*s | 0x20);
	const char *found = *s ? strchr(units, unit) : NULL;
	if (found) {
		scale = 1ull << (10 * (found - units + 1));
		s++;
		if ((*s | 0x20) == 'i' && (s[1] | 0x20) == 'b')
			s++;
	}
	if ((*s | 0x20) == 'b')
		s++;
	if (*s || (scale == 1 && f.den != 1))
		return -1;
	return num_scale(&f, scale, bytes);
}

int num_duration(const char *s, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000ull },
		{ "s", 1000000000ull },
		{ "ms", 1000000ull },
		{ "us", 1000ull },
		{ "ns", 1ull },
		{ "m", 60000000000ull },
		{ "h", 3600000000000ull },
		{ "d", 86400000000000ull },
	};
	struct fraction f;

	if (num_fraction(&s, &f) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(s, units[i].unit) == 0)
			return num_scale(&f, units[i].ns, ns);
	return -1;
}

int num_offset(const char *s, int64_t *ns)
{
	bool minus = *s == '-';
	uint64_t n;

	if (*s == '-' || *s == '+')
		s++;
	if (num_duration(s, &n) < 0 || n > INT64_MAX)
		return -1;
	*ns = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

int num_mode(const char *s, uint32_t *mode)
{
	uint32_t m = 0;

	if (!*s || strlen(s) > 5)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return -1;
		m = m * 8 + (uint32_t)(*s - '0');
	}
	if (m > 07777)
		return -1;
	*mode = m;
	return 0;
}

/* Kernel: signal numbers as on x86-64 and arm64; 34 is the C libraries' RTMIN. */
enum { RT_MIN = 34, RT_MAX = 64 };

static const char *const signal_names[] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO",     [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

enum { NAMED = sizeof(signal_names) / sizeof(*signal_names) };

static int num_rt_signal(const char *s, int *sig)
{
	bool from_max = strncasecmp(s, "RTMAX", 5) == 0;
	uint32_t n = 0;

	if (!from_max && strncasecmp(s, "RTMIN", 5) != 0)
		return -1;
	s += 5;
	if (*s) {
		if (*s != (from_max ? '-' : '+') || num_u32(s + 1, &n) < 0 || n > RT_MAX - RT_MIN)
			return -1;
	}
	*sig = from_max ? RT_MAX - (int)n : RT_MIN + (int)n;
	return 0;
}

int num_signal(const char *s, int *sig)
{
	uint32_t n;

	if (num_u32(s, &n) == 0) {
		if (n < 1 || n > RT_MAX)
			return -1;
		*sig = (int)n;
		return 0;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (int i = 1; i < NAMED; i++) {
		if (signal_names[i] && strcasecmp(s, signal_names[i]) == 0) {
			*sig = i;
			return 0;
		}
	}
	if (strcasecmp(s, "POLL") == 0) {
		*sig = SIGIO;
		return 0;
	}
	return num_rt_signal(s, sig);
}

const char *num_signal_name(int sig)
{
	static char buf[24];

	if (sig > 0 && sig < NAMED && signal_names[sig])
		snprintf(buf, sizeof(buf), "SIG%s", signal_names[sig]);
	else if (sig >= RT_MIN && sig <= RT_MAX)
		snprintf(buf, sizeof(buf), sig == RT_MIN ? "SIGRTMIN" : "SIGRTMIN+%d", sig - RT_MIN);
	else
		snprintf(buf, sizeof(buf), "signal %d", sig);
	return buf;
}

char *num_text(char buf[24], uint64_t n)
{
	char tmp[24];
	size_t i = sizeof(tmp);

	do
		tmp[--i] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(buf, tmp + i, sizeof(tmp) - i);
	buf[sizeof(tmp) - i] = '\0';
	return buf;
}
