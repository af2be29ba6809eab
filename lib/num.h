/* lib/num.h - the one strict reader of numbers. Digits only: no sign, no space,
 * no leading zero (except "0"), no hexadecimal, nothing behind; (uint32)-1 is
 * not an id. All return 0, or -1 without touching errno or *out: the caller
 * words the error, since it knows the argument. */
#ifndef LIB_NUM_H
#define LIB_NUM_H

#include <stdint.h>

int num_u64(const char *s, uint64_t *out);
int num_u32(const char *s, uint32_t *out);
/* A uid or gid: as num_u32(), and 4294967295 is refused (setresuid(2): "-1"
 * there means "leave it"). */
int num_id(const char *s, uint32_t *out);
/* "64m", "1.5g", "512" bytes; units b k m g t p with optional "b" or "ib",
 * any case, all powers of 1024, as docker reads them. */
int num_size(const char *s, uint64_t *bytes);
/* "10" seconds, "1.5s", "100ms", "2m", "1h", "1d", "250us", "5ns";
 * num_offset() also takes a sign in front. */
int num_duration(const char *s, uint64_t *ns);
int num_offset(const char *s, int64_t *ns);
/* "755", "1777", "0022": octal, at most 07777. */
int num_mode(const char *s, uint32_t *mode);
/* "TERM", "SIGTERM", "term", "15", "RTMIN+3", "SIGRTMAX-1" -> 1..64. */
int num_signal(const char *s, int *sig);
/* "SIGTERM", "SIGRTMIN+3"; never NULL (a number in a static buffer else). */
const char *num_signal_name(int sig);
/* The decimal text of N in BUF; returns BUF. For paths like /proc/self/fd/N. */
char *num_text(char buf[24], uint64_t n);

#endif
