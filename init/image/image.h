/* init/image/image.h - what the embedded init and its embedder agree on. */
#ifndef INIT_IMAGE_H
#define INIT_IMAGE_H

#include "init.h"

/* A note as elf(5) has them; the image's only one, so its PT_NOTE is exactly this. */
struct init_note {
	uint32_t name_size, desc_size, type;
	char name[12]; /* padded so that conf is aligned */
	struct init_conf conf;
};

#define INIT_NOTE_NAME "cinit\0\0\0\0\0\0"

#endif
