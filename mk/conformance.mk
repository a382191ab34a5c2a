# SPDX-License-Identifier: MIT
#
# coil beside CPython's asyncio, on scenarios (tests/conformance/README.md): for whoever
# changes how coil behaves.  Needs CPython 3.13; `make test` plays the same corpus, but
# against logs that were made before, and does not.  Also what else plays scenarios: the
# mutants of the library, and the soak.  Included by the Makefile.

# So many random scenarios, from the seed FROM on.
SEEDS ?= 1000
FROM  ?= 0
RANDOM_SEEDS = $(FROM):$(shell expr $(FROM) + $(SEEDS))

CONFORMANCE = python=$$(tests/conformance/python.sh) || exit 1; $$python tests/conformance

conformance: $(B)/coil ## SEEDS=1000 random scenarios, from FROM=0, in coil and in CPython
	@$(CONFORMANCE)/compare.py --coil $(B)/coil --jobs 2 --keep $(B)/conformance --seeds $(RANDOM_SEEDS)

conformance-coverage: ## what the corpus and SEEDS=1000 random scenarios do, in CPython
	@$(CONFORMANCE)/coverage.py tests/conformance/corpus --seeds $(RANDOM_SEEDS)

corpus: ## make the logs of tests/conformance/corpus by CPython
	@$(CONFORMANCE)/make_corpus.py

# ---- soak ----

# Random scenarios where there is a CPython to make them by, else the corpus.
MINUTES ?= 10
soak: $(B)/tests/soak/soak $(B)/tests/soak/stress ## scenarios, then threads and pools, MINUTES=10 each: what is left behind
	@directory=$(B)/soak-scenarios; rm -rf $$directory; \
	if python=$$(tests/conformance/python.sh 2>/dev/null); then \
		$$python tests/conformance/generate.py --seeds $(RANDOM_SEEDS) --out $$directory || exit 1; \
	else directory=tests/conformance/corpus; fi; \
	$(B)/tests/soak/soak $(MINUTES) $$directory $(B)/soak.coil
	@$(B)/tests/soak/stress $$(expr 60 '*' $(MINUTES)) $$(date +%s)

$(B)/tests/soak/%: $(B)/tests/soak/%.o $(B)/tests/soak/figures.o $(B)/tests/tools.a $(B)/libcoil.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(ALL_LIBS)

# ---- mutants ----

# Each is one object in front of those of the library.  MUTANTS= names some.
MUTANTS ?= $(shell sed -n 's/^mutant \([^ ]*\) .*/\1/p' tests/mutants/mutants.txt)
mutants: all tests ## faulty coils, and whether laws, scenarios and tests notice (MUTANTS=)
	@rm -f $(B)/mutants/*/result
	@+$(MAKE) $(JOBS) --no-print-directory mutants-none
	@+$(MAKE) $(JOBS) --no-print-directory $(MUTANTS:%=$(B)/mutants/%/result)
	@sh tests/mutants/table.sh $(B)/mutants $(MUTANTS)

mutants-none: $(B)/mutants/none/result
	@if [ "$$(cat $<)" != 'none|||' ]; then \
		echo "mutants: coil itself is noticed, without any change: $$(cat $<)"; exit 1; fi

$(B)/mutants/%/result:
	@B='$(B)' COMPILE='$(CC) $(ALL_CFLAGS)' LINK_COIL='$(LINK)' LINK_TESTS='$(LINK) $(WRAPS)' \
	COIL_OBJECTS='$(TOOL_OBJ)' TESTS_OBJECTS='$(TEST_OBJ) $(B)/tests/tools.a' \
	LIBRARIES='$(B)/libcoil.a $(CUNIT_LIBS) $(ALL_LIBS)' sh tests/mutants/one.sh $*

.PHONY: conformance conformance-coverage corpus soak mutants mutants-none
