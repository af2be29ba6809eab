/* cgroup/measure.h - what the kernel's files about a control group say, as numbers.
 *
 * Pure functions over a text that ends with '\0'. What a text does not say is -1; a number
 * that is too large is INT64_MAX. */
#ifndef CGROUP_MEASURE_H
#define CGROUP_MEASURE_H

#include "cgroup.h"

/* "123\n"; "max\n" is INT64_MAX. */
int64_t measure_number(const char *text);
/* The number behind KEY, in lines like "KEY 123". */
int64_t measure_flat(const char *text, const char *key);
/* Lines like "8:0 rbytes=1 wbytes=2 rios=3 wios=4", added up into the io_ fields of OUT.
 * No line at all: nothing was read or written. */
void measure_io(const char *text, struct cgroup_sample *out);
/* Lines like "some avg10=0.12 avg60=0.00 avg300=0.00 total=345"; "full" may be missing. */
void measure_pressure(const char *text, struct cgroup_pressure *out);

#endif
