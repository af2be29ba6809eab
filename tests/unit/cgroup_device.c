/* tests/unit/cgroup_device.c - cgroup/device.c: rules of devices as words, and the program
 * that is made of them, carried out as the kernel does it and checked as its verifier does. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "cli/run.h"
#include "lib/err.h"
#include "tests/unit/tap.h"

static struct pool pool = POOL_INIT;

/* ---- words ---- */

/* What TEXT is read as, in words again; "" if it is refused. */
static const char *read_as(const char *text)
{
	static char words[CGROUP_DEVICE_TEXT];
	struct cgroup_device r;

	err_clear();
	if (cgroup_device_parse(text, &r) < 0)
		return err_text()[0] ? "" : "refused without a word";
	return cgroup_device_text(words, &r);
}

static void words(void)
{
	static const char *const bad[] = {
		"",
		"c",
		"c 1:3",
		"c 1:3 ",
		"c 1:3 x",
		"c 1:3 rwmr",
		"c 1:3 rw m",
		"c 1:3  r",
		" c 1:3 r",
		"c  1:3 r",
		"d 1:3 r",
		"cb 1:3 r",
		"C 1:3 r",
		"c 1 3 r",
		"c :3 r",
		"c 1: r",
		"c 1:3:4 r",
		"c *1:3 r",
		"c ** :3 r",
		"c -1:3 r",
		"c +1:3 r",
		"c 01:3 r",
		"c 0x1:3 r",
		"c 4096:3 r",
		"c 1:1048576 r",
		"c 1:-1 r",
		"c 1:3 r\n",
		"c 1:3\nr",
		"c\n1:3 r",
		"c 1:\n3 r",
		"c 1:3 R",
		"c 1:3,4 rwm",
		"c 99999999999999999999:3 r",
		"c 1:4294967295 r",
	};

	is_str(read_as("c 1:3 rwm"), "c 1:3 rwm", "one device");
	is_str(read_as("b 8:* r"), "b 8:* r", "any minor");
	is_str(read_as("a *:* mwr"), "a *:* rwm", "everything, letters in any order");
	is_str(read_as("c *:7 w"), "c *:7 w", "any major");
	is_str(read_as("c 4095:1048575 m"), "c 4095:1048575 m", "the largest numbers");
	is_str(read_as("c 0:0 rr"), "c 0:0 r", "the smallest, a letter twice");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(read_as(bad[i])[0] == '\0', "refused: number %zu", i);
	is_int(cgroup_device_access("rwm"), 7, "all letters");
	is_int(cgroup_device_access("rx"), 0, "one that is none");
	is_int(cgroup_device_access(""), 0, "no letter");
}

/* ---- the program ---- */

enum { MKNOD = 1, READ = 2, WRITE = 4 };
enum { BLOCK = 1, CHAR = 2 };

static struct bpf_insn insn[CGROUP_DEVICE_INSNS + 1];
static size_t ninsn;

static struct cgroup_devices table(const char *const *rules)
{
	struct cgroup_devices d = { .n = 0 };

	for (; *rules; rules++) {
		struct cgroup_device r;

		if (cgroup_device_parse(*rules, &r) < 0 || cgroup_device_add(&d, &r) < 0)
			ok(false, "%s", err_text());
	}
	return d;
}
#define TABLE(...) table((const char *const[]){ __VA_ARGS__, NULL })

/* What the verifier wants: jumps go forward to an instruction that is there, nothing is read
 * that was not written, numbers are not negative where they would be widened, an exit is
 * reached. The program has no loops, so registers can be looked at in order. */
static const char *verify(void)
{
	bool set[11] = { [1] = true };

	if (ninsn == 0 || insn[ninsn - 1].code != (BPF_JMP | BPF_EXIT))
		return "no exit at the end";
	for (size_t pc = 0; pc < ninsn; pc++) {
		const struct bpf_insn *i = &insn[pc];

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != 1 || i->off < 0 || i->off > 8 || i->off % 4)
				return "reads beside the context";
			set[i->dst_reg] = true;
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			if (!set[i->src_reg])
				return "reads a register that is not set";
			set[i->dst_reg] = true;
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			set[i->dst_reg] = true;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_ALU | BPF_RSH | BPF_K:
			if (!set[i->dst_reg])
				return "changes a register that is not set";
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
		case BPF_JMP | BPF_JEQ | BPF_K:
			if (!set[i->dst_reg] || i->imm < 0)
				return "compares what it may not";
			if (i->off < 0 || pc + 1 + (size_t)i->off >= ninsn)
				return "jumps out of the program";
			break;
		case BPF_JMP | BPF_EXIT:
			if (pc != ninsn - 1 || !set[0])
				return "an exit too early, or without an answer";
			break;
		default:
			return "an instruction that is not known here";
		}
		if (i->dst_reg > 10 || i->src_reg > 10)
			return "a register that does not exist";
	}
	return "";
}

/* The kernel's answer: 1, 0; -1: the program is wrong. */
static int asked(unsigned type, unsigned access, uint32_t major, uint32_t minor)
{
	const struct bpf_cgroup_dev_ctx ctx = { access << 16 | type, major, minor };
	uint64_t reg[11] = { 0 };
	size_t steps = 0;

	for (size_t pc = 0; pc < ninsn && steps <= ninsn; pc++, steps++) {
		const struct bpf_insn *i = &insn[pc];
		uint32_t word;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			memcpy(&word, (const char *)&ctx + i->off, 4);
			reg[i->dst_reg] = word;
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			reg[i->dst_reg] = (uint32_t)reg[i->src_reg];
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			reg[i->dst_reg] = (uint32_t)i->imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			reg[i->dst_reg] = (uint32_t)reg[i->dst_reg] & (uint32_t)i->imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			reg[i->dst_reg] = (uint32_t)reg[i->dst_reg] >> i->imm;
			break;
		case BPF_JMP | BPF_JNE | BPF_K: /* 64 bits, the number widened with its sign */
			if (reg[i->dst_reg] != (uint64_t)(int64_t)i->imm)
				pc += (size_t)i->off;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			if (reg[i->dst_reg] == (uint64_t)(int64_t)i->imm)
				pc += (size_t)i->off;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)reg[0];
		default:
			return -1;
		}
	}
	return -1;
}

static void compile(const struct cgroup_devices *d, const char *what)
{
	memset(insn, 0xff, sizeof(insn));
	ninsn = cgroup_device_program(d, insn);
	is_str(verify(), "", "%s", what);
	is_int(insn[CGROUP_DEVICE_INSNS].code, 0xff, "  and not too long");
}

static void usual(void)
{
	struct cgroup_devices d;
	static const struct {
		unsigned type, access, major, minor;
		int answer;
		const char *what;
	} q[] = {
		{ CHAR, READ, 1, 3, 1, "null is read" },
		{ CHAR, READ | WRITE, 1, 3, 1, "and written" },
		{ CHAR, READ, 1, 5, 1, "zero" },
		{ CHAR, WRITE, 1, 7, 1, "full" },
		{ CHAR, READ, 1, 8, 1, "random" },
		{ CHAR, READ, 1, 9, 1, "urandom" },
		{ CHAR, READ | WRITE, 5, 0, 1, "tty" },
		{ CHAR, READ | WRITE, 5, 2, 1, "ptmx" },
		{ CHAR, READ | WRITE, 136, 0, 1, "a terminal" },
		{ CHAR, READ | WRITE, 136, 1048575, 1, "any terminal" },
		{ CHAR, MKNOD, 1, 1, 1, "mem is made" },
		{ CHAR, READ, 1, 1, 0, "and not read" },
		{ CHAR, WRITE, 1, 1, 0, "nor written" },
		{ CHAR, MKNOD | READ, 1, 1, 0, "both at once" },
		{ BLOCK, MKNOD, 8, 0, 1, "a disk is made" },
		{ BLOCK, READ, 8, 0, 0, "and not read" },
		{ BLOCK, READ, 1, 3, 0, "a block device with null's numbers" },
		{ BLOCK, READ, 136, 3, 0, "and with a terminal's" },
		{ CHAR, READ, 3, 1, 0, "null's numbers the other way round" },
		{ CHAR, READ, 5, 1, 0, "the machine's console" },
		{ CHAR, READ, 4, 0, 0, "the machine's terminal" },
		{ CHAR, READ, 1, 4, 0, "port" },
		{ CHAR, READ, 1, 11, 0, "kmsg" },
		{ CHAR, READ, 10, 229, 0, "fuse" },
		{ CHAR, READ, 0x80000001, 3, 0, "null's number with a high bit" },
		{ 0, READ, 1, 3, 0, "no type" },
		{ CHAR, 8, 1, 1, 0, "an access that nobody knows" },
		{ CHAR, 0, 1, 1, 1, "nothing is asked for" },
	};

	cgroup_device_usual(&d);
	compile(&d, "the usual rules are a program");
	for (size_t i = 0; i < sizeof(q) / sizeof(*q); i++)
		is_int(asked(q[i].type, q[i].access, q[i].major, q[i].minor), q[i].answer, "%s",
		       q[i].what);
}

static void rules(void)
{
	struct cgroup_devices d = { .n = 0 };

	compile(&d, "no rule is a program");
	is_int(asked(CHAR, READ, 1, 3), 0, "  which allows nothing");
	is_int(asked(BLOCK, MKNOD, 0, 0), 0, "  at all");
	d = TABLE("a *:* rwm");
	compile(&d, "everything is a program");
	is_int(asked(CHAR, READ | WRITE | MKNOD, 4095, 7), 1, "  which allows everything");
	is_int(asked(BLOCK, READ, 0, 0), 1, "  of both types");
	d = TABLE("c 1:1 r", "b 8:* w", "a 7:3 m", "c *:9 r");
	compile(&d, "rules of all kinds");
	is_int(asked(CHAR, READ, 1, 1), 1, "  what was said");
	is_int(asked(CHAR, WRITE, 1, 1), 0, "  not what was not");
	is_int(asked(CHAR, READ | WRITE, 1, 1), 0, "  not both");
	is_int(asked(BLOCK, WRITE, 8, 77), 1, "  any minor");
	is_int(asked(BLOCK, WRITE, 9, 77), 0, "  of that major");
	is_int(asked(CHAR, WRITE, 8, 77), 0, "  of that type");
	is_int(asked(CHAR, MKNOD, 7, 3) + asked(BLOCK, MKNOD, 7, 3), 2, "  both types");
	is_int(asked(CHAR, READ, 1000, 9), 1, "  any major");
	d = TABLE("c 1:1 r", "c *:1 w", "a 1:* m");
	compile(&d, "rules that meet");
	is_int(asked(CHAR, READ | WRITE | MKNOD, 1, 1), 1, "  add up");
	is_int(asked(CHAR, READ | WRITE | MKNOD, 1, 2), 0, "  where they do");
	d = TABLE("c 1:1 r", "b 1:1 r", "c 1:1 w", "c 1:1 m");
	is_int((long long)d.n, 2, "the same device twice is one rule");
	is_int(d.rule[0].access, 7, "  with all its letters");
}

/* ---- many ---- */

static bool allowed(const struct cgroup_devices *d, unsigned type, unsigned access, int32_t major,
		    int32_t minor)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct cgroup_device *r = &d->rule[i];

		if ((r->type == 'a' || (r->type == 'b') == (type == BLOCK)) &&
		    (r->major < 0 || r->major == major) && (r->minor < 0 || r->minor == minor))
			access &= ~(unsigned)r->access;
	}
	return access == 0;
}

static void many(void)
{
	static const int32_t numbers[] = { -1, 0, 1, 2, 3, 255, 4095 };
	enum { NUMBERS = sizeof(numbers) / sizeof(*numbers), TURNS = 300 };
	int wrong = 0, bad = 0, yes = 0, n = 0;

	srandom(7);
	for (int turn = 0; turn < TURNS; turn++) {
		struct cgroup_devices d = { .n = 0 };

		for (long k = random() % 20; k >= 0; k--) {
			const struct cgroup_device r = {
				.type = "abc"[random() % 3],
				.access = (uint8_t)(random() % 7 + 1),
				.major = numbers[random() % NUMBERS],
				.minor = numbers[random() % NUMBERS],
			};

			cgroup_device_add(&d, &r);
		}
		ninsn = cgroup_device_program(&d, insn);
		bad += verify()[0] != '\0';
		for (unsigned type = BLOCK; type <= CHAR; type++)
			for (unsigned access = 1; access < 8; access++)
				for (int i = 1; i < NUMBERS; i++)
					for (int k = 1; k < NUMBERS; k++, n++) {
						bool want = allowed(&d, type, access, numbers[i],
								    numbers[k]);

						wrong += asked(type, access, (uint32_t)numbers[i],
							       (uint32_t)numbers[k]) != want;
						yes += want;
					}
	}
	is_int(bad, 0, "programs of any rules");
	is_int(wrong, 0, "give the answers that the rules do");
	ok(yes > n / 20 && yes < n - n / 20, "some are yes and some are no");
}

static void bounds(void)
{
	struct cgroup_devices d = { .n = 0 };
	struct cgroup_device r = { 'b', 7, 4095, 0 };
	struct run_args a = { .pool = &pool };
	int taken = 0;

	for (r.minor = 0; r.minor < CGROUP_DEVICES_MAX; r.minor++)
		taken += cgroup_device_add(&d, &r) == 0;
	is_int(taken, CGROUP_DEVICES_MAX, "as many as there is room for");
	is_int(cgroup_device_add(&d, &r), -1, "not one more");
	is_str(err_text(), "more than 128 rules of devices", "  which is said");
	r.minor = 5;
	is_int(cgroup_device_add(&d, &r), 0, "one that is there already is no more");
	compile(&d, "the longest program");
	is_int((long long)ninsn, CGROUP_DEVICE_INSNS, "  is as long as is said");
	is_int(asked(BLOCK, 7, 4095, CGROUP_DEVICES_MAX - 1), 1, "  the last rule is in it");
	is_int(asked(BLOCK, 1, 4095, CGROUP_DEVICES_MAX), 0, "  and none behind it");
	d.n = CGROUP_DEVICES_MAX + 1;
	is_int((long long)cgroup_device_program(&d, insn), 0, "a count that cannot be: no program");
	d.n = SIZE_MAX;
	is_int((long long)cgroup_device_program(&d, insn), 0, "nor of any other");
	for (int i = 0; i < CGROUP_DEVICES_MAX; i++)
		taken -= run_read_device_rule(&a, "c 1:3 r") == 0;
	is_int(taken, 0, "the option as often");
	is_int(run_read_device_rule(&a, "c 1:3 r"), -1, "and not once more");
	is_str(err_text(), "more than 128 rules", "  which is said");
	is_int((long long)a.spec.ndevice_rules, CGROUP_DEVICES_MAX, "  and is left out");
}

int main(void)
{
	words();
	usual();
	rules();
	many();
	bounds();
	pool_release(&pool);
	return done();
}
