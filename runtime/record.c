/* runtime/record.c - what the disk knows of running containers.
 *
 * The run directory has a folder `containers` with three files for each:
 *
 *	NAME.lock	flock()ed by the monitor as long as the container lives
 *	NAME.json	pid, names and times for other commands, replaced by rename
 *	NAME.sock	where the monitor answers them; see ctl.h
 *
 * NAME is --name, else the id. A lock that can be taken belongs to nobody: its
 * container is dead (the kernel ended it with its monitor), and whoever notices
 * removes what is left; each start looks, but see look_is_due(). So SIGKILL needs no
 * clean-up of its own, and a record is never believed without its lock. Nothing is
 * fsynced: run state means nothing after a power cut, and every reader can tell a dead
 * record from a live one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <yyjson.h>

#include "lib/dirs.h"
#include "lib/err.h"
#include "runtime/box.h"

enum {
	RECORD_MAX = 1 << 20,
	FEW_RECORDS = 64, /* are looked at by each start */
};

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

int record_dir(void)
{
	int dir;

	return open_containers(&dir) < 0 ? -1 : dir;
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

bool record_alive(int dir, const char *name)
{
	AUTO_FD int lock = -1;
	int got = take_lock(dir, name, &lock);

	err_clear();
	return got == 0;
}

static yyjson_doc *read_record(int dir, const char *file);

static void unlink_files(int dir, const char *name)
{
	static const char *const suffixes[] = { ".json", ".json.new", ".sock", ".lock" };
	char file[96];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		unlinkat(dir, file_name(file, name, suffixes[i]), 0);
}

/* 0 if there is none. Kernel: no two cgroups have the same one before the next boot. */
static uint64_t inode_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Its cgroup; the record says where, and is believed as far as the name agrees. Where the
 * container had no pid namespace of its own, its processes have outlived a monitor that was
 * killed: they end now. Somebody who has made a cgroup of the same name since, with another
 * run directory, keeps his. */
static void clear_cgroup(int dir, const char *name)
{
	char file[96], path[CGROUP_PATH_MAX];
	yyjson_doc *doc = read_record(dir, file_name(file, name, ".json"));
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *said = yyjson_get_str(yyjson_obj_get(root, "cgroup"));
	struct cgroup g = { .fd = -1, .inner = -1 };

	if (said && strlen(said) < sizeof(g.dir) && strrchr(said, '/') > said &&
	    strncmp(strrchr(said, '/'), "/ctr-", 5) == 0 &&
	    strcmp(strrchr(said, '/') + 5, name) == 0) {
		strcpy(g.dir, said);
		strcpy(path, said);
		*strrchr(path, '/') = '\0';
		strcpy(g.home, path);
		g.fd = open(said, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inode_of(g.fd) != yyjson_get_uint(yyjson_obj_get(root, "cgroup_inode")))
			fd_close(&g.fd);
		cgroup_undo(&g);
	}
	yyjson_doc_free(doc);
}

/* What a dead container has left, while its lock is held: nobody can have the name. */
static void clear(int dir, const char *name)
{
	clear_cgroup(dir, name);
	names_forget(dir, name);
	unlink_files(dir, name);
}

void record_bury(int dir, const char *name)
{
	AUTO_FD int lock = -1;

	if (take_lock(dir, name, &lock) == 1)
		clear(dir, name);
	err_clear();
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
			clear(dir, name);
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

/* Look at every record once and remove those without a living monitor. How many these were;
 * how many LIVE. */
static int clear_dead(int dir, int *live)
{
	int cleared = 0;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	*live = 0;
	if (!d) {
		fd_close(&copy);
		return 0;
	}
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);
		char name[80];

		if (n <= 5 || n - 5 >= sizeof(name) || strcmp(e->d_name + n - 5, ".lock") != 0)
			continue;
		memcpy(name, e->d_name, n - 5);
		name[n - 5] = '\0';
		AUTO_FD int lock = -1;
		int got = take_lock(dir, name, &lock);
		if (got == 1) {
			clear(dir, name);
			cleared++;
		}
		*live += got == 0;
	}
	closedir(d);
	err_clear();
	return cleared;
}

/* Is it time to look at all records? LOOKED is the file that says when somebody did, and by
 * its length how many containers there were: so many milliseconds go by before the next
 * time. A start among a thousand would be as busy with them as with its own container. */
static bool look_is_due(int looked)
{
	struct timespec now;
	struct stat st;

	if (looked < 0 || fstat(looked, &st) < 0 || st.st_size <= FEW_RECORDS)
		return true;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t ms = (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000 +
		     (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	return ms < 0 || ms >= st.st_size;
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
		    (strcmp(e->d_name, b->record.name) == 0 || !record_alive(dir, e->d_name)) &&
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
	snprintf(r->name, sizeof(r->name), "%s", spec->name ? spec->name : spec->id);
	int got = make_lock(r->dir, r->name, &r->lock);
	if (got == 0)
		return fail_plain("the name %s is in use by a running container", r->name);
	return got < 0 ? -1 : 0;
}

static void put_address(yyjson_mut_doc *doc, yyjson_mut_val *o, const char *key,
			const struct net_addr *a, bool prefix)
{
	char text[52];

	if (a->family)
		yyjson_mut_obj_add_strcpy(doc, o, key, net_addr_text(text, a, prefix));
}

static void put_words(yyjson_mut_doc *doc, yyjson_mut_val *array, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		yyjson_mut_arr_add_strncpy(doc, array, words, n);
		words += n;
		words += *words == ' ';
	}
}

static void put_network(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct box_net *net)
{
	const struct net_lease *l = &net->lease;
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, array);
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", l->mac[0], l->mac[1], l->mac[2],
		 l->mac[3], l->mac[4], l->mac[5]);
	yyjson_mut_obj_add_strcpy(doc, o, "network", l->net);
	yyjson_mut_obj_add_uint(doc, o, "network_id", l->net_id);
	yyjson_mut_obj_add_strcpy(doc, o, "interface", l->ifname);
	if (l->host_if[0])
		yyjson_mut_obj_add_strcpy(doc, o, "host_interface", l->host_if);
	put_address(doc, o, "ip", &l->ip4, true);
	put_address(doc, o, "ip6", &l->ip6, true);
	put_address(doc, o, "gateway", &l->gw4, false);
	put_address(doc, o, "gateway6", &l->gw6, false);
	yyjson_mut_obj_add_strcpy(doc, o, "mac", mac);
	put_words(doc, yyjson_mut_obj_add_arr(doc, o, "aliases"), net->aliases);
}

static void put_port(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct net_port *p)
{
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, array);
	char host[52] = "";

	if (p->host.family)
		net_addr_text(host, &p->host, false);
	yyjson_mut_obj_add_str(doc, o, "proto",
			       p->proto == IPPROTO_TCP ? "tcp" :
			       p->proto == IPPROTO_UDP ? "udp" :
							 "sctp");
	yyjson_mut_obj_add_strcpy(doc, o, "host", host);
	yyjson_mut_obj_add_uint(doc, o, "host_port", p->host_first);
	yyjson_mut_obj_add_uint(doc, o, "port", p->inside_first);
	yyjson_mut_obj_add_uint(doc, o, "count", p->count);
}

static void put_networks(yyjson_mut_doc *doc, yyjson_mut_val *o, const struct box *b)
{
	const struct spec *spec = b->spec;
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, o, "networks");

	for (size_t i = 0; i < b->nnets; i++)
		put_network(doc, array, &b->net[i]);
	array = yyjson_mut_obj_add_arr(doc, o, "ports");
	for (size_t i = 0; i < b->ports.n; i++)
		put_port(doc, array, &b->ports.row[i].port);
	array = yyjson_mut_obj_add_arr(doc, o, "exposed");
	for (size_t i = 0; i < spec->nexposed; i++)
		put_port(doc, array, &spec->exposed[i]);
	if (b->rate.up || b->rate.down) {
		yyjson_mut_val *rate = yyjson_mut_obj_add_obj(doc, o, "net_rate");

		yyjson_mut_obj_add_uint(doc, rate, "up", b->rate.up);
		yyjson_mut_obj_add_uint(doc, rate, "down", b->rate.down);
		yyjson_mut_obj_add_uint(doc, rate, "burst", b->rate.burst);
	}
	if (!spec->nlinks)
		return;
	array = yyjson_mut_obj_add_arr(doc, o, "links");
	for (size_t i = 0; i < spec->nlinks; i++) {
		yyjson_mut_val *link = yyjson_mut_arr_add_obj(doc, array);

		yyjson_mut_obj_add_str(doc, link, "container", spec->links[i].key);
		yyjson_mut_obj_add_str(doc, link, "alias", spec->links[i].val);
	}
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
	yyjson_mut_obj_add_int(doc, o, "created", b->created);
	yyjson_mut_obj_add_str(doc, o, "rootfs", b->spec->rootfs);
	if (b->spec->stop_signal != SIGTERM)
		yyjson_mut_obj_add_int(doc, o, "stop_signal", b->spec->stop_signal);
	if (b->spec->stop_timeout_set)
		yyjson_mut_obj_add_uint(doc, o, "stop_timeout", b->spec->stop_timeout);
	if (b->cgroup.dir[0]) {
		yyjson_mut_obj_add_str(doc, o, "cgroup", b->cgroup.dir);
		yyjson_mut_obj_add_uint(doc, o, "cgroup_inode", inode_of(b->cgroup.fd));
	}
	yyjson_mut_val *argv = yyjson_mut_obj_add_arr(doc, o, "argv");
	for (const char **a = b->spec->argv; *a; a++)
		yyjson_mut_arr_add_str(doc, argv, *a);
	put_networks(doc, o, b);
	/* Who is linked to it is told. The directory is the user's alone. */
	argv = yyjson_mut_obj_add_arr(doc, o, "env");
	for (const char **e = b->spec->env; *e; e++)
		yyjson_mut_arr_add_str(doc, argv, *e);
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

static bool is_alive(void *ctx, const char *name)
{
	return record_alive(*(int *)ctx, name);
}

void record_clear(struct box *b)
{
	int *dir = &b->record.dir, live;

	if (*dir < 0 || b->record.cleared)
		return;
	b->record.cleared = true;
	AUTO_FD int looked = openat(*dir, ".looked", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
				    0600);
	if (!look_is_due(looked))
		return;
	clear_dead(*dir, &live);
	/* Of those who were killed before they had a record. */
	if (b->cgroup.dir[0])
		cgroup_sweep(b->cgroup.home, is_alive, dir);
	/* When this fails, the next start looks as well. */
	if (looked >= 0 && ftruncate(looked, live) == 0)
		futimens(looked, NULL);
}

void record_undo(struct box *b)
{
	struct record *r = &b->record;

	record_clear(b);

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

/* NULL: not there, or not one of ours. */
static yyjson_doc *read_record(int dir, const char *file)
{
	AUTO_FREE char *text = malloc(RECORD_MAX + 1);
	ssize_t n = text ? fd_read_file(dir, file, text, RECORD_MAX) : -1;

	return n < 0 ? NULL : yyjson_read(text, (size_t)n, YYJSON_READ_ALLOW_INVALID_UNICODE);
}

/* The pid in record FILE if its id begins with WHO or WHO is NULL; else 0. */
static pid_t read_pid(int dir, const char *file, const char *id_prefix)
{
	yyjson_doc *doc = read_record(dir, file);
	yyjson_val *o = yyjson_doc_get_root(doc);
	const char *id = yyjson_get_str(yyjson_obj_get(o, "id"));
	yyjson_val *v = yyjson_obj_get(o, "pid");
	pid_t pid = 0;

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

int record_each(int (*fn)(void *ctx, const char *name, yyjson_val *record), void *ctx)
{
	AUTO_FD int dir = record_dir();
	DIR *d = dir < 0 ? NULL : fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;
	int ret = 0;

	if (!d)
		return dir < 0 ? -1 : fail("read the containers' directory");
	while (ret == 0 && (e = readdir(d))) {
		char name[80];

		if (!name_of(e->d_name, name) || !record_alive(dir, name))
			continue;
		yyjson_doc *doc = read_record(dir, e->d_name);
		if (doc)
			ret = fn(ctx, name, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
	}
	closedir(d);
	return ret;
}

int record_collect(void)
{
	AUTO_FD int dir = record_dir();
	int live;

	return dir < 0 ? -1 : clear_dead(dir, &live);
}

int record_find(const char *who, pid_t *pid, char name[80])
{
	AUTO_FD int dir = -1;
	char file[96], found[80];
	struct dirent *e;

	*pid = 0;
	if (open_containers(&dir) < 0)
		return -1;
	if (strlen(who) < sizeof(found) && !strchr(who, '/') && record_alive(dir, who)) {
		*pid = read_pid(dir, file_name(file, who, ".json"), NULL);
		strcpy(found, who);
	}
	DIR *d = *pid > 0 || strlen(who) < 4 ?
			 NULL :
			 fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (d && *pid <= 0 && (e = readdir(d)))
		if (name_of(e->d_name, found) && record_alive(dir, found))
			*pid = read_pid(dir, e->d_name, who);
	if (d)
		closedir(d);
	if (*pid <= 0)
		return fail_plain("no running container has this name or id");
	if (name)
		strcpy(name, found);
	return 0;
}

int record_with(const char *who, int (*fn)(void *ctx, const char *name, yyjson_val *record),
		void *ctx)
{
	char file[96], name[80];
	pid_t pid;

	if (record_find(who, &pid, name) < 0)
		return -1;
	AUTO_FD int dir = record_dir();
	yyjson_doc *doc = dir < 0 ? NULL : read_record(dir, file_name(file, name, ".json"));
	if (!doc)
		return dir < 0 ? -1 : fail_plain("this container has just ended");
	fn(ctx, name, yyjson_doc_get_root(doc));
	yyjson_doc_free(doc);
	return 0;
}
