/* tests/unit/sec_filter.c - what the seccomp filters answer: instruction by instruction
 * for every number, and by the kernel for what SECURITY lists. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "runtime/sec_steps.h"
#include "runtime/seccomp/filter.h"
#include "tests/unit/sec_bpf.h"
#include "tests/unit/tap.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define COMPAT AUDIT_ARCH_I386
#else
#define NATIVE AUDIT_ARCH_AARCH64
#define COMPAT AUDIT_ARCH_ARM
#endif
#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))

static struct pool pool = POOL_INIT;

static uint32_t ask(const struct sec_filter *f, uint32_t arch, int nr, uint64_t a0, uint64_t a1)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch, .args = { a0, a1 } };

	return bpf_run(f, &data);
}

static uint32_t ask_name(const struct sec_filter *f, const char *name)
{
	return ask(f, NATIVE, seccomp_syscall_resolve_name(name), 0, 0);
}

/* All of WORDS get the same answer; names the ones that do not. */
static bool all_answer(const struct sec_filter *f, const char *words, uint32_t want)
{
	bool same = true;
	char name[40];

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		memcpy(name, p, n);
		name[n] = '\0';
		p += n;
		if (seccomp_syscall_resolve_name(name) < 0)
			continue; /* not on this machine, or newer than libseccomp */
		if (ask_name(f, name) != want) {
			printf("# %s: 0x%08x\n", name, ask_name(f, name));
			same = false;
		}
	}
	return same;
}

static bool load(uint64_t caps, bool compat32, struct sec_filter *out)
{
	const struct spec spec = { .caps = caps, .seccomp_compat32 = compat32 };

	return sec_filter_load(&pool, &spec, out) == 0;
}

static const char denied[] =
	"add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register userfaultfd "
	"kexec_load kexec_file_load bpf perf_event_open mount umount2 pivot_root setns unshare "
	"move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr init_module "
	"finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd syslog iopl "
	"ioperm settimeofday clock_settime open_by_handle_at sethostname setdomainname vhangup "
	"pidfd_getfd kcmp process_madvise mbind set_mempolicy get_mempolicy migrate_pages "
	"move_pages fanotify_init lookup_dcookie ustat uselib sysfs _sysctl nfsservctl";

static void test_builtin(const struct sec_filter *f)
{
	unsigned unknown = 0;

	is_str(f->from, "built in", "the default capabilities use the built-in program");
	ok(f->len > 100 && f->len < 400, "it has a few hundred instructions (%u)", f->len);
	ok(all_answer(f, denied, ERRNO(EPERM)), "known calls that are not allowed get EPERM");
	ok(all_answer(f,
		      "read write openat execve execveat close_range mmap ptrace chroot prctl "
		      "seccomp capset setresuid kill futex statx io_submit fchmodat2 "
		      "landlock_add_rule mseal rseq sendmsg recvmsg",
		      SECCOMP_RET_ALLOW),
	   "what programs live on is allowed");
	is_int(ask_name(f, "clone3"), ERRNO(ENOSYS), "clone3 does not exist");
	for (int nr = 467; nr < 6000; nr++)
		unknown += ask(f, NATIVE, nr, 0, 0) != ERRNO(ENOSYS);
	is_int(unknown, 0, "numbers from 467 on get ENOSYS");
	is_int(ask(f, NATIVE, 0x7fffffff, 0, 0), ERRNO(ENOSYS), "so does the largest");
	is_int(ask(f, NATIVE, -1, 0, 0), ERRNO(ENOSYS), "and -1");
	is_int(ask(f, NATIVE, 400, 0, 0), ERRNO(ENOSYS), "numbers never given out get ENOSYS");
	is_int(ask(f, COMPAT, 20, 0, 0), SECCOMP_RET_KILL_PROCESS, "a 32-bit call ends the process");
	is_int(ask(f, 0x12345678, 0, 0, 0), SECCOMP_RET_KILL_PROCESS, "so does any other ABI's");
}

static void test_x32(const struct sec_filter *f)
{
	unsigned allowed = 0;

	for (int nr = 0; nr < 600; nr++)
		allowed += ask(f, NATIVE, 0x40000000 | nr, 0, 0) == SECCOMP_RET_ALLOW;
	is_int(allowed, 0, "no x32 call is allowed");
}

static void test_ioctl(const struct sec_filter *f)
{
	int nr = seccomp_syscall_resolve_name("ioctl");
	const uint64_t high[] = { 0, 1ull << 32, 0xffffffffull << 32 };

	for (size_t i = 0; i < 3; i++) {
		is_int(ask(f, NATIVE, nr, 0, high[i] | TIOCSTI), ERRNO(EPERM),
		       "TIOCSTI is refused (upper half %llx)", (unsigned long long)(high[i] >> 32));
		is_int(ask(f, NATIVE, nr, 0, high[i] | TIOCLINUX), ERRNO(EPERM),
		       "TIOCLINUX is refused (upper half %llx)",
		       (unsigned long long)(high[i] >> 32));
	}
	is_int(ask(f, NATIVE, nr, 0, TCGETS), SECCOMP_RET_ALLOW, "TCGETS is allowed");
	is_int(ask(f, NATIVE, nr, TIOCSTI, TCGETS), SECCOMP_RET_ALLOW,
	       "the number of TIOCSTI as a descriptor means nothing");
	is_int(ask(f, NATIVE, nr, 0, TIOCSTI + 1), SECCOMP_RET_ALLOW, "nor does its neighbour");
}

/* The families that are refused, of all that fit in 46. */
static void test_socket(const struct sec_filter *f)
{
	static const int refused[] = { 12, 19, 20, 23, 25, 34, 37, 38, 40 };
	int nr = seccomp_syscall_resolve_name("socket");
	size_t k = 0;

	for (unsigned family = 0; family < 46; family++) {
		bool no = k < sizeof(refused) / sizeof(*refused) && refused[k] == (int)family;
		uint32_t want = no ? ERRNO(EPERM) : SECCOMP_RET_ALLOW;

		k += no;
		if (ask(f, NATIVE, nr, family, 0) != want ||
		    ask(f, NATIVE, nr, family | 1ull << 32, 0) != want)
			ok(false, "socket family %u", family);
	}
	is_int(k, sizeof(refused) / sizeof(*refused), "nine socket families are refused, not 37");
	is_int(ask(f, NATIVE, nr, AF_ALG, 0), ERRNO(EPERM), "AF_ALG is refused");
	is_int(ask(f, NATIVE, nr, AF_VSOCK, 0), ERRNO(EPERM), "AF_VSOCK is refused");
	is_int(ask(f, NATIVE, nr, AF_ALG | 1ull << 63, 0), ERRNO(EPERM),
	       "AF_ALG is refused with a bit above");
	is_int(ask(f, NATIVE, nr, 1000, 0), ERRNO(EPERM), "a family that does not exist is refused");
}

static void test_flags(const struct sec_filter *f)
{
	int clone_nr = seccomp_syscall_resolve_name("clone");
	int personality = seccomp_syscall_resolve_name("personality");
	unsigned passed = 0;

	for (int bit = 0; bit < 64; bit++) {
		/* NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
		bool ns = bit == 17 || (bit >= 25 && bit <= 30);

		passed += (ask(f, NATIVE, clone_nr, 1ull << bit | SIGCHLD, 0) ==
			   SECCOMP_RET_ALLOW) == !ns;
	}
	is_int(passed, 64, "clone is refused the seven namespace flags and nothing else");
	is_int(ask(f, NATIVE, clone_nr, 0x10000000 | 0x20000, 0), ERRNO(EPERM),
	       "with EPERM, so that programs do not take it for an old kernel");
	is_int(ask(f, NATIVE, personality, 0, 0), SECCOMP_RET_ALLOW, "personality: PER_LINUX");
	is_int(ask(f, NATIVE, personality, 0xffffffff, 0), SECCOMP_RET_ALLOW, "personality: asking");
	is_int(ask(f, NATIVE, personality, 0x40000, 0), ERRNO(EPERM),
	       "personality: ADDR_NO_RANDOMIZE is refused");
	is_int(ask(f, NATIVE, personality, 0x400000, 0), ERRNO(EPERM),
	       "personality: READ_IMPLIES_EXEC is refused");
}

static void test_caps(void)
{
	static const struct {
		const char *cap, *calls;
	} rows[] = {
		{ "SYS_ADMIN", "mount umount2 unshare setns clone clone3 bpf perf_event_open fsopen "
			       "sethostname quotactl fanotify_init syslog" },
		{ "SYS_PTRACE", "kcmp pidfd_getfd process_madvise" },
		{ "BPF", "bpf" },
		{ "PERFMON", "perf_event_open" },
		{ "SYSLOG", "syslog" },
		{ "SYS_BOOT", "reboot" },
		{ "SYS_MODULE", "init_module finit_module delete_module" },
		{ "SYS_PACCT", "acct" },
		{ "SYS_TIME", "settimeofday clock_settime" },
		{ "SYS_NICE", "mbind set_mempolicy get_mempolicy" },
		{ "SYS_TTY_CONFIG", "vhangup" },
		{ "SYS_RAWIO", "iopl ioperm" },
		{ "DAC_READ_SEARCH", "open_by_handle_at" },
	};
	struct sec_filter f;
	uint64_t bits;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sec_cap_parse(rows[i].cap, &bits);
		ok(load(sec_caps_default() | bits, false, &f) && strcmp(f.from, "built in") != 0 &&
			   all_answer(&f, rows[i].calls, SECCOMP_RET_ALLOW),
		   "CAP_%s allows %s", rows[i].cap, rows[i].calls);
	}
	ok(load(UINT64_MAX, false, &f) &&
		   all_answer(&f,
			      "keyctl add_key request_key io_uring_setup userfaultfd kexec_load pivot_root "
			      "swapon",
			      ERRNO(EPERM)),
	   "no capability allows keys, io_uring, userfaultfd, kexec");
	is_int(ask(&f, NATIVE, seccomp_syscall_resolve_name("ioctl"), 0, TIOCSTI), ERRNO(EPERM),
	       "nor TIOCSTI");
	ok(load(0, false, &f) && strcmp(f.from, "built in") == 0,
	   "without any capability the built-in program serves as well");
	sec_cap_parse("NET_ADMIN", &bits);
	ok(load(bits, false, &f) && strcmp(f.from, "built in") == 0, "and with NET_ADMIN");
}

static void test_compat(void)
{
	struct sec_filter f;

	ok(load(sec_caps_default(), true, &f), "compat32 can be compiled");
	is_int(ask(&f, NATIVE, 5000, 0, 0), ERRNO(ENOSYS),
	       "native: unknown numbers still get ENOSYS");
	is_int(ask_name(&f, "read"), SECCOMP_RET_ALLOW, "native: read is allowed");
	is_int(ask_name(&f, "keyctl"), ERRNO(EPERM), "native: keyctl is not");
#ifdef __x86_64__
	is_int(ask(&f, COMPAT, 20, 0, 0), SECCOMP_RET_ALLOW, "i386: getpid is allowed");
	is_int(ask(&f, COMPAT, 288, 0, 0), ERRNO(EPERM), "i386: keyctl is not");
	is_int(ask(&f, COMPAT, 435, 0, 0), ERRNO(ENOSYS), "i386: clone3 does not exist");
	is_int(ask(&f, COMPAT, 5000, 0, 0), ERRNO(ENOSYS), "i386: nor do unknown numbers");
	is_int(ask(&f, COMPAT, 54, 0, TIOCSTI), ERRNO(EPERM), "i386: TIOCSTI is refused");
	is_int(ask(&f, COMPAT, 54, 0, TCGETS), SECCOMP_RET_ALLOW, "i386: TCGETS is not");
	is_int(ask(&f, COMPAT, 359, AF_ALG, 0), ERRNO(EPERM), "i386: AF_ALG is refused");
#endif
	test_x32(&f);
}

/* ---- ranges.c changes nothing ---- */

static bool same(const struct sec_filter *a, const struct sec_filter *b, uint32_t arch, uint32_t nr,
		 uint64_t arg)
{
	const struct seccomp_data data = {
		.nr = (int)nr,
		.arch = arch,
		.args = { arg, arg, arg, arg, arg, arg },
	};

	if (bpf_run(a, &data) == bpf_run(b, &data))
		return true;
	printf("# arch 0x%x nr %u arg 0x%llx: 0x%x and 0x%x\n", arch, nr, (unsigned long long)arg,
	       bpf_run(a, &data), bpf_run(b, &data));
	return false;
}

/* Every number that either program could treat specially, with every argument that
 * could matter: all constants in them, and what lies beside. */
static unsigned differences(const struct sec_filter *a, const struct sec_filter *b)
{
	const struct sec_filter *f[] = { a, b };
	unsigned wrong = 0;

	for (uint32_t nr = 0; nr < 1024; nr++)
		for (unsigned bit = 0; bit < 64; bit++)
			wrong += !same(a, b, NATIVE, nr, 1ull << bit);
	for (size_t k = 0; k < 2; k++)
		for (unsigned i = 0; i < f[k]->len; i++)
			for (unsigned nr = 0; nr < 500; nr++)
				for (int d = -1; d <= 1; d++)
					wrong += !same(a, b, NATIVE, nr,
						       f[k]->insns[i].k + (uint64_t)(int64_t)d);
	for (unsigned bit = 0; bit < 32; bit++)
		for (int d = -1; d <= 1; d++) {
			wrong += !same(a, b, NATIVE, (1u << bit) + (uint32_t)d, 0);
			wrong += !same(a, b, 1u << bit, (1u << bit) + (uint32_t)d, 0);
		}
	return wrong;
}

static void test_ranges(void)
{
	struct filter_profile profile;
	struct sec_filter plain, small;
	const uint64_t sets[] = { 0, UINT64_MAX, 1u << 21 /* SYS_ADMIN */ };

	for (size_t i = 0; i < 3; i++) {
		filter_default(&pool, sets[i], false, &profile);
		profile.plain = true;
		bool made = filter_compile(&pool, "plain", &profile, &plain) == 0;

		profile.plain = false;
		made &= filter_compile(&pool, "small", &profile, &small) == 0;
		ok(made && small.len < plain.len, "ranges: %u instructions instead of %u",
		   small.len, plain.len);
		is_int(differences(&plain, &small), 0, "  and the same answers");
	}
}

/* A profile whose default lets everything pass, one with nothing, and one so fragmented
 * that a search would be too large. */
static void test_odd_ranges(void)
{
	const struct filter_machine machine = { .caps = 0 };
	struct filter_profile profile;
	struct sec_filter plain, small;
	static char text[65536];
	char *name;

	strcpy(text, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	for (int round = 0; round < 3; round++) {
		if (round == 1)
			strcpy(text,
			       "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[\"ioctl\"],"
			       "\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":1,\"value\":21522,"
			       "\"op\":\"SCMP_CMP_EQ\"},{\"index\":2,\"value\":5,"
			       "\"op\":\"SCMP_CMP_GT\"}]}]}");
		if (round == 2) {
			strcpy(text, "{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[");
			for (int nr = 0; nr < 330; nr++) {
				name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
				if (name)
					sprintf(text + strlen(text),
						"%s{\"name\":\"%s\",\"action\":\"SCMP_ACT_ERRNO\","
						"\"errnoRet\":%d}",
						text[strlen(text) - 1] == '[' ? "" : ",", name,
						nr + 1);
				free(name);
			}
			strcat(text, "]}");
		}
		bool made = filter_json_read(&pool, "odd", text, strlen(text), &machine,
					     &profile) == 0;

		profile.plain = true;
		made &= filter_compile(&pool, "plain", &profile, &plain) == 0;
		profile.plain = false;
		made &= filter_compile(&pool, "small", &profile, &small) == 0;
		ok(made && small.len <= plain.len, "odd profile %d: %u instructions, plain %u",
		   round, small.len, plain.len);
		is_int(differences(&plain, &small), 0, "  and the same answers");
	}
}

/* ---- the kernel's own answers ---- */

/* errno (0: done) of a system call under F, or 128 + the signal that ended it. */
static int try(const struct sec_filter *f, long nr, long a, long b, long c)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_install(f) < 0)
			_exit(127);
		long rc = syscall(nr, a, b, c, 0, 0);

		_exit(rc < 0 ? errno & 127 : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_kernel(const struct sec_filter *f)
{
	is_int(try(f, SYS_getppid, 0, 0, 0), 0, "kernel: the filter loads, getppid works");
	is_int(try(f, SYS_socket, AF_ALG, SOCK_SEQPACKET, 0), EPERM, "kernel: AF_ALG");
	is_int(try(f, SYS_socket, AF_VSOCK, SOCK_STREAM, 0), EPERM, "kernel: AF_VSOCK");
	is_int(try(f, SYS_socket, AF_UNIX, SOCK_STREAM, 0), 0, "kernel: AF_UNIX is allowed");
	is_int(try(f, 425, 1, 0, 0), EPERM, "kernel: io_uring_setup");
	is_int(try(f, SYS_bpf, 0, 0, 0), EPERM, "kernel: bpf");
	is_int(try(f, SYS_userfaultfd, 1, 0, 0), EPERM, "kernel: userfaultfd");
	is_int(try(f, SYS_kexec_load, 0, 0, 0), EPERM, "kernel: kexec_load");
	is_int(try(f, SYS_kexec_file_load, -1, -1, 0), EPERM, "kernel: kexec_file_load");
	is_int(try(f, SYS_add_key, 0, 0, 0), EPERM, "kernel: add_key");
	is_int(try(f, SYS_request_key, 0, 0, 0), EPERM, "kernel: request_key");
	is_int(try(f, SYS_keyctl, 0, 0, 0), EPERM, "kernel: keyctl");
	is_int(try(f, 435, 0, 0, 0), ENOSYS, "kernel: clone3");
	is_int(try(f, 5000, 0, 0, 0), ENOSYS, "kernel: number 5000");
	is_int(try(f, SYS_unshare, 0x10000000, 0, 0), EPERM, "kernel: unshare(CLONE_NEWUSER)");
	is_int(try(f, SYS_clone, 0x10000000 | SIGCHLD, 0, 0), EPERM, "kernel: clone(CLONE_NEWUSER)");
	is_int(try(f, SYS_ioctl, -1, TIOCSTI, 0), EPERM, "kernel: TIOCSTI");
	is_int(try(f, SYS_ioctl, -1, TIOCSTI | 1l << 32, 0), EPERM, "kernel: TIOCSTI with bit 32");
	is_int(try(f, SYS_ioctl, -1, TIOCLINUX, 0), EPERM, "kernel: TIOCLINUX");
	is_int(try(f, SYS_ioctl, -1, TCGETS, 0), EBADF, "kernel: TCGETS reaches the kernel");
	is_int(try(f, SYS_personality, 0xffffffff, 0, 0), 0, "kernel: personality can be asked");
	is_int(try(f, SYS_mount, 0, 0, 0), EPERM, "kernel: mount");
}

#ifdef __x86_64__
static int getpid32(const struct sec_filter *f)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int rc;

		if (f && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_install(f) < 0))
			_exit(127);
		__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20) : "memory");
		_exit(rc > 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_int80(const struct sec_filter *f)
{
	struct sec_filter compat;

	if (getpid32(NULL) != 0) {
		skip("this kernel has no 32-bit calls");
		return;
	}
	is_int(getpid32(f), 128 + SIGSYS, "kernel: a 32-bit getpid ends the process");
	ok(load(0, true, &compat) && getpid32(&compat) == 0, "kernel: with compat32 it works");
}
#endif

int main(void)
{
	struct sec_filter f, none;
	const struct spec unconfined = { .seccomp = SECCOMP_MODE_UNCONFINED };

	/* Not as root, and without a home: what is compiled here is not kept. */
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	if (!ok(load(sec_caps_default(), false, &f), "the default filter is there"))
		return done();
	test_builtin(&f);
	test_x32(&f);
	test_ioctl(&f);
	test_socket(&f);
	test_flags(&f);
	test_caps();
	test_compat();
	test_ranges();
	test_odd_ranges();
	test_kernel(&f);
#ifdef __x86_64__
	test_int80(&f);
#endif
	ok(sec_filter_load(&pool, &unconfined, &none) == 0 && !none.insns,
	   "unconfined is no filter");
	pool_release(&pool);
	return done();
}
