/* fs/args.c - readers of -v, --mount, --tmpfs, --device and propagation words.
 *
 * The launcher runs these while it reads its options; they look at text only.
 * The words are docker's and podman's. Each error is one line that says what was
 * wrong, for which argument, and what would be right.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "fs.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/path.h"
#include "lib/sys.h"

/* One argument in the making. */
struct reading {
	struct pool *pool;
	const char *option; /* "-v", "--mount" ... */
	const char *arg;
	struct mount_want *out;
	uint64_t seen; /* attributes that were said, either way */
	char *data;    /* tmpfs options */
	bool propagation_seen;
};

static int refuse(const struct reading *r, const char *why, const char *what)
{
	return fail_plain("%s %s: %s%s", r->option, r->arg, why, what);
}

/* ---- words ---- */

/* Mount attributes. Kernel: the three atime kinds are one field, and a change of it
 * has to name all its bits. mount_setattr(2). */
static const struct {
	const char *word;
	uint64_t set, clr;
} attr_words[] = {
	{ "ro", MOUNT_ATTR_RDONLY, 0 },
	{ "readonly", MOUNT_ATTR_RDONLY, 0 },
	{ "rw", 0, MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0 },
	{ "suid", 0, MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, 0 },
	{ "dev", 0, MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0 },
	{ "exec", 0, MOUNT_ATTR_NOEXEC },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
	{ "diratime", 0, MOUNT_ATTR_NODIRATIME },
	{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
};

/* 1: WORD was an attribute; 0: it was not; -1: it contradicts an earlier one. */
static int read_attr(struct reading *r, const char *word)
{
	for (size_t i = 0; i < sizeof(attr_words) / sizeof(*attr_words); i++) {
		uint64_t set = attr_words[i].set, clr = attr_words[i].clr, bits = set | clr;
		struct mount_want *m = r->out;

		if (strcmp(word, attr_words[i].word) != 0)
			continue;
		if ((r->seen & bits) &&
		    ((m->attr_set & bits) != set || (m->attr_clr & bits) != (clr & bits)))
			return refuse(r, "contradicts an earlier option: ", word);
		r->seen |= bits;
		m->attr_set = (m->attr_set & ~bits) | set;
		m->attr_clr = (m->attr_clr & ~bits) | clr;
		return 1;
	}
	return 0;
}

static const struct {
	const char *word;
	unsigned long flags;
} propagation_words[] = {
	{ "shared", MS_SHARED },         { "rshared", MS_SHARED | MS_REC },
	{ "slave", MS_SLAVE },           { "rslave", MS_SLAVE | MS_REC },
	{ "private", MS_PRIVATE },       { "rprivate", MS_PRIVATE | MS_REC },
	{ "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE | MS_REC },
};

static bool propagation_flags(const char *word, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof(propagation_words) / sizeof(*propagation_words); i++) {
		if (strcmp(word, propagation_words[i].word) == 0) {
			*flags = propagation_words[i].flags;
			return true;
		}
	}
	return false;
}

int fs_propagation_parse(const char *word, unsigned long *flags)
{
	if (propagation_flags(word, flags))
		return 0;
	return fail_plain("propagation %s: it must be shared, slave, private or unbindable, or one "
			  "of these with an r in front",
			  word);
}

static int read_propagation(struct reading *r, const char *word)
{
	unsigned long flags;

	if (!propagation_flags(word, &flags))
		return 0;
	if (r->propagation_seen && r->out->propagation != flags)
		return refuse(r, "contradicts an earlier option: ", word);
	r->propagation_seen = true;
	r->out->propagation = flags;
	return 1;
}

/* Words that mean something to others and nothing here: SELinux labels, macOS's
 * consistency, copying at creation of named volumes. */
static bool is_accepted(const char *word)
{
	static const char *const words[] = { "z",         "Z",       "consistent", "cached",
					     "delegated", "default", "nocopy",     NULL };

	for (size_t i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* ---- paths ---- */

static int read_target(struct reading *r, const char *dst)
{
	if (!*dst)
		return refuse(r, "the target is empty", "");
	r->out->dst = path_clean(r->pool, dst);
	if (r->out->dst)
		return 0;
	switch (errno) {
	case EINVAL:
		return refuse(r, "the target must be an absolute path, not ", dst);
	case EXDEV:
		return refuse(r, "the target climbs out of the container: ", dst);
	default:
		return refuse(r, "the target is too long", "");
	}
}

/* A path of the machine: absolute, or relative with a dot in front, so that it
 * cannot be taken for a volume's name. */
static int read_source(struct reading *r, const char *src)
{
	if (!*src)
		return refuse(r, "the source is empty", "");
	if (src[0] != '/' && src[0] != '.') {
		if (strchr(src, '/'))
			return refuse(r, "a relative source begins with ./, not ", src);
		return fail_plain("%s %s: volumes with names are not there yet; for the directory, "
				  "write ./%s",
				  r->option, r->arg, src);
	}
	r->out->src = path_absolute(r->pool, src);
	return r->out->src ? 0 :
			     refuse(r,
				    "the source is too long, or there is no current "
				    "directory: ",
				    src);
}

/* Cut TEXT at the next SEP that has no backslash before it, and take backslashes
 * before SEP away. Returns what follows, or NULL. */
static char *cut(char *text, char sep)
{
	char *to = text;

	for (; *text && *text != sep; text++) {
		if (text[0] == '\\' && text[1] == sep)
			text++;
		*to++ = *text;
	}
	bool more = *text == sep;
	*to = '\0';
	return more ? text + 1 : NULL;
}

static bool has_control_bytes(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

static int begin(struct reading *r, struct mount_want *out, enum mount_kind kind)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	out->arg = pool_printf(r->pool, "%s %s", r->option, r->arg);
	if (has_control_bytes(r->arg))
		return fail_plain("%s: control characters in %s", r->option, r->arg);
	return 0;
}

/* ---- -v ---- */

static int volume_word(struct reading *r, const char *word)
{
	struct mount_want *m = r->out;
	int known = read_attr(r, word);

	if (known == 0)
		known = read_propagation(r, word);
	if (known)
		return known < 0 ? -1 : 0;
	if (strcmp(word, "U") == 0)
		m->chown = true;
	else if (strcmp(word, "bind") == 0)
		m->recursive = false;
	else if (strcmp(word, "rbind") == 0)
		m->recursive = true;
	else if (!is_accepted(word))
		return refuse(r, "unknown option ",
			      *word ? pool_printf(r->pool,
						  "%s; known are ro, rw, z, Z, U, [no]exec, "
						  "[no]suid, [no]dev, [no]symfollow, "
						  "[r]bind, [r]shared, [r]slave, "
						  "[r]private, [r]unbindable, *atime",
						  word) :
				      "\"\" (two commas, or one at an end)");
	return 0;
}

int fs_volume_parse(struct pool *pool, const char *arg, struct mount_want *out)
{
	struct reading r = { .pool = pool, .option = "-v", .arg = arg, .out = out };
	char *src = pool_strdup(pool, arg), *dst, *words, *next;

	if (begin(&r, out, MOUNT_BIND) < 0)
		return -1;
	out->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	out->recursive = true;
	dst = cut(src, ':');
	if (!dst)
		return refuse(&r, "a volume is SOURCE:TARGET[:OPTIONS]", "");
	words = cut(dst, ':');
	if (read_source(&r, src) < 0 || read_target(&r, dst) < 0)
		return -1;
	if (words && strchr(words, ':'))
		return refuse(&r, "a volume has at most two colons; write \\: for one in a path",
			      "");
	for (; words; words = next) {
		next = cut(words, ',');
		if (volume_word(&r, words) < 0)
			return -1;
	}
	return 0;
}

/* ---- tmpfs ---- */

static void add_data(struct reading *r, const char *key, const char *val)
{
	r->data = r->data ? pool_printf(r->pool, "%s,%s=%s", r->data, key, val) :
			    pool_printf(r->pool, "%s=%s", key, val);
	r->out->tmpfs_data = r->data;
}

/* "64m" in bytes, or "50%" of the memory as tmpfs(5) has it. */
static int tmpfs_size(struct reading *r, const char *key, const char *val)
{
	char text[24];
	uint64_t bytes;
	uint32_t percent;
	size_t n = strlen(val);

	if (n > 1 && n < 5 && val[n - 1] == '%' && strcmp(key, "size") == 0) {
		memcpy(text, val, n - 1);
		text[n - 1] = '\0';
		if (num_u32(text, &percent) == 0 && percent >= 1 && percent <= 100) {
			add_data(r, key, val);
			return 0;
		}
	}
	if (num_size(val, &bytes) < 0)
		return refuse(r, "a size is a number with k, m or g behind it, like 64m, not ", val);
	add_data(r, key, num_text(text, bytes));
	return 0;
}

static int tmpfs_number(struct reading *r, const char *key, const char *val)
{
	uint32_t n;
	char text[24];

	if (strcmp(key, "mode") == 0) {
		if (num_mode(val, &n) < 0)
			return refuse(r, "a mode is octal, like 1777, not ", val);
		add_data(r, key, val);
		return 0;
	}
	if (num_id(val, &n) < 0)
		return refuse(r, "not a number: ", val);
	add_data(r, key, num_text(text, n));
	return 0;
}

/* 1: KEY=VAL is an option of tmpfs and was taken; 0: it is not. */
static int tmpfs_pair(struct reading *r, const char *key, const char *val)
{
	static const char *const numbers[] = { "mode", "uid", "gid", NULL };
	static const char *const sizes[] = { "size", "nr_inodes", "nr_blocks", NULL };

	if (!val)
		return 0;
	for (size_t i = 0; numbers[i]; i++)
		if (strcmp(key, numbers[i]) == 0)
			return tmpfs_number(r, key, val) < 0 ? -1 : 1;
	for (size_t i = 0; sizes[i]; i++)
		if (strcmp(key, sizes[i]) == 0)
			return tmpfs_size(r, key, val) < 0 ? -1 : 1;
	return 0;
}

static int tmpfs_word(struct reading *r, char *word)
{
	int known = read_attr(r, word);
	char *val;

	if (known)
		return known < 0 ? -1 : 0;
	val = strchr(word, '=');
	if (val)
		*val++ = '\0';
	known = tmpfs_pair(r, word, val);
	if (known)
		return known < 0 ? -1 : 0;
	if (!val && (strcmp(word, "notmpcopyup") == 0 || is_accepted(word)))
		return 0;
	return refuse(r, "unknown option ",
		      pool_printf(r->pool,
				  "%s; known are size=, mode=, uid=, gid=, nr_inodes=, ro, "
				  "rw, [no]exec, [no]suid, [no]dev, *atime",
				  word));
}

/* A new tmpfs has no attribute that would have to be lifted. */
static void tmpfs_end(struct reading *r)
{
	r->out->attr_clr = 0;
}

int fs_tmpfs_parse(struct pool *pool, const char *arg, struct mount_want *out)
{
	struct reading r = { .pool = pool, .option = "--tmpfs", .arg = arg, .out = out };
	char *dst = pool_strdup(pool, arg), *words, *next;

	if (begin(&r, out, MOUNT_TMPFS) < 0)
		return -1;
	out->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	words = cut(dst, ':');
	if (read_target(&r, dst) < 0)
		return -1;
	for (; words; words = next) {
		next = cut(words, ',');
		if (tmpfs_word(&r, words) < 0)
			return -1;
	}
	tmpfs_end(&r);
	return 0;
}

/* ---- --mount ---- */

static int read_bool(struct reading *r, const char *key, const char *val, bool *out)
{
	if (!val || strcmp(val, "true") == 0 || strcmp(val, "1") == 0)
		*out = true;
	else if (strcmp(val, "false") == 0 || strcmp(val, "0") == 0)
		*out = false;
	else
		return refuse(r, pool_printf(r->pool, "%s is true or false, not ", key), val);
	return 0;
}

static int mount_type(struct reading *r, const char *val)
{
	if (val && strcmp(val, "bind") == 0)
		return 0;
	if (val && strcmp(val, "tmpfs") == 0) {
		r->out->kind = MOUNT_TMPFS;
		return 0;
	}
	if (val && strcmp(val, "volume") == 0)
		return refuse(r, "volumes with names are not there yet; use type=bind", "");
	return refuse(r, "type is bind or tmpfs, not ", val ? val : "\"\"");
}

static int mount_bind_key(struct reading *r, const char *key, const char *val)
{
	struct mount_want *m = r->out;
	bool on = false;

	if (strcmp(key, "source") == 0 || strcmp(key, "src") == 0)
		return read_source(r, val ? val : "");
	if (strcmp(key, "bind-propagation") == 0) {
		int known = val ? read_propagation(r, val) : 0;

		return known ? known : refuse(r, "no propagation: ", val ? val : "\"\"");
	}
	if (strcmp(key, "bind-nonrecursive") == 0) {
		if (read_bool(r, key, val, &on) < 0)
			return -1;
		m->recursive = !on;
		return 1;
	}
	if (strcmp(key, "bind-recursive") == 0) {
		if (val && strcmp(val, "disabled") == 0)
			m->recursive = false;
		else if (!val || (strcmp(val, "enabled") != 0 && strcmp(val, "readonly") != 0))
			return refuse(r, "bind-recursive is enabled, disabled or readonly, not ",
				      val ? val : "\"\"");
		return 1;
	}
	if (strcmp(key, "U") == 0 || strcmp(key, "chown") == 0)
		return read_bool(r, key, val, &m->chown) < 0 ? -1 : 1;
	return strcmp(key, "relabel") == 0 && val ? 1 : 0;
}

static int mount_tmpfs_key(struct reading *r, const char *key, const char *val)
{
	if (strcmp(key, "tmpfs-size") == 0 || strcmp(key, "tmpfs-mode") == 0)
		key += 6;
	return tmpfs_pair(r, key, val);
}

/* 1 known, 0 unknown, -1 refused. TYPE= has been read already. */
static int mount_key(struct reading *r, const char *key, const char *val)
{
	bool on = false;
	int known;

	if (strcmp(key, "type") == 0 || strcmp(key, "consistency") == 0)
		return 1;
	if (strcmp(key, "target") == 0 || strcmp(key, "destination") == 0 || strcmp(key, "dst") == 0)
		return read_target(r, val ? val : "") < 0 ? -1 : 1;
	if (val &&
	    (strcmp(key, "readonly") == 0 || strcmp(key, "ro") == 0 || strcmp(key, "rw") == 0)) {
		if (read_bool(r, key, val, &on) < 0)
			return -1;
		return read_attr(r, on == (key[1] != 'w') ? "ro" : "rw");
	}
	if (!val && (known = read_attr(r, key)) != 0)
		return known;
	if (r->out->kind == MOUNT_TMPFS)
		return mount_tmpfs_key(r, key, val);
	known = mount_bind_key(r, key, val);
	return known == 0 && (strcmp(key, "source") == 0 || strcmp(key, "src") == 0) ? 1 : known;
}

/* The next field of docker's comma separated values; a field in double quotes may
 * hold commas, and "" is a quote then. Returns what follows, or NULL. */
static char *csv_cut(char *text, char **field)
{
	char *to = text;

	*field = text;
	if (*text != '"') {
		char *comma = strchr(text, ',');

		if (comma)
			*comma++ = '\0';
		return comma;
	}
	for (text++; *text; text++) {
		if (text[0] == '"' && text[1] == '"')
			text++;
		else if (text[0] == '"')
			break;
		*to++ = *text;
	}
	char *end = *text ? text + 1 : text;
	bool more = *end == ',';
	*to = '\0';
	return more ? end + 1 : NULL;
}

/* TYPE decides what the other keys mean and may stand anywhere. */
static int mount_find_type(struct reading *r)
{
	char *rest = pool_strdup(r->pool, r->arg), *field;

	while (rest) {
		rest = csv_cut(rest, &field);
		if (strncmp(field, "type=", 5) == 0)
			return mount_type(r, field + 5);
	}
	return refuse(r, "type= is missing; it is bind or tmpfs", "");
}

int fs_mount_parse(struct pool *pool, const char *arg, struct mount_want *out)
{
	struct reading r = { .pool = pool, .option = "--mount", .arg = arg, .out = out };
	char *rest = pool_strdup(pool, arg), *field;

	if (begin(&r, out, MOUNT_BIND) < 0 || mount_find_type(&r) < 0)
		return -1;
	out->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (out->kind == MOUNT_TMPFS)
		out->attr_set |= MOUNT_ATTR_NOEXEC;
	out->recursive = out->kind == MOUNT_BIND;
	while (rest) {
		rest = csv_cut(rest, &field);
		char *val = strchr(field, '=');
		if (val)
			*val++ = '\0';
		int known = mount_key(&r, field, val);
		if (known < 0)
			return -1;
		if (known == 0)
			return refuse(&r, "unknown key ", *field ? field : "\"\"");
	}
	if (!out->dst)
		return refuse(&r, "target= is missing", "");
	if (out->kind == MOUNT_BIND && !out->src)
		return refuse(&r, "source= is missing", "");
	if (out->kind == MOUNT_TMPFS)
		tmpfs_end(&r);
	return 0;
}

/* ---- --device ---- */

static bool is_rwm(const char *s)
{
	return *s && strspn(s, "rwm") == strlen(s);
}

int fs_device_parse(struct pool *pool, const char *arg, struct mount_want *out)
{
	struct reading r = { .pool = pool, .option = "--device", .arg = arg, .out = out };
	char *src = pool_strdup(pool, arg), *dst, *perms = NULL;

	if (begin(&r, out, MOUNT_DEVICE) < 0)
		return -1;
	out->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	out->recursive = true;
	if (strchr(src, '=') && src[0] != '/')
		return refuse(&r, "CDI devices are not there yet; name the device's path", "");
	dst = cut(src, ':');
	if (src[0] != '/')
		return refuse(&r, "a device is SOURCE[:TARGET][:rwm], the source absolute", "");
	if (dst && dst[0] != '/' && is_rwm(dst)) {
		perms = dst;
		dst = NULL;
	} else if (dst) {
		perms = cut(dst, ':');
	}
	if (perms && !is_rwm(perms))
		return refuse(&r, "permissions are of the letters r, w and m, not ", perms);
	out->access = perms ? perms : "rwm";
	if (read_source(&r, src) < 0)
		return -1;
	return read_target(&r, dst ? dst : src);
}
