# SPDX-License-Identifier: MIT
#
# The front door of coil.  `make help` lists what a person needs.
#
# All that is built goes to build/.  The other builds (asan, cruel, ...) are this
# same makefile with VARIANT set, in build/VARIANT/.  New files under src/*/,
# tools/coil/ and tests/*/ are found by themselves.

VARIANT ?=
B       := build$(if $(VARIANT),/$(VARIANT))
CC      ?= cc
CXX     ?= c++
AR      ?= ar
PKG     ?= pkg-config

# V=1 shows the commands whole.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,printf '  %-5s %s\n' $1 $(or $2,$@))

VERSION := 0.1.0
SOVERSION := 0

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wvla -Wundef -Wno-unused-parameter
OPT     ?= -O2 -g
EVENT_CFLAGS := $(shell $(PKG) --cflags libevent_core 2>/dev/null)
EVENT_LIBS   := $(shell $(PKG) --libs libevent_core 2>/dev/null || echo $(or $(EVENT_LIB),-levent_core))

# LIBUV=no builds without the driver on libuv, yes fails where there is none; auto: if
# there is one.
LIBUV    ?= auto
UV_FOUND := $(shell $(PKG) --exists libuv 2>/dev/null && echo yes)
UV       := $(if $(filter no,$(LIBUV)),no,$(or $(UV_FOUND),no))
ifeq ($(LIBUV) $(UV),yes no)
$(error LIBUV=yes, but $(PKG) finds no libuv)
endif
ifeq ($(UV),yes)
UV_CFLAGS := -DCOIL_WITH_LIBUV $(shell $(PKG) --cflags libuv)
UV_LIBS   := $(shell $(PKG) --libs libuv)
endif

FLAGS_asan     := -fsanitize=address -fno-omit-frame-pointer -O1 -DCOIL_VALIDATE
FLAGS_ubsan    := -fsanitize=undefined -fno-sanitize-recover=all -O1 -DCOIL_VALIDATE
FLAGS_tsan     := -fsanitize=thread -O1
FLAGS_valgrind := -O1 -DTESTS_FEW
FLAGS_cruel    := -O1 -DCOIL_CRUEL -DCOIL_VALIDATE
FLAGS_ucontext := -O1 -DCOIL_SWITCH_UCONTEXT
FLAGS_fuzz     := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -O1
VFLAGS  := $(FLAGS_$(VARIANT))

ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(OPT) $(WARN) -fPIC -fvisibility=hidden \
              -Iinclude -Isrc $(EVENT_CFLAGS) $(UV_CFLAGS) $(VFLAGS) $(CFLAGS)
ALL_LIBS   := $(EVENT_LIBS) $(UV_LIBS) -lpthread -lm
LINK    := $(CC) $(OPT) $(VFLAGS) $(LDFLAGS)

LIB_SRC := $(wildcard src/*/*.c) $(wildcard src/*/*.S)
ifeq ($(UV),no)
LIB_SRC := $(filter-out src/loop/driver_libuv.c,$(LIB_SRC))
endif
LIB_OBJ := $(patsubst %,$(B)/%.o,$(basename $(LIB_SRC)))
TOOL_SRC := $(wildcard tools/coil/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)
OBJECTS := $(LIB_OBJ) $(TOOL_OBJ)

.DEFAULT_GOAL := all
all: lib $(B)/coil ## build the library and the coil command
lib: $(B)/libcoil.a $(B)/libcoil.so

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/%.o: %.S
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Rewritten when that changes, so that what depends on it is built anew.
$(B)/libuv-$(UV):
	@mkdir -p $(@D)
	@rm -f $(B)/libuv-yes $(B)/libuv-no
	@touch $@
$(B)/src/loop/policy.o: $(B)/libuv-$(UV)

$(B)/libcoil.a: $(LIB_OBJ)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# libcoil.so -> libcoil.so.0 -> libcoil.so.0.1.0, as the linker and the loader want it.
$(B)/libcoil.so.$(VERSION): $(LIB_OBJ)
	$(call say,LINK)
	$(Q)$(LINK) -shared -Wl,-soname,libcoil.so.$(SOVERSION) $(if $(VFLAGS),,-Wl,-z,defs) \
		-o $@ $^ $(ALL_LIBS)
$(B)/libcoil.so: $(B)/libcoil.so.$(VERSION)
	@ln -sf libcoil.so.$(VERSION) $(B)/libcoil.so.$(SOVERSION)
	@ln -sf libcoil.so.$(SOVERSION) $@

$(B)/coil: $(TOOL_OBJ) $(B)/libcoil.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(ALL_LIBS)

# In the order of make help.
include mk/demo.mk mk/test.mk mk/conformance.mk mk/install.mk mk/check.mk mk/cross.mk mk/docs.mk mk/bench.mk

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@echo 'make TARGET, where TARGET is one of:'
	@sed -nE 's/^([a-z][a-z0-9_./ -]*):[^#=]*## (.*)$$/\1\t\2/p' $(MAKEFILE_LIST) | \
	while IFS="$$(printf '\t')" read -r targets what; do \
		printf '  %-28s %s\n' "$$targets" "$$what"; \
	done
	@echo 'Compilers and places: CC, CXX, CFLAGS, LDFLAGS, PREFIX, DESTDIR.'

.PHONY: all lib clean help
-include $(OBJECTS:.o=.d)
