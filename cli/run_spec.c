/* cli/run_spec.c - `cinit run`: from the options as they were read to a whole spec.
 *
 * The launcher runs this. Here is what docker's habits imply and no single option
 * says: which capabilities remain, what --privileged means, what is run when no
 * command is given, which paths are meant. Whether it makes sense as a whole is
 * judged by spec_check() afterwards. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/run.h"
#include "lib/err.h"
#include "lib/num.h"
#include "runtime.h"
#include "runtime/sec.h"

const char *run_absolute(struct pool *pool, const char *path)
{
	char cwd[4096];

	if (path[0] == '/')
		return path;
	/* Kernel: a directory that is not below our root has a name that begins
	 * with "(unreachable)"; getcwd(3). */
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/') {
		fail("%s: the working directory has no name", path);
		return NULL;
	}
	return pool_printf(pool, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
}

/* A registry's way of writing: lower case, slashes, perhaps a tag or a digest. */
static bool looks_like_image(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/:@";
	size_t name = strcspn(s, ":@");

	if (s[0] == '/' || s[0] == '.' || strspn(s, chars) < name)
		return false;
	return s[name] || !strchr(s, '/') || strcspn(s, ".") < strcspn(s, "/");
}

/* One stat(2) tells three mistakes apart that are all "cannot mount" later. */
static int build_root(struct run_args *a, const char *arg)
{
	struct spec *spec = &a->spec;
	struct stat st;

	if (!*arg)
		return fail_plain("ROOTFS is empty; a directory with a root file system is wanted, "
				  "or `host`");
	spec->rootfs_arg = arg;
	if (strcmp(arg, "host") == 0 || arg[strspn(arg, "/")] == '\0') {
		spec->root = ROOT_HOST;
		spec->rootfs = "/";
		return 0;
	}
	if (stat(arg, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return fail("ROOTFS %s", arg);
		if (looks_like_image(arg))
			return fail_plain(
				"ROOTFS %s: there is no such directory, and images are not in "
				"this version; give a directory with a root file system, or "
				"`host`",
				arg);
		return fail_plain("ROOTFS %s: no such directory", arg);
	}
	if (!S_ISDIR(st.st_mode))
		return fail_plain("ROOTFS %s is not a directory; a directory with a root file system "
				  "is wanted, or `host`",
				  arg);
	spec->root = ROOT_DIR;
	spec->rootfs = run_absolute(a->pool, arg);
	return spec->rootfs ? 0 : -1;
}

/* An option's path, if it was given, as an absolute one. */
static int build_path(struct run_args *a, const char *option, const char *typed, const char **out)
{
	if (!typed)
		return 0;
	if (!*typed)
		return fail_plain("%s: the path is empty", option);
	*out = run_absolute(a->pool, typed);
	return *out ? 0 : -1;
}

/* docker's arithmetic: ALL added leaves out what is dropped by name, ALL dropped
 * leaves what is added by name. --privileged is ALL added; what is dropped by name
 * stays dropped, though (docker forgets it). */
static int build_caps(struct run_args *a)
{
	struct spec *spec = &a->spec;
	uint64_t both = a->cap_add & a->cap_drop;
	unsigned cap = 0;

	while (both && !(both >> cap & 1))
		cap++;
	if (both)
		return fail_plain("--cap-add and --cap-drop both name %s", sec_cap_name(cap));
	if (a->cap_add_all && a->cap_drop_all)
		return fail_plain("--cap-add and --cap-drop both name ALL");
	if (a->cap_drop_all)
		spec->caps = a->cap_add;
	else if (a->cap_add_all || a->privileged)
		spec->caps = sec_caps_all() & ~a->cap_drop;
	else
		spec->caps = (sec_caps_default() | a->cap_add) & ~a->cap_drop;
	spec->caps_added = a->cap_add_all ? spec->caps : a->cap_add;
	return 0;
}

static void build_privileged(struct run_args *a)
{
	struct spec *spec = &a->spec;

	if (!a->privileged)
		return;
	spec->privileged = true;
	spec->unmask = true;
	if (!a->no_new_privs_asked)
		spec->no_new_privs = false;
	if (!a->seccomp_asked)
		spec->seccomp = SECCOMP_MODE_UNCONFINED;
}

static int build_ids(struct run_args *a)
{
	struct spec *spec = &a->spec;

	if ((spec->uids.n || spec->gids.n) && !spec->ns[NS_USER].asked)
		spec->userns = USERNS_MAP;
	/* Judged under the name that was typed, before one serves for both as podman
	 * has it. */
	if (ids_map_check(&spec->gids, "gidmap") < 0)
		return -1;
	if (spec->uids.n && !spec->gids.n)
		spec->gids = spec->uids;
	else if (spec->gids.n && !spec->uids.n)
		spec->uids = spec->gids;
	if (spec->user && !*spec->user)
		return fail_plain("--user is empty; UID[:GID] or NAME[:GROUP] is wanted");
	/* Whoever keeps their id wants to be it. */
	if (spec->userns == USERNS_KEEP_ID && !spec->user)
		spec->user = pool_printf(a->pool, "%u:%u", (unsigned)geteuid(), (unsigned)getegid());
	return 0;
}

static int build_hostname(struct run_args *a)
{
	struct spec *spec = &a->spec;
	struct utsname uts;

	if (spec->ns[NS_UTS].mode == NS_PRIVATE) {
		if (a->hostname)
			spec->hostname = a->hostname;
		return 0;
	}
	if (a->hostname)
		return fail_plain(
			"--hostname %s: with --uts=%s the name is not the container's to set",
			a->hostname, spec->ns[NS_UTS].mode == NS_HOST ? "host" : "container:...");
	if (spec->ns[NS_UTS].mode == NS_HOST && uname(&uts) == 0)
		spec->hostname = pool_strdup(a->pool, uts.nodename);
	return 0;
}

/* The entrypoint and WORDS; without both a shell. Someone at a terminal who names
 * no program wants to use that shell, so -i and -t need not be said. */
static int build_command(struct run_args *a, char **words)
{
	struct spec *spec = &a->spec;
	bool entrypoint = a->entrypoint && *a->entrypoint;
	const char *shell = "/bin/sh", *own = getenv("SHELL");
	size_t n = 0;

	if (entrypoint)
		POOL_PUSH(a->pool, spec->argv, n, a->entrypoint);
	else if (words[0] && words[0][0] == '-')
		return fail_plain("%s: options stand before ROOTFS; what is behind it is the command",
				  words[0]);
	for (; *words; words++)
		POOL_PUSH(a->pool, spec->argv, n, *words);
	if (!n) {
		if (spec->root == ROOT_HOST && own && own[0] == '/')
			shell = own;
		POOL_PUSH(a->pool, spec->argv, n, shell);
		if (!a->tty_asked && !a->interactive_asked && isatty(STDIN_FILENO) &&
		    isatty(STDOUT_FILENO))
			spec->tty = spec->interactive = true;
	}
	POOL_PUSH(a->pool, spec->argv, n, NULL);
	return 0;
}

static void build_terminal(struct run_args *a)
{
	static const char docker_keys[] = { 'p' & 0x1f, 'q' & 0x1f };

	if (a->spec.detach_keys)
		return;
	a->spec.detach_keys = docker_keys;
	a->spec.ndetach_keys = sizeof(docker_keys);
}

int run_spec_build(struct run_args *a, char **words)
{
	if (build_root(a, words[0]) < 0 || build_command(a, words + 1) < 0 ||
	    build_path(a, "--overlay-upper", a->overlay_upper, &a->spec.overlay_upper) < 0 ||
	    build_path(a, "--pidfile", a->pidfile, &a->spec.pidfile) < 0 || build_caps(a) < 0 ||
	    build_ids(a) < 0 || build_hostname(a) < 0 || run_net_build(a) < 0)
		return -1;
	build_privileged(a);
	build_terminal(a);
	return run_ports_build(a) < 0 ? -1 : run_env_build(a);
}
