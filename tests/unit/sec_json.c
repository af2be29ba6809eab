/* tests/unit/sec_json.c - profiles in docker's format: what is read out of them, and what
 * is refused with which words. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>

#include "lib/err.h"
#include "runtime/seccomp/filter.h"
#include "tests/unit/sec_bpf.h"
#include "tests/unit/tap.h"

static struct pool pool = POOL_INIT;
static struct filter_profile profile;

static int read_caps(const char *text, uint64_t caps)
{
	const struct filter_machine machine = { .caps = caps, .kernel = 6, .major = 1 };

	err_clear();
	return filter_json_read(&pool, "profile p.json", text, strlen(text), &machine, &profile);
}

/* A profile whose only entry has FIELDS. */
static int entry_caps(const char *fields, uint64_t caps)
{
	return read_caps(pool_printf(&pool,
				     "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{%s}]}",
				     fields),
			 caps);
}

static int entry(const char *fields)
{
	return entry_caps(fields, 0);
}

static void refused(const char *text, const char *words)
{
	ok(read_caps(text, 0) < 0, "refused: %s", text);
	is_str(err_text(), words, "  with words");
}

static void entry_refused(const char *fields, const char *words)
{
	ok(entry(fields) < 0, "entry refused: %s", fields);
	is_str(err_text(), words, "  with words");
}

#define READ "\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\""

static void test_reading(void)
{
	ok(entry(READ) == 0 && profile.nrules == 1, "one name is one rule");
	is_str(profile.rules[0].name, "read", "of that name");
	is_int(profile.rules[0].action, SCMP_ACT_ALLOW, "that allows");
	is_int(profile.default_action, SCMP_ACT_ERRNO(EPERM), "ERRNO without a number is EPERM");
	ok(profile.unknown_nosys && !profile.guard_tty,
	   "newer calls get ENOSYS, TIOCSTI is the file's");
	ok(entry("\"name\":\"read\",\"action\":\"SCMP_ACT_KILL_PROCESS\"") == 0 &&
		   profile.rules[0].action == SCMP_ACT_KILL_PROCESS,
	   "the older \"name\" is understood");
	ok(entry("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38") == 0 &&
		   profile.rules[0].action == SCMP_ACT_ERRNO(38),
	   "errnoRet counts");
	ok(entry("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\"") == 0 &&
		   profile.rules[0].action == SCMP_ACT_ERRNO(ENOSYS),
	   "podman's errno is understood");
	ok(entry(READ ",\"args\":null,\"includes\":{},\"excludes\":null,\"comment\":\"x\"") == 0 &&
		   profile.nrules == 1 && profile.rules[0].nargs == 0,
	   "null and empty are absent");
	ok(entry("\"names\":[\"read\",\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"") == 0,
	   "unknown names are read");
	ok(read_caps("{\"defaultAction\":\"SCMP_ACT_LOG\"}", 0) == 0 && !profile.unknown_nosys,
	   "a default that lets pass does so for newer calls");
	ok(read_caps("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":null}",
		     0) == 0 &&
		   profile.default_action == SCMP_ACT_ERRNO(38),
	   "defaultErrnoRet counts");
}

static void test_args(void)
{
	ok(entry(READ
		 ",\"args\":[{\"index\":1,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"},"
		 "{\"index\":2,\"value\":255,\"valueTwo\":7,\"op\":\"SCMP_CMP_MASKED_EQ\"}]") == 0 &&
		   profile.nrules == 1 && profile.rules[0].nargs == 2,
	   "two conditions on two arguments: both");
	ok(profile.rules[0].args[0].datum_a == UINT64_MAX, "all 64 bits of a value are there");
	ok(profile.rules[0].args[1].datum_a == 255 && profile.rules[0].args[1].datum_b == 7,
	   "MASKED_EQ: value is the mask");
	ok(entry(READ ",\"args\":[{\"index\":1,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		      "{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]") == 0 &&
		   profile.nrules == 2 && profile.rules[1].nargs == 1 &&
		   profile.rules[1].args[0].datum_a == 2,
	   "two conditions on one argument: either");
}

static void test_conditions(void)
{
	uint64_t admin, ptrace;

	sec_cap_parse("SYS_ADMIN", &admin);
	sec_cap_parse("SYS_PTRACE", &ptrace);
#define TAKES(fields, caps) (entry_caps(READ "," fields, (caps)) == 0 && profile.nrules == 1)
	ok(!TAKES("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0),
	   "includes: a missing capability");
	ok(TAKES("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", admin), "includes: it is there");
	ok(!TAKES("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_SYS_PTRACE\"]}", admin),
	   "includes: all must be there");
	ok(TAKES("\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", ptrace), "excludes: not there");
	ok(!TAKES("\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_SYS_PTRACE\"]}", ptrace),
	   "excludes: one is enough");
	ok(!TAKES("\"includes\":{\"arches\":[\"s390x\",\"ppc64le\"]}", 0),
	   "includes: other machines");
	ok(TAKES("\"includes\":{\"arches\":[\"amd64\",\"arm64\"]}", 0), "includes: this machine");
	ok(!TAKES("\"excludes\":{\"arches\":[\"amd64\",\"arm64\"]}", 0), "excludes: this machine");
	ok(TAKES("\"includes\":{\"minKernel\":\"4.8\"}", 0), "minKernel 4.8 on 6.1");
	ok(TAKES("\"includes\":{\"minKernel\":\"6.1\"}", 0), "minKernel 6.1 on 6.1");
	ok(!TAKES("\"includes\":{\"minKernel\":\"6.2\"}", 0), "minKernel 6.2 on 6.1");
	ok(!TAKES("\"includes\":{\"minKernel\":\"10.0\"}", 0), "minKernel 10.0 on 6.1");
	ok(TAKES("\"excludes\":{\"minKernel\":\"6.2\"}", 0), "excludes minKernel 6.2 on 6.1");
	ok(!TAKES("\"excludes\":{\"minKernel\":\"5.10\"}", 0), "excludes minKernel 5.10 on 6.1");
	ok(entry_caps(READ ",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0) == 0 &&
		   profile.nnames == 1,
	   "the name of a rule that is left out is known all the same");
}

static void test_arches(void)
{
#define DEFAULT "{\"defaultAction\":\"SCMP_ACT_ERRNO\","
	ok(read_caps(DEFAULT "\"syscalls\":[]}", 0) == 0 && profile.narch == 1, "native alone");
	ok(read_caps(DEFAULT "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_AARCH64\","
			     "\"SCMP_ARCH_S390X\"]}",
		     0) == 0 &&
		   profile.narch == 1,
	   "other machines' architectures are passed over");
#ifdef __x86_64__
	ok(read_caps(DEFAULT "\"architectures\":[\"SCMP_ARCH_X86\"]}", 0) == 0 && profile.narch == 2,
	   "X86 is added to the native one");
	ok(read_caps(DEFAULT
		     "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":"
		     "[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]},{\"architecture\":"
		     "\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}]}",
		     0) == 0 &&
		   profile.narch == 3,
	   "archMap: the sub-architectures of this machine");
#endif
	refused(DEFAULT "\"architectures\":[\"SCMP_ARCH_Z80\"]}",
		"profile p.json: architectures[0]: there is no architecture \"SCMP_ARCH_Z80\"");
	refused(DEFAULT "\"architectures\":[\"SCMP_ARCH_X86\"],\"archMap\":[{\"architecture\":"
			"\"SCMP_ARCH_X86\"}]}",
		"profile p.json: profile: \"architectures\" and \"archMap\" are both there");
}

static void test_refusals(void)
{
	refused("", "profile p.json: line 1: not JSON: input length is 0");
	ok(read_caps("{\n\n x}", 0) < 0 &&
		   !strncmp(err_text(), "profile p.json: line 3: not JSON:", 32),
	   "what is not JSON is refused with the line it ends to be");
	refused("[]", "profile p.json: profile: an object is wanted");
	refused("{}", "profile p.json: defaultAction: an action is wanted");
	refused("{\"defaultAction\":\"ALLOW\"}",
		"profile p.json: defaultAction: there is no action \"ALLOW\"");
	refused("{\"defaultAction\":7}", "profile p.json: defaultAction: there is no action \"?\"");
	refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\\u0000x\"}",
		"profile p.json: defaultAction: there is no action \"?\"");
	refused("{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}",
		"profile p.json: defaultAction: SCMP_ACT_NOTIFY needs a listener, which cinit has not got");
	refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultAction\":\"SCMP_ACT_KILL\"}",
		"profile p.json: profile: \"defaultAction\" is there twice");
	refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"sycalls\":[]}",
		"profile p.json: profile: a profile has no field \"sycalls\"");
	refused("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}",
		"profile p.json: defaultAction: an errno is a number from 0 to 4095");
	refused("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}",
		"profile p.json: defaultAction: an errno is a number from 0 to 4095");
	refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}",
		"profile p.json: syscalls: an array is wanted");
	refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		"profile p.json: flags: \"SECCOMP_FILTER_FLAG_LOG\" is not supported");
	entry_refused("\"names\":[\"read\"]", "profile p.json: syscalls[0]: an action is wanted");
	entry_refused("\"action\":\"SCMP_ACT_ALLOW\"",
		      "profile p.json: syscalls[0]: \"names\": an array is wanted");
	entry_refused("\"name\":\"read\"," READ,
		      "profile p.json: syscalls[0]: \"name\" and \"names\" are both there");
	entry_refused("\"names\":[\"\"],\"action\":\"SCMP_ACT_ALLOW\"",
		      "profile p.json: syscalls[0]: names of system calls are wanted");
	entry_refused("\"names\":[5],\"action\":\"SCMP_ACT_ALLOW\"",
		      "profile p.json: syscalls[0]: names of system calls are wanted");
	entry_refused(READ ",\"arg\":[]",
		      "profile p.json: syscalls[0]: an entry of syscalls has no field \"arg\"");
	entry_refused(READ ",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]",
		      "profile p.json: syscalls[0].args[0]: \"index\" is a number from 0 to 5");
	entry_refused(READ ",\"args\":[{\"index\":0,\"value\":0,\"op\":\"==\"}]",
		      "profile p.json: syscalls[0].args[0]: there is no operator \"==\"");
	entry_refused(READ ",\"args\":[{\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}]",
		      "profile p.json: syscalls[0].args[0]: values are numbers from 0 to "
		      "18446744073709551615");
	entry_refused(READ ",\"args\":[{\"index\":0,\"value\":1.5,\"op\":\"SCMP_CMP_EQ\"}]",
		      "profile p.json: syscalls[0].args[0]: values are numbers from 0 to "
		      "18446744073709551615");
	entry_refused(READ ",\"includes\":{\"caps\":[\"CAP_FLY\"]}",
		      "profile p.json: syscalls[0].includes: there is no capability \"CAP_FLY\"");
	entry_refused(READ ",\"includes\":{\"minKernel\":\"4\"}",
		      "profile p.json: syscalls[0].includes: \"minKernel\" is a string like \"4.8\"");
	entry_refused(READ ",\"excludes\":{\"minKernel\":4.8}",
		      "profile p.json: syscalls[0].excludes: \"minKernel\" is a string like \"4.8\"");
	entry_refused(READ ",\"includes\":[]",
		      "profile p.json: syscalls[0].includes: an object is wanted");
}

/* Deep nesting ends at the first level that no field has. */
static void test_depth(void)
{
	enum { DEPTH = 100000 };
	char *text = malloc(2 * DEPTH + 64);
	size_t n = (size_t)sprintf(text, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":");

	memset(text + n, '[', DEPTH);
	memset(text + n + DEPTH, ']', DEPTH);
	strcpy(text + n + 2 * DEPTH, "}");
	ok(read_caps(text, 0) < 0, "100,000 brackets are refused");
	is_str(err_text(), "profile p.json: syscalls[0]: an object is wanted", "  with words");
	free(text);
}

static void test_compiling(void)
{
	struct sec_filter f;

	ok(entry(READ) == 0 && filter_compile(&pool, "p", &profile, &f) == 0 && f.len > 5,
	   "what was read compiles");
	ok(entry("\"names\":[\"read\",\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"") == 0 &&
		   filter_compile(&pool, "p", &profile, &f) == 0,
	   "unknown names are left out");
	ok(entry("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"") == 0 &&
		   filter_compile(&pool, "p", &profile, &f) == 0,
	   "a rule that repeats the default is nothing");
	ok(read_caps("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" READ "},{\"names\":"
		     "[\"read\"],\"action\":\"SCMP_ACT_LOG\"}]}",
		     0) == 0 &&
		   filter_compile(&pool, "p", &profile, &f) == 0,
	   "rules that contradict each other compile");
	unsigned log = 0;

	for (unsigned i = 0; i < f.len; i++)
		log += f.insns[i].code == (BPF_RET | BPF_K) && f.insns[i].k == SECCOMP_RET_LOG;
	is_int(log, 0, "and the first counts");
}

static uint32_t ask(const struct sec_filter *f, const char *call, uint64_t a0, uint64_t a1)
{
	const struct seccomp_data data = {
		.nr = seccomp_syscall_resolve_name(call),
		.arch = seccomp_arch_native(),
		.args = { a0, a1 },
	};

	return bpf_run(f, &data);
}

/* The whole way: what a profile says is what the program answers. */
static void test_answers(void)
{
	struct sec_filter f;
	struct seccomp_data newer = { .nr = 5000, .arch = seccomp_arch_native() };

	ok(read_caps("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":13,\"syscalls\":["
		     "{\"names\":[\"read\",\"write\",\"statx\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		     "{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
		     "{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		     "{\"index\":0,\"value\":7,\"op\":\"SCMP_CMP_LE\"},"
		     "{\"index\":1,\"value\":255,\"valueTwo\":3,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
		     "{\"names\":[\"close\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		     "{\"index\":0,\"value\":7,\"op\":\"SCMP_CMP_EQ\"},"
		     "{\"index\":0,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		     0) == 0 &&
		   filter_compile(&pool, "p", &profile, &f) == 0,
	   "a profile with a bit of everything compiles");
	is_int(ask(&f, "read", 0, 0), SECCOMP_RET_ALLOW, "  allowed");
	is_int(ask(&f, "chdir", 0, 0), SECCOMP_RET_ERRNO | 13, "  not named: the default");
	is_int(ask(&f, "kill", 0, 0), SECCOMP_RET_KILL_PROCESS, "  an action of its own");
	is_int(ask(&f, "lseek", 7, 0xf03), SECCOMP_RET_ALLOW, "  both conditions hold");
	is_int(ask(&f, "lseek", 8, 0xf03), SECCOMP_RET_ERRNO | 13, "  the first does not");
	is_int(ask(&f, "lseek", 7, 0xf04), SECCOMP_RET_ERRNO | 13, "  the second does not");
	is_int(ask(&f, "close", 9, 0), SECCOMP_RET_ALLOW, "  the second of two alternatives");
	is_int(ask(&f, "close", 8, 0), SECCOMP_RET_ERRNO | 13, "  neither");
	is_int(bpf_run(&f, &newer), SECCOMP_RET_ERRNO | ENOSYS, "  newer than all of them: ENOSYS");
	ok(read_caps("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"name\":\"kill\","
		     "\"action\":\"SCMP_ACT_TRAP\"}]}",
		     0) == 0 &&
		   filter_compile(&pool, "p", &profile, &f) == 0,
	   "a list of what is forbidden compiles");
	is_int(ask(&f, "read", 0, 0), SECCOMP_RET_ALLOW, "  the default allows");
	is_int(ask(&f, "kill", 0, 0), SECCOMP_RET_TRAP, "  but this");
	is_int(bpf_run(&f, &newer), SECCOMP_RET_ALLOW, "  and newer calls are let through");
}

int main(void)
{
	test_answers();
	test_reading();
	test_args();
	test_conditions();
	test_arches();
	test_refusals();
	test_depth();
	test_compiling();
	pool_release(&pool);
	return done();
}
