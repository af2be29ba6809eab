/* lib/relro.c - read-only relocations for a static-pie. Every role runs this
 * once; owns nothing. elf(5), PT_GNU_RELRO. */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/relro.h"

/* The linker's symbol for the start of the program, its ELF header; an array, since
 * what is read lies behind the header. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void relro_protect(void)
{
	const char *base = __ehdr_start;
	const ElfW(Ehdr) *elf = (const void *)base;
	const ElfW(Phdr) *ph = (const void *)(base + elf->e_phoff);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	if (elf->e_type != ET_DYN)
		return;
	for (int i = 0; i < elf->e_phnum; i++) {
		/* Rounded inwards: the page behind holds data that is written to. */
		uintptr_t start = ((uintptr_t)base + ph[i].p_vaddr + page - 1) & -page;
		uintptr_t end = ((uintptr_t)base + ph[i].p_vaddr + ph[i].p_memsz) & -page;

		if (ph[i].p_type == PT_GNU_RELRO && start < end)
			mprotect((void *)start, end - start, PROT_READ);
	}
}
