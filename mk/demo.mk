# SPDX-License-Identifier: MIT
#
# The programs of lessons/documents and lessons/demos, and the walk from nothing to
# their pictures.

DEMO_SRC := $(wildcard lessons/documents/*.c lessons/demos/*.c)
DEMOS    := $(DEMO_SRC:lessons/%.c=$(B)/lessons/%)

# As a user's program is compiled: public headers alone, and not one warning.
$(B)/lessons/%: lessons/%.c $(B)/libcoil.a
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(OPT) -Wall -Wextra -Werror -Iinclude $(VFLAGS) $(CFLAGS) $(LDFLAGS) \
		-MMD -MP -o $@ $< $(B)/libcoil.a $(ALL_LIBS)

demos: $(DEMOS) ## build the demo programs
-include $(DEMOS:=.d)
.PHONY: demos

deps: ## install what is missing to build coil and draw its pictures
	@tools/deps.sh build render

# A make of its own behind deps, which may have installed what this one looked for.
trace-demo: deps ## from a bare machine to the demos' pictures in build/trace-demo/
	@+$(MAKE) $(JOBS) --no-print-directory all demos
	@B=$(B) tools/trace-demo.sh $(DEMOS:$(B)/lessons/%=%)

# The picture in the README: a real run on the virtual clock, so that it is the same
# wherever it is made.
docs/images/gather.png: all demos FORCE ## draw the picture in the README anew
	@mkdir -p $(@D)
	COIL_CLOCK=virtual $(B)/coil record -o $(B)/say-hello.trace -- $(B)/lessons/documents/10-say-hello
	$(B)/coil render $(B)/say-hello.trace --format png --view await -o $@

.PHONY: deps trace-demo
