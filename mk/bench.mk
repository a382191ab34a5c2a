# SPDX-License-Identifier: MIT
#
# make bench: coil and its peers, measured by turns in one run.  A peer whose
# library is not installed is left out, and named.  Included by the Makefile.

BENCH_PEERS := $(B)/bench-peers
BENCH_OBJ   := $(patsubst %.c,$(B)/%.o,$(wildcard tools/bench/*.c))
BENCH_LIB_NOTRACE := build/notrace/libcoil.a
BENCH_NAMES := coil coil-notrace libevent libuv libev boost lttng go peer.py epoll
BENCH_PROGRAMS := $(BENCH_NAMES:%=$(BENCH_PEERS)/%)

bench: $(B)/bench $(BENCH_PROGRAMS) ## coil beside asyncio, uvloop, Go, ... (a quarter of an hour; ROWS='yield soon')
	$(B)/bench $(ROWS)

bench-quick: $(B)/bench $(BENCH_PROGRAMS) ## the same with fewer rounds
	$(B)/bench --quick $(ROWS)

bench-docs: $(B)/bench $(BENCH_PROGRAMS) ## the same, written into docs/performance.md
	$(B)/bench --markdown docs/performance.md

$(B)/bench: $(BENCH_OBJ)
	$(LINK) -o $@ $^

# $(call bench_peer,HEADERS,COMMAND): COMMAND, if the compiler finds HEADERS.
bench_peer = @mkdir -p $(BENCH_PEERS); \
	if printf '\#include <%s>\n' $(1) | $(CXX) -E -x c++ - >/dev/null 2>&1; \
	then echo '$(2)'; $(2); \
	else rm -f $@; echo '$(@F): not installed (make bench-deps)'; fi

BENCH_CC = $(CC) $(ALL_CFLAGS) -fno-strict-aliasing $(LDFLAGS) -o $@ $<

BENCH_COIL := $(wildcard tools/bench/peers/coil*.c) tools/bench/peers/coil_peer.h \
              tools/bench/threads.h tools/bench/measure.h
BENCH_CC_COIL = $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $(ALL_LIBS)

$(BENCH_PEERS)/coil: $(BENCH_COIL) $(B)/libcoil.a
	@mkdir -p $(@D)
	$(BENCH_CC_COIL)

$(BENCH_PEERS)/coil-notrace: $(BENCH_COIL) $(BENCH_LIB_NOTRACE)
	@mkdir -p $(@D)
	$(BENCH_CC_COIL)

# The library without trace points, by the same makefile.
ifneq ($(VARIANT),notrace)
$(BENCH_LIB_NOTRACE): FORCE
	@$(MAKE) --no-print-directory VARIANT=notrace CFLAGS='$(CFLAGS) -DCOIL_NO_TRACE' $@
endif

$(BENCH_PEERS)/libevent: tools/bench/peers/libevent.c tools/bench/measure.h
	$(call bench_peer,event2/event.h,$(BENCH_CC) $(EVENT_LIBS))
$(BENCH_PEERS)/libuv: tools/bench/peers/libuv.c tools/bench/threads.h tools/bench/measure.h
	$(call bench_peer,uv.h,$(BENCH_CC) -luv)
$(BENCH_PEERS)/libev: tools/bench/peers/libev.c tools/bench/measure.h
	$(call bench_peer,ev.h,$(BENCH_CC) -lev)
$(BENCH_PEERS)/epoll: tools/bench/peers/epoll.c tools/bench/threads.h tools/bench/measure.h
	$(call bench_peer,sys/epoll.h,$(BENCH_CC) -lpthread)
$(BENCH_PEERS)/lttng: tools/bench/peers/lttng.c tools/bench/peers/lttng_event.h tools/bench/measure.h
	$(call bench_peer,lttng/tracepoint.h,$(BENCH_CC) -Itools/bench/peers -llttng-ust -ldl)
$(BENCH_PEERS)/boost: tools/bench/peers/boost.cc tools/bench/measure.h
	$(call bench_peer,boost/context/detail/fcontext.hpp,$(CXX) $(OPT) -Wall -Wextra -o $@ $< -l:libboost_context.a)

$(BENCH_PEERS)/go: tools/bench/peers/peer.go
	@mkdir -p $(@D)
	@if command -v go >/dev/null; \
	then GOCACHE=$(abspath $(B))/go-cache GO111MODULE=off go build -o $@ $<; \
	else echo 'go: not installed (make bench-deps)'; fi

$(BENCH_PEERS)/peer.py: tools/bench/peers/peer.py
	@mkdir -p $(@D)
	cp $< $@

# package | what it is for
define BENCH_PACKAGES
python3|asyncio, by CPython
python3-uvloop|uvloop, the fast loop for asyncio
libevent-dev|libevent by itself
libuv1-dev|libuv
libev-dev|libev
libboost-context-dev|Boost.Context, for the context switch
g++|to compile that
golang-go|Go
liblttng-ust-dev|LTTng-UST, for recording
lttng-tools|its session daemon
endef
export BENCH_PACKAGES

bench-deps: ## install the peers of make bench
	@echo "$$BENCH_PACKAGES" | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@set -- $$(echo "$$BENCH_PACKAGES" | cut -d'|' -f1); \
	command="apt-get install -y --no-install-recommends $$*"; \
	if ! command -v apt-get >/dev/null; then echo "no apt-get: install these here as your system names them" >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "as root: $$command" >&2; exit 1; fi; \
	echo "$$sudo $$command"; $$sudo apt-get update -q && $$sudo $$command

FORCE:
.PHONY: bench bench-quick bench-docs bench-deps FORCE
