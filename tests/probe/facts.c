/* tests/probe/facts.c - writing facts, as JSON or as flat lines with the path of
 * each leaf, and the sections that report them straight from the kernel. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* ---- writing facts: JSON, or flat lines with the path of each leaf ---- */

static bool flat;
static char path[4096];   /* "mounts./proc." while inside that object */
static bool first = true; /* JSON: no comma needed yet */

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_key(const char *key)
{
	if (flat) {
		printf("%s%s=", path, key);
		return;
	}
	printf("%s", first ? "" : ",");
	first = false;
	if (key) {
		put_string(key);
		putchar(':');
	}
}

void open_object(const char *key)
{
	if (flat) {
		strncat(path, key, sizeof(path) - strlen(path) - 2);
		strcat(path, ".");
		return;
	}
	put_key(key);
	putchar('{');
	first = true;
}

void close_object(void)
{
	if (flat) {
		char *p = path + strlen(path) - 1;

		*p = 0;
		/* Keys may hold dots ("mounts./a.b"): objects nest at most twice,
		 * and the outer key never has one. */
		p = strchr(path, '.');
		if (p)
			p[1] = 0;
		else
			path[0] = 0;
		return;
	}
	putchar('}');
	first = false;
}

void fact(const char *key, const char *value)
{
	put_key(key);
	if (flat) {
		for (; *value; value++)
			if (*value == '\n')
				fputs("\\n", stdout);
			else
				putchar(*value);
		putchar('\n');
	} else {
		put_string(value);
	}
}

static void factf(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void factf(const char *key, const char *fmt, ...)
{
	char buf[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	fact(key, buf);
}

/* Numbers are numbers in JSON. */
static void fact_num(const char *key, long long value)
{
	put_key(key);
	printf("%lld%s", value, flat ? "\n" : "");
}

/* For commands that print facts of their own. */
void facts_flat(void)
{
	flat = true;
}

/* The whole of a small file, "" when there is none; static, overwritten. */
static const char *slurp(const char *file)
{
	static char buf[65536];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	buf[0] = 0;
	if (fd < 0)
		return buf;
	while (have < sizeof(buf) - 1 && (n = read(fd, buf + have, sizeof(buf) - 1 - have)) > 0)
		have += (size_t)n;
	buf[have] = 0;
	close(fd);
	return buf;
}

/* A field of /proc/self/status: the words after "NAME:", in a static buffer. */
static const char *status_field(const char *name)
{
	static char out[4096];
	char want[64];
	const char *at = slurp("/proc/self/status");
	size_t n;

	snprintf(want, sizeof(want), "\n%s:", name);
	at = strstr(at, want);
	if (!at)
		return "";
	at += strlen(want);
	at += strspn(at, " \t");
	n = strcspn(at, "\n");
	memcpy(out, at, n);
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
	return out;
}

const char *link_of(const char *file)
{
	static char out[4096];
	ssize_t n = readlink(file, out, sizeof(out) - 1);

	if (n < 0)
		snprintf(out, sizeof(out), "(%s)", strerror(errno));
	else
		out[n] = 0;
	return out;
}

/* ---- sections ---- */

static void facts_ids(void)
{
	uid_t r, e, s;
	gid_t gr, ge, gs, groups[256];
	char list[4096] = "";
	int n = getgroups(COUNT(groups), groups);

	getresuid(&r, &e, &s);
	getresgid(&gr, &ge, &gs);
	fact_num("ruid", r);
	fact_num("euid", e);
	fact_num("suid", s);
	fact_num("fsuid", setfsuid((uid_t)-1));
	fact_num("rgid", gr);
	fact_num("egid", ge);
	fact_num("sgid", gs);
	fact_num("fsgid", setfsgid((gid_t)-1));
	for (int i = 0; i < n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%u", i ? " " : "",
			 groups[i]);
	fact("groups", list);
}

static void facts_caps(void)
{
	static const char *const field[][2] = { { "inh", "CapInh" },
						{ "prm", "CapPrm" },
						{ "eff", "CapEff" },
						{ "bnd", "CapBnd" },
						{ "amb", "CapAmb" } };

	for (size_t i = 0; i < COUNT(field); i++)
		fact(field[i][0], status_field(field[i][1]));
}

static void facts_sec(void)
{
	fact("nnp", status_field("NoNewPrivs"));
	fact("seccomp", status_field("Seccomp"));
	fact_num("dumpable", prctl(PR_GET_DUMPABLE));
	fact_num("securebits", prctl(PR_GET_SECUREBITS));
	fact("umask", status_field("Umask"));
	fact_num("oom_score_adj", atoi(slurp("/proc/self/oom_score_adj")));
	/* -1: the call is denied, as it is under the default filter */
	fact_num("session_keyring",
		 syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
}

static void facts_ns(void)
{
	static const char *const name[] = { "user", "mnt", "pid",    "net",
					    "ipc",  "uts", "cgroup", "time" };
	char file[64];

	for (size_t i = 0; i < COUNT(name); i++) {
		snprintf(file, sizeof(file), "/proc/self/ns/%s", name[i]);
		fact(name[i], link_of(file));
	}
}

/* Rows joined by ",", columns by one space: "0 1000 1,1 100000 65536". */
static void fact_map(const char *key, const char *file)
{
	char out[4096] = "";
	unsigned long a, b, c;
	const char *at = slurp(file);
	int used;

	for (; sscanf(at, "%lu %lu %lu%n", &a, &b, &c, &used) == 3; at += used)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%lu %lu %lu",
			 *out ? "," : "", a, b, c);
	fact(key, out);
}

static void facts_maps(void)
{
	char word[16];

	fact_map("uid", "/proc/self/uid_map");
	fact_map("gid", "/proc/self/gid_map");
	snprintf(word, sizeof(word), "%.15s", slurp("/proc/self/setgroups"));
	word[strcspn(word, "\n")] = 0;
	fact("setgroups", word);
}

static void facts_proc(void)
{
	char cmd[4096];
	size_t n = 0;
	int fd;

	fact_num("pid", getpid());
	fact_num("ppid", getppid());
	fact_num("pgid", getpgrp());
	fact_num("sid", getsid(0));
	fact_num("tpgid", tcgetpgrp(0));
	fact("exe", link_of("/proc/self/exe"));
	fact("pid1_exe", link_of("/proc/1/exe"));
	fd = open("/proc/1/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t got = read(fd, cmd, sizeof(cmd) - 1);

		n = got > 0 ? (size_t)got : 0;
		close(fd);
	}
	for (size_t i = 0; i + 1 < n; i++)
		if (!cmd[i])
			cmd[i] = ' ';
	cmd[n] = 0;
	fact("pid1_cmdline", cmd);
	fact("cgroup", slurp("/proc/self/cgroup"));
}

static void unescape_octal(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = 0;
}

/* One object per mount, by its target; a second one on the same target has "#2"
 * behind it. `shared` holds the optional fields: "shared:5", "master:3", "". */
static void facts_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[16384], key[4100], seen[512][128];
	size_t nseen = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *word[64], *save = NULL, optional[256] = "";
		int n = 0, i = 6, times = 1;

		line[strcspn(line, "\n")] = 0;
		for (char *w = strtok_r(line, " ", &save); w && n < 64;
		     w = strtok_r(NULL, " ", &save))
			word[n++] = w;
		for (; i < n && strcmp(word[i], "-") != 0; i++)
			snprintf(optional + strlen(optional), sizeof(optional) - strlen(optional),
				 "%s%s", *optional ? " " : "", word[i]);
		if (i + 3 >= n)
			continue;
		unescape_octal(word[4]);
		for (size_t k = 0; k < nseen; k++)
			times += !strcmp(seen[k], word[4]);
		if (nseen < COUNT(seen))
			snprintf(seen[nseen++], sizeof(seen[0]), "%s", word[4]);
		if (times > 1)
			snprintf(key, sizeof(key), "%s#%d", word[4], times);
		else
			snprintf(key, sizeof(key), "%s", word[4]);
		open_object(key);
		fact("type", word[i + 1]);
		fact("options", word[5]);
		fact("root", word[3]);
		fact("source", word[i + 2]);
		fact("super", word[i + 3]);
		fact("shared", optional);
		close_object();
	}
	if (f)
		fclose(f);
}

/* The fds of process WHO ("self" or a number), without the one that reads them. */
void fds_of(const char *who)
{
	char dir[64], file[400];
	DIR *d;
	struct dirent *e;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", who);
	d = opendir(dir);
	if (!d) {
		fact("error", strerror(errno));
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || (!strcmp(who, "self") && atoi(e->d_name) == dirfd(d)))
			continue;
		snprintf(file, sizeof(file), "%s/%s", dir, e->d_name);
		fact(e->d_name, link_of(file));
	}
	closedir(d);
}

static void facts_fds(void)
{
	fds_of("self");
}

static const struct {
	const char *name;
	int id;
} limits[] = { { "cpu", RLIMIT_CPU },       { "fsize", RLIMIT_FSIZE },
	       { "data", RLIMIT_DATA },     { "stack", RLIMIT_STACK },
	       { "core", RLIMIT_CORE },     { "nproc", RLIMIT_NPROC },
	       { "nofile", RLIMIT_NOFILE }, { "memlock", RLIMIT_MEMLOCK },
	       { "as", RLIMIT_AS },         { "msgqueue", RLIMIT_MSGQUEUE },
	       { "nice", RLIMIT_NICE },     { "rtprio", RLIMIT_RTPRIO } };

/* "SOFT:HARD", -1 for unlimited, as --ulimit has it. */
static void facts_limits(void)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct rlimit l;

		if (getrlimit(limits[i].id, &l) == 0)
			factf(limits[i].name, "%lld:%lld", (long long)l.rlim_cur,
			      (long long)l.rlim_max);
	}
}

static void facts_process(void)
{
	struct utsname u;
	struct timespec mono, boot;
	char cwd[4096], key[16];

	uname(&u);
	fact("hostname", u.nodename);
	fact("domainname", u.domainname);
	/* The raw call says "(unreachable)..." when cwd is outside the root. */
	fact("cwd", syscall(SYS_getcwd, cwd, sizeof(cwd)) > 0 ? cwd : strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	fact_num("monotonic", mono.tv_sec);
	fact_num("boottime", boot.tv_sec);
	open_object("argv");
	for (int i = 0; i < probe_argc; i++) {
		snprintf(key, sizeof(key), "%d", i);
		fact(key, probe_argv[i]);
	}
	close_object();
}

static void facts_env(void)
{
	for (char **e = environ; *e; e++) {
		char key[256];
		size_t n = strcspn(*e, "=");

		snprintf(key, sizeof(key), "%.*s", (int)n, *e);
		fact(key, (*e)[n] ? *e + n + 1 : "");
	}
}

static void facts_net(void)
{
	struct if_nameindex *all = if_nameindex();
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		struct ifreq r = { 0 };

		strncpy(r.ifr_name, i->if_name, IFNAMSIZ - 1);
		if (ioctl(s, SIOCGIFFLAGS, &r) < 0)
			continue;
		factf(i->if_name, "%s%s", r.ifr_flags & IFF_UP ? "up" : "down",
		      r.ifr_flags & IFF_RUNNING ? ",running" : "");
	}
	if (all)
		if_freenameindex(all);
	close(s);
}

static void facts_signals(void)
{
	fact("blocked", status_field("SigBlk"));
	fact("ignored", status_field("SigIgn"));
	fact("pending", status_field("ShdPnd"));
}

static void facts_tty(void)
{
	struct winsize w = { 0 };
	struct termios t;
	struct stat st;
	char key[16];

	for (int fd = 0; fd < 3; fd++) {
		snprintf(key, sizeof(key), "fd%d", fd);
		fact(key, isatty(fd) ? "tty" : "no");
	}
	fact("name", isatty(0) ? ttyname(0) ? ttyname(0) : "(no name)" : "");
	ioctl(0, TIOCGWINSZ, &w);
	factf("size", "%ux%u", w.ws_col, w.ws_row);
	fact("echo", tcgetattr(0, &t) == 0 && (t.c_lflag & ECHO) ? "on" : "off");
	if (isatty(0) && fstat(0, &st) == 0)
		factf("owner", "%u:%u %o", st.st_uid, st.st_gid, st.st_mode & 07777);
	fact("controlling",
	     access("/dev/tty", R_OK) == 0 && open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0 ? "yes" :
											  "no");
	fact_num("leader_sid", isatty(0) ? tcgetsid(0) : -1);
}

/* The nodes that every container has: type, numbers, and that they work. */
static void facts_dev(void)
{
	static const char *const name[] = { "null",    "zero",   "full",   "random",
					    "urandom", "tty",    "ptmx",   "console",
					    "fd",      "stdin",  "stdout", "stderr",
					    "shm",     "mqueue", "pts",    "core" };
	char file[64], buf[16];
	struct stat st;

	for (size_t i = 0; i < COUNT(name); i++) {
		snprintf(file, sizeof(file), "/dev/%s", name[i]);
		if (lstat(file, &st) < 0)
			fact(name[i], "none");
		else if (S_ISLNK(st.st_mode))
			factf(name[i], "link %s", link_of(file));
		else if (S_ISCHR(st.st_mode))
			factf(name[i], "char %u:%u %o", major(st.st_rdev), minor(st.st_rdev),
			      st.st_mode & 07777);
		else
			factf(name[i], "%s %o", S_ISDIR(st.st_mode) ? "dir" : "file",
			      st.st_mode & 07777);
	}
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	fact("full_works", write(fd, "x", 1) < 0 && errno == ENOSPC ? "yes" : "no");
	close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	fact("null_works", write(fd, "x", 1) == 1 && read(fd, buf, 1) == 0 ? "yes" : "no");
	close(fd);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	fact("zero_works", read(fd, buf, 4) == 4 && !memcmp(buf, "\0\0\0\0", 4) ? "yes" : "no");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	fact("urandom_works", read(fd, buf, 4) == 4 ? "yes" : "no");
	close(fd);
	/* A new pty from the container's own devpts gets its lowest number. */
	fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	fact("ptmx_works",
	     fd >= 0 && unlockpt(fd) == 0 && ptsname(fd) && access(ptsname(fd), W_OK) == 0 ?
		     ptsname(fd) :
		     "no");
	close(fd);
}

static const struct {
	const char *name;
	void (*report)(void);
} sections[] = { { "ids", facts_ids },         { "caps", facts_caps }, { "sec", facts_sec },
		 { "ns", facts_ns },           { "map", facts_maps },  { "proc", facts_proc },
		 { "mounts", facts_mounts },   { "fds", facts_fds },   { "limits", facts_limits },
		 { "process", facts_process }, { "env", facts_env },   { "net", facts_net },
		 { "signals", facts_signals }, { "tty", facts_tty },   { "dev", facts_dev } };

/* json|flat [SECTION...]: all sections when none is named. */
int cmd_facts(int argc, char **argv)
{
	flat = !strcmp(argv[0], "flat");
	if (!flat)
		putchar('{');
	for (size_t i = 0; i < COUNT(sections); i++) {
		bool wanted = argc == 1;

		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], sections[i].name);
		if (!wanted)
			continue;
		open_object(sections[i].name);
		sections[i].report();
		close_object();
	}
	puts(flat ? "" : "}");
	return 0;
}
