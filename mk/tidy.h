/* mk/tidy.h - what clang-tidy is told before each file but lib/err.c, since it
 * sees one file at a time and no assembly. The compilers do not see this. */
#ifndef MK_TIDY_H
#define MK_TIDY_H

#include "init/raw.h"
#include "lib/err.h"

/* These never return anything but -1, so what a failed call would have filled in
 * is not read. */
#define fail(...) ((void)(fail)(__VA_ARGS__), -1)
#define fail_plain(...) ((void)(fail_plain)(__VA_ARGS__), -1)
#define fail_in(...) ((void)(fail_in)(__VA_ARGS__), -1)

/* A system call may write to whatever it is given. */
long raw_unknown(long n, ...);
#define raw3 raw_unknown
#define raw4 raw_unknown
#define raw6 raw_unknown

#endif
