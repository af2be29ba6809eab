/* tests/unit/sec_bpf.h - a filter program, read as the kernel reads it. */
#ifndef TESTS_UNIT_SEC_BPF_H
#define TESTS_UNIT_SEC_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "runtime/sec.h"

static uint32_t bpf_run(const struct sec_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < f->len; pc++) {
		const struct sock_filter *i = &f->insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			printf("# instruction %u: 0x%02x is not known here\n", pc, i->code);
			return 0xdeadu;
		}
	}
	return 0xdeadu;
}

#endif
