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

.PHONY: conformance conformance-coverage corpus
