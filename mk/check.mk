# SPDX-License-Identifier: MIT
#
# What looks at the code without running its tests: compilers and linters; and the
# fuzzers, which run a part of it on whatever they can think of.

CLANG   ?= clang
C_FILES = $(wildcard src/*/*.c tools/coil/*.c lessons/*/*.c) $(TEST_SRC)

# ---- lint ----

lint: ## gcc and clang without a warning, cppcheck, clang-tidy, headers alone
	@tools/deps.sh build test lint
	+$(MAKE) --no-print-directory VARIANT=lint-gcc CC=gcc CFLAGS=-Werror all tests demos
	+$(MAKE) --no-print-directory VARIANT=lint-clang CC=$(CLANG) CFLAGS="-Werror -Wno-string-concatenation" all tests demos
	+$(MAKE) --no-print-directory lint-headers lint-cppcheck lint-tidy
	@echo lint: nothing found

# Each header compiles alone: those of include/ in C and in C++, those of src/ in C.
lint-headers:
	@for header in include/coil.h include/coil/*.h; do \
		$(CC) -std=gnu11 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c $$header && \
		$(CXX) -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++ $$header && \
		$(CLANG) -std=gnu11 -Wall -Wextra -Wno-unused-function -Werror -Iinclude -fsyntax-only -x c $$header && \
		$(CLANG) -Wall -Wextra -Wno-unused-function -Werror -Iinclude -fsyntax-only -x c++ $$header || exit 1; \
	done
	@for header in src/*/*.h tools/coil/*.h tests/*.h; do \
		[ ! -e $$header ] || $(CC) $(ALL_CFLAGS) -Itests -Werror -fsyntax-only -x c $$header || exit 1; \
	done

lint-cppcheck:
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
		--suppressions-list=.cppcheck -D_GNU_SOURCE -D__x86_64__ -D__linux__ -D__GNUC__=12 -Iinclude -Isrc src tools/coil

lint-tidy: $(B)/compile_commands.json
	clang-tidy --quiet -p $(B) $(wildcard src/*/*.c tools/coil/*.c)

compile_commands.json: $(B)/compile_commands.json ## for editors and clang-tidy, in build/
$(B)/compile_commands.json: $(MAKEFILE_LIST) FORCE
	@mkdir -p $(@D)
	@{ comma='['; for file in $(C_FILES); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$comma" \
			"$(CURDIR)" "$$file" "$(CC) $(ALL_CFLAGS) -Itests -c $$file"; comma=,; \
	done; printf '\n]\n'; } > $@

format: ## what clang-format would change, as a diff
	@for file in $(C_FILES) $(wildcard src/*/*.h tools/coil/*.h include/coil/*.h); do \
		clang-format $$file | diff -u --label $$file --label formatted $$file - ; done; true

# ---- fuzz ----

# Each tests/fuzz/NAME.c has LLVMFuzzerTestOneInput, and its seeds in tests/fuzz/NAME/.
FUZZ_SRC := $(wildcard tests/fuzz/*.c)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=%)
SECONDS  ?= 60

fuzz: ## run the fuzzers, SECONDS=60 each
	@tools/deps.sh build fuzz
	+$(MAKE) --no-print-directory VARIANT=fuzz CC=$(CLANG) run-fuzzers

build/fuzz/%: build/fuzz/tests/fuzz/%.o build/fuzz/tests/tools.a build/fuzz/libcoil.a
	$(call say,LINK)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)

run-fuzzers: $(FUZZERS:%=build/fuzz/%)
	@for fuzzer in $(FUZZERS); do \
		mkdir -p build/fuzz/corpus/$$fuzzer build/fuzz/found; \
		seeds=; [ ! -d tests/fuzz/$$fuzzer ] || seeds=tests/fuzz/$$fuzzer; \
		echo "== $$fuzzer, $(SECONDS) s"; \
		build/fuzz/$$fuzzer -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-max_len=262144 -print_final_stats=1 -artifact_prefix=build/fuzz/found/$$fuzzer- \
			build/fuzz/corpus/$$fuzzer $$seeds || exit 1; \
	done

.PHONY: lint lint-headers lint-cppcheck lint-tidy compile_commands.json format fuzz run-fuzzers
