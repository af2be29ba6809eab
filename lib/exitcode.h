/* lib/exitcode.h - exit codes, the same for every role. */
#ifndef LIB_EXITCODE_H
#define LIB_EXITCODE_H

#include <sys/wait.h>

/* docker's; the payload's own codes come besides. */
enum {
	EXIT_CINIT = 125,       /* cinit itself failed */
	EXIT_NOEXEC = 126,      /* the program cannot be executed */
	EXIT_NOTFOUND = 127,    /* the program is not there */
	EXIT_SIGNAL_BASE = 128, /* + n: ended by signal n */
};

/* The code of STATUS as wait(2) gives it. Always inlined: an idle init keeps the page
 * of its loop and no other. */
__attribute__((always_inline)) static inline int exitcode_of(int status)
{
	return WIFSIGNALED(status) ? EXIT_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
