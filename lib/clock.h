/* lib/clock.h - the time that deadlines are counted in. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

/* Nanoseconds, and milliseconds, of CLOCK_MONOTONIC; clock_gettime(2). */
int64_t clock_ns(void);
int64_t clock_ms(void);

#endif
