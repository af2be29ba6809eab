/* cli/when.c - points in time as people and docker write them. Pure. */
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "cli/events.h"
#include "lib/num.h"

enum { NS = 1000000000 };

/* Exactly N digits at *S, as a number from MIN to MAX. */
static bool digits(const char **s, int n, int min, int max, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*out = *out * 10 + (**s - '0');
	}
	return *out >= min && *out <= max;
}

static bool is(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* ".25" as ns; nothing there is 0. */
static bool fraction(const char **s, int64_t *ns)
{
	int64_t unit = NS / 10;

	*ns = 0;
	if (!is(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*ns += unit * (**s - '0');
	return true;
}

/* "Z", "+01:00" behind the date; nothing: local time. */
static bool zone(const char **s, struct tm *tm, int64_t *seconds)
{
	const int sign = **s == '-' ? -1 : 1;
	const int day = tm->tm_mday;
	int hour, minute;

	if (**s == '\0') {
		tm->tm_isdst = -1;
		*seconds = mktime(tm);
	} else if (is(s, 'Z') || is(s, 'z')) {
		*seconds = timegm(tm);
	} else {
		if ((!is(s, '+') && !is(s, '-')) || !digits(s, 2, 0, 23, &hour) || !is(s, ':') ||
		    !digits(s, 2, 0, 59, &minute))
			return false;
		*seconds = timegm(tm) - sign * (hour * 3600 + minute * 60);
	}
	/* Whoever writes the 31st of June gets no 1st of July. */
	return tm->tm_mday == day;
}

/* RFC 3339, which may end behind the day, the minute or the second. */
static bool date(const char *s, int64_t *ns)
{
	struct tm tm = { 0 };
	int64_t seconds, part = 0;

	if (!digits(&s, 4, 1970, 2200, &tm.tm_year) || !is(&s, '-') ||
	    !digits(&s, 2, 1, 12, &tm.tm_mon) || !is(&s, '-') || !digits(&s, 2, 1, 31, &tm.tm_mday))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (is(&s, 'T') || is(&s, 't') || is(&s, ' ')) {
		if (!digits(&s, 2, 0, 23, &tm.tm_hour) || !is(&s, ':') ||
		    !digits(&s, 2, 0, 59, &tm.tm_min))
			return false;
		if (is(&s, ':') && (!digits(&s, 2, 0, 60, &tm.tm_sec) || !fraction(&s, &part)))
			return false;
	}
	if (!zone(&s, &tm, &seconds) || *s)
		return false;
	*ns = seconds * NS + part;
	return true;
}

/* "1764130394", "1764130394.25" */
static bool unix_time(const char *s, int64_t *ns)
{
	int64_t seconds = 0, part;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		seconds = seconds * 10 + (*s - '0');
		if (seconds > INT64_MAX / NS - 1)
			return false;
	}
	if (!fraction(&s, &part) || *s)
		return false;
	*ns = seconds * NS + part;
	return true;
}

int when_parse(const char *s, int64_t now_ns, int64_t *out)
{
	uint64_t ago;

	if (unix_time(s, out) || date(s, out))
		return 0;
	if (num_duration(s, &ago) < 0 || ago > (uint64_t)now_ns)
		return -1;
	*out = now_ns - (int64_t)ago;
	return 0;
}

char *when_text(char buf[40], int64_t ns)
{
	const time_t seconds = ns / NS;
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&seconds, &tm))
		n = strftime(buf, 40, "%Y-%m-%dT%H:%M:%S.", &tm);
	if (n == 0 || n > 28) {
		strcpy(buf, "?");
		return buf;
	}
	int64_t part = ns % NS;
	for (int64_t unit = NS / 10; unit; unit /= 10)
		buf[n++] = (char)('0' + part / unit % 10);
	strcpy(buf + n, "Z");
	return buf;
}
