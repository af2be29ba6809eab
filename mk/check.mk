# What checks the program: part of the Makefile, kept apart to be found.
#
#   make test-unit    one suite alone; also test-ns
#   make test-vm      both virtual machines; test-vm-systemd the second alone
#   make test-net-cycles N=1000	kill -9, to every process in turn
#   make test-unit SANITIZE=address,undefined
#   make fuzz         each fuzzer for FUZZ_SECONDS=60
#   make bench        how fast, beside the peers; bench-init: PID 1 alone
#   make bench-net    networks: throughput, latency, joining; as root
#   make bench-cgroup control groups: starting, pausing, looking at 50; as root
#   make lint         format, warnings, static analysers
#   make layers       calls go down only: proven from the objects
#   make prove       what Frama-C says about the parsers of the helper
#   make helper-lines the privileged helper is still small
#   make format       rewrites the sources as lint wants them
#   make man          the man pages, below build/man
#   make clean        forget what was built; distclean: downloads too
#   make DEBUG=1      for a debugger; V=1 shows commands; CC=clang, BUILD=DIR,
#                     DEPS_PREFIX=DIR: see the top of the Makefile

# --- test programs -----------------------------------------------------------
# Each .c file below tests/ is a program, with the .c files of the folder of its
# name if there is one; it may call anything but main.c.
$(BUILD)/libcinit.a: $(filter-out %/main.o,$(OBJ)) $(BUILD)/objects
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $(filter %.o,$^)

.SECONDEXPANSION:
$(BUILD)/tests/%: tests/%.c $$(wildcard tests/$$*/*.[ch]) $(wildcard tests/*/*.h) $(BUILD)/libcinit.a $(filter %.o,$(LIBS))
	$(call say,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) $(filter %.c,$^) $(LDFLAGS) -o $@ $(BUILD)/libcinit.a $(LINK) $(LIBS)

progs = $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)))
UNIT := $(call progs,tests/unit/*.c)
FUZZ := $(call progs,tests/fuzz/*.c)
PARTS := $(patsubst %.c,%/%,$(wildcard tests/*.c))
PROGS := $(filter-out $(FUZZ) $(PARTS:%=$(BUILD)/%),$(filter-out $(BUILD)/tests/prove/%,$(call progs,tests/*.c tests/*/*.c tests/bench/*/*.c)))
tests: $(PROGS)

# --- suites ------------------------------------------------------------------
# What suites find in their environment; they run in the top directory.
with-env = BUILD=$(abspath $(BUILD)) CINIT=$(abspath $(BUILD)/cinit) \
	PROBE=$(abspath $(BUILD)/tests/probe) CACHE=$(abspath $(CACHE))
CACHE ?= build/cache
# A directory below tests/ with an executable `run` is a suite, and so is each
# unit test.
SUITES := $(filter-out tests/bench/run tests/fuzz/run,$(wildcard tests/*/run))
run-suites = @$(with-env) tests/run.sh $(BUILD)/log $(1)

test: setup-test
	@$(MAKE) --no-print-directory test-all
setup-test:
	@scripts/setup.sh build test
test-all: all tests
	$(call run-suites,$(UNIT) $(SUITES))
test-unit: all $(UNIT)
	$(call run-suites,$(UNIT))
# Two machines: cinit as PID 1, and Debian's systemd with cinit as a program. VM_CASES
# are the first one's here, and the second one's in test-vm-systemd.
test-vm: tests/vm/run tests/vm-systemd/run all tests
	$(call run-suites,$(if $(VM_CASES),$<,$(filter %/run,$^)))
test-%: tests/%/run all tests
	$(call run-suites,$<)

# N times over: start a container, kill one of its processes, look for what is left.
N ?= 1000
test-net-cycles: all tests
	@$(with-env) CYCLES=$(N) tests/net/run 80-killed

bench: all tests
	@$(with-env) tests/bench/run
bench-init: all tests
	@$(with-env) tests/bench/run init
bench-net:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory all tests
	@$(with-env) tests/bench/net/run
bench-cgroup:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory all tests
	@$(with-env) tests/bench/cgroup/run

# --- fuzzing -----------------------------------------------------------------
# tests/fuzz/NAME.c has LLVMFuzzerTestOneInput(); its corpus, if any, lies in
# tests/fuzz/NAME/. The sources are built once more, with clang's counters.
FUZZ_SECONDS ?= 60
fuzz:
	@scripts/setup.sh build fuzz
	@$(MAKE) --no-print-directory fuzz-build
	@scripts/fuzz.sh $(BUILD)/fuzz/tests/fuzz $(FUZZ_SECONDS)
fuzz-build:
	@$(MAKE) --no-print-directory CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		BUILD=$(BUILD)/fuzz fuzz-programs
fuzz-programs: $(FUZZ)
$(BUILD)/tests/fuzz/%: LINK := -fsanitize=fuzzer,address,undefined

# --- reading -----------------------------------------------------------------
layers: $(OBJ)
	@tests/layers.sh $(BUILD)/obj $(OBJ)
# The helper, and what nobody else calls; docs/security.md says what is beside that.
helper-lines:
	@tests/helper/lines.sh 1500 runtime/helper/*.c net/lease.c
# Needs Frama-C, which is in Debian up to 12: `apt-get install frama-c-base`.
prove:
	@tests/prove/run.sh
check-elf: $(BUILD)/cinit
	scripts/check-elf.sh $<
print-flags:
	@echo $(C) $(DEPS_CFLAGS) $(filter --%,$(MUSL_CC))
lint:
	@scripts/setup.sh build lint
	@scripts/lint.sh $(BUILD)/lint
format:
	clang-format -i $$(scripts/lint.sh --list-c)

.PHONY: tests test setup-test test-all test-unit test-vm test-net-cycles bench bench-init bench-net bench-cgroup \
	fuzz fuzz-build fuzz-programs layers helper-lines prove check-elf lint format
