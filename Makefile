# cinit's build.
#
#   make            build/cinit: one static program, nothing else is needed
#   make run        set up this machine, build, open a shell in a container
#   make test       set up this machine, build, run every test
#   make install    PREFIX=/usr/local DESTDIR= CAPS=1
#   make help       everything else
#
# How it works: scripts/deps.sh builds musl's sysroot and three libraries below
# DEPS_DIR, once. Every .c file of the rooms becomes an object below BUILD, and
# all objects become one program. Two of its parts come from programs of ours
# that are built before it: the default seccomp filter, and the small init that
# cinit carries inside itself. What only checks the result is in mk/check.mk.

VERSION := 0.1.0

all:

# --- what to build, and where ------------------------------------------------
# DEBUG=1: for debuggers. SANITIZE=address,undefined: against the machine's own
# libc, since musl has no AddressSanitizer; for tests and fuzzing.
ifdef SANITIZE
BUILD ?= build/sanitize
else ifdef DEBUG
BUILD ?= build/debug
else
BUILD ?= build
endif
PREFIX ?= /usr/local

# All build directories share one copy of the dependencies.
DEPS_DIR ?= build/deps
SYSROOT := $(DEPS_DIR)/sysroot

# The machine's own search paths would come before the sysroot's.
unexport LIBRARY_PATH CPATH C_INCLUDE_PATH COMPILER_PATH

# CC may be gcc or clang: both are told to find musl in the sysroot.
# DEPS_PREFIX=DIR takes ready static libraries from there and CC as it is. On
# Alpine, where the compiler means musl anyway: make DEPS_PREFIX=/usr
ifeq ($(origin CC),default)
CC := gcc
endif
MACHINE := $(shell uname -m)
IS_CLANG := $(shell $(CC) -dM -E -x c /dev/null 2>/dev/null | grep __clang__)
ifdef DEPS_PREFIX
MUSL_CC := $(CC)
DEPS_CFLAGS := -isystem $(DEPS_PREFIX)/include
DEPS_LINK := -L$(DEPS_PREFIX)/lib $(shell scripts/relr.sh $(CC))
else
DEPS := $(DEPS_DIR)/stamp
DEPS_LINK := @$(DEPS_DIR)/ldflags
ifneq (,$(IS_CLANG))
MUSL_CC := $(CC) --sysroot=$(SYSROOT) --target=$(MACHINE)-linux-musl -Qunused-arguments
else
MUSL_CC := $(CC) --sysroot=$(SYSROOT) -specs=mk/musl.specs
endif
endif

# --- flags -------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wundef -Wvla -Wformat=2 $(if $(WERROR),-Werror)
C := -std=gnu11 -D_GNU_SOURCE -DCINIT_VERSION='"$(VERSION)"' -I. -I$(BUILD)/gen $(WARN)
# Nothing here unwinds, and unwind tables are a tenth of such a program.
# -ffile-prefix-map: the same program, bit for bit, from whatever directory.
SMALL := -Os -ffunction-sections -fdata-sections -fvisibility=hidden \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -ffile-prefix-map=$(CURDIR)/=
# Kernel: user space gets no indirect branch tracking, and shadow stacks only through a C
# library that asks for them; musl does not. The marks for both are 9 KB.
HARD := -fstack-protector-strong $(if $(filter x86_64,$(MACHINE)),-fcf-protection=none)
LIBS := -lcap-ng -lseccomp -lyyjson

ifdef SANITIZE
ifdef DEPS_PREFIX
$(error SANITIZE builds the libraries from source: leave out DEPS_PREFIX)
endif
LD := $(CC)
CODEGEN := -O1 -g -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK := -fsanitize=$(SANITIZE)
LIBS := $(BUILD)/yyjson.o $(BUILD)/sanitize.o -lcap-ng -lseccomp
FINISH = cp $< $@.tmp
else
LD := $(MUSL_CC)
CODEGEN := $(if $(DEBUG),-Og -g3,$(SMALL)) -fPIE $(HARD) $(DEPS_CFLAGS)
LINK := -static-pie $(DEPS_LINK) \
	-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--build-id=none,--fatal-warnings
# cinit starts in init/entry.c, its test programs as usual.
ENTRY := -Wl,-e,init_entry
# 700 KiB are promised of gcc's program with the libraries that scripts/deps.sh builds.
# clang 14's is 1 % larger, and that of a libc without packed relocations 6 %.
ELF_MAX := $(if $(IS_CLANG)$(DEPS_PREFIX),800000,716800)
FINISH = $(if $(DEBUG),cp $< $@.tmp,strip -o $@.tmp $< && scripts/check-elf.sh $@.tmp $(ELF_MAX))
endif
COMPILE = $(LD) $(C) $(CODEGEN) $(CFLAGS)

# --- sources -----------------------------------------------------------------
# A room is a header, a file and a folder of one name. New files need no line here.
ROOMS := init runtime net cgroup fs
SRC := $(wildcard main.c $(ROOMS:=.c) $(ROOMS:=/*.c) runtime/seccomp/*.c runtime/helper/*.c cli/*.c lib/*.c)
OBJ := $(SRC:%.c=$(BUILD)/obj/%.o)

# What waits for the kernel or for people: where the compiler knows it, smaller still. Not
# init, nor what looks at each byte or each file (lib/, fs/, the proxies).
ifeq ($(SANITIZE)$(DEBUG),)
SMALLER := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz)
$(filter-out %/proxy.o %/proxy_tcp.o %/proxy_udp.o,$(filter $(addprefix $(BUILD)/obj/,cli/% net/% cgroup/% runtime/%),$(OBJ))): \
	CODEGEN += $(SMALLER)
endif

# The init that enters containers is a program of its own: a container's PID 1 is
# a few pages then, and no process inside has cinit itself as its /proc/PID/exe.
# These files are in both programs.
INIT_IMAGE_SHARED := $(addprefix init/,loop.c step.c spawn.c left.c say.c)
ifdef SANITIZE
# A child that borrows their memory would leave AddressSanitizer's marks in it.
$(INIT_IMAGE_SHARED:%.c=$(BUILD)/obj/%.o): CODEGEN += -fno-sanitize=address -DINIT_NO_PARK
endif
IMAGE_SRC := $(wildcard init/image/*.c)
IMAGE_OBJ := $(patsubst %.c,$(BUILD)/image/%.o,$(IMAGE_SRC) $(if $(IMAGE_SRC),$(INIT_IMAGE_SHARED)))
# Its segments share pages of the file (noseparate-code), and what a program of
# this size has no use for is left out.
IMAGE_CODEGEN := $(SMALL) -fno-pie -fno-stack-protector -fcf-protection=none -DINIT_IMAGE $(DEPS_CFLAGS)
IMAGE_LINK := -static -no-pie -nostdlib -s -Wl,--gc-sections,-z,noseparate-code,-z,norelro,-z,noexecstack,--build-id=none

# The default seccomp filter is computed at build time by a program that knows
# libseccomp: no container start should spend those milliseconds.
MKFILTER_SRC := $(if $(wildcard tools/mkfilter.c),$(wildcard tools/mkfilter.c runtime/seccomp/*.c lib/*.c))

OBJ += $(if $(IMAGE_OBJ),$(BUILD)/gen/init_image.o)
GEN := $(BUILD)/gen/version.h $(if $(MKFILTER_SRC),$(BUILD)/gen/seccomp_default.h) \
	$(if $(SANITIZE),$(BUILD)/gen/yyjson.h)

# --- the program -------------------------------------------------------------
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# V=1 shows the commands.
ifndef V
Q := @
say = @printf '  %-7s %s\n' $(1) '$(2)'
endif

all: $(BUILD)/cinit
objects: $(OBJ)

# cinit.sym is the program with its symbols, for debuggers and size hunts.
$(BUILD)/cinit: $(BUILD)/cinit.sym scripts/check-elf.sh
	$(Q)$(FINISH)
	$(Q)mv $@.tmp $@

$(BUILD)/cinit.sym: $(OBJ) $(BUILD)/objects $(filter %.o,$(LIBS))
	$(call say,LINK,$(BUILD)/cinit)
	$(Q)$(LD) $(LDFLAGS) -o $@ $(OBJ) $(LINK) $(ENTRY) $(LIBS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags $(DEPS) | $(GEN)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c $< -o $@

$(DEPS_DIR)/stamp: scripts/deps.sh scripts/relr.sh scripts/fetch.sh mk/musl.specs
	$(Q)scripts/deps.sh $(DEPS_DIR)

# Files that hold words of this makefile and are touched when the words change:
# the commands (objects are made again), the list of objects (the program is
# linked again), the commit (what prints it is compiled again).
quote = '$(subst ','\'',$(1))'
written = @mkdir -p $(@D); printf '%s\n' $(call quote,$(1)) >$@.$$$$; \
	if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi
$(BUILD)/flags: FORCE
	$(call written,$(COMPILE) $(LINK) $(ENTRY) $(IMAGE_CODEGEN) $(IMAGE_LINK))
$(BUILD)/objects: FORCE
	$(call written,$(OBJ))
$(BUILD)/gen/version.h: FORCE
	$(call written,#define CINIT_COMMIT "$(shell git -c safe.directory=* rev-parse --short=12 HEAD 2>/dev/null)")
FORCE:

# --- the init that it carries ------------------------------------------------
$(BUILD)/image/%.o: %.c $(BUILD)/flags $(DEPS)
	$(call say,CC,$< (image))
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(C) $(IMAGE_CODEGEN) -MMD -MP -c $< -o $@

$(BUILD)/init.image: $(IMAGE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(MUSL_CC) $(IMAGE_LINK) -o $@ $^

# On a page boundary, so that copying it out touches no page too many.
$(BUILD)/gen/init_image.o: $(BUILD)/init.image
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '.section .rodata.init_image,"a"' '.balign 4096' \
		'.globl init_image_start, init_image_end' '.hidden init_image_start, init_image_end' \
		'init_image_start:' '.incbin "$<"' 'init_image_end:' \
		'.section .note.GNU-stack,"",@progbits' >$(@:.o=.s)
	$(Q)$(LD) -c $(@:.o=.s) -o $@

# --- what is computed before it ----------------------------------------------
$(BUILD)/tools/mkfilter: $(MKFILTER_SRC) $(wildcard lib/*.h runtime/*.h runtime/seccomp/*.h) $(BUILD)/flags $(DEPS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(C) -O1 -ffunction-sections $(DEPS_CFLAGS) -o $@ $(filter %.c,$^) \
		-static $(filter -L%,$(DEPS_LINK)) -Wl,--gc-sections -lseccomp -lcap-ng -lyyjson

$(BUILD)/gen/seccomp_default.h: $(BUILD)/tools/mkfilter
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$< >$@

# Another libc needs another yyjson; libcap-ng and libseccomp it has itself.
$(BUILD)/gen/yyjson.h: $(DEPS)
	$(Q)mkdir -p $(@D)
	$(Q)cp $(SYSROOT)/usr/include/yyjson.h $@
# With what scripts/deps.sh leaves out. Looking for undefined behaviour in it would
# take minutes of compiling.
$(BUILD)/yyjson.o: $(BUILD)/gen/yyjson.h $(BUILD)/flags
	$(Q)$(LD) $(CODEGEN) -fno-sanitize=undefined -DYYJSON_DISABLE_NON_STANDARD -DYYJSON_DISABLE_UTILS \
		-DYYJSON_DISABLE_FAST_FP_CONV -I$(BUILD)/gen -c $(SYSROOT)/usr/yyjson.c -o $@
$(BUILD)/sanitize.o: mk/sanitize.c $(BUILD)/flags
	$(Q)$(COMPILE) -c $< -o $@

# --- for people --------------------------------------------------------------
# Installing never builds what is there: `sudo make install` leaves no file of
# root's in the tree. Man pages and completions come out of the program. Capabilities
# for its privileged helper go onto the file unless CAPS=0.
CAPS ?= 1
DEST := $(DESTDIR)$(PREFIX)
install: $(if $(wildcard $(BUILD)/cinit),,all)
	install -D -m 755 $(BUILD)/cinit $(DEST)/bin/cinit
	@CAPS='$(CAPS)' DESTDIR='$(DESTDIR)' scripts/install-caps.sh $(DEST)/bin/cinit
	scripts/install-docs.sh $(BUILD)/cinit $(DEST)/share
uninstall:
	scripts/install-docs.sh --remove $(BUILD)/cinit $(DEST)/share
	rm -f $(DEST)/bin/cinit
man: $(BUILD)/cinit
	rm -rf $(BUILD)/man
	$(BUILD)/cinit man --all $(BUILD)/man

setup:
	@scripts/setup.sh build
run: setup-run
	@$(MAKE) --no-print-directory all
	@scripts/try.sh $(BUILD)/cinit
setup-run:
	@scripts/setup.sh build run

clean:
	@[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name deps ! -name cache -exec rm -rf {} +
distclean:
	rm -rf build
help:
	@sed -n '/^#   make/s/^#//p' Makefile mk/check.mk

include mk/check.mk
-include $(patsubst %.o,%.d,$(OBJ) $(IMAGE_OBJ))

.PHONY: all objects install uninstall man setup setup-run run clean distclean help FORCE
