/* tests/unit/fs_args.c - what -v, --mount, --tmpfs and --device take and refuse. */
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fs.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "tests/unit/tap.h"

static struct pool pool;
static struct mount_want m;

typedef int reader(struct pool *, const char *, struct mount_want *);

/* Refused, with one line that names the argument. */
static void no(reader *read, const char *arg, const char *words)
{
	err_clear();
	ok(read(&pool, arg, &m) == -1, "refused: %s", arg);
	ok(strstr(err_text(), words) && strstr(err_text(), arg) && !strchr(err_text(), '\n') &&
		   !err_hint_text()[0],
	   "  with: %s", err_text());
}

static void yes(reader *read, const char *arg)
{
	err_clear();
	if (!ok(read(&pool, arg, &m) == 0, "taken: %s", arg))
		printf("# %s\n", err_text());
}

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static void test_volume(void)
{
	yes(fs_volume_parse, "/a/b:/c");
	ok(m.kind == MOUNT_BIND && m.recursive && !m.chown, "a bind with all that is below");
	is_str(m.src, "/a/b", "the source");
	is_str(m.dst, "/c", "the target");
	ok(m.attr_set == SAFE && m.attr_clr == 0, "no setuid programs, no devices");
	is_int(m.propagation, 0, "private by default");
	is_str(m.arg, "-v /a/b:/c", "the user's words are kept");

	yes(fs_volume_parse, "/a//b/../c/:/x/./y//z/:ro");
	is_str(m.src, "/a/c", "a crooked source is made straight");
	is_str(m.dst, "/x/y/z", "and a crooked target");
	ok(m.attr_set == (SAFE | MOUNT_ATTR_RDONLY), "ro");
	yes(fs_volume_parse, "/a:/b:rw");
	ok(m.attr_clr == MOUNT_ATTR_RDONLY && m.attr_set == SAFE,
	   "rw asks for read-only to be lifted");
	no(fs_volume_parse, "/a:/b:exec,noexec", "contradicts");
	yes(fs_volume_parse, "/a:/b:suid,dev");
	ok(m.attr_set == 0 && m.attr_clr == SAFE, "suid and dev lift what is the default");
	yes(fs_volume_parse, "/a:/b:ro,ro,nosuid");
	yes(fs_volume_parse, "/a:/b:noexec,nosymfollow,nodiratime");
	ok(m.attr_set == (SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME),
	   "noexec, nosymfollow, nodiratime");
	yes(fs_volume_parse, "/a:/b:noatime");
	ok((m.attr_set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME && m.attr_clr == MOUNT_ATTR__ATIME,
	   "noatime names the whole field");
	yes(fs_volume_parse, "/a:/b:z,Z,cached,delegated,consistent,nocopy");
	ok(m.attr_set == SAFE && m.attr_clr == 0, "words of other systems change nothing");
	yes(fs_volume_parse, "/a:/b:U,rslave");
	ok(m.chown && m.propagation == (MS_SLAVE | MS_REC), "U, rslave");
	yes(fs_volume_parse, "/a:/b:bind,shared");
	ok(!m.recursive && m.propagation == MS_SHARED, "bind, shared");
	yes(fs_volume_parse, "/a\\:b:/c\\:d");
	is_str(m.src, "/a:b", "a colon in the source, behind a backslash");
	is_str(m.dst, "/c:d", "and in the target");

	yes(fs_volume_parse, "./x:/y");
	char *cwd = getcwd(NULL, 0);
	ok(m.src[0] == '/' && strncmp(m.src, cwd, strlen(cwd)) == 0 &&
		   strcmp(m.src + strlen(cwd) - !cwd[1], "/x") == 0,
	   "a relative source is made absolute: %s", m.src);
	free(cwd);

	no(fs_volume_parse, "/a", "SOURCE:TARGET");
	no(fs_volume_parse, "", "SOURCE:TARGET");
	no(fs_volume_parse, ":/b", "source is empty");
	no(fs_volume_parse, "/a:", "target is empty");
	no(fs_volume_parse, "/a::ro", "target is empty");
	no(fs_volume_parse, "/a:b", "absolute path");
	no(fs_volume_parse, "/a:./b", "absolute path");
	no(fs_volume_parse, "/a:/../b", "climbs out");
	no(fs_volume_parse, "/a:/b/../../c", "climbs out");
	no(fs_volume_parse, "/a:/b:ro,rw", "contradicts");
	no(fs_volume_parse, "/a:/b:noatime,relatime", "contradicts");
	no(fs_volume_parse, "/a:/b:slave,shared", "contradicts");
	no(fs_volume_parse, "/a:/b:nonsense", "unknown option nonsense");
	no(fs_volume_parse, "/a:/b:RO", "unknown option RO");
	no(fs_volume_parse, "/a:/b:", "unknown option");
	no(fs_volume_parse, "/a:/b:ro,", "unknown option");
	no(fs_volume_parse, "/a:/b:ro:rw", "two colons");
	no(fs_volume_parse, "data:/b", "names are not there yet");
	no(fs_volume_parse, "data/x:/b", "begins with ./");
	err_clear();
	ok(fs_volume_parse(&pool, "/a:/b\nc", &m) == -1, "control characters are refused");

	char *deep = malloc(6000);
	memset(deep, 'x', 5999);
	deep[5999] = '\0';
	memcpy(deep, "/a:/", 4);
	err_clear();
	ok(fs_volume_parse(&pool, deep, &m) == -1, "a target of 6000 bytes is refused");
	free(deep);
}

static void test_tmpfs(void)
{
	yes(fs_tmpfs_parse, "/t");
	ok(m.kind == MOUNT_TMPFS && !m.src, "a tmpfs");
	ok(m.attr_set == (SAFE | MOUNT_ATTR_NOEXEC), "nosuid, nodev, noexec by default");
	is_str(m.tmpfs_data, NULL, "no options");
	yes(fs_tmpfs_parse, "/t:size=64m,mode=1770,exec,uid=5,gid=6,nr_inodes=1k,rw");
	is_str(m.tmpfs_data, "size=67108864,mode=1770,uid=5,gid=6,nr_inodes=1024",
	       "options, in bytes");
	ok(m.attr_set == SAFE && m.attr_clr == 0, "exec takes noexec away, nothing is lifted");
	yes(fs_tmpfs_parse, "/t:size=50%,ro,noatime");
	is_str(m.tmpfs_data, "size=50%", "a share of the memory");
	ok(m.attr_set & MOUNT_ATTR_RDONLY && m.attr_set & MOUNT_ATTR_NOATIME, "ro, noatime");
	no(fs_tmpfs_parse, "t", "absolute path");
	no(fs_tmpfs_parse, "", "target is empty");
	no(fs_tmpfs_parse, "/t:size=", "size is a number");
	no(fs_tmpfs_parse, "/t:size=64q", "size is a number");
	no(fs_tmpfs_parse, "/t:size=-1", "size is a number");
	no(fs_tmpfs_parse, "/t:size=0%", "size is a number");
	no(fs_tmpfs_parse, "/t:size=101%", "size is a number");
	no(fs_tmpfs_parse, "/t:size=99999999999999999999", "size is a number");
	no(fs_tmpfs_parse, "/t:mode=9", "octal");
	no(fs_tmpfs_parse, "/t:mode=17777", "octal");
	no(fs_tmpfs_parse, "/t:uid=4294967295", "not a number");
	no(fs_tmpfs_parse, "/t:uid=root", "not a number");
	no(fs_tmpfs_parse, "/t:size", "unknown option");
	no(fs_tmpfs_parse, "/t:huge=always", "unknown option");
	no(fs_tmpfs_parse, "/t:exec,noexec", "contradicts");
	no(fs_tmpfs_parse, "/t:tmpcopyup", "unknown option");
}

static void test_mount(void)
{
	yes(fs_mount_parse, "type=bind,source=/a,target=/b");
	ok(m.kind == MOUNT_BIND && m.recursive && m.attr_set == SAFE, "a bind");
	yes(fs_mount_parse,
	    "dst=/b,src=/a,readonly,type=bind,bind-propagation=rshared,bind-nonrecursive");
	ok(m.attr_set & MOUNT_ATTR_RDONLY && m.propagation == (MS_SHARED | MS_REC) && !m.recursive,
	   "keys in whatever order");
	yes(fs_mount_parse,
	    "type=bind,src=/a,destination=/b,ro=false,bind-recursive=disabled,chown");
	ok(m.attr_clr == MOUNT_ATTR_RDONLY && !m.recursive && m.chown, "ro=false is rw");
	yes(fs_mount_parse, "type=bind,src=/a,dst=/b,rw=false");
	ok(m.attr_set & MOUNT_ATTR_RDONLY, "rw=false is ro");
	yes(fs_mount_parse, "type=bind,\"src=/a,b\",dst=/c,consistency=cached,relabel=shared");
	is_str(m.src, "/a,b", "a comma inside quotes");
	yes(fs_mount_parse, "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700");
	ok(m.kind == MOUNT_TMPFS && m.attr_set == (SAFE | MOUNT_ATTR_NOEXEC), "a tmpfs");
	is_str(m.tmpfs_data, "size=1048576,mode=700", "its options");
	no(fs_mount_parse, "dst=/b", "type= is missing");
	no(fs_mount_parse, "", "type= is missing");
	no(fs_mount_parse, "type=,dst=/b", "type is bind or tmpfs");
	no(fs_mount_parse, "type=floppy,dst=/b", "floppy");
	no(fs_mount_parse, "type=volume,dst=/b", "not there yet");
	no(fs_mount_parse, "type=bind,dst=/b", "source= is missing");
	no(fs_mount_parse, "type=bind,src=/a", "target= is missing");
	no(fs_mount_parse, "type=bind,src=,dst=/b", "source is empty");
	no(fs_mount_parse, "type=bind,src,dst=/b", "source is empty");
	no(fs_mount_parse, "type=bind,src=/a,dst=", "target is empty");
	no(fs_mount_parse, "type=bind,src=/a,dst=b", "absolute path");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,colour=red", "unknown key colour");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,", "unknown key");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,readonly=maybe", "true or false");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,readonly,rw", "contradicts");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,bind-propagation=often", "often");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,bind-recursive=perhaps", "perhaps");
	no(fs_mount_parse, "type=bind,src=/a,dst=/b,tmpfs-size=1m", "unknown key tmpfs-size");
	no(fs_mount_parse, "type=tmpfs,dst=/b,src=/a", "unknown key src");
	no(fs_mount_parse, "type=tmpfs,dst=/b,tmpfs-size=big", "size is a number");
}

static void test_device(void)
{
	yes(fs_device_parse, "/dev/fuse");
	ok(m.kind == MOUNT_DEVICE, "a device");
	is_str(m.src, "/dev/fuse", "from");
	is_str(m.dst, "/dev/fuse", "to the same place");
	ok(!(m.attr_set & MOUNT_ATTR_NODEV), "that works as a device");
	yes(fs_device_parse, "/dev/fuse:rw");
	is_str(m.dst, "/dev/fuse", "permissions are no target");
	yes(fs_device_parse, "/dev/fuse:/dev/f:rwm");
	is_str(m.dst, "/dev/f", "somewhere else");
	no(fs_device_parse, "fuse", "absolute");
	no(fs_device_parse, "", "absolute");
	no(fs_device_parse, "/dev/fuse:x", "absolute path");
	no(fs_device_parse, "/dev/fuse:/dev/f:x", "letters r, w and m");
	no(fs_device_parse, "/dev/fuse:/dev/f:", "letters r, w and m");
	no(fs_device_parse, "/dev/fuse:", "target is empty");
	no(fs_device_parse, "/dev/fuse:/../f", "climbs out");
	no(fs_device_parse, "nvidia.com/gpu=all", "CDI");
}

static void test_propagation(void)
{
	static const char *const words[] = { "shared",  "rshared",  "slave",      "rslave",
					     "private", "rprivate", "unbindable", "runbindable" };
	static const unsigned long flags[] = { MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE };
	unsigned long got;

	for (size_t i = 0; i < 8; i++)
		ok(fs_propagation_parse(words[i], &got) == 0 &&
			   got == (flags[i / 2] | (i % 2 ? MS_REC : 0)),
		   "%s", words[i]);
	ok(fs_propagation_parse("rrslave", &got) == -1, "rrslave is refused");
	ok(fs_propagation_parse("", &got) == -1, "nothing is refused");
}

int main(void)
{
	test_volume();
	test_tmpfs();
	test_mount();
	test_device();
	test_propagation();
	pool_release(&pool);
	return done();
}
