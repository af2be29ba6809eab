/* tests/unit/sec_cache.c - kept filters: found again, and never believed when anything
 * about them is odd. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/seccomp/filter.h"
#include "tests/unit/tap.h"

static struct pool pool = POOL_INIT;
static char dir[] = "/tmp/cinit-cache-XXXXXX", file[128];
static const struct sock_filter insns[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_STMT(BPF_RET | BPF_K, 0x7fff0000),
};
static const struct sec_filter filter = { .insns = insns, .len = 2 };
static const char key[] = "all that it depends on";

static bool get(void)
{
	struct sec_filter out = { .insns = NULL };

	return filter_cache_get(&pool, key, sizeof(key), &out) && out.len == 2 &&
	       memcmp(out.insns, insns, sizeof(insns)) == 0;
}

static void put(void)
{
	filter_cache_put(key, sizeof(key), &filter);
}

/* The one file of the cache directory. */
static void find_file(void)
{
	snprintf(file, sizeof(file), "%s/cinit/seccomp-%016llx", dir,
		 (unsigned long long)filter_hash(FILTER_HASH_START, key, sizeof(key)));
}

static off_t size_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? -1 : st.st_size;
}

static void flip(off_t at)
{
	char c;
	int fd = open(file, O_RDWR);

	if (pread(fd, &c, 1, at) == 1) {
		c = (char)(c ^ 1);
		if (pwrite(fd, &c, 1, at) != 1)
			puts("# flip failed");
	}
	close(fd);
}

static void test_keeping(void)
{
	struct stat st;
	struct sec_filter out;

	ok(!get(), "an empty cache has nothing");
	put();
	ok(get(), "what was put is found");
	ok(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "the file is 0600");
	ok(!filter_cache_get(&pool, "another key", 12, &out), "another key is not");
	ok(!filter_cache_get(&pool, key, sizeof(key) - 1, &out), "nor is a shorter one");
}

static void test_damage(void)
{
	unsigned believed = 0;
	off_t size = size_of(file);

	for (off_t at = 0; at < size; at++) {
		flip(at);
		believed += get();
		flip(at);
	}
	ok(size > 0 && believed == 0, "no flipped bit in any of %d bytes is believed", (int)size);
	ok(get(), "flipped back, it is");
	for (off_t n = 0; n < size; n++) {
		put();
		if (truncate(file, n) < 0 || get())
			believed++;
	}
	is_int(believed, 0, "nor is a file cut off anywhere");
	put();
	ok(truncate(file, size + 8) == 0 && !get(), "nor one with something behind it");
	put();
	ok(get(), "putting again mends it");
}

/* A file under the name of one key that was made for another. */
static void test_wrong_name(void)
{
	char other[160];
	struct sec_filter out;

	snprintf(other, sizeof(other), "%s/cinit/seccomp-%016llx", dir,
		 (unsigned long long)filter_hash(FILTER_HASH_START, "abc", 3));
	ok(link(file, other) == 0 && !filter_cache_get(&pool, "abc", 3, &out),
	   "the key inside counts, not the name");
	unlink(other);
}

static void test_trust(void)
{
	char moved[160];

	chmod(file, 0640);
	ok(!get(), "a file that others may read is not used");
	chmod(file, 0602);
	ok(!get(), "a file that others may write is not used");
	chmod(file, 0600);
	snprintf(moved, sizeof(moved), "%s/elsewhere", dir);
	ok(rename(file, moved) == 0 && symlink(moved, file) == 0 && !get(),
	   "a symlink is not followed");
	unlink(file);
	ok(mkfifo(file, 0600) == 0 && !get(), "a FIFO is not waited for");
	unlink(file);
	ok(mkdir(file, 0700) == 0 && !get(), "a directory is not read");
	rmdir(file);
	ok(rename(moved, file) == 0 && get(), "(the file is back)");
	snprintf(moved, sizeof(moved), "%s/cinit", dir);
	chmod(moved, 0777);
	ok(!get(), "a directory that others may write is not used");
	chmod(moved, 0700);
	ok(get(), "(it is the caller's again)");
}

static void test_no_cache(void)
{
	struct rlimit saved, none;

	setenv("XDG_CACHE_HOME", "relative", 1);
	unsetenv("HOME");
	put();
	ok(!get() && access("relative", F_OK) < 0, "a relative XDG_CACHE_HOME is ignored");
	setenv("HOME", "/dev/null", 1);
	put();
	ok(!get(), "a home that is no directory is no error");
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", dir, 1);
	put();
	ok(get(), "$HOME/.cache is used without XDG_CACHE_HOME");
	setenv("XDG_CACHE_HOME", dir, 1);
	unlink(file);
	getrlimit(RLIMIT_FSIZE, &saved);
	none = (struct rlimit){ 0, saved.rlim_max };
	setrlimit(RLIMIT_FSIZE, &none);
	put();
	setrlimit(RLIMIT_FSIZE, &saved);
	ok(!get() && size_of(file) < 0, "with ulimit -f 0 nothing is kept and nobody dies");
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir) || (geteuid() == 0 &&
			      (chown(dir, 65534, 65534) < 0 || setresgid(65534, 65534, 65534) < 0 ||
			       setresuid(65534, 65534, 65534) < 0)))
		return 1;
	setenv("XDG_CACHE_HOME", dir, 1);
	find_file();
	test_keeping();
	test_damage();
	test_wrong_name();
	test_trust();
	test_no_cache();
	snprintf(command, sizeof(command), "ls -A %s/cinit | grep -c .; rm -rf %s", dir, dir);
	FILE *ls = popen(command, "r");
	int left = -1;

	if (ls && fscanf(ls, "%d", &left) != 1)
		left = -1;
	is_int(left, 0, "no temporary file is left");
	if (ls)
		pclose(ls);
	rmdir(dir);
	pool_release(&pool);
	return done();
}
