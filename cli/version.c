/* cli/version.c - `cinit version`: what this file is. */
#include <stdio.h>
#include <sys/utsname.h>

#include "cinit.h"
#include "cli/cli.h"
#include "version.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

struct version_args {
	const char *format;
};

const struct opt cli_version_opts[] = {
	CLI_FORMAT_ROW(struct version_args, format),
	{ 0 },
};

int cli_version(int argc, char **argv)
{
	static const char *const facts[][2] = {
		{ "version", CINIT_VERSION },
		{ "commit", CINIT_COMMIT },
		{ "compiler", COMPILER },
	};
	struct version_args a = { 0 };
	struct utsname uts = { 0 };
	int first, code, json;

	if (cli_parse("version", &a, argc, argv, &first, &code) < 0)
		return code;
	json = cli_format_is_json("version", a.format);
	if (json < 0)
		return cli_fail();
	if (!json) {
		printf("cinit " CINIT_VERSION "%s%s\n", CINIT_COMMIT[0] ? ", commit " : "",
		       CINIT_COMMIT);
		return 0;
	}
	putchar('{');
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		printf("\"%s\":", facts[i][0]);
		cli_put_json(stdout, facts[i][1]);
		putchar(',');
	}
	uname(&uts);
	printf("\"kernel\":");
	cli_put_json(stdout, uts.release);
	printf(",\"machine\":");
	cli_put_json(stdout, uts.machine);
	printf("}\n");
	return 0;
}
