/* cli/check.h - `cinit check`: one finding per thing that a machine may refuse. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum verdict { CHECK_OK, CHECK_WARN, CHECK_NO, CHECK_SKIP };

struct finding {
	enum verdict verdict;
	char text[320]; /* what was found */
	char mend[200]; /* the one command that would mend it, or "" */
};

/* Say what was found; the mending command, if any, is added by check_mend(). */
void check_say(struct finding *f, enum verdict v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_mend(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The number in a file below /proc/sys, or -1 when it is not there. */
long check_sysctl(const char *path);

/* cli/check_ids.c: what needs a process in a user namespace, or /etc/subuid. */
void check_userns(struct finding *f);
void check_subids(struct finding *f);
void check_idmaps(struct finding *f);
void check_overlay(struct finding *f);

/* cli/check_net.c. After check_idmaps(): the helper writes maps first or not at all. */
void check_helper(struct finding *f);
void check_policy(struct finding *f);

#endif
