/* runtime/record.c - what the disk knows of running containers.
 *
 * The run directory has a folder `containers` with two files for each:
 *
 *	NAME.lock	flock()ed by the monitor as long as the container lives
 *	NAME.json	pid, names and times for other commands, replaced by rename
 *
 * NAME is --name, else the id. A lock that can be taken belongs to nobody: its
 * container is dead (the kernel ended it with its monitor), and whoever notices
 * removes what is left. So SIGKILL needs no clean-up of its own, and a record is
 * never believed without its lock. Nothing is fsynced: run state means nothing
 * after a power cut, and every reader can tell a dead record from a live one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <yyjson.h>

#include "lib/dirs.h"
#include "lib/err.h"
#include "runtime/box.h"

enum { RECORD_MAX = 16384 };

static int open_containers(int *out)
{
	char path[300];

	if (dirs_run(path, sizeof(path) - 16) < 0)
		return -1;
	/* The parent first, so that it gets the private mode. */
	strcat(path, "/containers");
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		path[strlen(path) - strlen("/containers")] = '\0';
		AUTO_FD int run = dirs_open(path);

		if (run < 0)
			return -1;
		strcat(path, "/containers");
	}
	fd_close(&fd);
	*out = dirs_open(path);
	return *out < 0 ? -1 : 0;
}

static char *file_name(char buf[96], const char *name, const char *suffix)
{
	snprintf(buf, 96, "%s%s", name, suffix);
	return buf;
}

/* Take the lock of NAME that is there. 1: taken (*LOCK is the caller's); 0: somebody
 * has it; -1 with fail(), ENOENT when there is none (any more). */
static int take_lock(int dir, const char *name, int *lock)
{
	char file[96];
	struct stat a, b;
	AUTO_FD int fd = openat(dir, file_name(file, name, ".lock"), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fail("open %s", file);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : fail("lock %s", file);
	/* Somebody may have removed it between open and lock: then we hold the lock of
	 * a file that no longer has a name. */
	if (fstat(fd, &a) < 0 || fstatat(dir, file, &b, AT_SYMLINK_NOFOLLOW) < 0 ||
	    a.st_ino != b.st_ino) {
		errno = ENOENT;
		return fail("lock %s", file);
	}
	*lock = fd_take(&fd);
	return 1;
}

/* Has container NAME a living monitor? */
static bool alive(int dir, const char *name)
{
	AUTO_FD int lock = -1;
	int got = take_lock(dir, name, &lock);

	err_clear();
	return got == 0;
}

static void unlink_files(int dir, const char *name)
{
	static const char *const suffixes[] = { ".json", ".json.new", ".lock" };
	char file[96];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		unlinkat(dir, file_name(file, name, suffixes[i]), 0);
}

/* Give NAME a lock file that is ours. It is locked before it has a name, so that
 * nobody who clears up can take it for a dead one. As take_lock(), but never ENOENT. */
static int make_lock(int dir, const char *name, int *lock)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	char self[40], file[96];
	int patience = 10;
	AUTO_FD int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail("make a lock for %s", name);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	file_name(file, name, ".lock");
	while (linkat(AT_FDCWD, self, dir, file, AT_SYMLINK_FOLLOW) < 0) {
		AUTO_FD int dead = -1;

		if (errno != EEXIST)
			return fail("make %s", file);
		int got = take_lock(dir, name, &dead);
		if (got > 0)
			unlink_files(dir, name);
		else if (got < 0 && errno != ENOENT)
			return -1;
		/* Whoever looks whether it is dead has it for a moment, too. */
		else if (got == 0 && --patience == 0)
			return 0;
		else
			nanosleep(&moment, NULL);
	}
	err_clear();
	*lock = fd_take(&fd);
	return 1;
}

/* Look at every record once and remove those without a living monitor. */
static void clear_dead(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		fd_close(&copy);
		return;
	}
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);
		char name[80];

		if (n <= 5 || n - 5 >= sizeof(name) || strcmp(e->d_name + n - 5, ".lock") != 0)
			continue;
		memcpy(name, e->d_name, n - 5);
		name[n - 5] = '\0';
		AUTO_FD int lock = -1;
		if (take_lock(dir, name, &lock) == 1)
			unlink_files(dir, name);
	}
	closedir(d);
	err_clear();
}

/* The scratch roots of containers that live no more. DIR is where the records are,
 * SCRATCH the scratch directory. */
static void clear_scratch(struct box *b, int dir, int scratch)
{
	int copy = openat(scratch, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	while (d && (e = readdir(d)))
		/* The name that has just been taken over is ours, its leftovers are not. */
		if (e->d_name[0] != '.' &&
		    (strcmp(e->d_name, b->record.name) == 0 || !alive(dir, e->d_name)) &&
		    scrub(b->pool, scratch, e->d_name) < 0) {
			fail_in("clear what container %s left", e->d_name);
			err_print();
		}
	if (d)
		closedir(d);
}

int record_create(struct box *b)
{
	struct record *r = &b->record;
	const struct spec *spec = b->spec;

	if (open_containers(&r->dir) < 0)
		return -1;
	clear_dead(r->dir);
	snprintf(r->name, sizeof(r->name), "%s", spec->name ? spec->name : spec->id);
	int got = make_lock(r->dir, r->name, &r->lock);
	if (got == 0)
		return fail_plain("the name %s is in use by a running container", r->name);
	return got < 0 ? -1 : 0;
}

static char *record_text(const struct box *b, size_t *len)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *o = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, o);
	yyjson_mut_obj_add_str(doc, o, "id", b->spec->id);
	if (b->spec->name)
		yyjson_mut_obj_add_str(doc, o, "name", b->spec->name);
	yyjson_mut_obj_add_int(doc, o, "pid", b->pid);
	yyjson_mut_obj_add_int(doc, o, "monitor", getpid());
	yyjson_mut_obj_add_int(doc, o, "created", (int64_t)time(NULL));
	yyjson_mut_obj_add_str(doc, o, "rootfs", b->spec->rootfs);
	yyjson_mut_val *argv = yyjson_mut_obj_add_arr(doc, o, "argv");
	for (const char **a = b->spec->argv; *a; a++)
		yyjson_mut_arr_add_str(doc, argv, *a);
	/* argv may hold any bytes; a record must stay readable all the same. */
	char *text = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, len);
	yyjson_mut_doc_free(doc);
	return text;
}

int record_write(struct box *b)
{
	char tmp[96], file[96];
	size_t len;
	AUTO_FREE char *text = record_text(b, &len);

	file_name(tmp, b->record.name, ".json.new");
	file_name(file, b->record.name, ".json");
	if (!text)
		return fail_plain("no memory for a record");
	if (fd_write_file(b->record.dir, tmp, O_CREAT | O_TRUNC, text, len) < 0 ||
	    renameat(b->record.dir, tmp, b->record.dir, file) < 0)
		return fail("write record %s", file);
	return 0;
}

void record_undo(struct box *b)
{
	struct record *r = &b->record;

	if (r->scratch) {
		char path[sizeof(b->scratch) + 4];

		snprintf(path, sizeof(path), "%s/..", b->scratch);
		AUTO_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		const char *name = strrchr(b->scratch, '/') + 1;

		/* Empty when nothing was started; where user namespaces are forbidden
		 * scrub() could not help. */
		if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && scrub(b->pool, dir, name) < 0)
			err_print();
	}
	if (r->lock >= 0)
		unlink_files(r->dir, r->name);
	fd_close(&r->lock);
	fd_close(&r->dir);
}

int record_scratch_make(struct box *b)
{
	char path[240];

	b->scratch[0] = '\0';
	if (b->spec->overlay_upper || (b->spec->rootfs_rw && b->spec->root == ROOT_DIR) ||
	    !fs_needs_scratch_dir())
		return 0;
	if (record_create(b) < 0 || dirs_data(path, sizeof(path) - 16) < 0)
		return -1;
	strcat(path, "/scratch");
	AUTO_FD int dir = dirs_open(path);
	if (dir < 0)
		return -1;
	clear_scratch(b, b->record.dir, dir);
	/* Whoever is root inside makes the layers; the caller may have no id there. The
	 * directory above is the caller's alone, so nobody else comes by. */
	if (mkdirat(dir, b->record.name, 0700) < 0 || fchmodat(dir, b->record.name, 0777, 0) < 0)
		return fail("make directory %s/%s", path, b->record.name);
	b->record.scratch = true;
	snprintf(b->scratch, sizeof(b->scratch), "%s/%s", path, b->record.name);
	return 0;
}

/* ---- reading ---- */

/* The pid in record FILE if its id begins with WHO or WHO is NULL; else 0. */
static pid_t read_pid(int dir, const char *file, const char *id_prefix)
{
	char text[RECORD_MAX + 1];
	ssize_t n = fd_read_file(dir, file, text, RECORD_MAX);
	pid_t pid = 0;

	if (n < 0)
		return 0;
	yyjson_doc *doc = yyjson_read(text, (size_t)n, YYJSON_READ_ALLOW_INVALID_UNICODE);
	yyjson_val *o = yyjson_doc_get_root(doc);
	const char *id = yyjson_get_str(yyjson_obj_get(o, "id"));
	yyjson_val *v = yyjson_obj_get(o, "pid");
	if (yyjson_is_int(v) &&
	    (!id_prefix || (id && strncmp(id, id_prefix, strlen(id_prefix)) == 0)))
		pid = (pid_t)yyjson_get_sint(v);
	yyjson_doc_free(doc);
	return pid;
}

static bool name_of(const char *file, char name[80])
{
	size_t n = strlen(file);

	if (n <= 5 || n - 5 >= 80 || strcmp(file + n - 5, ".json") != 0)
		return false;
	memcpy(name, file, n - 5);
	name[n - 5] = '\0';
	return true;
}

int record_find(const char *who, pid_t *pid)
{
	AUTO_FD int dir = -1;
	char file[96], name[80];
	struct dirent *e;

	if (open_containers(&dir) < 0)
		return -1;
	if (strlen(who) < sizeof(name) && !strchr(who, '/') && alive(dir, who)) {
		*pid = read_pid(dir, file_name(file, who, ".json"), NULL);
		if (*pid > 0)
			return 0;
	}
	DIR *d = strlen(who) < 4 ? NULL :
				   fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	*pid = 0;
	while (d && (e = readdir(d)) && *pid <= 0)
		if (name_of(e->d_name, name) && alive(dir, name))
			*pid = read_pid(dir, e->d_name, who);
	if (d)
		closedir(d);
	if (*pid > 0)
		return 0;
	return fail_plain("no running container has this name or id");
}
