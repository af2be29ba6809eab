/* init/entry.c - the first instructions of every process that runs cinit, before
 * the C library has even relocated the program. They block all signals.
 *
 * Kernel: a signal that a PID 1 has neither blocked nor handled is dropped, and
 * any other process dies of it. A TERM sent just after a container was started is
 * not rare (an impatient orchestrator), and the C library's start takes longer
 * than all that init does afterwards. What init finds blocked it forwards to its
 * program; every other role gives itself its mask back in main().
 *
 * The linker is told to start here (-e init_entry); a build that is not starts in
 * the C library as usual, and init_block_signals() does the same a little later. */
#include <signal.h>
#include <stdbool.h>

#include "init.h"
#include "init/raw.h"

uint64_t init_caller_mask;

/* Written before relocation: they must need none. */
__attribute__((used, visibility("hidden"))) bool init_entry_ran;

__asm__(".text\n"
	".globl init_entry\n"
	".hidden init_entry\n"
	".type init_entry, @function\n"
	"init_entry:\n\t"
	"endbr64\n\t"
	"push $-1\n\t"
	"mov $14, %eax\n\t" /* rt_sigprocmask */
	"mov $2, %edi\n\t"  /* SIG_SETMASK */
	"mov %rsp, %rsi\n\t"
	"lea init_caller_mask(%rip), %rdx\n\t"
	"mov $8, %r10d\n\t"
	"syscall\n\t"
	"movb $1, init_entry_ran(%rip)\n\t"
	"pop %rax\n\t"
	/* As the kernel enters a program (the ABI's process initialization). */
	"xor %edx, %edx\n\t"
	"xor %ebp, %ebp\n\t"
	"jmp _start\n\t"
	".size init_entry, . - init_entry");

void init_block_signals(void)
{
	const uint64_t all = ~0ull;

	if (!init_entry_ran)
		raw_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &init_caller_mask, sizeof(all));
}
