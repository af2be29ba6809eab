/* tests/unit/fs_path.c - paths: cleaning, and lookups that stay inside a root. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/sys.h"
#include "tests/unit/tap.h"

static struct pool pool;
static char top[] = "/tmp/cinit-unit-XXXXXX";

static void test_clean(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/.", "/" },
		{ "/a", "/a" },
		{ "/a/", "/a" },
		{ "//a//b/", "/a/b" },
		{ "/a/./b", "/a/b" },
		{ "/a/../b", "/b" },
		{ "/a/b/../..", "/" },
		{ "/...", "/..." },
		{ "/..a/b..", "/..a/b.." },
		{ "/a/.b", "/a/.b" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is_str(path_clean(&pool, rows[i].in), rows[i].out, "%s", rows[i].in);
	ok(!path_clean(&pool, "a") && errno == EINVAL, "relative");
	ok(!path_clean(&pool, "") && errno == EINVAL, "empty");
	ok(!path_clean(&pool, "/..") && errno == EXDEV, "/..");
	ok(!path_clean(&pool, "/a/../../b") && errno == EXDEV, "out and in again");
	char name[400] = "/";
	memset(name + 1, 'n', 256);
	ok(!path_clean(&pool, name) && errno == ENAMETOOLONG, "a name of 256 bytes");
	name[256] = '\0';
	is_str(path_clean(&pool, name), name, "a name of 255 bytes");
	is_str(path_absolute(&pool, "/../a"), "/a", "outside, .. stops at /");
	ok(chdir("/usr") == 0, "in /usr");
	is_str(path_absolute(&pool, "./x/../y"), "/usr/y", "relative to the current directory");
	is_str(path_absolute(&pool, "../../../x"), "/x", "above it");
	ok(path_is_below("/a/b", "/a") && path_is_below("/a", "/a") && path_is_below("/a", "/"),
	   "below");
	ok(!path_is_below("/ab", "/a") && !path_is_below("/", "/a"), "not below");
	is_int(path_depth("/"), 0, "depth of /");
	is_int(path_depth("/a/b"), 2, "depth of /a/b");
}

static int root;

/* The real path of what opens, below the root; "!errno" else. */
static const char *opens(const char *path, enum path_want want)
{
	static char buf[600];
	char link[64];
	AUTO_FD int fd = path_open_in(root, path, want);

	if (fd < 0)
		return strerror(errno);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	size_t skip = strlen(top) + 5;
	return strncmp(buf, top, strlen(top)) == 0 && strncmp(buf + strlen(top), "/root", 5) == 0 ?
		       (buf[skip] ? buf + skip : "/") :
		       "outside!";
}

static void test_open(void)
{
	char name[100];

	ok(mkdtemp(top) && chdir(top) == 0, "a place");
	ok(!mkdir("root", 0755) && !mkdir("canary", 0755) && !mkdir("root/dir", 0755) &&
		   !mkdir("root/dir/sub", 0755) && !mknod("root/file", S_IFREG | 0644, 0) &&
		   !mknod("canary/file", S_IFREG | 0644, 0),
	   "a root and a canary");
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%s/canary", top);
	ok(!symlink(name, "root/abs") && !symlink("../../../../../../canary", "root/rel") &&
		   !symlink("dir", "root/in") && !symlink("/dir/sub", "root/absin") &&
		   !symlink("loop", "root/loop") && !symlink("/proc/self/cwd", "root/magic") &&
		   !symlink("../new/place", "root/dir/dangling") &&
		   !symlink("file/x", "root/overfile") && !symlink("/made", "root/tomade"),
	   "links");

	is_str(opens("/", PATH_DIR), "/", "the root itself");
	is_str(opens("/dir", PATH_DIR), "/dir", "a directory");
	is_str(opens("/file", PATH_FILE), "/file", "a file");
	is_str(opens("/in/sub", PATH_DIR), "/dir/sub", "through a link");
	is_str(opens("/absin", PATH_DIR), "/dir/sub", "through an absolute link");
	is_str(opens("/a/b/c", PATH_DIR), "/a/b/c", "made with its parents");
	is_str(opens("/a/b/f", PATH_FILE), "/a/b/f", "a file is made");
	is_str(opens("/in/n/f", PATH_FILE), "/dir/n/f", "behind a link");
	is_str(opens("/dir/dangling", PATH_DIR), "/new/place", "where a link to nothing leads");
	is_str(opens("/tomade", PATH_FILE), "/made", "a file where a link to nothing leads");
	is_str(opens("/rel/file", PATH_FILE), "/canary/file", ".. stops at the root");
	snprintf(name, sizeof(name), "%s/canary/new", top);
	is_str(opens("/abs/new", PATH_FILE), name, "an absolute link starts at the root");
	is_str(opens("/none", PATH_EXISTS), strerror(ENOENT), "PATH_EXISTS makes nothing");
	is_str(opens("/file", PATH_DIR), strerror(ENOTDIR), "a file is no directory");
	is_str(opens("/dir", PATH_FILE), strerror(EISDIR), "a directory is no file");
	is_str(opens("/file/x", PATH_FILE), strerror(ENOTDIR), "nothing is below a file");
	is_str(opens("/overfile", PATH_FILE), strerror(ENOTDIR), "nor by a link");
	is_str(opens("/loop", PATH_DIR), strerror(ELOOP), "a loop");
	is_str(opens("/loop/x", PATH_DIR), strerror(ELOOP), "a loop on the way");
	ok(access("canary/new", F_OK) < 0, "the canary got nothing");

	ok(!symlink("l1/x", "root/l0") && !symlink("/l0", "root/l1"), "links to each other");
	is_str(opens("/l0", PATH_DIR), strerror(ELOOP), "end");
	/* Thirty links, each to a directory that is missing below the next one. */
	for (int i = 0; i < 30; i++) {
		char to[40], from[40];
		snprintf(to, sizeof(to), "/k%d/s", i + 1);
		snprintf(from, sizeof(from), "root/k%d", i);
		ok(!symlink(to, from), "link %d", i);
	}
	ok(strncmp(opens("/k0", PATH_DIR), "/k30/s/s", 8) == 0, "thirty links are followed");
	close(root);
}

static void test_tree(void)
{
	int at = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int deep = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 200; i++) {
		mkdirat(deep, "d", 0700);
		int next = openat(deep, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(deep);
		deep = next;
	}
	close(deep);
	ok(!mkdirat(at, "d/locked", 0) && !symlinkat("../canary", at, "d/link"), "a tree");
	is_int(fs_remove_tree(at, "d"), 0, "is removed, 200 deep");
	ok(faccessat(at, "d", F_OK, 0) < 0, "and gone");
	ok(faccessat(at, "canary/file", F_OK, 0) == 0, "its link was not followed");
	is_int(fs_remove_tree(at, "d"), 0, "what is not there is removed");
	is_int(fs_remove_tree(at, "root/file"), 0, "a file too");
	close(at);
	ok(fs_remove_tree(AT_FDCWD, top) == 0 && access(top, F_OK) < 0, "all of it");
}

int main(void)
{
	test_clean();
	test_open();
	test_tree();
	pool_release(&pool);
	return done();
}
