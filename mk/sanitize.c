/* mk/sanitize.c - what the sanitizers are told, linked into SANITIZE builds alone.
 *
 * Not by the environment: tests start programs with an empty one. What a pool has
 * handed out lives until the process ends, and nobody gives it back before.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
const char *__ubsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:pool_alloc\n";
}

/* The words about suppressed leaks would be in what the tests compare. */
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}
