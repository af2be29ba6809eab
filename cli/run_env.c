/* cli/run_env.c - `cinit run`: the environment that the program will have.
 *
 * The launcher runs this once the options are read. Later words win: cinit's own
 * variables, then those of links, then every --env-file, then every -e, whatever their order on the
 * command line (docker's rule). HOME is left to the stage when nothing here says
 * it: only the container's own passwd knows it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/sys.h"

extern char **environ;

static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

enum {
	ENV_FILE_MAX = 1 << 20,
	LISTEN_FDS_MAX = 1024,
};

struct env {
	struct pool *pool;
	const char **v; /* "K=V", not yet ended by NULL */
	size_t n;
};

static size_t key_len(const char *entry)
{
	return strcspn(entry, "=");
}

static size_t env_find(const struct env *e, const char *entry)
{
	size_t len = key_len(entry), i = 0;

	while (i < e->n && (strncmp(e->v[i], entry, len) != 0 || e->v[i][len] != '='))
		i++;
	return i;
}

static void env_set(struct env *e, const char *entry)
{
	size_t i = env_find(e, entry);

	if (i < e->n)
		e->v[i] = entry;
	else
		POOL_PUSH(e->pool, e->v, e->n, entry);
}

/* The caller's own "NAME=VALUE", or NULL. NAME may have a '=' behind it. */
static const char *caller_entry(const char *name)
{
	size_t len = key_len(name);

	for (char **p = environ; p && *p; p++)
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			return *p;
	return NULL;
}

static const char *caller_value(const char *name)
{
	const char *entry = caller_entry(name);

	return entry ? entry + key_len(name) + 1 : NULL;
}

/* "K=V" is set; "K" alone takes the caller's value, and where the caller has none
 * the variable is not there, not even by default. */
static void env_apply(struct env *e, const char *entry)
{
	if (entry[key_len(entry)] != '=') {
		const char *from_caller = caller_entry(entry);

		if (!from_caller) {
			size_t i = env_find(e, entry);

			if (i < e->n)
				e->v[i] = e->v[--e->n];
			return;
		}
		entry = from_caller;
	}
	env_set(e, entry);
}

/* docker's format: a line is a variable, '#' begins a comment, the value is taken
 * as it stands (no quotes, no expansion). */
static int env_file(struct env *e, const char *path)
{
	char *text = pool_alloc(e->pool, ENV_FILE_MAX + 1), *line = text;
	ssize_t size = fd_read_file(AT_FDCWD, path, text, ENV_FILE_MAX);
	unsigned number = 0;

	if (size < 0)
		return fail("--env-file %s", path);
	if (strlen(text) != (size_t)size)
		return fail_plain("--env-file %s: it is not a text file", path);
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3;
	while (line) {
		char *next = strchr(line, '\n');

		number++;
		if (next)
			*next++ = '\0';
		line += strspn(line, " \t\r");
		if (*line == '=' ||
		    (*line && *line != '#' && strcspn(line, " \t\r") < key_len(line)))
			return fail_plain("--env-file %s: line %u: NAME=VALUE is wanted, with no space "
					  "in NAME",
					  path, number);
		if (*line && *line != '#')
			env_apply(e, line);
		line = next;
	}
	return 0;
}

/* PATH with the directories of the default one that it lacks. */
static const char *whole_path(struct pool *pool, const char *path)
{
	const char *dir = default_path + strlen("PATH=");
	const char *whole = pool_printf(pool, "PATH=%s", path);

	while (*dir) {
		size_t n = strcspn(dir, ":");
		const char *p = path;

		while (*p && !(strcspn(p, ":") == n && strncmp(p, dir, n) == 0)) {
			p += strcspn(p, ":");
			p += *p == ':';
		}
		if (!*p)
			whole = pool_printf(pool, "%s:%.*s", whole, (int)n, dir);
		dir += n + (dir[n] == ':');
	}
	return whole;
}

/* The machine's own root is a place that the caller's variables were made for. */
static void env_from_host(struct env *e, bool as_caller)
{
	static const char *const names[] = { "SHELL", "LANG", "LC_ALL", "TZ", "EDITOR" };
	const char *path = caller_value("PATH");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (caller_entry(names[i]))
			env_set(e, caller_entry(names[i]));
	/* Root inside is the caller outside; /root would be somebody else's. */
	if (as_caller && caller_entry("HOME"))
		env_set(e, caller_entry("HOME"));
	if (path && *path)
		env_set(e, whole_path(e->pool, path));
}

/* Sockets that whoever started us has opened for the program; sd_listen_fds(3). Its
 * process id is known to init alone, which writes it over the 1 that is right when
 * there is no init. */
static int env_listen_fds(struct run_args *a, struct env *e)
{
	const char *pid = caller_value("LISTEN_PID"), *fds = caller_value("LISTEN_FDS");
	uint32_t who, n;

	if (!pid || !fds || num_u32(pid, &who) < 0 || (pid_t)who != getpid())
		return 0;
	if (num_u32(fds, &n) < 0 || n > LISTEN_FDS_MAX)
		return fail_plain("LISTEN_FDS=%s: a number of sockets is wanted, at most %d", fds,
				  LISTEN_FDS_MAX);
	if (!n)
		return 0;
	env_set(e, caller_entry("LISTEN_FDS"));
	env_set(e, "LISTEN_PID=1");
	if (caller_entry("LISTEN_FDNAMES"))
		env_set(e, caller_entry("LISTEN_FDNAMES"));
	a->spec.preserve_fds += n; /* as podman: the sockets come first */
	a->spec.listen_fds = true;
	return 0;
}

/* The service manager's socket, sd_notify(3). It is bound into /dev, the one
 * directory that is the container's own whatever ROOTFS is: no mount point stays
 * behind. An abstract socket ("@...") belongs to the host's network namespace. */
static void env_notify_socket(struct run_args *a, struct env *e)
{
	static const char inside[] = "/dev/notify";
	const char *path = caller_value("NOTIFY_SOCKET");
	struct stat st;

	if (!path)
		return;
	if (path[0] == '@' && a->spec.ns[NS_NET].mode == NS_HOST)
		env_set(e, caller_entry("NOTIFY_SOCKET"));
	if (path[0] != '/' || stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	struct mount_want want = {
		.kind = MOUNT_BIND,
		.src = path,
		.dst = inside,
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.arg = "NOTIFY_SOCKET",
	};

	POOL_PUSH(a->pool, a->spec.mounts, a->spec.nmounts, want);
	env_set(e, pool_printf(a->pool, "NOTIFY_SOCKET=%s", inside));
}

int run_env_build(struct run_args *a)
{
	struct env e = { .pool = a->pool };
	struct spec *spec = &a->spec;
	const char **links = NULL;
	size_t nlinks = 0;

	env_set(&e, default_path);
	env_set(&e, "container=cinit");
	if (spec->ns[NS_UTS].mode != NS_JOIN)
		env_set(&e, pool_printf(a->pool, "HOSTNAME=%s", spec->hostname));
	if (spec->tty) {
		const char *term = caller_entry("TERM");

		/* A foreign root file system may not know the caller's terminal. */
		env_set(&e, spec->root == ROOT_HOST && term ? term : "TERM=xterm");
	}
	if (spec->root == ROOT_HOST)
		env_from_host(&e, !spec->user && spec->userns != USERNS_HOST);
	if (env_listen_fds(a, &e) < 0)
		return -1;
	env_notify_socket(a, &e);
	if (run_links_env(a, &links, &nlinks) < 0)
		return -1;
	for (size_t i = 0; i < nlinks; i++)
		env_set(&e, links[i]);
	for (size_t i = 0; i < a->nenv_files; i++)
		if (env_file(&e, a->env_files[i]) < 0)
			return -1;
	for (size_t i = 0; i < a->nenv; i++)
		env_apply(&e, a->env[i]);
	POOL_PUSH(a->pool, e.v, e.n, NULL);
	spec->env = e.v;
	return 0;
}
