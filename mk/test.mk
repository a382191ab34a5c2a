# SPDX-License-Identifier: MIT
#
# The tests: one program of all tests/*/test_*.c, which also runs the scripts
# tests/*/test_*.sh (tests/harness.h tells more), in every build of the library.

CUNIT_CFLAGS := $(shell $(PKG) --cflags cunit 2>/dev/null)
CUNIT_LIBS   := $(shell $(PKG) --libs cunit 2>/dev/null || echo -lcunit)

# TESTS=loop links the tests of that directory alone.
TESTS    ?= *
TEST_SRC := tests/harness.c tests/helpers.c tests/faults.c tests/runner.c $(sort $(wildcard tests/$(TESTS)/test_*.c))
TEST_OBJ := $(TEST_SRC:%.c=$(B)/%.o)
OBJECTS  += $(TEST_OBJ)
$(TEST_OBJ): ALL_CFLAGS += -Itests $(CUNIT_CFLAGS)

# What tests/faults.c lets fail.  It wraps the calls that coil and the tests make.
FAULTS := malloc calloc realloc aligned_alloc posix_memalign strdup mmap mprotect open openat \
          ftruncate fallocate posix_fallocate write pwrite eventfd epoll_create1 pipe pipe2 dup \
          socket socketpair timerfd_create pthread_create fork
WRAPS  := $(FAULTS:%=-Wl,--wrap=%)

# The tests can call what the coil command is made of; its main() stays out, as the
# runner has one.
$(B)/tests/tools.a: $(TOOL_OBJ)
	$(call say,AR)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/tests/run: $(TEST_OBJ) $(B)/tests/tools.a $(B)/libcoil.a
	$(call say,LINK)
	$(Q)$(LINK) $(WRAPS) -o $@ $^ $(CUNIT_LIBS) $(ALL_LIBS)

# The fuzz targets without libFuzzer (tests/replay.c).
REPLAYS := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/replay-%,$(wildcard tests/fuzz/*.c))
$(B)/tests/fuzz/replay-%: $(B)/tests/fuzz/%.o $(B)/tests/replay.o $(B)/tests/tools.a $(B)/libcoil.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(ALL_LIBS)
fuzz-smoke: all demos tests ## the fuzz targets on their seeds and damaged copies, quickly
	$(B)/tests/run -v fuzz/

# T= picks tests by name: make test T=loop/    ARGS=-v says each.
T    ?=
ARGS ?=
# Targets that build much by a make of their own use all cores, unless -j was said.
JOBS  = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
test-deps: ## install what is missing to run the tests
	@tools/deps.sh build render test

test: test-deps ## run all tests; T=loop/ picks some by name, ARGS=-v says each
	@+$(MAKE) $(JOBS) --no-print-directory run-tests
run-tests: all demos tests
	$(Q)$(TEST_ENV) $(TEST_WRAPPER) $(B)/tests/run $(ARGS) $(T)

test-debug: test-deps ## the tests with all loops in debug mode
	@+COIL_DEBUG=1 COIL_TEST_TIMEOUT=3 $(MAKE) $(JOBS) --no-print-directory run-tests

laws: test-deps ## the tests, recorded, and what they record held against the laws
	@+COIL_TEST_CHECK_TRACES=1 COIL_TEST_TIMEOUT=6 $(MAKE) $(JOBS) --no-print-directory run-tests

test-libuv: test-deps ## the tests on loops of libuv
	@+COIL_LOOP=libuv $(MAKE) $(JOBS) --no-print-directory LIBUV=yes run-tests

tests: $(B)/tests/run $(B)/tests/soak/soak $(B)/tests/soak/stress $(REPLAYS)

# ---- the same tests in other builds ----

ifeq ($(VARIANT),asan)
TEST_ENV := ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0:exitcode=99 COIL_TEST_TIMEOUT=3
endif
ifeq ($(VARIANT),ubsan)
TEST_ENV := UBSAN_OPTIONS=print_stacktrace=1 COIL_TEST_TIMEOUT=2
endif
ifeq ($(VARIANT),tsan)
TEST_ENV := TSAN_OPTIONS=exitcode=99:die_after_fork=0:second_deadlock_stack=1 COIL_TEST_TIMEOUT=5
# This thread sanitizer does not know where kernels of today may map memory.
TEST_WRAPPER := setarch -R
endif
ifeq ($(VARIANT),valgrind)
TEST_ENV := COIL_TEST_TIMEOUT=20
TEST_WRAPPER := valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite --show-leak-kinds=definite \
	--max-stackframe=16777216
endif

asan: ## the tests with the address sanitizer
ubsan: ## the tests with the undefined behaviour sanitizer
tsan: ## the tests with the thread sanitizer
cruel: ## the tests with tiny heaps, queues and stacks, to give bugs a chance
ucontext: ## the tests on the portable context switch
valgrind: ## the tests under valgrind (a few minutes)
asan ubsan tsan cruel ucontext valgrind: test-deps
	@[ $@ != valgrind ] || tools/deps.sh valgrind
	@+$(MAKE) $(JOBS) --no-print-directory VARIANT=$@ run-tests

.PHONY: test test-debug test-libuv laws test-deps run-tests tests fuzz-smoke asan ubsan tsan cruel ucontext valgrind
