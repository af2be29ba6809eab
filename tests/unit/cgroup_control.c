/* tests/unit/cgroup_control.c - cgroup/control.c: what files of events say, by text and by a
 * tree of plain files; and freezing and killing, where root may mount a cgroup2. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup/control.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "tests/unit/tap.h"

enum { PATIENCE_MS = 5000, CROWD = 200 };

static char top[] = "/tmp/cinit-control.XXXXXX";

static void test_flat(void)
{
	const char *text = "populated 1\nfrozen 0\n";

	is_int(cgroup_flat(text, "populated"), 1, "the first line");
	is_int(cgroup_flat(text, "frozen"), 0, "the last");
	is_int(cgroup_flat(text, "froz"), -1, "half a key is none");
	is_int(cgroup_flat(text, "frozen 0"), -1, "a key with its value is none");
	is_int(cgroup_flat(text, "oom"), -1, "what is not there");
	is_int(cgroup_flat("", "oom"), -1, "an empty file");
	is_int(cgroup_flat("oom_kill 7\noom 3", "oom"), 3, "a longer key before, no newline behind");
	is_int(cgroup_flat("oom\n", "oom"), -1, "a key without a value");
	is_int(cgroup_flat("oom \n", "oom"), -1, "an empty value");
	is_int(cgroup_flat("oom max\n", "oom"), -1, "a word is no number");
	is_int(cgroup_flat("oom -1\n", "oom"), -1, "nor is what is below 0");
	is_int(cgroup_flat("oom 9223372036854775807\n", "oom"), INT64_MAX, "the largest");
	is_int(cgroup_flat("oom 9223372036854775808\n", "oom"), -1, "one more");
	is_int(cgroup_flat("oom 111111111111111111111111111111\n", "oom"), -1, "far more");
	is_int(cgroup_flat("\n\noom 5\n", "oom"), 5, "behind empty lines");
}

static bool put(int dir, const char *file, const char *text)
{
	return fd_write_file(dir, file, O_CREAT | O_TRUNC, text, strlen(text)) == 0;
}

static int sub_dir(int dir, const char *name)
{
	return mkdirat(dir, name, 0700) < 0 ? -1 :
					      openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void test_fake(void)
{
	AUTO_FD int at = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int dir = sub_dir(at, "fake");
	struct cgroup_events e;
	char text[64];

	ok(cgroup_events(dir, &e) < 0, "a directory without cgroup.events is no cgroup");
	is_str(err_text(), "read cgroup.events: No such file or directory", "and it says so");
	is_int(e.populated, -1, "nothing is known then");
	put(dir, "cgroup.events", "populated 1\nfrozen 0\n");
	ok(cgroup_events(dir, &e) == 0 && e.populated == 1 && e.frozen == 0, "cgroup.events");
	ok(e.oom == -1 && e.oom_kill == -1 && e.max == -1, "no memory controller: not known");
	put(dir, "memory.events", "low 0\nhigh 4\nmax 9\noom 2\noom_kill 1\noom_group_kill 0\n");
	ok(cgroup_events(dir, &e) == 0 && e.oom == 2 && e.oom_kill == 1 && e.max == 9,
	   "memory.events");
	put(dir, "cgroup.events", "");
	ok(cgroup_events(dir, &e) == 0 && e.populated == -1, "an empty file knows nothing");

	err_clear();
	ok(cgroup_freeze(dir, true, 20) < 0, "no cgroup.freeze: refused");
	is_str(err_text(),
	       "freeze: there is no cgroup.freeze: the cgroup is gone, or Linux is older than 5.2",
	       "and why");
	put(dir, "cgroup.freeze", "0");
	put(dir, "cgroup.events", "populated 1\nfrozen 0\n");
	ok(cgroup_freeze(dir, true, 20) < 0, "what does not freeze is an error");
	is_str(err_text(),
	       "freeze: not all processes have stopped within 20 ms; one may be waiting for a device",
	       "and what that is");
	fd_read_file(dir, "cgroup.freeze", text, sizeof(text) - 1);
	is_str(text, "0", "the wish is taken back");
	put(dir, "cgroup.events", "populated 1\nfrozen 1\n");
	ok(cgroup_freeze(dir, true, 20) == 0, "frozen: done");
	ok(cgroup_freeze(dir, false, 20) < 0, "what does not thaw is an error");
	put(dir, "cgroup.kill", "");
	ok(cgroup_kill(dir) == 0, "killed by cgroup.kill");
	fd_read_file(dir, "cgroup.kill", text, sizeof(text) - 1);
	is_str(text, "1", "which is written");

	AUTO_FD int bare = sub_dir(at, "bare");
	put(bare, "cgroup.procs", "0\n");
	ok(cgroup_kill(bare) < 0, "what may be the root of all cgroups is never killed");
	put(bare, "cgroup.events", "populated 1\nfrozen 1\n");
	put(bare, "cgroup.freeze", "0");
	ok(control_kill_each(bare, 30) < 0, "somebody of another pid namespace is left");
	is_str(err_text(), "kill a cgroup: processes are left: No such process", "and it says so");
}

/* ---- with a kernel ---- */

/* A child that does nothing, in the cgroup DIR. */
static pid_t inhabitant(int dir)
{
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (fd_write_file(dir, "cgroup.procs", 0, "0", 1) == 0)
			byte = write(ready[1], "", 1) == 1;
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1 && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

/* Of N children, how many a SIGKILL has ended; those who live on end here, uncounted. */
static int killed(const pid_t *pid, int n)
{
	int status, dead = 0, patience = PATIENCE_MS / 10;

	for (int i = 0; i < n; i++) {
		pid_t got;

		while ((got = waitpid(pid[i], &status, WNOHANG)) == 0 && patience-- > 0)
			usleep(10000);
		if (got == 0 && kill(pid[i], SIGKILL) == 0)
			waitpid(pid[i], &status, 0);
		dead += got == pid[i] && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	return dead;
}

static int crowd(int a, int b, pid_t *pid)
{
	int n = 0;

	while (n < CROWD && (pid[n] = inhabitant(n % 2 ? a : b)) > 0)
		n++;
	return n;
}

static void test_kernel(int cg)
{
	struct cgroup_events e;
	pid_t pid[CROWD];
	AUTO_FD int sub = sub_dir(cg, "sub");

	if (sub < 0) {
		skip("no cgroups here: %s", strerror(errno));
		return;
	}
	ok(cgroup_events(cg, &e) == 0 && e.populated == 0 && e.frozen == 0, "an empty cgroup");
	ok(cgroup_freeze(cg, true, PATIENCE_MS) == 0, "it can be frozen");
	ok(cgroup_events(cg, &e) == 0 && e.frozen == 1, "and is");
	ok(cgroup_freeze(sub, false, 50) < 0, "what is below cannot be thawed alone");
	ok(cgroup_freeze(cg, false, PATIENCE_MS) == 0, "it can be thawed");
	is_int(crowd(cg, sub, pid), CROWD, "a crowd on two levels");
	ok(cgroup_events(cg, &e) == 0 && e.populated == 1, "populated");
	ok(cgroup_freeze(cg, true, PATIENCE_MS) == 0, "the crowd is frozen");
	ok(cgroup_events(sub, &e) == 0 && e.frozen == 1, "also below");
	ok(cgroup_freeze(cg, false, PATIENCE_MS) == 0, "the crowd is thawed");
	is_int(control_wait(cg, "populated", 0, 20), 0, "nobody has died of it");
	ok(cgroup_kill(cg) == 0, "the crowd is killed");
	is_int(killed(pid, CROWD), CROWD, "all of it");

	is_int(crowd(sub, cg, pid), CROWD, "another crowd");
	ok(control_kill_each(cg, PATIENCE_MS) == 0, "killed one by one");
	is_int(killed(pid, CROWD), CROWD, "all of it");
	ok(cgroup_events(cg, &e) == 0 && e.frozen == 0 && e.populated == 0, "nothing stays frozen");
	is_int(crowd(sub, cg, pid), CROWD, "a crowd that is frozen");
	ok(cgroup_freeze(cg, true, PATIENCE_MS) == 0, "before it is killed");
	ok(control_kill_each(cg, PATIENCE_MS) == 0, "one by one");
	is_int(killed(pid, CROWD), CROWD, "all of it");
	unlinkat(cg, "sub", AT_REMOVEDIR);
}

static void with_kernel(void)
{
	char mnt[64], name[32];

	snprintf(mnt, sizeof(mnt), "%s/cgroup", top);
	snprintf(name, sizeof(name), "cinit-control-%d", (int)getpid());
	if (geteuid() != 0 || mkdir(mnt, 0700) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", mnt, "cgroup2", 0, NULL) < 0) {
		skip("freezing and killing: no cgroup2 can be mounted here");
		return;
	}
	AUTO_FD int root = open(mnt, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int cg = sub_dir(root, name);
	test_kernel(cg);
	unlinkat(root, name, AT_REMOVEDIR);
	umount2(mnt, MNT_DETACH);
}

static void tidy(void)
{
	static const char *const files[] = { "fake/cgroup.events",
					     "fake/cgroup.freeze",
					     "fake/cgroup.kill",
					     "fake/memory.events",
					     "bare/cgroup.procs",
					     "bare/cgroup.events",
					     "bare/cgroup.freeze",
					     "bare",
					     "fake",
					     "cgroup" };
	AUTO_FD int at = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (unlinkat(at, files[i], 0) < 0)
			unlinkat(at, files[i], AT_REMOVEDIR);
	rmdir(top);
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	test_flat();
	test_fake();
	with_kernel();
	tidy();
	return done();
}
