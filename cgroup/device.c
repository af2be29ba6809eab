/* cgroup/device.c - which devices a container may use: rules, and a program of the kernel's
 * that holds to them. Runs in the launcher; all but cgroup_device_attach() is pure.
 *
 * cgroup v2 has no file for this: a program (BPF_PROG_TYPE_CGROUP_DEVICE) is asked whenever
 * somebody in the cgroup opens or makes a node. Of what is asked for it strikes out what each
 * matching rule allows, and says yes if nothing is left; so two rules for one device add up,
 * as they did in v1. It goes with the cgroup, and no program below it can allow more.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/sys.h"

enum { MAJOR_MOST = 4095, MINOR_MOST = 1048575 }; /* twelve bits and twenty */
enum { MKNOD = BPF_DEVCG_ACC_MKNOD, ALL = MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

static const char letters[] = "mrw"; /* by bit */

/* What runc allows everybody. Nodes may be made: only to open them is of use. Its 5:1 is not
 * here, the machine's console: a container's /dev/console is a pty. */
/* clang-format off */
static const struct cgroup_device usual[] = {
	{ 'c', MKNOD, -1, -1 }, { 'b', MKNOD, -1, -1 },
	{ 'c', ALL, 1, 3 }, { 'c', ALL, 1, 5 }, { 'c', ALL, 1, 7 }, /* null zero full */
	{ 'c', ALL, 1, 8 }, { 'c', ALL, 1, 9 }, { 'c', ALL, 5, 0 }, /* random urandom tty */
	{ 'c', ALL, 5, 2 }, { 'c', ALL, 136, -1 }, /* ptmx pts */
};
/* clang-format on */

/* ---- rules ---- */

unsigned cgroup_device_access(const char *s)
{
	unsigned access = 0;

	for (; *s; s++) {
		if (!strchr(letters, *s))
			return 0;
		access |= 1u << (strchr(letters, *s) - letters);
	}
	return access;
}

/* "8" or "*", from P to the character END; what is behind that, or NULL. */
static const char *read_part(const char *p, char end, uint32_t most, int32_t *out)
{
	char text[8];
	size_t n = strcspn(p, (char[]){ end, '\0' });
	uint32_t value;

	if (p[n] != end || n >= sizeof(text))
		return NULL;
	memcpy(text, p, n);
	text[n] = '\0';
	*out = -1;
	if (strcmp(text, "*") != 0) {
		if (num_u32(text, &value) < 0 || value > most)
			return NULL;
		*out = (int32_t)value;
	}
	return p + n + 1;
}

int cgroup_device_parse(const char *text, struct cgroup_device *out)
{
	const char *p = text;

	out->type = *p;
	if (!*p || !strchr("abc", *p) || p[1] != ' ' ||
	    !(p = read_part(p + 2, ':', MAJOR_MOST, &out->major)) ||
	    !(p = read_part(p, ' ', MINOR_MOST, &out->minor)) || strlen(p) > 3 ||
	    !(out->access = (uint8_t)cgroup_device_access(p)))
		return fail_plain("%s: \"c|b|a MAJOR:MINOR rwm\" is wanted, like \"b 8:* r\", "
				  "at most 4095:1048575",
				  text);
	return 0;
}

int cgroup_device_add(struct cgroup_devices *d, const struct cgroup_device *rule)
{
	for (size_t i = 0; i < d->n; i++) {
		struct cgroup_device *r = &d->rule[i];

		if (r->type == rule->type && r->major == rule->major && r->minor == rule->minor) {
			r->access |= rule->access;
			return 0;
		}
	}
	if (d->n == CGROUP_DEVICES_MAX)
		return fail_plain("more than %d rules of devices", CGROUP_DEVICES_MAX);
	d->rule[d->n++] = *rule;
	return 0;
}

void cgroup_device_usual(struct cgroup_devices *d)
{
	memcpy(d->rule, usual, sizeof(usual));
	d->n = sizeof(usual) / sizeof(*usual);
}

const char *cgroup_device_text(char text[CGROUP_DEVICE_TEXT], const struct cgroup_device *r)
{
	static const char names[][4] = { "", "m", "r", "rm", "w", "wm", "rw", "rwm" };
	char major[24] = "*", minor[24] = "*"; /* any */

	if (r->major >= 0)
		num_text(major, (uint64_t)r->major);
	if (r->minor >= 0)
		num_text(minor, (uint64_t)r->minor);
	snprintf(text, CGROUP_DEVICE_TEXT, "%c %s:%s %s", r->type, major, minor,
		 names[r->access & ALL]);
	return text;
}

/* ---- the program ---- */

#define INSN(op, to, from, jump, value)                                                            \
	{                                                                                          \
		op, to, from, jump, value                                                          \
	}
enum { TYPE = BPF_REG_2, MAJOR, MINOR, LEFT };

/* R's instructions; where it does not match, the rest of them is jumped over. */
static size_t put_rule(struct bpf_insn *out, const struct cgroup_device *r)
{
	const int type = r->type == 'a' ? -1 :
			 r->type == 'b' ? BPF_DEVCG_DEV_BLOCK :
					  BPF_DEVCG_DEV_CHAR;
	const struct bpf_insn test[] = {
		INSN(BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, 0, type),
		INSN(BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, 0, r->major),
		INSN(BPF_JMP | BPF_JNE | BPF_K, MINOR, 0, 0, r->minor),
	};
	int rest = (type >= 0) + (r->major >= 0) + (r->minor >= 0);
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		if (test[i].imm >= 0) {
			out[n] = test[i];
			out[n++].off = (int16_t)rest--;
		}
	out[n++] = (struct bpf_insn)INSN(BPF_ALU | BPF_AND | BPF_K, LEFT, 0, 0, ~(int)r->access);
	return n;
}

size_t cgroup_device_program(const struct cgroup_devices *d, struct bpf_insn *out)
{
	static const struct bpf_insn head[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, LEFT, BPF_REG_1, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, MAJOR, BPF_REG_1, 4, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, MINOR, BPF_REG_1, 8, 0),
		INSN(BPF_ALU | BPF_MOV | BPF_X, TYPE, LEFT, 0, 0),
		INSN(BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff),
		INSN(BPF_ALU | BPF_RSH | BPF_K, LEFT, 0, 0, 16),
	};
	static const struct bpf_insn tail[] = {
		INSN(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, LEFT, 0, 1, 0),
		INSN(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	size_t n = sizeof(head) / sizeof(*head);

	_Static_assert(sizeof(head) + sizeof(tail) <= 10 * sizeof(*out), "as counted in cgroup.h");
	if (d->n > CGROUP_DEVICES_MAX)
		return 0;
	memcpy(out, head, sizeof(head));
	for (size_t i = 0; i < d->n; i++)
		n += put_rule(out + n, &d->rule[i]);
	memcpy(out + n, tail, sizeof(tail));
	return n + sizeof(tail) / sizeof(*tail);
}

int cgroup_device_attach(int dirfd, const struct cgroup_devices *d)
{
	struct bpf_insn insn[CGROUP_DEVICE_INSNS];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)cgroup_device_program(d, insn),
		.insns = (uintptr_t)insn,
		.license = (uintptr_t) "MIT",
	};
	AUTO_FD int prog = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));

	attr = (union bpf_attr){
		.target_fd = (uint32_t)dirfd,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	if (prog < 0 || sys_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		return fail("give the kernel a program for devices");
	return 0;
}
