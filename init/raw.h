/* init/raw.h - what the resident part of init is written with: the system calls
 * themselves, and nothing of the C library.
 *
 * Before init falls asleep it gives back every page that it can do without, and
 * that includes the C library's data and all relocated tables (init/loop.c). So
 * the files that run after that (loop.c, step.c, spawn.c, left.c, say.c)
 * keep to one rule, which tests/init/run checks in their objects: no variables
 * outside the stack, no tables of pointers, no library calls. It also makes them
 * fit for the embedded image, which has no library at all.
 *
 * Every raw_*() returns what the kernel returns: -errno on failure. */
#ifndef INIT_RAW_H
#define INIT_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "init/raw.h: the system call instruction of this machine is not here yet"
#endif

/* A resident function: without a stack protector, whose canary is in the C
 * library's data. INIT_HOT ones are in the one page that stays resident. */
#define INIT_RESIDENT __attribute__((no_stack_protector))
#define INIT_HOT __attribute__((no_stack_protector, section("init_hot")))

#define RAW static inline __attribute__((always_inline, unused))

RAW long raw6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

RAW long raw4(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

RAW long raw3(long n, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

/* Arguments of any integer or pointer type. */
#define RAW_ARG(x) ((long)(x))
#define raw_call(n, a, b, c) raw3((n), RAW_ARG(a), RAW_ARG(b), RAW_ARG(c))
#define raw_call4(n, a, b, c, d) raw4((n), RAW_ARG(a), RAW_ARG(b), RAW_ARG(c), RAW_ARG(d))
#define raw_call5(n, a, b, c, d, e)                                                                \
	raw6((n), RAW_ARG(a), RAW_ARG(b), RAW_ARG(c), RAW_ARG(d), RAW_ARG(e), 0)

/* The kernel's struct sigaction; the C library's is another. */
struct raw_sigaction {
	void *handler; /* NULL: default, (void *)1: ignored */
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

RAW long raw_sigaction(int sig, void *handler)
{
	struct raw_sigaction sa = { handler, 0, NULL, 0 };

	return raw_call4(SYS_rt_sigaction, sig, &sa, NULL, sizeof(sa.mask));
}

struct raw_time {
	int64_t sec, nsec;
};

/* Nanoseconds of CLOCK_MONOTONIC. */
RAW uint64_t raw_now(void)
{
	struct raw_time now = { 0, 0 };

	raw_call(SYS_clock_gettime, 1, &now, 0);
	return (uint64_t)now.sec * 1000000000u + (uint64_t)now.nsec;
}

/* A loop the compiler may not turn into a call of memcpy(). */
RAW void raw_copy(void *to, const void *from, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

RAW void raw_zero(void *to, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
}

RAW size_t raw_len(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		__asm__ volatile("");
		n++;
	}
	return n;
}

#endif
