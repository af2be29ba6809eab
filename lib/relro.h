/* lib/relro.h - finish what the linker asked for with -z relro. */
#ifndef LIB_RELRO_H
#define LIB_RELRO_H

/* Make this program's relocated tables (the GOT, arrays of pointers) read-only, as
 * a dynamic linker would have done: musl's static start-up relocates itself but
 * leaves them writable. Once, before any input is read; failure is harmless. */
void relro_protect(void);

#endif
