/* lib/text.c - a long-lived process gives back what only its start needed. Roles that
 * sleep run this once, before their loop; owns nothing. elf(5), madvise(2). */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/text.h"

/* The linker's symbol for the start of the program, its ELF header. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void text_forget(void)
{
	const char *base = __ehdr_start;
	const ElfW(Ehdr) *elf = (const void *)base;
	const ElfW(Phdr) *ph = (const void *)(base + elf->e_phoff);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	if (elf->e_type != ET_DYN)
		return;
	for (int i = 0; i < elf->e_phnum; i++) {
		uintptr_t start = ((uintptr_t)base + ph[i].p_vaddr) & -page;
		uintptr_t end = ((uintptr_t)base + ph[i].p_vaddr + ph[i].p_memsz + page - 1) &
				-page;

		/* What can be written is this process's alone, and would be lost. */
		if (ph[i].p_type == PT_LOAD && !(ph[i].p_flags & PF_W))
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
}
