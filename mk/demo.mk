# SPDX-License-Identifier: MIT
#
# The demo programs of lessons/demos, and the walk from nothing to their pictures.

DEMO_SRC := $(wildcard lessons/demos/*.c)
DEMOS    := $(DEMO_SRC:lessons/demos/%.c=$(B)/demos/%)

# As a user's program is compiled: public headers alone, and not one warning.
$(B)/demos/%: lessons/demos/%.c $(B)/libcoil.a
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(OPT) -Wall -Wextra -Werror -Iinclude $(VFLAGS) $(CFLAGS) $(LDFLAGS) \
		-MMD -MP -o $@ $< $(B)/libcoil.a $(ALL_LIBS)

demos: $(DEMOS) ## build the demo programs
-include $(DEMOS:=.d)
.PHONY: demos
