/* runtime/seccomp/compile.c - a profile becomes a BPF program.
 *
 * Run by tools/mkfilter.c while cinit is built, and by the launcher for profiles
 * that are neither built in nor cached. Nothing is loaded here. In order:
 *
 *  1 libseccomp turns the rules into a program, as a binary tree: 0.15 ms to load
 *    where a list takes 0.7
 *  2 a prologue of ours is put before it, for what libseccomp has no words for
 *  3 a program for one ABI is made smaller by ranges.c
 *
 * A filter program only ever jumps forward and by relative distances, so a prologue
 * that either returns or falls through changes nothing in what follows.
 */
#include <asm/ioctls.h>
#include <endian.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "runtime/seccomp/filter.h"
#include "runtime/seccomp/ranges.h"

#define X32_BIT 0x40000000u
/* The program uses what Linux 4.14 has (KILL_PROCESS, LOG); libseccomp would ask
 * the kernel it runs on, which need not be the one that the filter is for. */
#define API_LEVEL 3

uint32_t filter_arch_native(void)
{
	return seccomp_arch_native();
}

uint32_t filter_arch_compat32(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return SCMP_ARCH_X86;
	case SCMP_ARCH_AARCH64:
		return SCMP_ARCH_ARM;
	}
	return 0;
}

/* ---- 2: the prologue ---- */

enum {
	NEXT, /* the next instruction */
	OVER, /* the one after it */
	END,  /* behind the block */
	NOSYS,
	PERM, /* the two returns at the block's end */
	LABELS
};

/* A few instructions whose jumps go to labels behind them. */
struct block {
	struct sock_filter code[24];
	uint8_t jt[24], jf[24]; /* labels */
	unsigned char n;
};

static void emit(struct block *b, uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	b->code[b->n] = (struct sock_filter){ .code = op, .k = k };
	b->jt[b->n] = jt;
	b->jf[b->n++] = jf;
}

static void load(struct block *b, size_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, NEXT, NEXT);
}

static void jump(struct block *b, uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	emit(b, (uint16_t)(BPF_JMP | BPF_K | op), k, jt, jf);
}

/* Numbers that an architecture has never given to a call. */
static const struct hole {
	uint32_t arch;
	int first, last;
} holes[] = {
	{ SCMP_ARCH_X86_64, 337, 423 },
	{ SCMP_ARCH_AARCH64, 244, 259 },
	{ SCMP_ARCH_AARCH64, 295, 423 },
};

static bool in_hole(const struct hole *hole, uint32_t arch, int nr)
{
	return hole->arch == arch && nr >= hole->first && nr <= hole->last;
}

/* The newest call the profile knows of. A program that meets a number above it gets
 * ENOSYS and uses what came before; EPERM would look like a refusal, and break
 * programs at each new libc. (Numbers have grown alike on all machines since 424.) */
static int newest_call(const struct filter_profile *profile, uint32_t arch)
{
	int newest = -1;

	for (size_t i = 0; i < profile->nnames; i++) {
		int nr = seccomp_syscall_resolve_name_arch(arch, profile->names[i]);

		if (nr > newest)
			newest = nr;
	}
	return newest;
}

static void block_unknown(struct block *b, const struct filter_profile *profile, uint32_t arch)
{
	int newest = newest_call(profile, arch);

	if (newest < 0)
		return;
	jump(b, BPF_JGT, (uint32_t)newest, NOSYS, NEXT);
	for (size_t i = 0; i < sizeof(holes) / sizeof(*holes); i++) {
		bool used = holes[i].arch != arch;

		for (size_t k = 0; k < profile->nnames && !used; k++)
			used = in_hole(&holes[i], arch,
				       seccomp_syscall_resolve_name_arch(arch, profile->names[k]));
		if (used)
			continue;
		jump(b, BPF_JGE, (uint32_t)holes[i].first, NEXT, OVER);
		jump(b, BPF_JGT, (uint32_t)holes[i].last, NEXT, NOSYS);
	}
}

/* TIOCSTI types into the terminal as if the user had; TIOCLINUX pastes into a console.
 * The kernel takes the request as an unsigned int: only its lower half counts. */
static void block_tty(struct block *b, uint32_t arch)
{
	int nr = seccomp_syscall_resolve_name_arch(arch, "ioctl");
	size_t low = offsetof(struct seccomp_data, args[1]) +
		     (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0);

	jump(b, BPF_JEQ, (uint32_t)nr, NEXT, END);
	load(b, low);
	jump(b, BPF_JEQ, TIOCSTI, PERM, NEXT);
	jump(b, BPF_JEQ, TIOCLINUX, PERM, END);
}

/* Close the block, turn labels into distances and copy it to CODE; returns its length. */
static size_t block_finish(struct block *b, struct sock_filter *code)
{
	emit(b, BPF_JMP | BPF_JA, 2, NEXT, NEXT); /* over the returns */
	uint8_t n = b->n;

	emit(b, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, NEXT, NEXT);
	emit(b, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, NEXT, NEXT);
	for (uint8_t i = 0; i < n; i++) {
		const uint8_t distance[LABELS] = {
			[NEXT] = 0,
			[OVER] = 1,
			[NOSYS] = (uint8_t)(n - i - 1),
			[PERM] = (uint8_t)(n - i),
			[END] = (uint8_t)(n - i + 1),
		};

		if (BPF_CLASS(b->code[i].code) != BPF_JMP || BPF_OP(b->code[i].code) == BPF_JA)
			continue;
		b->code[i].jt = distance[b->jt[i]];
		b->code[i].jf = distance[b->jf[i]];
	}
	memcpy(code, b->code, b->n * sizeof(*code));
	return b->n;
}

/* One block for each architecture; returns the number of instructions. */
static size_t prologue(const struct filter_profile *profile, struct sock_filter *code)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->narch; i++) {
		uint32_t arch = profile->arch[i];
		struct block b = { .n = 0 };
		bool x32 = false;

		/* x32 shares x86-64's token and has its own numbers. 32-bit ARM has calls
		 * of its own far above all others (breakpoint, set_tls). */
		for (size_t k = 0; k < profile->narch; k++)
			x32 |= profile->arch[k] == SCMP_ARCH_X32;
		if (arch == SCMP_ARCH_X32)
			continue;
		load(&b, offsetof(struct seccomp_data, arch));
		jump(&b, BPF_JEQ, arch, NEXT, END);
		load(&b, offsetof(struct seccomp_data, nr));
		if (x32 && arch == SCMP_ARCH_X86_64)
			jump(&b, BPF_JGE, X32_BIT, END, NEXT);
		if (profile->unknown_nosys && arch != SCMP_ARCH_ARM)
			block_unknown(&b, profile, arch);
		if (profile->guard_tty)
			block_tty(&b, arch);
		n += block_finish(&b, code + n);
	}
	return n;
}

/* ---- 1: the rules ---- */

static int add_rule(scmp_filter_ctx ctx, const char *name, const struct filter_profile *profile,
		    const struct filter_rule *rule)
{
	int nr = seccomp_syscall_resolve_name(rule->name);

	/* Unknown names: the profile is newer than libseccomp, or of another machine.
	 * A rule that says what is the default anyway: libseccomp will not have it. */
	if (nr == __NR_SCMP_ERROR || rule->action == profile->default_action)
		return 0;
	int rc = seccomp_rule_add_array(ctx, rule->action, nr, rule->nargs, rule->args);

	/* Of rules that contradict each other libseccomp keeps the first one without
	 * conditions, so does docker; podman's own profile relies on it. */
	if (rc < 0) {
		errno = -rc;
		return fail("%s: %s: rule for %s", name, rule->place ? rule->place : "rules",
			    rule->name);
	}
	return 0;
}

static int add_all(scmp_filter_ctx ctx, const char *name, const struct filter_profile *profile)
{
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	/* A call from an ABI that the profile does not speak of: the whole process
	 * ends, not a thread of it. */
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 1; i < profile->narch && rc == 0; i++) {
		rc = seccomp_arch_add(ctx, profile->arch[i]);
		if (rc == -EEXIST)
			rc = 0;
	}
	if (rc < 0) {
		errno = -rc;
		return fail("%s: prepare the filter", name);
	}
	for (size_t i = 0; i < profile->nrules; i++)
		if (add_rule(ctx, name, profile, &profile->rules[i]) < 0)
			return -1;
	return 0;
}

/* Kernel: vm.memfd_noexec=2 wants it said that a memfd will not be executed; before
 * 6.3 the flag is unknown. */
static int scratch_file(void)
{
	int fd = sys_memfd_create("filter", MFD_CLOEXEC | 0x0008u /* MFD_NOEXEC_SEAL */);

	return fd >= 0 || errno != EINVAL ? fd : sys_memfd_create("filter", MFD_CLOEXEC);
}

/* libseccomp 2.5 can write to a descriptor only, so that is what is used. */
static int export(struct pool *pool, const char *name, scmp_filter_ctx ctx,
		  const struct filter_profile *profile, struct sec_filter *out)
{
	struct sock_filter head[FILTER_ARCHES_MAX * 24];
	AUTO_FD int fd = scratch_file();

	if (fd < 0)
		return fail("%s: make room for the filter", name);
	int rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0) {
		errno = -rc;
		return fail("%s: compile the filter", name);
	}
	off_t size = lseek(fd, 0, SEEK_END);
	size_t nhead = prologue(profile, head), nbody = (size_t)size / sizeof(*head);

	if (size <= 0 || nhead + nbody > BPF_MAXINSNS)
		return fail_plain("%s: the filter has %zu instructions, the kernel takes %d", name,
				  nhead + nbody, BPF_MAXINSNS);
	struct sock_filter *insns = pool_alloc(pool, (nhead + nbody) * sizeof(*insns));

	memcpy(insns, head, nhead * sizeof(*insns));
	if (pread(fd, insns + nhead, (size_t)size, 0) != (ssize_t)size)
		return fail("%s: read the filter back", name);
	*out = (struct sec_filter){
		.insns = insns,
		.len = (unsigned short)(nhead + nbody),
		.from = "compiled",
	};
	return 0;
}

static int compile_plain(struct pool *pool, const char *name, const struct filter_profile *profile,
			 struct sec_filter *out)
{
	seccomp_api_set(API_LEVEL);
	scmp_filter_ctx ctx = seccomp_init(profile->default_action);

	if (!ctx)
		return fail_plain("%s: out of memory, or no such default action", name);
	int rc = add_all(ctx, name, profile);

	if (rc == 0)
		rc = export(pool, name, ctx, profile, out);
	seccomp_release(ctx);
	return rc;
}

/* ---- 3 ---- */

/* The rules on calls whose answer depends on arguments, as a program of their own. */
static int compile_rest(struct pool *pool, const char *name, const struct filter_profile *profile,
			const struct ranges *ranges, struct sec_filter *out)
{
	struct filter_profile rest = *profile;

	rest.rules = NULL;
	rest.nrules = 0;
	rest.unknown_nosys = false;
	for (size_t i = 0; i < profile->nrules; i++) {
		int nr = seccomp_syscall_resolve_name(profile->rules[i].name);

		if (nr >= 0 && ranges_depend(ranges, (uint32_t)nr))
			POOL_PUSH(pool, rest.rules, rest.nrules, profile->rules[i]);
	}
	out->insns = NULL;
	out->len = 0;
	return rest.nrules ? compile_plain(pool, name, &rest, out) : 0;
}

int filter_compile(struct pool *pool, const char *name, const struct filter_profile *profile,
		   struct sec_filter *out)
{
	struct sec_filter rest, small = { .from = "compiled" };
	struct ranges native, foreign;

	if (compile_plain(pool, name, profile, out) < 0)
		return -1;
	if (profile->narch > 1 || profile->plain)
		return 0;
	ranges_find(pool, out, profile->arch[0], &native);
	ranges_find(pool, out, ~profile->arch[0], &foreign);
	if (foreign.n != 1 || foreign.range[0].depends)
		return 0;
	if (compile_rest(pool, name, profile, &native, &rest) < 0)
		return -1;
	if (ranges_emit(pool, &native, profile->arch[0], foreign.range[0].answer, &rest, &small) &&
	    small.len < out->len)
		*out = small;
	return 0;
}

uint64_t filter_hash(uint64_t hash, const void *data, size_t n)
{
	for (const unsigned char *p = data, *end = p + n; p < end; p++)
		hash = (hash ^ *p) * 1099511628211u;
	return hash;
}
