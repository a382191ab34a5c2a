# SPDX-License-Identifier: MIT
#
# The front door of coil.  `make help` lists what a person needs.
# All that is built goes to build/; the other builds (asan, cruel, ...) are the
# same makefile with VARIANT set, in build/VARIANT/.

VARIANT ?=
B       := build$(if $(VARIANT),/$(VARIANT))
CC      ?= cc
CXX     ?= c++
AR      ?= ar
PKG     ?= pkg-config

VERSION := 0.1.0
SOVERSION := 0

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wvla -Wundef -Wno-unused-parameter
OPT     ?= -O2 -g
EVENT_CFLAGS := $(shell $(PKG) --cflags libevent_core 2>/dev/null)
EVENT_LIBS   := $(shell $(PKG) --libs libevent_core 2>/dev/null || echo -levent_core)

FLAGS_asan     := -fsanitize=address -fno-omit-frame-pointer -O1 -DCOIL_VALIDATE
FLAGS_ubsan    := -fsanitize=undefined -fno-sanitize-recover=all -O1 -DCOIL_VALIDATE
FLAGS_tsan     := -fsanitize=thread -O1
FLAGS_valgrind := -O1
FLAGS_cruel    := -O1 -DCOIL_CRUEL -DCOIL_VALIDATE
FLAGS_ucontext := -O1 -DCOIL_SWITCH_UCONTEXT
VFLAGS  := $(FLAGS_$(VARIANT))

ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(OPT) $(WARN) -fPIC -fvisibility=hidden \
              -Iinclude -Isrc $(EVENT_CFLAGS) $(VFLAGS) $(CFLAGS)
ALL_LIBS   := $(EVENT_LIBS) -lpthread -lm
LINK    := $(CC) $(OPT) $(VFLAGS) $(LDFLAGS)

LIB_SRC := $(wildcard src/*/*.c) $(wildcard src/*/*.S)
LIB_OBJ := $(patsubst %,$(B)/%.o,$(basename $(LIB_SRC)))
TOOL_SRC := $(wildcard tools/coil/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)

all: $(B)/libcoil.a $(B)/libcoil.so $(if $(TOOL_SRC),$(B)/coil)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libcoil.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/libcoil.so: $(LIB_OBJ)
	$(LINK) -shared -Wl,-soname,libcoil.so.$(SOVERSION) -o $@ $^ $(ALL_LIBS)

$(B)/coil: $(TOOL_OBJ) $(B)/libcoil.a
	$(LINK) -o $@ $^ $(ALL_LIBS)

clean:
	rm -rf build

.PHONY: all clean
-include $(shell find $(B) -name '*.d' 2>/dev/null)
