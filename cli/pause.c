/* cli/pause.c - `cinit pause` and `cinit unpause`: a container stands still, and goes on.
 *
 * The process that the user started runs this. All of a container's processes are stopped
 * by the kernel, in its cgroup, and notice nothing; cinit's monitor goes on. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "cli/cg.h"
#include "lib/err.h"
#include "runtime/journal.h"

/* Longer than a disk takes for what a process may be waiting for. */
enum { PAUSE_WAIT_MS = 10000 };

static int change(const char *who, bool pause)
{
	struct pool pool = POOL_INIT;
	struct cg c;

	if (cg_open_container(who, &c) < 0)
		return -1;
	const char *now = cg_read(&pool, c.fd, "cgroup.freeze");
	int failed = 0;
	if (!now)
		failed = fail("read cgroup.freeze");
	else if (pause && strcmp(now, "0") != 0)
		failed = fail_plain("it is already paused");
	else if (!pause && strcmp(now, "0") == 0)
		failed = fail_plain("it is not paused");
	else
		failed = cgroup_freeze(c.fd, pause, PAUSE_WAIT_MS);
	if (failed)
		fail_in("container %s", c.name);
	else
		journal_write(pause ? "pause" : "unpause", c.name, c.id, NULL, 0);
	cg_close(&c);
	pool_release(&pool);
	return failed;
}

/* Each of them, whatever becomes of the others, as docker does it. */
static int change_all(const char *command, int argc, char **argv, bool pause)
{
	int first, code;

	if (cli_parse(command, NULL, argc, argv, &first, &code) < 0)
		return code;
	if (first == argc) {
		fail_plain("%s: containers are wanted, by name or id", command);
		return cli_fail();
	}
	code = 0;
	for (int i = first; i < argc; i++) {
		if (change(argv[i], pause) < 0) {
			fail_in("%s", command);
			code = cli_fail();
		} else {
			printf("%s\n", argv[i]);
		}
	}
	return code;
}

int cli_pause(int argc, char **argv)
{
	return change_all("pause", argc, argv, true);
}

int cli_unpause(int argc, char **argv)
{
	return change_all("unpause", argc, argv, false);
}
