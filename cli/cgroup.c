/* cli/cgroup.c - `cinit cgroup`: the cgroups of running containers and what is below them,
 * for those who know libcgroup's cgget, cgset, cgexec, lscgroup and cgsnapshot.
 *
 * The process that the user started runs this. `exec` becomes the command: it moves itself
 * into the cgroup first, so that the command's first instruction is in there. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/cg.h"
#include "init.h"
#include "lib/err.h"
#include "lib/exitcode.h"
#include "lib/fd.h"
#include "lib/sys.h"

static int cg_exec(int argc, char **argv);

const struct command cli_cgroup_commands[] = {
	{ .name = "ls",
	  .path = "cgroup ls",
	  .also = "list",
	  .usage = "[OPTIONS] [CONTAINER[/SUB]]",
	  .summary = "List cgroups, with their processes and controllers",
	  .rows = cg_ls_opts,
	  .run = cg_ls,
	  .complete = "" },
	{ .name = "get",
	  .path = "cgroup get",
	  .usage = "[OPTIONS] CONTAINER[/SUB] [FILE...]",
	  .summary = "Print what files of a cgroup say",
	  .rows = cg_get_opts,
	  .run = cg_get,
	  .complete = "" },
	{ .name = "set",
	  .path = "cgroup set",
	  .usage = "CONTAINER[/SUB] FILE=VALUE...",
	  .summary = "Write files of a cgroup: all of them, or none",
	  .rows = cli_no_opts,
	  .run = cg_set,
	  .complete = "" },
	{ .name = "exec",
	  .path = "cgroup exec",
	  .usage = "CONTAINER[/SUB] COMMAND [ARG...]",
	  .summary = "Start a program of this machine in a cgroup",
	  .rows = cli_no_opts,
	  .run = cg_exec,
	  .complete = "",
	  .program = true },
	{ .name = "snapshot",
	  .path = "cgroup snapshot",
	  .usage = "[CONTAINER]",
	  .summary = "Print commands that would restore all settings",
	  .rows = cli_no_opts,
	  .run = cg_snapshot,
	  .complete = "" },
	{ 0 },
};

/* Move this process to C. -1 with fail(). */
static int enter(const struct cg *c)
{
	struct cgroup_events events;

	/* Whoever enters a frozen one stops on the way to its program. */
	if (cgroup_events(c->fd, &events) < 0)
		return -1;
	if (events.frozen == 1)
		return fail_plain("it is paused; `cinit unpause %s` lets it go on", c->name);
	AUTO_FD int fd = cg_open_file(c->fd, "cgroup.procs", O_WRONLY);
	if (fd < 0)
		return fail("open cgroup.procs");
	if (write(fd, "0", 1) == 1)
		return 0;
	switch (errno) {
	case EBUSY:
		return fail_plain("no process may be where cgroups below have controllers; name "
				  "one of those");
	case EACCES:
	case EPERM:
		fail("move there");
		err_hint("it takes write permission for cgroup.procs of the cgroup that is above "
			 "both, yours and this one");
		return -1;
	default:
		return fail("move there");
	}
}

static int cg_exec(int argc, char **argv)
{
	struct cg c;
	int first, code;

	if (cli_parse("cgroup exec", NULL, argc, argv, &first, &code) < 0)
		return code;
	if (argc - first < 2) {
		fail_plain("cgroup exec: a container and a command are wanted");
		return cli_fail();
	}
	if (cg_open(argv[first], &c) < 0) {
		fail_in("cgroup exec");
		return cli_fail();
	}
	int failed = enter(&c);
	cg_close(&c);
	if (failed) {
		fail_in("cgroup exec: %s", argv[first]);
		return cli_fail();
	}
	char **command = argv + first + 1;
	sys_sigprocmask(SIG_SETMASK, &init_caller_mask, NULL);
	execvp(command[0], command);
	fail("cgroup exec: %s", command[0]);
	code = err_errno() == ENOENT || err_errno() == ENOTDIR ? EXIT_NOTFOUND : EXIT_NOEXEC;
	err_print();
	return code;
}
