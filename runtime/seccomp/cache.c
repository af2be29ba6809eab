/* runtime/seccomp/cache.c - compiled filters, kept from one run to the next.
 *
 * The launcher reads a program before it would compile one (some milliseconds, up to
 * 20 with three ABIs) and writes it after. One file for each key:
 *
 *	$XDG_CACHE_HOME/cinit, else $HOME/.cache/cinit; /var/cache/cinit for root
 *	seccomp-HASH: head, key, program
 *
 * A program from here decides what a container may do, so it is used only if the
 * file is the caller's own and nobody else's to write, its key is the one wanted byte
 * by byte (the hash in the name is no proof), and its checksum holds. Everything
 * else is a miss. No failure in here is an error: compiling is always possible.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "runtime/seccomp/filter.h"

#define MAGIC UINT64_C(0x31666374696e6963)
enum { FILE_SIZE_MAX = (2 << 20) + BPF_MAXINSNS * sizeof(struct sock_filter) };

struct head {
	uint64_t magic, checksum; /* of all that follows this field */
	uint64_t key_size, insns;
};

static uint64_t checksum(const struct head *head, const void *key, const void *insns)
{
	uint64_t hash = filter_hash(FILTER_HASH_START, &head->key_size, sizeof(head->key_size));

	hash = filter_hash(hash, &head->insns, sizeof(head->insns));
	hash = filter_hash(hash, key, head->key_size);
	return filter_hash(hash, insns, head->insns * sizeof(struct sock_filter));
}

/* The cache directory, made on request; -1 when there is none to be had. */
static int open_cache(bool make)
{
	const char *base = "/var/cache", *below = "";
	char path[PATH_MAX];
	struct stat st;

	if (geteuid() != 0) {
		base = getenv("XDG_CACHE_HOME");
		if (!base || base[0] != '/') { /* relative ones are to be ignored, XDG */
			base = getenv("HOME");
			below = "/.cache";
		}
	}
	if (!base || base[0] != '/' || strlen(base) + 32 > sizeof(path))
		return -1;
	snprintf(path, sizeof(path), "%s%s", base, below);
	if (make)
		mkdir(path, 0700);
	strcat(path, "/cinit");
	if (make)
		mkdir(path, 0700);
	AUTO_FD int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* In a directory that others may write, names come and go as they like. */
	if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022))
		return -1;
	return fd_take(&dir);
}

static void file_name(char out[40], const void *key, size_t n)
{
	snprintf(out, 40, "seccomp-%016llx",
		 (unsigned long long)filter_hash(FILTER_HASH_START, key, n));
}

bool filter_cache_get(struct pool *pool, const void *key, size_t n, struct sec_filter *out)
{
	char name[40];
	struct stat st;
	AUTO_FD int dir = open_cache(false);

	if (dir < 0)
		return false;
	file_name(name, key, n);
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) || st.st_size > FILE_SIZE_MAX ||
	    (size_t)st.st_size < sizeof(struct head) + n + sizeof(struct sock_filter))
		return false;
	size_t size = (size_t)st.st_size;
	AUTO_FREE char *text = malloc(size + 1);

	if (!text || fd_read_all(fd, text, size) != (ssize_t)size)
		return false;
	struct head head;
	memcpy(&head, text, sizeof(head));
	if (head.magic != MAGIC || head.key_size != n || head.insns == 0 ||
	    head.insns > BPF_MAXINSNS ||
	    size != sizeof(head) + n + head.insns * sizeof(struct sock_filter) ||
	    memcmp(text + sizeof(head), key, n) != 0)
		return false;
	if (checksum(&head, key, text + sizeof(head) + n) != head.checksum)
		return false;
	struct sock_filter *insns = pool_alloc(pool, head.insns * sizeof(*insns));

	memcpy(insns, text + sizeof(head) + n, head.insns * sizeof(*insns));
	*out = (struct sec_filter){
		.insns = insns,
		.len = (unsigned short)head.insns,
		.from = "cache",
	};
	return true;
}

/* To a name of this process's own, then renamed: a reader sees all of it or none. */
static void put(int dir, const void *key, size_t n, const struct sec_filter *filter)
{
	char name[40], temp[64];
	struct head head = { .magic = MAGIC, .key_size = n, .insns = filter->len };
	size_t program = filter->len * sizeof(*filter->insns);

	head.checksum = checksum(&head, key, filter->insns);
	file_name(name, key, n);
	snprintf(temp, sizeof(temp), "%s.%d", name, (int)getpid());
	unlinkat(dir, temp, 0); /* left by a dead namesake */
	AUTO_FD int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				0600);

	if (fd < 0)
		return;
	if (fd_write_all(fd, &head, sizeof(head)) < 0 || fd_write_all(fd, key, n) < 0 ||
	    fd_write_all(fd, filter->insns, program) < 0 || renameat(dir, temp, dir, name) < 0)
		unlinkat(dir, temp, 0);
}

void filter_cache_put(const void *key, size_t n, const struct sec_filter *filter)
{
	/* A limit on file sizes is to fail the write, not to end cinit. */
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction saved;
	AUTO_FD int dir = open_cache(true);

	if (dir < 0 || n > FILE_SIZE_MAX / 2 || sigaction(SIGXFSZ, &ignore, &saved) < 0)
		return;
	put(dir, key, n, filter);
	sigaction(SIGXFSZ, &saved, NULL);
}
